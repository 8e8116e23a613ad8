//! Dialogue traces: the executables against a stand-in for Asterisk, exact bytes both ways. The stand-in
//! hears every byte of standard output, so whatever a trace does not show was not said.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that fails says where")]

mod support;

use std::io::{self, Write};
use std::thread;
use std::time::Duration;

use celcombiller::agi::stand_in::{Answer, CalleeBehaviour, Channel, Line};
use rusqlite::Connection;
use support::{Ended, Ledger, accompany, commands, converse, is_dial, pipes, signal};

const CALLER: &str = "celcombiller-caller";
const UNIQUEID: &str = "1763690000.12";
const CALL: &str = "1763690000.12#1";
const ANA: &str = "999999999";
const BOB: &str = "999999998";
const BOBS_SIM: &str = "SIP/IMSI001010000000002@127.0.0.1:5062";
const FAR_AHEAD: &str = "2099-01-01";

/// Asks for everything that a channel says about its last dial.
const ENDING: &str = "GET FULL VARIABLE \"${CELCOMBILLER_STATUS}|${CELCOMBILLER_CALL}|${CELCOMBILLER_BILLSEC}|\
                      ${DIALSTATUS}|${ANSWEREDTIME}|${ANSWEREDTIME_MS}|${CELCOMBILLER_ANSWERED}\"";
/// Asks what the channel is like before a dial, and for the same.
const STATE: &str = "GET FULL VARIABLE \"${CHANNEL(state)}|${TIMEOUT(absolute)}|\
                     ${DIALPLAN_EXISTS(celcombiller-answered,s,1)}|${CELCOMBILLER_STATUS}|${CELCOMBILLER_CALL}|\
                     ${CELCOMBILLER_BILLSEC}|${DIALSTATUS}|${ANSWEREDTIME}|${ANSWEREDTIME_MS}|\
                     ${CELCOMBILLER_ANSWERED}\"";

/// A channel on which ana calls bob.
fn ana_calls_bob() -> Channel {
    ana_calls(BOB)
}

fn ana_calls(dialled: &str) -> Channel {
    Channel::new(UNIQUEID, ANA, dialled)
}

fn answers(ring: u64, talk: u64) -> CalleeBehaviour {
    CalleeBehaviour::Answers { ring: Duration::from_secs(ring), talk: Duration::from_secs(talk) }
}

/// Returns what a program put at the end of an expression so that nobody else can answer it.
fn nonce(command: &str) -> Option<&str> {
    command.strip_prefix("GET FULL VARIABLE")?.strip_suffix('"')?.rsplit_once('|').map(|(_, nonce)| nonce)
}

/// Returns a command without its nonce.
fn plain(command: &str) -> String {
    nonce(command).map_or_else(|| command.to_owned(), |nonce| command.replace(&format!("|{nonce}"), ""))
}

/// Asserts what was said since the last trace: `>` by the program, `<` by Asterisk; without the nonces.
fn assert_trace(channel: &mut Channel, expected: &str) {
    let mut asked = None;
    let said: String = channel
        .dialogue
        .drain(..)
        .map(|line| match line {
            Line::Said(command) => {
                asked = nonce(&command).map(str::to_owned);
                format!("> {}\n", plain(&command))
            }
            Line::Replied(reply) => match &asked {
                Some(nonce) => format!("< {}\n", reply.replace(&format!("|{nonce})"), ")")),
                None => format!("< {reply}\n"),
            },
        })
        .collect();
    let expected: String = expected
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .map(|line| line.replace("> ENDING", &format!("> {ENDING}")).replace("> STATE", &format!("> {STATE}")) + "\n")
        .collect();
    assert_eq!(said, expected);
}

/// Returns the data that Dial was given each time since the last trace.
fn dials(channel: &Channel) -> Vec<String> {
    commands(&channel.dialogue)
        .filter_map(|command| Some(command.strip_prefix("EXEC \"Dial\" \"")?.strip_suffix('"')?.to_owned()))
        .collect()
}

/// Tells whether a command reads how a dial ended, rather than what was there before it.
fn reads_the_ending(channel: &Channel, command: &str) -> bool {
    plain(command) == ENDING && commands(&channel.dialogue).any(is_dial)
}

/// Plays the caller's program, which must be content; returns its verdict.
fn call(ledger: &Ledger, channel: &mut Channel, arguments: &[&str]) -> String {
    ledger.play(CALLER, channel, arguments).quietly();
    channel.variable("CELCOMBILLER_STATUS").to_owned()
}

/// Plays the caller's program and kills it while Dial runs; the call goes on to its end.
fn call_and_kill_the_caller_mid_dial(ledger: &Ledger, channel: &mut Channel) {
    let child = ledger.start(CALLER, &[]);
    let process = child.id();
    let ended = accompany(child, channel, &[], |_, command| {
        if is_dial(command) {
            signal("KILL", process);
        }
        Answer::AsAsterisk
    });
    assert_eq!(ended.status.code(), None, "killed");
}

/// Answers that the dial ended with these variables, from DIALSTATUS to the stamp.
fn ends_with(command: &str, variables: &str) -> Answer {
    let nonce = nonce(command).unwrap_or_default();
    Answer::Raw(format!("200 result=1 (GRANTED|{CALL}||{variables}|{nonce})\n").into_bytes())
}

/// Plays a call whose dial is said to have ended with these variables, from DIALSTATUS to the stamp.
fn call_that_ends_with(ledger: &Ledger, channel: &mut Channel, variables: &str) -> Ended {
    ledger.play_with(CALLER, channel, &[], |channel, command| match reads_the_ending(channel, command) {
        true => ends_with(command, variables),
        false => Answer::AsAsterisk,
    })
}

/// Returns a call's disposition, seconds and price.
fn record(ledger: &Ledger, call: &str) -> (String, u64, String) {
    let cdr = ledger.json(&["cdr", "show", call]);
    let text = |key: &str| cdr[key].as_str().unwrap_or("none").to_owned();
    (text("disposition"), cdr["billsec"].as_u64().unwrap_or(u64::MAX), text("charge"))
}

fn is_record(ledger: &Ledger, call: &str, expected: (&str, u64, &str)) {
    let (disposition, billsec, charge) = record(ledger, call);
    assert_eq!((disposition.as_str(), billsec, charge.as_str()), expected);
}

/// Asserts ana's balance, that nothing is held, and every invariant of the books.
fn is_closed_at(ledger: &Ledger, balance: &str) {
    assert_eq!(ledger.balance("ana"), (balance.to_owned(), "0".to_owned()));
    ledger.check();
}

/// Asserts that the reducer has nothing to do.
fn nothing_to_settle(ledger: &Ledger, channel: &mut Channel) {
    channel.dialogue.clear();
    ledger.hang_up(channel).quietly();
    assert_eq!(commands(&channel.dialogue).map(plain).collect::<Vec<_>>(), [ENDING]);
}

#[test]
fn a_granted_call_is_held_dialled_and_charged_by_the_second() {
    let ledger = Ledger::with_ana_and_bob(600);
    let mut channel = ana_calls_bob();
    channel.callee = answers(1, 2);
    assert_eq!(call(&ledger, &mut channel, &[]), "GRANTED");
    assert_trace(
        &mut channel,
        r#"
        > STATE
        < 200 result=1 (Ring|0||||||||)
        > SET VARIABLE "CELCOMBILLER_CALL" "1763690000.12#1"
        < 200 result=1
        > SET VARIABLE "CELCOMBILLER_SECONDS" "600"
        < 200 result=1
        > SET VARIABLE "CELCOMBILLER_STATUS" "GRANTED"
        < 200 result=1
        > SET AUTOHANGUP "640"
        < 200 result=0
        > EXEC "Dial" "SIP/IMSI001010000000002@127.0.0.1:5062,40,iS(600)"
        < 200 result=-1
        > ENDING
        < 200 result=1 (GRANTED|1763690000.12#1||ANSWER|2|2000|)
        > SET AUTOHANGUP "0"
        < 200 result=0
        > SET VARIABLE "CELCOMBILLER_CHARGE" "2"
        < 200 result=1
        > SET VARIABLE "CELCOMBILLER_BILLSEC" "2"
        < 200 result=1
        "#,
    );
    ledger.hang_up(&mut channel).quietly();
    assert_trace(
        &mut channel,
        "
        > ENDING
        < 200 result=1 (GRANTED|1763690000.12#1|2|ANSWER|2|2000|)
        ",
    );
    is_record(&ledger, CALL, ("ANSWERED", 2, "2"));
    is_closed_at(&ledger, "598");
}

#[test]
fn the_funds_are_held_before_dial_is_said() {
    let ledger = Ledger::with_ana_and_bob(600);
    let mut held = Vec::new();
    let dialled = ledger.play_with(CALLER, &mut ana_calls_bob(), &[], |_, command| {
        if is_dial(command) {
            held.push(ledger.balance("ana"));
        }
        Answer::AsAsterisk
    });
    dialled.quietly();
    assert_eq!(held, [("600".to_owned(), "600".to_owned())]);
}

#[test]
fn a_call_is_cut_when_the_balance_ends_and_the_next_is_refused() {
    let ledger = Ledger::with_ana_and_bob(1);
    let mut channel = ana_calls_bob();
    channel.callee = answers(0, 60);
    assert_eq!(call(&ledger, &mut channel, &[]), "GRANTED");
    assert_eq!(dials(&channel), [format!("{BOBS_SIM},40,iS(1)")]);
    is_record(&ledger, CALL, ("ANSWERED", 1, "1"));
    is_closed_at(&ledger, "0");
    assert_eq!(call(&ledger, &mut Channel::new("1763690000.13", ANA, BOB), &[]), "NO_CREDIT");
}

#[test]
fn a_call_that_nobody_answers_costs_nothing() {
    let ledger = Ledger::in_euros();
    let mut channel = ana_calls_bob();
    channel.callee = CalleeBehaviour::Fails("BUSY");
    assert_eq!(call(&ledger, &mut channel, &[]), "GRANTED");
    assert_trace(
        &mut channel,
        r#"
        > STATE
        < 200 result=1 (Ring|0||||||||)
        > SET VARIABLE "CELCOMBILLER_CALL" "1763690000.12#1"
        < 200 result=1
        > SET VARIABLE "CELCOMBILLER_SECONDS" "995"
        < 200 result=1
        > SET VARIABLE "CELCOMBILLER_STATUS" "GRANTED"
        < 200 result=1
        > SET AUTOHANGUP "1035"
        < 200 result=0
        > EXEC "Dial" "SIP/IMSI001010000000002@127.0.0.1:5062,40,iS(995)"
        < 200 result=0
        > ENDING
        < 200 result=1 (GRANTED|1763690000.12#1||BUSY|||)
        > SET AUTOHANGUP "0"
        < 200 result=0
        > SET VARIABLE "CELCOMBILLER_CHARGE" "0"
        < 200 result=1
        > SET VARIABLE "CELCOMBILLER_BILLSEC" "0"
        < 200 result=1
        "#,
    );
    nothing_to_settle(&ledger, &mut channel);
    is_record(&ledger, CALL, ("BUSY", 0, "0"));
    for (counter, (status, disposition)) in [
        ("NOANSWER", "NO ANSWER"),
        ("CANCEL", "CANCEL"),
        ("CONGESTION", "CONGESTION"),
        ("CHANUNAVAIL", "FAILED"),
        ("DONTCALL", "FAILED"),
        ("TORTURE", "FAILED"),
        ("INVALIDARGS", "FAILED"),
        ("", "FAILED"),
        ("ANSWERED", "FAILED"),
    ]
    .into_iter()
    .enumerate()
    {
        let mut channel = Channel::new(&format!("1763690001.{counter}"), ANA, BOB);
        channel.callee = CalleeBehaviour::Fails(status);
        assert_eq!(call(&ledger, &mut channel, &[]), "GRANTED");
        is_record(&ledger, &format!("1763690001.{counter}#1"), (disposition, 0, "0"));
    }
    is_closed_at(&ledger, "10");
}

/// No figure means talk unless Dial says that it was answered.
#[test]
fn times_that_an_unanswered_dial_leaves_behind_are_not_charged() {
    let ledger = Ledger::in_euros();
    let mut channel = ana_calls_bob();
    call_that_ends_with(&ledger, &mut channel, "NOANSWER|30|30000|1763690000.000").quietly();
    is_record(&ledger, CALL, ("NO ANSWER", 0, "0"));
    is_closed_at(&ledger, "10");
}

/// A refusal: what makes it, who dials what, the reason, and the fact that Asterisk's log is told.
struct Refusal {
    before: &'static [&'static [&'static str]],
    caller: &'static str,
    dialled: &'static str,
    reason: &'static str,
    fact: &'static str,
}

const REFUSALS: &[Refusal] = &[
    Refusal {
        before: &[],
        caller: "999999990",
        dialled: BOB,
        reason: "UNKNOWN_CALLER",
        fact: "no account for 999999990 by callerid",
    },
    Refusal {
        before: &[],
        caller: "unknown",
        dialled: BOB,
        reason: "UNKNOWN_CALLER",
        fact: "no account for unknown by callerid",
    },
    Refusal {
        before: &[&["user", "suspend", "ana"]],
        caller: ANA,
        dialled: BOB,
        reason: "SUSPENDED",
        fact: "ana is suspended",
    },
    Refusal {
        before: &[&["user", "resume", "ana"], &["user", "update", "ana", "--expires", "2020-01-01"]],
        caller: ANA,
        dialled: BOB,
        reason: "EXPIRED",
        fact: "ana expired at 2020-01-01T00:00:00Z",
    },
    Refusal {
        before: &[&["user", "update", "ana", "--expires", "never"]],
        caller: BOB,
        dialled: ANA,
        reason: "NO_CREDIT",
        fact: "bob has 0 available",
    },
    Refusal {
        before: &[],
        caller: ANA,
        dialled: "5511999990002",
        reason: "NO_ROUTE",
        fact: "nothing reaches 5511999990002",
    },
    Refusal {
        before: &[],
        caller: ANA,
        dialled: "IMSI001010000000009",
        reason: "NO_ROUTE",
        fact: "nothing reaches IMSI001010000000009",
    },
    Refusal {
        before: &[&["tariff", "add", "empty"], &["user", "update", "ana", "--tariff", "empty"]],
        caller: ANA,
        dialled: BOB,
        reason: "NO_RATE",
        fact: "no rate for 999999998 in the tariff of ana",
    },
    Refusal {
        before: &[],
        caller: ANA,
        dialled: "99999999x",
        reason: "INVALID_NUMBER",
        fact: "`99999999x` is not a phone number: expected 1 to 15 digits",
    },
];

#[test]
fn each_refusal_says_its_reason_and_dials_nothing() {
    let ledger = Ledger::with_ana_and_bob(600);
    for Refusal { before, caller, dialled, reason, fact } in REFUSALS {
        before.iter().for_each(|change| drop(ledger.ok(change)));
        let mut channel = Channel::new(UNIQUEID, caller, dialled);
        call(&ledger, &mut channel, &[]);
        let asked = match *reason {
            "INVALID_NUMBER" => "",
            _ => "> STATE\n< 200 result=1 (Ring|0||||||||)",
        };
        let refused = format!(
            "{asked}
             > SET VARIABLE \"CELCOMBILLER_STATUS\" \"{reason}\"
             < 200 result=1
             > VERBOSE \"celcombiller: {reason}: {fact}\" \"1\"
             < 200 result=1"
        );
        assert_trace(&mut channel, &refused);
        nothing_to_settle(&ledger, &mut channel);
    }
    assert_eq!(ledger.ok(&["--format", "json", "hold", "list", "--all"]).trim(), "[]");
    is_closed_at(&ledger, "600");
}

#[test]
fn a_call_beyond_the_most_at_once_is_refused_as_too_many() {
    let ledger = Ledger::in_euros();
    ledger.configure("[calls]\nmax_seconds = 60\n");
    ledger.ok(&["user", "update", "ana", "--max-calls", "1"]);
    assert_eq!(call(&ledger, &mut ana_calls_bob(), &["authorise"]), "GRANTED");
    let mut second = Channel::new("1763690000.13", ANA, BOB);
    assert_eq!(call(&ledger, &mut second, &[]), "TOO_MANY_CALLS");
    assert_trace(
        &mut second,
        r#"
        > STATE
        < 200 result=1 (Ring|0||||||||)
        > SET VARIABLE "CELCOMBILLER_STATUS" "TOO_MANY_CALLS"
        < 200 result=1
        > VERBOSE "celcombiller: TOO_MANY_CALLS: ana has 1 calls of 1" "1"
        < 200 result=1
        "#,
    );
}

#[test]
fn a_blocked_number_is_refused_before_the_books_are_asked() {
    let ledger = Ledger::with_ana_and_bob(600);
    ledger
        .configure("[calls]\nblocked = [\"0900\"]\n[free]\nnumbers = [\"09001\"]\ndial = \"PJSIP/{number}@rescue\"\n");
    let mut channel = ana_calls("0900123");
    assert_eq!(call(&ledger, &mut channel, &[]), "BLOCKED_NUMBER");
    assert_trace(
        &mut channel,
        r#"
        > SET VARIABLE "CELCOMBILLER_STATUS" "BLOCKED_NUMBER"
        < 200 result=1
        > VERBOSE "celcombiller: BLOCKED_NUMBER: 0900123 begins with the blocked 0900" "1"
        < 200 result=1
        "#,
    );
    assert_eq!(call(&ledger, &mut ana_calls("+0900123"), &[]), "BLOCKED_NUMBER");
    assert_eq!(call(&ledger, &mut ana_calls("090"), &[]), "NO_ROUTE");
    assert_eq!(call(&ledger, &mut ana_calls("09001"), &[]), "GRANTED", "free before blocked");
}

#[test]
fn books_that_cannot_be_used_refuse_as_unavailable() {
    let ledger = Ledger::with_ana_and_bob(600);
    std::fs::remove_file(ledger.database()).unwrap();
    let mut channel = ana_calls_bob();
    let ended = ledger.play(CALLER, &mut channel, &[]);
    let missing = format!("no database at {}", ledger.database().display());
    assert_eq!(ended.status.code(), Some(0));
    assert_eq!(ended.stderr, format!("celcombiller: call {CALL} is refused: {missing}\n"));
    assert_trace(
        &mut channel,
        &format!(
            "> STATE
             < 200 result=1 (Ring|0||||||||)
             > SET VARIABLE \"CELCOMBILLER_STATUS\" \"UNAVAILABLE\"
             < 200 result=1
             > VERBOSE \"celcombiller: UNAVAILABLE: {missing}\" \"1\"
             < 200 result=1"
        ),
    );
}

#[test]
fn a_configuration_that_cannot_be_read_refuses_as_unavailable() {
    let ledger = Ledger::with_ana_and_bob(600);
    ledger.configure("[dial]\nofnet = \"PJSIP/{number}@carrier\"\n");
    let mut channel = ana_calls_bob();
    assert_eq!(ledger.play(CALLER, &mut channel, &[]).status.code(), Some(0));
    let said: Vec<_> = commands(&channel.dialogue).collect();
    assert_eq!(said[0], "SET VARIABLE \"CELCOMBILLER_STATUS\" \"UNAVAILABLE\"");
    assert!(said[1].contains("celcombiller.toml line 2: unknown field `ofnet`"), "{}", said[1]);
    assert_eq!(said.len(), 2);
}

#[test]
fn a_configured_prompt_is_played_in_early_media() {
    let ledger = Ledger::with_ana_and_bob(600);
    ledger.configure("[prompts]\nNO_CREDIT = \"celcombiller/no-credit\"\nINVALID_NUMBER = \"pbx-invalid\"\n");
    let plays = |caller: &str, dialled: &str| {
        let mut channel = Channel::new(UNIQUEID, caller, dialled);
        call(&ledger, &mut channel, &[]);
        let said = commands(&channel.dialogue).skip_while(|command| !command.starts_with("VERBOSE")).skip(1);
        said.map(str::to_owned).collect::<Vec<_>>()
    };
    let progress = "EXEC \"Progress\" \"\"";
    assert_eq!(plays(BOB, ANA), [progress, "EXEC \"Playback\" \"celcombiller/no-credit,noanswer\""]);
    assert_eq!(plays(ANA, "9x"), [progress, "EXEC \"Playback\" \"pbx-invalid,noanswer\""]);
    assert_eq!(plays(ANA, "5511"), [""; 0]);
}

#[test]
fn authorise_leaves_dialling_to_the_dialplan_and_the_reducer_settles() {
    let ledger = Ledger::with_ana_and_bob(600);
    let mut channel = ana_calls_bob();
    assert_eq!(call(&ledger, &mut channel, &["authorise"]), "GRANTED");
    assert_trace(
        &mut channel,
        r#"
        > STATE
        < 200 result=1 (Ring|0||||||||)
        > SET VARIABLE "CELCOMBILLER_CALL" "1763690000.12#1"
        < 200 result=1
        > SET VARIABLE "CELCOMBILLER_SECONDS" "600"
        < 200 result=1
        > SET VARIABLE "CELCOMBILLER_STATUS" "GRANTED"
        < 200 result=1
        > SET AUTOHANGUP "640"
        < 200 result=0
        "#,
    );
    assert_eq!(ledger.balance("ana"), ("600".to_owned(), "600".to_owned()));
    dialled_by_the_dialplan(
        &mut channel,
        [("DIALSTATUS", "ANSWER"), ("ANSWEREDTIME", "7"), ("ANSWEREDTIME_MS", "7009")],
    );
    ledger.hang_up(&mut channel).quietly();
    assert_trace(
        &mut channel,
        r#"
        > ENDING
        < 200 result=1 (GRANTED|1763690000.12#1||ANSWER|7|7009|)
        > SET VARIABLE "CELCOMBILLER_CHARGE" "7"
        < 200 result=1
        > SET VARIABLE "CELCOMBILLER_BILLSEC" "7"
        < 200 result=1
        "#,
    );
    is_record(&ledger, CALL, ("ANSWERED", 7, "7"));
    is_closed_at(&ledger, "593");
}

/// Sets what a Dial in the dialplan leaves.
fn dialled_by_the_dialplan<const N: usize>(channel: &mut Channel, left: [(&str, &str); N]) {
    channel.variables.extend(left.map(|(name, value)| (name.to_owned(), value.to_owned())));
}

#[test]
fn to_names_another_destination_than_the_extension() {
    let ledger = Ledger::with_ana_and_bob(600);
    for (counter, (arguments, extension, status, dialled)) in [
        (vec!["to=999999998"], "s", "GRANTED", Some(BOBS_SIM)),
        (vec!["to=IMSI001010000000002"], "s", "GRANTED", Some(BOBS_SIM)),
        (vec!["authorise", "to=999999998"], "s", "GRANTED", None),
        (vec!["to=999999998", "authorise"], "s", "GRANTED", None),
        (vec!["to="], BOB, "INVALID_NUMBER", None),
        (vec!["to=5511"], BOB, "NO_ROUTE", None),
        (vec!["authorize"], BOB, "UNAVAILABLE", None),
        (vec!["to"], BOB, "UNAVAILABLE", None),
        (vec!["authorise=yes"], BOB, "UNAVAILABLE", None),
    ]
    .into_iter()
    .enumerate()
    {
        let mut channel = Channel::new(&format!("1763690000.{counter}"), ANA, extension);
        assert_eq!(call(&ledger, &mut channel, &arguments), status, "{arguments:?}");
        let reached = dials(&channel);
        assert_eq!(reached.first().and_then(|data| data.split(',').next()), dialled, "{arguments:?}");
        ledger.hang_up(&mut channel);
    }
    is_closed_at(&ledger, "600");
}

#[test]
fn a_limit_with_warnings_counts_in_milliseconds() {
    let ledger = Ledger::with_ana_and_bob(600);
    for (toml, options) in [
        ("limit = \"L\"", "iL(600000:60000)"),
        ("limit = \"L\"\nwarn_seconds = 30\nwarn_every_seconds = 10", "iL(600000:30000:10000)"),
        ("limit = \"L\"\nwarn_seconds = 0", "iL(600000:0)"),
        ("limit = \"S\"\nwarn_seconds = 30", "iS(600)"),
    ] {
        ledger.configure(&format!("[dial]\nring_seconds = 25\n{toml}\n"));
        let mut channel = ana_calls_bob();
        channel.callee = CalleeBehaviour::Fails("BUSY");
        channel.uniqueid = format!("1763690000.{}", options.len());
        call(&ledger, &mut channel, &[]);
        assert_eq!(dials(&channel), [format!("{BOBS_SIM},25,{options}")]);
    }
}

const EMERGENCY: &str = "[free]\nnumbers = [\"112\"]\ndial = \"PJSIP/{number}@rescue\"\n[database]\nbusy_timeout = 1\n";

#[test]
fn a_free_number_is_dialled_whatever_the_books_are() {
    let suspended = Ledger::with_ana_and_bob(0);
    suspended.ok(&["user", "suspend", "ana"]);
    let missing = Ledger::with_ana_and_bob(0);
    std::fs::remove_file(missing.database()).unwrap();
    let locked = Ledger::with_ana_and_bob(0);
    let lock = Connection::open(locked.database()).unwrap();
    lock.execute_batch("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE").unwrap();
    let broken = Ledger::with_ana_and_bob(0);
    std::fs::write(broken.database(), "not a database").unwrap();
    for ledger in [suspended, missing, locked, broken] {
        ledger.configure(EMERGENCY);
        for (caller, dialled) in [(ANA, "112"), ("unknown", "112"), (ANA, "+112")] {
            let mut channel = Channel::new(UNIQUEID, caller, dialled);
            call(&ledger, &mut channel, &[]);
            assert_trace(
                &mut channel,
                r#"
                > ENDING
                < 200 result=1 (||||||)
                > SET VARIABLE "CELCOMBILLER_STATUS" "GRANTED"
                < 200 result=1
                > EXEC "Dial" "PJSIP/112@rescue,40,i"
                < 200 result=-1
                "#,
            );
            nothing_to_settle(&ledger, &mut channel);
        }
    }
}

#[test]
fn a_free_number_goes_where_other_numbers_go_unless_told_otherwise() {
    let ledger = Ledger::with_ana_and_bob(0);
    ledger.configure("[free]\nnumbers = [\"112\"]\n[dial]\noffnet = \"PJSIP/{number}@carrier\"\n");
    let mut channel = ana_calls("112");
    assert_eq!(call(&ledger, &mut channel, &[]), "GRANTED");
    assert_eq!(dials(&channel), ["PJSIP/112@carrier,40,i"]);
    let mut channel = ana_calls("112");
    assert_eq!(call(&ledger, &mut channel, &["authorise"]), "GRANTED");
    assert_eq!(dials(&channel), [""; 0]);
    let mut channel = ana_calls("1120");
    assert_eq!(call(&ledger, &mut channel, &[]), "NO_CREDIT");
    ledger.configure("[free]\nnumbers = [\"112\"]\n");
    let mut channel = ana_calls("112");
    assert_eq!(call(&ledger, &mut channel, &[]), "NO_ROUTE");
}

/// `by | account code | caller id | who pays, or nobody`
const IDENTITIES: &str = "
    callerid             |       | 999999999           | ana
    callerid             |       | +999999999          | ana
    callerid             |       | 999999997           | ana
    callerid             | bob   | 999999999           | ana
    callerid             |       | IMSI001010000000001 | nobody
    callerid             |       | 001010000000001     | nobody
    callerid             |       | 0999999999          | nobody
    callerid             |       | 999999999x          | nobody
    callerid             | ana   | unknown             | nobody
    accountcode          | ana   | 999999998           | ana
    accountcode          | ana   | unknown             | ana
    accountcode          |       | 999999999           | nobody
    accountcode          | ANA   | 999999999           | nobody
    accountcode callerid | bob   | 999999999           | bob
    accountcode callerid |       | 999999999           | ana
    accountcode callerid | carol | 999999999           | nobody
    accountcode callerid | a b   | 999999999           | nobody
    callerid accountcode | bob   | 999999999           | ana
    callerid accountcode | bob   | 555                 | bob
    imsi                 |       | IMSI001010000000001 | ana
    imsi                 |       | 001010000000001     | ana
    imsi                 |       | 999999999           | nobody
    imsi                 |       | IMSI                | nobody
    callerid imsi        |       | IMSI001010000000002 | bob
    callerid imsi        |       | 999999998           | bob
    imsi callerid        |       | 999999998           | bob
    imsi callerid        |       | 001010000000002     | bob
";

#[test]
fn the_account_is_found_in_the_configured_order() {
    let ledger = Ledger::with_ana_and_bob(600);
    ledger.ok(&["callerid", "add", "ana", "999999997"]);
    ledger.ok(&["balance", "add", "bob", "600"]);
    ledger.ok(&["user", "add", "carla", "--clid", "999999996", "--imsi", "001010000000003"]);
    for (counter, case) in IDENTITIES.lines().map(str::trim).filter(|line| !line.is_empty()).enumerate() {
        let [by, accountcode, callerid, payer] = case.split('|').map(str::trim).collect::<Vec<_>>().try_into().unwrap();
        let by: Vec<_> = by.split(' ').collect();
        ledger.configure(&format!("[identify]\nby = {by:?}\n"));
        let mut channel = Channel::new(&format!("1763690000.{counter}"), callerid, "999999996");
        channel.accountcode = accountcode.to_owned();
        let status = call(&ledger, &mut channel, &[]);
        if payer == "nobody" {
            assert_eq!(status, "UNKNOWN_CALLER", "{case}");
            continue;
        }
        assert_eq!(status, "GRANTED", "{case}");
        let cdr = ledger.json(&["cdr", "show", channel.variable("CELCOMBILLER_CALL")]);
        assert_eq!(cdr["username"], payer, "{case}");
    }
}

/// `dialled | what Dial is given`
const DESTINATIONS: &str = "
    999999998           | SIP/IMSI001010000000002@127.0.0.1:5062
    +999999998          | SIP/IMSI001010000000002@127.0.0.1:5062
    999999996           | SIP/IMSI001010000000002@127.0.0.1:5062
    IMSI001010000000002 | SIP/IMSI001010000000002@127.0.0.1:5062
    001010000000002     | SIP/IMSI001010000000002@127.0.0.1:5062
    5511999990002       | PJSIP/5511999990002@carrier
    +5511999990002      | PJSIP/5511999990002@carrier
    001010000000009     | PJSIP/001010000000009@carrier
    1                   | PJSIP/1@carrier
    123456789012345     | PJSIP/123456789012345@carrier
    IMSI001010000000009 | NO_ROUTE
    999999995           | NO_ROUTE
";

#[test]
fn a_destination_is_a_user_by_number_or_sim_else_off_net() {
    let ledger = Ledger::with_ana_and_bob(600);
    ledger.configure("[dial]\noffnet = \"PJSIP/{number}@carrier\"\n");
    ledger.ok(&["callerid", "add", "bob", "999999996"]);
    // A user without a SIM has nothing for the default template, and is not sent off-net instead.
    ledger.ok(&["user", "add", "carla", "--clid", "999999995"]);
    for (counter, case) in DESTINATIONS.lines().map(str::trim).filter(|line| !line.is_empty()).enumerate() {
        let (dialled, reached) = case.split_once('|').unwrap();
        let (dialled, reached) = (dialled.trim(), reached.trim());
        let mut channel = Channel::new(&format!("1763690000.{counter}"), ANA, dialled);
        channel.callee = CalleeBehaviour::Fails("BUSY");
        let status = call(&ledger, &mut channel, &[]);
        match reached {
            "NO_ROUTE" => assert_eq!((status.as_str(), dials(&channel).len()), ("NO_ROUTE", 0), "{case}"),
            _ => assert_eq!(dials(&channel), [format!("{reached},40,iS(600)")], "{case}"),
        }
    }
}

#[test]
fn a_channel_that_dials_twice_has_two_calls() {
    let ledger = Ledger::in_euros();
    ledger.configure("[calls]\nmax_seconds = 60\n[dial]\noffnet = \"PJSIP/{number}@carrier\"\n");
    let mut channel = ana_calls_bob();
    assert_eq!(call(&ledger, &mut channel, &[]), "GRANTED");
    channel.dialogue.clear();
    channel.extension = "5511".to_owned();
    channel.callee = answers(0, 1);
    dialled_by_the_dialplan(&mut channel, [("CHANNEL(state)", "Up")]);
    assert_eq!(call(&ledger, &mut channel, &[]), "GRANTED");
    assert_trace(
        &mut channel,
        r#"
        > STATE
        < 200 result=1 (Up|0||GRANTED|1763690000.12#1|0|ANSWER|0|0|)
        > SET VARIABLE "CELCOMBILLER_BILLSEC" ""
        < 200 result=1
        > SET VARIABLE "DIALSTATUS" ""
        < 200 result=1
        > SET VARIABLE "CELCOMBILLER_CALL" "1763690000.12#2"
        < 200 result=1
        > SET VARIABLE "CELCOMBILLER_SECONDS" "60"
        < 200 result=1
        > SET VARIABLE "CELCOMBILLER_STATUS" "GRANTED"
        < 200 result=1
        > SET AUTOHANGUP "100"
        < 200 result=0
        > EXEC "Dial" "PJSIP/5511@carrier,40,iS(60)"
        < 200 result=-1
        > ENDING
        < 200 result=1 (GRANTED|1763690000.12#2||ANSWER|1|1000|)
        > SET AUTOHANGUP "0"
        < 200 result=0
        > SET VARIABLE "CELCOMBILLER_CHARGE" "0.06"
        < 200 result=1
        > SET VARIABLE "CELCOMBILLER_BILLSEC" "1"
        < 200 result=1
        "#,
    );
    nothing_to_settle(&ledger, &mut channel);
    is_record(&ledger, CALL, ("ANSWERED", 0, "0.05"));
    is_record(&ledger, "1763690000.12#2", ("ANSWERED", 1, "0.06"));
    is_closed_at(&ledger, "9.89");
}

#[test]
fn a_second_dial_settles_what_a_killed_caller_left_of_the_first() {
    let ledger = Ledger::with_ana_and_bob(600);
    let mut channel = ana_calls_bob();
    channel.callee = answers(0, 1);
    call_and_kill_the_caller_mid_dial(&ledger, &mut channel);
    assert_eq!(ledger.balance("ana"), ("600".to_owned(), "600".to_owned()));
    channel.callee = CalleeBehaviour::Fails("BUSY");
    assert_eq!(call(&ledger, &mut channel, &[]), "GRANTED");
    nothing_to_settle(&ledger, &mut channel);
    is_record(&ledger, CALL, ("ANSWERED", 1, "1"));
    is_record(&ledger, "1763690000.12#2", ("BUSY", 0, "0"));
    is_closed_at(&ledger, "599");
}

#[test]
fn a_refused_second_dial_leaves_the_first_call_as_it_was() {
    let ledger = Ledger::in_euros();
    let mut channel = ana_calls_bob();
    assert_eq!(call(&ledger, &mut channel, &[]), "GRANTED");
    channel.extension = "5511".to_owned();
    assert_eq!(call(&ledger, &mut channel, &[]), "NO_ROUTE");
    nothing_to_settle(&ledger, &mut channel);
    is_record(&ledger, CALL, ("ANSWERED", 0, "0.05"));
    is_closed_at(&ledger, "9.95");
}

#[test]
fn a_free_call_after_one_that_was_not_settled_does_not_pass_for_its_end() {
    let ledger = Ledger::with_ana_and_bob(600);
    ledger.configure(EMERGENCY);
    let mut channel = ana_calls_bob();
    channel.callee = answers(0, 1);
    call_and_kill_the_caller_mid_dial(&ledger, &mut channel);
    channel.extension = "112".to_owned();
    channel.callee = CalleeBehaviour::Fails("BUSY");
    assert_eq!(call(&ledger, &mut channel, &[]), "GRANTED");
    ledger.hang_up(&mut channel);
    ledger.ok(&["hold", "expire"]);
    is_record(&ledger, CALL, ("ANSWERED", 1, "1"));
    is_closed_at(&ledger, "599");
}

/// The channel was up for 100 s before the dial, and Asterisk counts them; then it rang for a second and was
/// talked on for another.
#[test]
fn an_announcement_before_the_dial_is_not_charged() {
    let charged_for = |stamps: &str, times: &str, billsec: u64| {
        let ledger = Ledger::with_ana_and_bob(600);
        let mut channel = ana_calls_bob();
        channel.callee = answers(1, 1);
        dialled_by_the_dialplan(
            &mut channel,
            [("CHANNEL(state)", "Up"), ("DIALPLAN_EXISTS(celcombiller-answered,s,1)", stamps)],
        );
        let ended = ledger.play_with(CALLER, &mut channel, &[], |channel, command| {
            if !reads_the_ending(channel, command) {
                return Answer::AsAsterisk;
            }
            let stamp = channel.variable("CELCOMBILLER_ANSWERED");
            ends_with(command, &format!("ANSWER|{times}|{stamp}"))
        });
        ended.quietly();
        let option = if stamps == "1" { "U(celcombiller-answered)" } else { "" };
        assert_eq!(dials(&channel), [format!("{BOBS_SIM},40,i{option}S(600)")]);
        is_record(&ledger, CALL, ("ANSWERED", billsec, &billsec.to_string()));
    };
    thread::scope(|cases| {
        for (stamps, times, billsec) in [("1", "102|102500", 1), ("", "102|102500", 2), ("", "1|1500", 1)] {
            cases.spawn(move || charged_for(stamps, times, billsec));
        }
    });
}

#[test]
fn a_stamp_that_an_earlier_dial_left_is_wiped_before_the_next() {
    let ledger = Ledger::with_ana_and_bob(600);
    let mut channel = ana_calls_bob();
    dialled_by_the_dialplan(&mut channel, [("CELCOMBILLER_ANSWERED", "1763690000.000"), ("DIALSTATUS", "ANSWER")]);
    channel.callee = CalleeBehaviour::Fails("BUSY");
    assert_eq!(call(&ledger, &mut channel, &[]), "GRANTED");
    let wiped: Vec<_> = commands(&channel.dialogue).filter(|said| said.ends_with(" \"\"")).collect();
    assert_eq!(wiped, ["SET VARIABLE \"DIALSTATUS\" \"\"", "SET VARIABLE \"CELCOMBILLER_ANSWERED\" \"\""]);
    is_closed_at(&ledger, "600");
}

#[test]
fn the_second_net_gives_way_to_an_earlier_end_and_is_taken_back_after_the_call() {
    for (before, nets) in [
        ("0", vec!["640", "0"]),
        ("0.000", vec!["640", "0"]),
        ("100.000", vec![]),
        ("640.000", vec![]),
        ("641.000", vec!["640", "641"]),
        ("5000.250", vec!["640", "5000"]),
    ] {
        let ledger = Ledger::with_ana_and_bob(600);
        let mut channel = ana_calls_bob();
        channel.callee = CalleeBehaviour::Fails("BUSY");
        dialled_by_the_dialplan(&mut channel, [("TIMEOUT(absolute)", before)]);
        assert_eq!(call(&ledger, &mut channel, &[]), "GRANTED");
        let said: Vec<_> =
            commands(&channel.dialogue).filter_map(|command| command.strip_prefix("SET AUTOHANGUP ")).collect();
        assert_eq!(said, nets.iter().map(|seconds| format!("{seconds:?}")).collect::<Vec<_>>(), "{before}");
    }
}

#[test]
fn the_second_net_counts_the_time_that_the_dial_took() {
    let ledger = Ledger::with_ana_and_bob(1);
    let mut channel = ana_calls_bob();
    channel.callee = answers(1, 60);
    dialled_by_the_dialplan(&mut channel, [("TIMEOUT(absolute)", "5000.900")]);
    assert_eq!(call(&ledger, &mut channel, &[]), "GRANTED");
    let nets: Vec<_> = commands(&channel.dialogue).filter(|said| said.starts_with("SET AUTOHANGUP")).collect();
    assert_eq!(nets, ["SET AUTOHANGUP \"41\"", "SET AUTOHANGUP \"4998\""]);
}

#[test]
fn a_hangup_or_a_stopped_service_does_not_keep_a_call_from_its_charge() {
    for name in ["HUP", "TERM"] {
        let during: fn(&Channel, &str) -> bool = |_, command| is_dial(command);
        for moment in [during, reads_the_ending] {
            let ledger = Ledger::in_euros();
            let mut channel = ana_calls_bob();
            let child = ledger.start(CALLER, &[]);
            let process = child.id();
            let ended = accompany(child, &mut channel, &[], |channel, command| {
                if moment(channel, command) {
                    signal(name, process);
                }
                Answer::AsAsterisk
            });
            ended.quietly();
            is_record(&ledger, CALL, ("ANSWERED", 0, "0.05"));
            nothing_to_settle(&ledger, &mut channel);
            is_closed_at(&ledger, "9.95");
        }
    }
}

#[test]
fn the_reducer_outlives_the_same_signals() {
    for name in ["HUP", "TERM"] {
        let ledger = Ledger::in_euros();
        let mut channel = ana_calls_bob();
        call_and_kill_the_caller_mid_dial(&ledger, &mut channel);
        channel.extension = "h".to_owned();
        let child = ledger.start("celcombiller-reducer", &[]);
        let process = child.id();
        let ended = accompany(child, &mut channel, &[], |_, command| {
            if plain(command) == ENDING {
                signal(name, process);
            }
            Answer::AsAsterisk
        });
        ended.quietly();
        is_closed_at(&ledger, "9.95");
    }
}

/// Writes each byte by itself.
struct ByteByByte<W>(W);

impl<W: Write> Write for ByteByByte<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        for byte in bytes {
            self.0.write_all(&[*byte])?;
            self.0.flush()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

#[test]
fn replies_may_come_byte_by_byte() {
    let ledger = Ledger::in_euros();
    let mut channel = ana_calls_bob();
    let mut child = ledger.start(CALLER, &[]);
    let (to, from) = pipes(&mut child);
    converse((ByteByByte(to), from), &mut channel, &[], |_, _| Answer::AsAsterisk);
    Ended::of(child).quietly();
    is_record(&ledger, CALL, ("ANSWERED", 0, "0.05"));
    is_closed_at(&ledger, "9.95");
}

const USAGE: &str = "520-Invalid command syntax.  Proper usage follows:\n Usage: SET AUTOHANGUP <time>\n\tCause the \
                     channel to automatically hangup at <time> seconds in the\n 200 result=1\nfuture.\n520 End of \
                     proper usage.\n";

/// What Asterisk may say to a command that changes nothing about who pays what.
#[test]
fn a_call_is_settled_whatever_asterisk_says_to_a_command_beside_it() {
    let ledger = Ledger::in_euros();
    ledger.configure("[calls]\nmax_seconds = 60\n");
    let mut calls = 0;
    for odd in [
        "200 result=-1\n",
        "200 result=1 (a (text) of (many) words)\n",
        "200 result=0 endpos=0\n",
        "510 Invalid or unknown command\n",
        "511 Command Not Permitted on a dead channel or intercept routine\n",
        "HANGUP\n200 result=0\n",
        "520 Invalid command syntax.  Proper usage not available.\n",
        USAGE,
    ] {
        for beside in ["SET AUTOHANGUP \"100\"", "SET AUTOHANGUP \"0\"", "SET VARIABLE \"CELCOMBILLER_SECONDS\" \"60\""]
        {
            calls += 1;
            let mut channel = Channel::new(&format!("1763690000.{calls}"), ANA, BOB);
            let ended = ledger.play_with(CALLER, &mut channel, &[], |_, command| match command == beside {
                true => Answer::Raw(odd.as_bytes().to_vec()),
                false => Answer::AsAsterisk,
            });
            ended.quietly();
            is_record(&ledger, &format!("1763690000.{calls}#1"), ("ANSWERED", 0, "0.05"));
            nothing_to_settle(&ledger, &mut channel);
        }
    }
}

/// What Asterisk may say to Dial itself: the variables it leaves decide, and there are none.
#[test]
fn a_dial_that_asterisk_does_not_do_costs_nothing_and_holds_nothing() {
    for (odd, told) in [
        ("200 result=-1\n", ""),
        ("HANGUP\n200 result=-1\n", ""),
        ("200 result=-2\n", "celcombiller: Asterisk has no Dial application\n"),
        (
            "511 Command Not Permitted on a dead channel or intercept routine\n",
            "celcombiller: Asterisk answered 511 to Dial\n",
        ),
        (USAGE, "celcombiller: Asterisk answered 520 to Dial\n"),
    ] {
        let ledger = Ledger::in_euros();
        let mut channel = ana_calls_bob();
        let ended = ledger.play_with(CALLER, &mut channel, &[], |_, command| match is_dial(command) {
            true => Answer::Raw(odd.as_bytes().to_vec()),
            false => Answer::AsAsterisk,
        });
        assert_eq!((ended.status.code(), ended.stderr.as_str()), (Some(0), told));
        is_record(&ledger, CALL, ("FAILED", 0, "0"));
        nothing_to_settle(&ledger, &mut channel);
        is_closed_at(&ledger, "10");
    }
}

#[test]
fn a_pipe_that_closes_during_dial_leaves_the_hold_to_the_expiry() {
    let ledger = Ledger::with_ana_and_bob(600);
    let mut channel = ana_calls_bob();
    let ended = ledger.play_with(CALLER, &mut channel, &[], |_, command| match is_dial(command) {
        true => Answer::Close,
        false => Answer::AsAsterisk,
    });
    assert_eq!(
        (ended.status.code(), ended.stderr.as_str()),
        (Some(1), "celcombiller-caller: Asterisk closed the pipe\n")
    );
    assert_eq!(ledger.balance("ana"), ("600".to_owned(), "600".to_owned()));
    assert_eq!(ledger.json(&["hold", "expire"]), serde_json::json!([]), "the call may still be going on");
    let expired = ledger.json(&["hold", "expire", "--as-of", FAR_AHEAD]);
    assert_eq!(expired[0]["call"], CALL);
    assert_eq!(ledger.json(&["hold", "list", "--all"])[0]["state"], "expired");
    is_closed_at(&ledger, "600");
}

#[test]
fn the_reducer_settles_the_call_of_a_killed_caller() {
    let ledger = Ledger::with_ana_and_bob(600);
    let mut channel = ana_calls_bob();
    channel.callee = answers(1, 1);
    call_and_kill_the_caller_mid_dial(&ledger, &mut channel);
    channel.dialogue.clear();
    ledger.hang_up(&mut channel).quietly();
    assert_trace(
        &mut channel,
        r#"
        > ENDING
        < 200 result=1 (GRANTED|1763690000.12#1||ANSWER|1|1000|)
        > SET VARIABLE "CELCOMBILLER_CHARGE" "1"
        < 200 result=1
        > SET VARIABLE "CELCOMBILLER_BILLSEC" "1"
        < 200 result=1
        "#,
    );
    nothing_to_settle(&ledger, &mut channel);
    is_record(&ledger, CALL, ("ANSWERED", 1, "1"));
    is_closed_at(&ledger, "599");
}

#[test]
fn the_reducer_closes_the_hold_of_a_call_that_was_never_named() {
    let ledger = Ledger::with_ana_and_bob(600);
    let mut channel = ana_calls_bob();
    let child = ledger.start(CALLER, &[]);
    let process = child.id();
    accompany(child, &mut channel, &[], |_, command| {
        if command.starts_with("SET VARIABLE \"CELCOMBILLER_CALL\"") {
            signal("KILL", process);
            return Answer::Close;
        }
        Answer::AsAsterisk
    });
    assert_eq!(ledger.balance("ana"), ("600".to_owned(), "600".to_owned()));
    channel.dialogue.clear();
    // What the dialplan dialled by itself before or after is another call's.
    dialled_by_the_dialplan(&mut channel, [("DIALSTATUS", "ANSWER"), ("ANSWEREDTIME", "50")]);
    ledger.hang_up(&mut channel).quietly();
    assert_trace(&mut channel, "> ENDING\n< 200 result=1 (|||ANSWER|50||)");
    is_record(&ledger, CALL, ("FAILED", 0, "0"));
    is_closed_at(&ledger, "600");
}

#[test]
fn the_reducer_of_a_channel_without_a_call_changes_nothing() {
    let ledger = Ledger::with_ana_and_bob(600);
    let mut channel = ana_calls_bob();
    dialled_by_the_dialplan(&mut channel, [("DIALSTATUS", "ANSWER"), ("ANSWEREDTIME", "50")]);
    nothing_to_settle(&ledger, &mut channel);
    dialled_by_the_dialplan(
        &mut channel,
        [("CELCOMBILLER_CALL", "1763690000.99#1"), ("CELCOMBILLER_STATUS", "GRANTED")],
    );
    nothing_to_settle(&ledger, &mut channel);
    assert_eq!(ledger.json(&["hold", "list", "--all"]), serde_json::json!([]));
}

/// An answer whose times cannot be read is charged by what bounds it from above, and never as nothing: here
/// by the second that the dial took, of the 60 that were granted.
#[test]
fn an_answer_without_readable_times_is_charged_by_what_bounds_it() {
    let charged_for = |times: &str, billsec: u64| {
        let ledger = Ledger::with_ana_and_bob(60);
        let mut channel = ana_calls_bob();
        channel.callee = answers(1, 0);
        call_that_ends_with(&ledger, &mut channel, &format!("ANSWER|{times}|")).quietly();
        let (seconds, millis) = times.split_once('|').unwrap();
        dialled_by_the_dialplan(
            &mut channel,
            [("DIALSTATUS", "ANSWER"), ("ANSWEREDTIME", seconds), ("ANSWEREDTIME_MS", millis)],
        );
        ledger.hang_up(&mut channel).quietly();
        is_record(&ledger, CALL, ("ANSWERED", billsec, &billsec.to_string()));
        is_closed_at(&ledger, &(60 - billsec).to_string());
    };
    thread::scope(|cases| {
        for (times, billsec) in [
            ("|", 1),
            ("x|y", 1),
            ("-1|-1", 1),
            ("1e3|", 1),
            ("99999999999999999999|99999999999999999999", 1),
            ("18446744073709551615|", 1),
            ("7|", 1),
            ("|7009", 1),
            ("0|0", 0),
        ] {
            cases.spawn(move || charged_for(times, billsec));
        }
    });
}

#[test]
fn a_redirected_call_is_left_to_the_channels_end() {
    let ledger = Ledger::with_ana_and_bob(600);
    let mut channel = ana_calls_bob();
    channel.callee = answers(0, 1);
    call_that_ends_with(&ledger, &mut channel, "ANSWER|||").quietly();
    let after: Vec<_> =
        commands(&channel.dialogue).skip_while(|command| !is_dial(command)).skip(1).map(plain).collect();
    assert_eq!(after, [ENDING], "the net stays for the talk that goes on");
    assert_eq!(ledger.balance("ana"), ("600".to_owned(), "600".to_owned()));
    dialled_by_the_dialplan(&mut channel, [("ANSWEREDTIME", ""), ("ANSWEREDTIME_MS", "")]);
    ledger.hang_up(&mut channel).quietly();
    is_record(&ledger, CALL, ("ANSWERED", 1, "1"));
}

#[test]
fn what_is_reported_beyond_the_grant_is_recorded_and_not_charged() {
    let ledger = Ledger::with_ana_and_bob(5);
    let mut channel = ana_calls_bob();
    assert_eq!(call(&ledger, &mut channel, &["authorise"]), "GRANTED");
    dialled_by_the_dialplan(&mut channel, [("DIALSTATUS", "ANSWER"), ("ANSWEREDTIME_MS", "8999")]);
    let ended = ledger.hang_up(&mut channel);
    assert_eq!(ended.stderr, format!("celcombiller: call {CALL} was talked 3 s longer than granted; not charged\n"));
    let cdr = ledger.json(&["cdr", "show", CALL]);
    assert_eq!((&cdr["billsec"], &cdr["granted"], &cdr["overrun"]), (&5.into(), &5.into(), &3.into()));
    is_closed_at(&ledger, "0");
}

#[test]
fn a_replayed_settlement_charges_once_and_tells_of_another_figure() {
    let ledger = Ledger::with_ana_and_bob(600);
    let mut channel = ana_calls_bob();
    call(&ledger, &mut channel, &["authorise"]);
    dialled_by_the_dialplan(&mut channel, [("DIALSTATUS", "ANSWER"), ("ANSWEREDTIME_MS", "7000")]);
    for (millis, told) in [
        ("7000", String::new()),
        ("7999", String::new()),
        ("9000", format!("celcombiller: call {CALL} was settled for 7 s; a report of 9 s changed nothing\n")),
    ] {
        dialled_by_the_dialplan(&mut channel, [("CELCOMBILLER_BILLSEC", ""), ("ANSWEREDTIME_MS", millis)]);
        let ended = ledger.hang_up(&mut channel);
        assert_eq!((ended.status.code(), ended.stderr), (Some(0), told));
        assert_eq!(channel.variable("CELCOMBILLER_BILLSEC"), "7");
        is_closed_at(&ledger, "593");
    }
}

#[test]
fn a_replayed_request_is_answered_with_its_first_grant() {
    let ledger = Ledger::with_ana_and_bob(600);
    for _ in 0..2 {
        let mut channel = ana_calls_bob();
        assert_eq!(call(&ledger, &mut channel, &["authorise"]), "GRANTED");
        assert_eq!(channel.variable("CELCOMBILLER_SECONDS"), "600");
        assert_eq!(ledger.balance("ana"), ("600".to_owned(), "600".to_owned()));
    }
    let mut channel = ana_calls_bob();
    assert_eq!(call(&ledger, &mut channel, &[]), "GRANTED");
    assert_eq!(call(&ledger, &mut ana_calls_bob(), &[]), "UNAVAILABLE", "what is closed pays for nothing");
    is_closed_at(&ledger, "600");
}

#[test]
fn the_callers_program_in_h_dials_nothing() {
    let ledger = Ledger::with_ana_and_bob(600);
    let mut channel = ana_calls("h");
    assert_eq!(call(&ledger, &mut channel, &[]), "INVALID_NUMBER");
    assert_eq!(dials(&channel), [""; 0]);
}
