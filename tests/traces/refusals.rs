//! A refusal: its reason, what Asterisk's log and the caller are told, and nothing dialled.

use celcombiller::agi::stand_in::Channel;

use crate::outcome::{is_closed_at, nothing_to_settle};
use crate::script::{ANA, BOB, CALL, CALLER, UNIQUEID, ana_calls, ana_calls_bob, call};
use crate::support::{Ledger, commands};
use crate::transcript::{assert_trace, dials};

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
            _ => "> STATE\n< 200 result=1 (Ring|0|||||||||)",
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
        < 200 result=1 (Ring|0|||||||||)
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
             < 200 result=1 (Ring|0|||||||||)
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
fn the_callers_program_in_h_dials_nothing() {
    let ledger = Ledger::with_ana_and_bob(600);
    let mut channel = ana_calls("h");
    assert_eq!(call(&ledger, &mut channel, &[]), "INVALID_NUMBER");
    assert_eq!(dials(&channel), [""; 0]);
}
