//! A channel that dials more than once.

use celcombiller::agi::stand_in::CalleeBehaviour;

use crate::outcome::{is_closed_at, is_record, nothing_to_settle};
use crate::script::{CALL, ana_calls_bob, answers, call, call_and_kill_the_caller_mid_dial, dialled_by_the_dialplan};
use crate::support::Ledger;
use crate::transcript::assert_trace;

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
        < 200 result=1 (Up|0|||GRANTED|1763690000.12#1|0|ANSWER|0|0|)
        > SET VARIABLE "CELCOMBILLER_BILLSEC" ""
        < 200 result=1
        > SET VARIABLE "DIALSTATUS" ""
        < 200 result=1
        > EXEC "MSet" "CELCOMBILLER_CALL=1763690000.12#2,CELCOMBILLER_SECONDS=60,CELCOMBILLER_STATUS=GRANTED"
        < 200 result=0
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
