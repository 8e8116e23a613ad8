//! Calls over trunks: which route is dialled, when the next one is, and whom the record names.

use std::thread;
use std::time::Duration;

use celcombiller::agi::stand_in::{Answer, CalleeBehaviour, Channel};

use crate::outcome::{is_closed_at, is_record, nothing_to_settle};
use crate::script::{ANA, BOB, CALL, CALLER, ana_calls, answers, call, dialled_by_the_dialplan, ends_with};
use crate::support::{Ended, Ledger, accompany, commands, is_dial, signal};
use crate::transcript::{assert_trace, dials, reads_the_ending};

const OUTSIDE: &str = "5511";
const FIRST: &str = "PJSIP/5511@first";
const SECOND: &str = "PJSIP/5511@second";

/// A ledger in euros, where an answered call costs 0.05 and 0.01 a second and a grant is 60 s, with two routes to
/// 55: the first trunk costs us 0.12 a minute, the second 0.24.
fn ledger() -> Ledger {
    let ledger = Ledger::in_euros();
    ledger.configure("[calls]\nmax_seconds = 60\n");
    for (trunk, price, priority) in [("first", "0.12", "1"), ("second", "0.24", "2")] {
        ledger.ok(&["tariff", "add", trunk]);
        ledger.ok(&["rate", "add", "--tariff", trunk, "--prefix", "55", "--price-per-minute", price]);
        ledger.ok(&["trunk", "add", trunk, "--dial", &format!("PJSIP/{{number}}@{trunk}"), "--cost", trunk]);
        ledger.ok(&["route", "add", "--prefix", "55", "--trunk", trunk, "--priority", priority]);
    }
    ledger
}

fn ana_calls_outside() -> Channel {
    ana_calls(OUTSIDE)
}

/// Asserts what a call's record says of its trunk and of what that costs us.
fn went_over(ledger: &Ledger, call: &str, trunk: Option<&str>, cost: Option<&str>) {
    let cdr = ledger.json(&["cdr", "show", call]);
    assert_eq!((cdr["trunk"].as_str(), cdr["cost"].as_str()), (trunk, cost), "{cdr:#}");
}

/// Plays the caller's program and kills it when it says a command; the channel goes on.
fn killed_at(ledger: &Ledger, channel: &mut Channel, moment: impl Fn(&Channel, &str) -> bool) -> Ended {
    let child = ledger.start(CALLER, &[]);
    let process = child.id();
    accompany(child, channel, &[], |channel, command| {
        if moment(channel, command) {
            signal("KILL", process);
        }
        Answer::AsAsterisk
    })
}

#[test]
fn a_trunk_that_does_not_reach_the_network_gives_way_to_the_next_within_the_same_hold() {
    let ledger = ledger();
    let mut channel = ana_calls_outside();
    channel.unreachable.insert(FIRST.to_owned(), "CHANUNAVAIL");
    channel.callee = answers(0, 1);
    assert_eq!(call(&ledger, &mut channel, &[]), "GRANTED");
    assert_trace(
        &mut channel,
        r#"
        > STATE
        < 200 result=1 (Ring|0|||||||||)
        > EXEC "MSet" "CELCOMBILLER_CALL=1763690000.12#1,CELCOMBILLER_SECONDS=60,CELCOMBILLER_STATUS=GRANTED"
        < 200 result=0
        > SET AUTOHANGUP "100"
        < 200 result=0
        > EXEC "Dial" "PJSIP/5511@first,40,iS(60)"
        < 200 result=0
        > ENDING
        < 200 result=1 (GRANTED|1763690000.12#1||CHANUNAVAIL|||)
        > VERBOSE "celcombiller: not reached, going on over trunk second" "1"
        < 200 result=1
        > SET AUTOHANGUP "100"
        < 200 result=0
        > EXEC "Dial" "PJSIP/5511@second,40,iS(60)"
        < 200 result=-1
        > ENDING
        < 200 result=1 (GRANTED|1763690000.12#1||ANSWER|1|1000|)
        > SET AUTOHANGUP "0"
        < 200 result=0
        > SET VARIABLE "CELCOMBILLER_CHARGE" "0.06"
        < 200 result=1
        > SET VARIABLE "CELCOMBILLER_BILLSEC" "1"
        < 200 result=1
        "#,
    );
    nothing_to_settle(&ledger, &mut channel);
    is_record(&ledger, CALL, ("ANSWERED", 1, "0.06"));
    went_over(&ledger, CALL, Some("second"), Some("0.004"));
    is_closed_at(&ledger, "9.94");
}

#[test]
fn only_a_network_that_was_not_reached_sends_a_call_to_the_next_route() {
    let ledger = ledger();
    for (counter, (status, disposition, trunks)) in [
        ("CHANUNAVAIL", "FAILED", 2),
        ("CONGESTION", "CONGESTION", 2),
        ("BUSY", "BUSY", 1),
        ("NOANSWER", "NO ANSWER", 1),
        ("CANCEL", "CANCEL", 1),
        ("INVALIDARGS", "FAILED", 1),
        ("", "FAILED", 1),
    ]
    .into_iter()
    .enumerate()
    {
        let mut channel = Channel::new(&format!("1763690000.{counter}"), ANA, OUTSIDE);
        channel.callee = CalleeBehaviour::Fails(status);
        assert_eq!(call(&ledger, &mut channel, &[]), "GRANTED");
        let dialled = [FIRST, SECOND].map(|destination| format!("{destination},40,iS(60)"));
        assert_eq!(dials(&channel), dialled[..trunks], "{status}");
        nothing_to_settle(&ledger, &mut channel);
        let call = format!("1763690000.{counter}#1");
        is_record(&ledger, &call, (disposition, 0, "0"));
        went_over(&ledger, &call, Some(["first", "second"][trunks - 1]), Some("0"));
    }
    is_closed_at(&ledger, "10");
}

#[test]
fn a_call_whose_caller_is_gone_or_that_was_answered_after_all_takes_no_other_route() {
    for (reply, ending) in [("-1", "CHANUNAVAIL|||"), ("0", "CONGESTION|||1763690000.000"), ("0", "CONGESTION||9|")] {
        let ledger = ledger();
        let mut channel = ana_calls_outside();
        let ended = ledger.play_with(CALLER, &mut channel, &[], |channel, command| match command {
            _ if is_dial(command) => Answer::Raw(format!("200 result={reply}\n").into_bytes()),
            _ if reads_the_ending(channel, command) => ends_with(command, ending),
            _ => Answer::AsAsterisk,
        });
        ended.quietly();
        assert_eq!(dials(&channel).len(), 1, "{reply} {ending}");
        is_closed_at(&ledger, "10");
    }
}

#[test]
fn a_caller_that_is_killed_while_the_second_trunk_talks_leaves_its_charge_to_the_reducer() {
    let ledger = ledger();
    let mut channel = ana_calls_outside();
    channel.unreachable.insert(FIRST.to_owned(), "CONGESTION");
    channel.callee = answers(0, 1);
    let killed = killed_at(&ledger, &mut channel, |_, command| is_dial(command) && command.contains(SECOND));
    assert_eq!(killed.status.code(), None, "killed");
    ledger.hang_up(&mut channel).quietly();
    is_record(&ledger, CALL, ("ANSWERED", 1, "0.06"));
    went_over(&ledger, CALL, Some("second"), Some("0.004"));
    is_closed_at(&ledger, "9.94");
}

/// Whatever the first trunk left on the channel is no answer, so that nothing passes for the second's.
#[test]
fn a_caller_that_is_killed_between_two_trunks_leaves_a_call_that_nobody_answered() {
    for moment in ["GET FULL VARIABLE", "VERBOSE", "SET AUTOHANGUP"] {
        let ledger = ledger();
        let mut channel = ana_calls_outside();
        channel.unreachable.insert(FIRST.to_owned(), "CONGESTION");
        let after_the_first = |channel: &Channel| dials(channel).len() == 1;
        let killed = killed_at(&ledger, &mut channel, |channel, command| {
            command.starts_with(moment) && after_the_first(channel)
        });
        assert_eq!(killed.status.code(), None, "killed");
        assert_eq!(dials(&channel).len(), 1);
        ledger.hang_up(&mut channel).quietly();
        is_record(&ledger, CALL, ("CONGESTION", 0, "0"));
        nothing_to_settle(&ledger, &mut channel);
        is_closed_at(&ledger, "10");
    }
}

/// On a channel that was up before, with no stamp, the time of the dial is all there is: of the second dial alone.
#[test]
fn the_time_that_the_first_trunk_took_is_not_charged_with_the_second() {
    let ledger = ledger();
    let mut channel = ana_calls_outside();
    channel.unreachable.insert(FIRST.to_owned(), "CONGESTION");
    channel.callee = answers(0, 1);
    dialled_by_the_dialplan(&mut channel, [("CHANNEL(state)", "Up")]);
    let ended = ledger.play_with(CALLER, &mut channel, &[], |channel, command| match command {
        _ if command.contains(FIRST) => {
            thread::sleep(Duration::from_secs(2));
            Answer::AsAsterisk
        }
        _ if reads_the_ending(channel, command) && dials(channel).len() == 2 => {
            ends_with(command, "ANSWER|103|103000|")
        }
        _ => Answer::AsAsterisk,
    });
    ended.quietly();
    is_record(&ledger, CALL, ("ANSWERED", 1, "0.06"));
}

#[test]
fn the_second_net_gives_the_next_trunk_its_whole_time_and_the_dialplans_own_end_its_due() {
    for (before, nets) in [("0", ["100", "100", "0"]), ("102", ["100", "100", "100"]), ("101.5", ["100", "99", "99"])] {
        let ledger = ledger();
        let mut channel = ana_calls_outside();
        channel.callee = CalleeBehaviour::Fails("CONGESTION");
        dialled_by_the_dialplan(&mut channel, [("TIMEOUT(absolute)", before)]);
        let ended = ledger.play_with(CALLER, &mut channel, &[], |_, command| {
            if command.contains(FIRST) {
                thread::sleep(Duration::from_millis(2100));
            }
            Answer::AsAsterisk
        });
        ended.quietly();
        let said = commands(&channel.dialogue);
        let said: Vec<_> = said.filter_map(|command| command.strip_prefix("SET AUTOHANGUP ")).collect();
        assert_eq!(said, nets.map(|seconds| format!("{seconds:?}")), "{before}");
    }
}

#[test]
fn a_hold_lasts_for_every_route_that_may_be_tried() {
    let ledger = ledger();
    assert_eq!(call(&ledger, &mut ana_calls_outside(), &["authorise"]), "GRANTED");
    let hold = &ledger.json(&["hold", "list"])[0];
    let [placed, expires] = ["placed", "expires"]
        .map(|key| chrono::DateTime::parse_from_rfc3339(hold[key].as_str().unwrap()).unwrap().timestamp());
    let (rings, talk, margin) = (2 * 40, 60, 60);
    assert_eq!(expires - placed, rings + talk + margin);
}

#[test]
fn a_full_trunk_is_passed_over_and_when_all_are_full_the_call_is_refused() {
    let ledger = ledger();
    ledger.ok(&["trunk", "update", "first", "--max-calls", "1"]);
    ledger.ok(&["trunk", "update", "second", "--max-calls", "1"]);
    let mut channels = ["1", "2", "3"].map(|counter| Channel::new(&format!("1763690000.{counter}"), ANA, OUTSIDE));
    let verdicts = channels.each_mut().map(|channel| call(&ledger, channel, &["authorise"]));
    assert_eq!(verdicts, ["GRANTED", "GRANTED", "TRUNK_BUSY"]);
    assert_trace(
        &mut channels[2],
        r#"
        > STATE
        < 200 result=1 (Ring|0|||||||||)
        > SET VARIABLE "CELCOMBILLER_STATUS" "TRUNK_BUSY"
        < 200 result=1
        > VERBOSE "celcombiller: TRUNK_BUSY: every trunk to 5511 is full: first, second" "1"
        < 200 result=1
        "#,
    );
    let mut again = Channel::new("1763690000.1", ANA, OUTSIDE);
    assert_eq!(call(&ledger, &mut again, &["authorise"]), "GRANTED", "asking again is no further call");
    let open = |trunk: usize| ledger.json(&["trunk", "list"])[trunk]["open_calls"].clone();
    assert_eq!((open(0), open(1)), (1.into(), 1.into()));
    ledger.hang_up(&mut channels[0]).quietly();
    assert_eq!((open(0), open(1)), (0.into(), 1.into()));
    let mut fourth = Channel::new("1763690000.4", ANA, OUTSIDE);
    fourth.callee = CalleeBehaviour::Fails("CONGESTION");
    assert_eq!(call(&ledger, &mut fourth, &[]), "GRANTED");
    assert_eq!(dials(&fourth), [format!("{FIRST},40,iS(60)")], "the second is still full");
    went_over(&ledger, "1763690000.4#1", Some("first"), Some("0"));
}

#[test]
fn a_call_whose_hold_was_given_back_meanwhile_is_not_dialled_again() {
    let ledger = ledger();
    let mut channel = ana_calls_outside();
    channel.callee = CalleeBehaviour::Fails("CONGESTION");
    let ended = ledger.play_with(CALLER, &mut channel, &[], |_, command| {
        if is_dial(command) {
            ledger.ok(&["hold", "release", CALL, "--note", "by hand"]);
        }
        Answer::AsAsterisk
    });
    ended.quietly();
    assert_eq!(dials(&channel).len(), 1);
    is_closed_at(&ledger, "10");
}

#[test]
fn books_that_fail_between_two_trunks_end_the_call_and_lose_nothing() {
    let ledger = ledger();
    let aside = ledger.folder.path().join("aside.db");
    let mut channel = ana_calls_outside();
    channel.callee = CalleeBehaviour::Fails("CONGESTION");
    let ended = ledger.play_with(CALLER, &mut channel, &[], |_, command| {
        if is_dial(command) {
            std::fs::rename(ledger.database(), &aside).unwrap();
        }
        Answer::AsAsterisk
    });
    assert!(ended.stderr.contains("call 1763690000.12#1 takes no further route: no database"), "{}", ended.stderr);
    assert_eq!(dials(&channel).len(), 1);
    std::fs::rename(&aside, ledger.database()).unwrap();
    ledger.ok(&["hold", "expire"]);
    is_record(&ledger, CALL, ("CONGESTION", 0, "0"));
    is_closed_at(&ledger, "10");
}

#[test]
fn a_route_rewrites_the_number_that_is_dialled_and_not_the_one_that_is_priced() {
    let ledger = ledger();
    ledger.ok(&["route", "remove", "--prefix", "55", "--trunk", "first"]);
    ledger.ok(&[
        "route",
        "add",
        "--prefix",
        "55",
        "--trunk",
        "first",
        "--strip",
        "2",
        "--prepend",
        "009",
        "--priority",
        "1",
    ]);
    let mut channel = ana_calls_outside();
    channel.callee = answers(0, 1);
    assert_eq!(call(&ledger, &mut channel, &[]), "GRANTED");
    assert_eq!(dials(&channel), ["PJSIP/00911@first,40,iS(60)"]);
    assert_eq!(ledger.json(&["cdr", "show", CALL])["dialled"], OUTSIDE);
    went_over(&ledger, CALL, Some("first"), Some("0.002"));
    is_closed_at(&ledger, "9.94");
}

#[test]
fn where_no_route_is_for_a_number_offnet_is_and_else_nothing() {
    let ledger = ledger();
    let mut channel = ana_calls("4411");
    assert_eq!(call(&ledger, &mut channel, &[]), "NO_ROUTE");
    ledger.configure("[calls]\nmax_seconds = 60\n[dial]\noffnet = \"PJSIP/{number}@carrier\"\n");
    let mut channel = ana_calls("4411");
    assert_eq!(call(&ledger, &mut channel, &[]), "GRANTED");
    assert_eq!(dials(&channel), ["PJSIP/4411@carrier,40,iS(60)"]);
    went_over(&ledger, CALL, None, None);
    ledger.ok(&["route", "add", "--prefix", "", "--trunk", "second"]);
    let mut channel = Channel::new("1763690000.13", ANA, BOB);
    call(&ledger, &mut channel, &[]);
    assert!(dials(&channel)[0].starts_with("SIP/IMSI"), "users are called without a route: {:?}", dials(&channel));
}

#[test]
fn with_routes_by_cost_the_cheapest_trunk_is_dialled_first() {
    let ledger = ledger();
    ledger.configure("[calls]\nmax_seconds = 60\n[dial]\nroutes = \"cost\"\n");
    ledger.ok(&["rate", "add", "--tariff", "second", "--prefix", "551", "--price-per-minute", "0.06"]);
    let mut channel = ana_calls_outside();
    assert_eq!(call(&ledger, &mut channel, &[]), "GRANTED");
    assert_eq!(dials(&channel), [format!("{SECOND},40,iS(60)")]);
}

#[test]
fn a_call_costs_us_what_held_when_it_was_placed() {
    let ledger = ledger();
    let mut channel = ana_calls_outside();
    channel.callee = answers(0, 1);
    let ended = ledger.play_with(CALLER, &mut channel, &[], |_, command| {
        if is_dial(command) {
            ledger.ok(&["rate", "add", "--tariff", "first", "--prefix", "55", "--price-per-minute", "6"]);
        }
        Answer::AsAsterisk
    });
    ended.quietly();
    went_over(&ledger, CALL, Some("first"), Some("0.002"));
}

/// What a carrier charges is for the operator to know; that it is not known keeps no call from its charge.
#[test]
fn a_cost_that_cannot_be_told_stops_no_charge() {
    for change in [
        "UPDATE trunk SET tariff_id = NULL",
        "UPDATE tariff SET rounding = 'none' WHERE name = 'first'",
        "UPDATE rate SET terms = 'bands=60' WHERE prefix = '55'",
        "UPDATE rate SET prefix = '44' WHERE prefix = '55'",
    ] {
        let ledger = ledger();
        rusqlite::Connection::open(ledger.database()).unwrap().execute_batch(change).unwrap();
        let mut channel = ana_calls_outside();
        channel.callee = answers(0, 1);
        assert_eq!(call(&ledger, &mut channel, &[]), "GRANTED");
        is_record(&ledger, CALL, ("ANSWERED", 1, "0.06"));
        went_over(&ledger, CALL, Some("first"), None);
        assert_eq!(ledger.balance("ana"), ("9.94".to_owned(), "0".to_owned()));
    }
}
