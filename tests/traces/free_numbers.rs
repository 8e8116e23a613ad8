//! Numbers that cost nothing, and that nothing may keep from being dialled.

use celcombiller::agi::stand_in::{CalleeBehaviour, Channel};
use rusqlite::Connection;

use crate::outcome::{is_closed_at, is_record, nothing_to_settle};
use crate::script::{ANA, CALL, UNIQUEID, ana_calls, ana_calls_bob, answers, call, call_and_kill_the_caller_mid_dial};
use crate::support::Ledger;
use crate::transcript::{assert_trace, dials};

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
