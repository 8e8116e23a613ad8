//! The reducer at the channel's end: it settles what is left, and that once.

use celcombiller::agi::stand_in::Answer;

use crate::outcome::{is_closed_at, is_record, nothing_to_settle};
use crate::script::{
    CALL, CALLER, ana_calls_bob, answers, call, call_and_kill_the_caller_mid_dial, dialled_by_the_dialplan,
};
use crate::support::{Ledger, accompany, signal};
use crate::transcript::assert_trace;

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
        if command.starts_with("EXEC \"MSet\" \"CELCOMBILLER_CALL=") {
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
