//! A call that is only authorised: the dialplan dials it.

use crate::outcome::{is_closed_at, is_record};
use crate::script::{CALL, ana_calls_bob, call, dialled_by_the_dialplan};
use crate::support::Ledger;
use crate::transcript::assert_trace;

#[test]
fn authorise_leaves_dialling_to_the_dialplan_and_the_reducer_settles() {
    let ledger = Ledger::with_ana_and_bob(600);
    let mut channel = ana_calls_bob();
    assert_eq!(call(&ledger, &mut channel, &["authorise"]), "GRANTED");
    assert_trace(
        &mut channel,
        r#"
        > STATE
        < 200 result=1 (Ring|0|||||||||)
        > EXEC "MSet" "CELCOMBILLER_CALL=1763690000.12#1,CELCOMBILLER_SECONDS=600,CELCOMBILLER_STATUS=GRANTED"
        < 200 result=0
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
