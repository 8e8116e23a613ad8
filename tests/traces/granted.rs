//! A granted call: held, dialled up to its limit, and charged for what was talked.

use celcombiller::agi::stand_in::{Answer, CalleeBehaviour, Channel};

use crate::outcome::{is_closed_at, is_record, nothing_to_settle};
use crate::script::{ANA, BOB, BOBS_SIM, CALL, CALLER, ana_calls_bob, answers, call};
use crate::support::{Ledger, is_dial};
use crate::transcript::{assert_trace, dials};

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
        < 200 result=1 (Ring|0|||||||||)
        > EXEC "MSet" "CELCOMBILLER_CALL=1763690000.12#1,CELCOMBILLER_SECONDS=600,CELCOMBILLER_STATUS=GRANTED"
        < 200 result=0
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
        < 200 result=1 (Ring|0|||||||||)
        > EXEC "MSet" "CELCOMBILLER_CALL=1763690000.12#1,CELCOMBILLER_SECONDS=995,CELCOMBILLER_STATUS=GRANTED"
        < 200 result=0
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

#[test]
fn a_limit_with_warnings_counts_in_milliseconds() {
    let ledger = Ledger::with_ana_and_bob(600);
    for (toml, options) in [
        ("limit = \"L\"", "iL(600000:60000)"),
        ("limit = \"L\"\nwarn_seconds = 30\nwarn_every_seconds = 10", "iL(600000:30000:10000)"),
        ("limit = \"L\"\nwarn_seconds = 0", "iL(600000)"),
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
