//! The pure rules, a line a sentence with its verdict.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that fails says where")]

#[path = "support/table.rs"]
mod table;

use std::fmt::Display;
use std::str::FromStr;

use celcombiller::domain::account::{Caller, Username};
use celcombiller::domain::call::{CallId, UniqueId};
use celcombiller::domain::dialling::{DialFacts, DialString, DialTemplate};
use celcombiller::domain::gift::Gift;
use celcombiller::domain::money::{Amount, Money};
use celcombiller::domain::numbering::{Dialled, Imsi, PhoneNumber};
use celcombiller::domain::outcome::{
    BillableSeconds, CallReport, DialledCall, Talk, Witness, did_not_reach, disposition,
};
use celcombiller::domain::rate::TalkTime;
use celcombiller::domain::routing::Route;
use celcombiller::domain::time::Timestamp;
use table::table;

/// Says what a text is parsed to, or `refused`.
fn parsed<T: FromStr + Display>(text: &str) -> String {
    text.parse::<T>().map_or_else(|_| "refused".to_owned(), |value| value.to_string())
}

/// Takes the quotes away that keep blanks visible in a table.
fn unquoted(text: &str) -> &str {
    text.trim_matches('`')
}

#[test]
fn a_route_dials_a_number_as_its_trunk_wants_it() {
    table(
        "
        55  strip 0 prepend `` | 5511            -> 5511
        55  strip 2 prepend `` | 5511            -> 11
        55  strip 2 prepend `0` | 5511           -> 011
        55  strip 0 prepend `00` | 5511          -> 005511
        55  strip 2 prepend `` | 55              -> none
        55  strip 2 prepend `` | 5               -> none
        5   strip 1 prepend `123` | 5511999990002 -> 123511999990002
        5   strip 0 prepend `123` | 5511999990002 -> none
        ",
        |line| {
            let words: Vec<_> = line.split_whitespace().collect();
            let [prefix, _, strip, _, prepend, _, number] = words[..] else { panic!("{line}") };
            let route = Route {
                prefix: prefix.parse().unwrap(),
                priority: 10,
                strip: strip.parse().unwrap(),
                prepend: unquoted(prepend).parse().unwrap(),
            };
            let number = number.parse().unwrap();
            route.outside(&number).map_or_else(|| "none".to_owned(), |outside| outside.to_string())
        },
    );
}

#[test]
fn only_an_unusable_trunk_or_its_network_is_no_reach() {
    table(
        "
        CHANUNAVAIL -> other
        CONGESTION  -> other
        BUSY        -> ended
        NOANSWER    -> ended
        ANSWER      -> ended
        CANCEL      -> ended
        INVALIDARGS -> ended
        ``          -> ended
        ",
        |status| if did_not_reach(unquoted(status)) { "other" } else { "ended" }.to_owned(),
    );
}

#[test]
fn an_amount_is_a_positive_decimal_with_up_to_six_places() {
    table(
        "
        1                    -> 1
        10.50                -> 10.5
        0.000001             -> 0.000001
        007                  -> 7
        9223372036854.775807 -> 9223372036854.775807
        9223372036854.775808 -> refused
        0                    -> refused
        0.000000             -> refused
        -5                   -> refused
        +5                   -> refused
        abc                  -> refused
        1e9                  -> refused
        0.0000001            -> refused
        1.                   -> refused
        .5                   -> refused
        1,5                  -> refused
        1.2.3                -> refused
        ٣                    -> refused
        ``                   -> refused
        ` 1`                 -> refused
        ",
        |text| parsed::<Amount>(unquoted(text)),
    );
}

#[test]
fn money_may_be_negative_and_prints_without_padding() {
    table(
        "
        -0.5      -> -0.5
        -0        -> 0
        -12.340   -> -12.34
        1000.000  -> 1000
        --1       -> refused
        ",
        parsed::<Money>,
    );
}

#[test]
fn an_amount_that_is_refused_says_why() {
    table(
        "
        abc       -> `abc` is not an amount: expected digits and at most one decimal point, such as 12.50
        -5        -> `-5` is not a positive amount
        1.1234567 -> `1.1234567` has more than six decimals
        99999999999999 -> `99999999999999` is outside what the ledger can hold
        ",
        |text| text.parse::<Amount>().unwrap_err().to_string(),
    );
}

#[test]
fn numbers_are_parsed_and_never_mended() {
    table(
        "
        999999999         -> 999999999
        +5511999990002    -> 5511999990002
        1                 -> 1
        123456789012345   -> 123456789012345
        1234567890123456  -> refused
        00-900            -> refused
        ++1               -> refused
        +                 -> refused
        100&DAHDI/g1/900  -> refused
        100,30,S          -> refused
        100@trunk         -> refused
        12a               -> refused
        ``                -> refused
        ` 1`              -> refused
        ",
        |text| parsed::<PhoneNumber>(unquoted(text)),
    );
    table(
        "
        001010000000001     -> 001010000000001
        IMSI001010000000001 -> 001010000000001
        123456              -> 123456
        123                 -> refused
        0010100000000012    -> refused
        imsi001010000000001 -> refused
        ",
        parsed::<Imsi>,
    );
    table(
        "
        999999999           -> 999999999
        IMSI001010000000001 -> IMSI001010000000001
        IMSI12              -> refused
        s                   -> refused
        h                   -> refused
        *43                 -> refused
        ",
        parsed::<Dialled>,
    );
}

#[test]
fn names_of_users_channels_and_calls_are_parsed() {
    table(
        "
        ana               -> ana
        ana.silva@cell-2  -> ana.silva@cell-2
        -ana              -> refused
        ana silva         -> refused
        ana/../x          -> refused
        ``                -> refused
        ",
        |text| parsed::<Username>(unquoted(text)),
    );
    table(
        "
        1763690000.12      -> 1763690000.12
        pbx-1763690000.12  -> pbx-1763690000.12
        ../../etc/passwd   -> refused
        ..                 -> refused
        1763690000.12#1    -> refused
        17 63              -> refused
        ",
        parsed::<UniqueId>,
    );
    table(
        "
        1763690000.12#1   -> 1763690000.12#1
        1763690000.12#0   -> refused
        1763690000.12     -> refused
        #1                -> refused
        1763690000.12#1#2 -> refused
        ",
        parsed::<CallId>,
    );
}

#[test]
fn a_cdr_keeps_the_best_that_the_caller_showed() {
    table(
        "
        | 999999999            -> 999999999
        | +999999999           -> 999999999
        | IMSI001010000000001  -> IMSI001010000000001
        ana | unknown          -> ana
        | unknown              -> unknown
        | anonymous            -> unknown
        ",
        |line| {
            let (code, number) = line.split_once('|').unwrap();
            Caller::from_channel(code.trim(), number.trim()).to_string()
        },
    );
}

#[test]
fn a_dial_template_is_filled_with_what_it_names_or_not_at_all() {
    let facts = DialFacts { number: Some("100"), imsi: None, username: Some("bob") };
    table(
        "
        PJSIP/{number}@carrier       -> PJSIP/100@carrier
        PJSIP/{username}&SIP/desk    -> PJSIP/bob&SIP/desk
        SIP/IMSI{imsi}@127.0.0.1     -> no such fact
        ",
        |template| {
            let template: DialTemplate = template.parse().unwrap();
            let filled = template.dial_string(&facts);
            filled.map_or_else(|| "no such fact".to_owned(), |dial| dial.as_str().to_owned())
        },
    );
    table(
        "
        SIP/IMSI{imsi}@127.0.0.1:5062        -> SIP/IMSI{imsi}@127.0.0.1:5062
        Local/{number}@from-internal/n       -> Local/{number}@from-internal/n
        PJSIP/{nummer}@carrier               -> refused
        {number}                             -> refused
        {number}/1                           -> refused
        PJSIP/1&SIP{username}/1              -> refused
        PJSIP/                               -> refused
        PJSIP/{number},30                    -> refused
        PJSIP/{number}&                      -> refused
        PJSIP/a b                            -> refused
        PJSIP/${EXTEN}                       -> refused
        ",
        parsed::<DialTemplate>,
    );
}

/// A call to `ana@carrier` over `PJSIP/{username}` would go out over the carrier for nothing.
#[test]
fn no_name_that_would_be_another_destination_is_dialled() {
    table(
        "
        ana          -> PJSIP/ana
        ana.b-c_d    -> PJSIP/ana.b-c_d
        900@carrier  -> nothing
        ",
        |username| {
            let username: Username = username.parse().unwrap();
            let facts = DialFacts { username: Some(username.as_str()), ..DialFacts::default() };
            let template: DialTemplate = "PJSIP/{username}".parse().unwrap();
            let filled = template.dial_string(&facts);
            filled.map_or_else(|| "nothing".to_owned(), |dial| dial.as_str().to_owned())
        },
    );
}

#[test]
fn what_was_granted_before_is_dialled_again_only_where_a_template_made_it() {
    table(
        "
        SIP/IMSI001010000000002@127.0.0.1 -> dialled
        PJSIP/100&SIP/desk                -> dialled
        PJSIP/{number}@carrier            -> nothing
        PJSIP/100,30,g                    -> nothing
        ",
        |kept| if DialString::granted_before(kept).is_some() { "dialled" } else { "nothing" }.to_owned(),
    );
}

#[test]
fn a_local_channel_without_n_loses_the_limit() {
    table(
        "
        Local/{number}@users            -> true
        Local/{number}@users/n          -> false
        local/{number}@users/j          -> true
        PJSIP/{number}@carrier          -> false
        PJSIP/desk&Local/{number}@users -> true
        ",
        |template| template.parse::<DialTemplate>().unwrap().loses_limit().to_string(),
    );
}

/// Decides about evidence: when the channel was first up, who looks, Dial's status and answered time, the
/// callee's stamp and the time of looking, in seconds after the call was placed.
fn decide(line: &str) -> String {
    let field = |name: &str| {
        let rest = line.split_once(&format!("{name}="))?.1;
        Some(rest.split_whitespace().next().unwrap_or_default())
    };
    let millis = |text: &str| {
        let exact: Money = text.parse().unwrap();
        u64::try_from(exact.millionths() / 1000).unwrap()
    };
    let placed = Timestamp::from_millis(1_763_690_000_000);
    let after = |text: &str| Timestamp::from_millis(placed.millis() + i64::try_from(millis(text)).unwrap());
    let call = DialledCall { placed, granted: TalkTime::new(60).unwrap(), answered_before: line.contains("up-before") };
    let report = CallReport {
        call: "1763690000.1#1".parse().unwrap(),
        disposition: disposition(line.split_whitespace().next().unwrap()),
        answered_millis: field("time").map(millis),
        answered_at: field("stamp").map(after),
        limit_is_heard: false,
        witness: match field("dial") {
            Some(dial) => Witness::Dialler { dial_millis: millis(dial) },
            None => Witness::Afterwards,
        },
        at: field("now").map_or(placed, after),
    };
    let talk = Talk::decide(&call, &report);
    let BillableSeconds { billsec, overrun } = BillableSeconds::of(talk, call.granted);
    match talk {
        Talk::NotAnswered => "not answered".to_owned(),
        Talk::GoesOn => "goes on".to_owned(),
        Talk::AtMost { .. } => format!("at most {billsec} s"),
        Talk::Answered { .. } if overrun > 0 => format!("{billsec} s and {overrun} over"),
        Talk::Answered { .. } => format!("{billsec} s"),
    }
}

#[test]
fn one_function_decides_how_long_a_call_was_talked() {
    table(
        "
        ANSWER   dial=4.6 time=2.5 now=4.6                          -> 2 s
        ANSWER   dial=6.1 time=4.003 now=6.1                        -> 4 s
        ANSWER   time=4.003 now=9                                   -> 4 s
        BUSY     dial=2 now=2                                       -> not answered
        CONGESTION now=2                                            -> not answered
        NOANSWER dial=40 now=40                                     -> not answered
        CANCEL   up-before dial=3 time=9 now=3                      -> not answered
        CHANUNAVAIL now=2                                           -> not answered
        -        now=2                                              -> not answered
        ANSWER   up-before dial=6.1 time=9 stamp=2.05 now=6.1       -> 4 s
        ANSWER   up-before time=9 stamp=2.05 now=6.1                -> at most 4 s
        ANSWER   up-before dial=6.1 time=9 now=6.1                  -> at most 6 s
        ANSWER   up-before time=9 now=6.1                           -> at most 6 s
        ANSWER   dial=5 now=5                                       -> goes on
        ANSWER   stamp=2 now=20                                     -> at most 18 s
        ANSWER   now=20                                             -> at most 20 s
        ANSWER   dial=5 time=3600 now=3600                          -> at most 5 s
        ANSWER   up-before dial=5 time=9 stamp=9 now=5              -> at most 5 s
        ANSWER   up-before time=99 now=70                           -> at most 60 s
        ANSWER   up-before dial=70 time=99 stamp=3.9 now=69         -> 60 s and 5 over
        ANSWER   dial=70 time=63.2 now=70                           -> 60 s and 3 over
        ANSWER   dial=3 time=0.4 now=3                              -> 0 s
        ANSWER   dial=65 time=86460 now=86465                       -> at most 60 s
        ANSWER   up-before dial=65 time=86470 stamp=5 now=86465     -> at most 60 s
        ",
        decide,
    );
}

#[test]
fn times_are_read_and_written_in_utc() {
    table(
        "
        2026-11-21                -> 2026-11-21T00:00:00Z
        2026-11-21T09:30:00Z      -> 2026-11-21T09:30:00Z
        2026-11-21T09:30:00-03:00 -> 2026-11-21T12:30:00Z
        2026-02-30                -> refused
        26-11-21                  -> refused
        2026-1-1                  -> refused
        -026-11-21                -> refused
        9999-12-31T23:59:59-01:00 -> refused
        tomorrow                  -> refused
        ",
        parsed::<Timestamp>,
    );
}

#[test]
fn a_gift_is_credit_or_a_bundle() {
    table(
        "
        credit=5                                        -> credit=5
        seconds=600                                     -> seconds=600
        minutes=10 to=34,49                             -> seconds=600 to=34,49
        days=30  to=34,onnet priority=1 seconds=600     -> seconds=600 to=34,onnet priority=1 days=30
        bonus=2.50 to=                                  -> bonus=2.5 to=
        bonus=2 ends=2027-01-01                         -> bonus=2 ends=2027-01-01T00:00:00Z
        bonus=2 priority=10                             -> bonus=2
        seconds=63072000                                -> seconds=63072000
        seconds=63072001                                -> refused
        bonus=0                                         -> refused
        bonus=-1                                        -> refused
        seconds=60 bonus=2                              -> refused
        seconds=60 minutes=1                            -> refused
        seconds=60 days=1 ends=2027-01-01               -> refused
        seconds=60 to=34 to=49                          -> refused
        seconds=60 to=34,,x                             -> refused
        seconds=+60                                     -> refused
        seconds=60 colour=red                           -> refused
        credit=5 to=34                                  -> refused
        to=34                                           -> refused
        5                                               -> refused
        ",
        parsed::<Gift>,
    );
}
