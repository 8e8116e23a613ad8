//! Caps: what a user, or a group together, may not go beyond, and what they leave of a grant.

use crate::script::{ANA, BOB, Calls};
use crate::support::Ledger;

const OUTSIDE: &str = "5511999990002";

/// A ledger on which an answered call costs 0.05 and 0.01 a second, to numbers outside too.
fn ledger() -> Ledger {
    let ledger = Ledger::in_euros();
    ledger.configure("[dial]\noffnet = \"PJSIP/{number}@carrier\"\n");
    ledger.ok(&["user", "add", "eva", "--clid", "999999997", "--balance", "10"]);
    ledger
}

fn cap(ledger: &Ledger, flags: &[&str]) {
    ledger.ok(&[&["cap", "set"], flags].concat());
}

#[test]
fn a_day_s_spending_is_never_more_than_its_cap() {
    let ledger = ledger();
    cap(&ledger, &["--user", "ana", "--day-spend", "0.65"]);
    let mut calls = Calls::on(&ledger);
    assert_eq!(calls.talk(ANA, OUTSIDE, 30), "60");
    assert_eq!(calls.talk(ANA, OUTSIDE, 90), "25");
    assert_eq!(calls.fact(ANA, OUTSIDE), "SPENDING_CAP: ana has spent 0.65 of 0.65 this day");
    let shown = ledger.json(&["cap", "show", "--user", "ana"]);
    assert_eq!((&shown["day_spent"], &shown["day_spend"]), (&"0.65".into(), &"0.65".into()));
    assert_eq!(ledger.balance("ana"), ("9.35".to_owned(), "0".to_owned()));
    cap(&ledger, &["--user", "ana", "--day-spend", "none", "--month-spend", "0.80"]);
    assert_eq!(calls.talk(ANA, OUTSIDE, 90), "10");
    assert_eq!(calls.talk(ANA, OUTSIDE, 90), "SPENDING_CAP");
    ledger.check();
}

#[test]
fn calls_in_progress_count_as_if_they_used_all_that_they_hold() {
    let ledger = ledger();
    cap(&ledger, &["--user", "ana", "--day-spend", "1", "--day-minutes", "2"]);
    let mut calls = Calls::on(&ledger);
    assert_eq!(calls.begin(ANA, OUTSIDE), "95");
    assert_eq!(calls.begin(ANA, OUTSIDE), "SPENDING_CAP");
    cap(&ledger, &["--user", "ana", "--day-spend", "none"]);
    assert_eq!(calls.begin(ANA, OUTSIDE), "25");
    assert_eq!(calls.fact(ANA, OUTSIDE), "TIME_CAP: ana has talked 120 s of 2 minutes this day");
    assert_eq!(calls.begin(BOB, OUTSIDE), "NO_CREDIT");
    ledger.check();
}

#[test]
fn numbers_and_prices_are_capped_outside_the_books() {
    let ledger = ledger();
    let mut calls = Calls::on(&ledger);
    cap(&ledger, &["--user", "ana", "--blocked", "900,55"]);
    assert_eq!(calls.fact(ANA, OUTSIDE), "BLOCKED_NUMBER: ana may not call 55");
    cap(&ledger, &["--user", "ana", "--blocked", "none", "--allowed", "44"]);
    assert_eq!(calls.fact(ANA, OUTSIDE), "NOT_ALLOWED: ana may not call 5511999990002");
    assert_eq!(calls.talk(ANA, "441234", 1), "995");
    assert_eq!(calls.talk(ANA, BOB, 1), "989", "users call each other");
    cap(&ledger, &["--user", "ana", "--allowed", "none", "--price", "0.59"]);
    assert_eq!(calls.fact(ANA, OUTSIDE), "TOO_EXPENSIVE: 5511999990002 costs 0.6 a minute, ana may pay 0.59");
    cap(&ledger, &["--user", "ana", "--price", "0.6"]);
    assert_eq!(calls.talk(ANA, OUTSIDE, 1), "983");
}

#[test]
fn a_group_shares_its_caps() {
    let ledger = ledger();
    ledger.ok(&["group", "add", "village", "--user", "ana", "--user", "eva"]);
    assert_eq!(ledger.json(&["user", "show", "eva"])["groups"], serde_json::json!(["village"]));
    cap(&ledger, &["--group", "village", "--calls", "1"]);
    let mut calls = Calls::on(&ledger);
    assert_eq!(calls.begin(ANA, OUTSIDE), "995");
    assert_eq!(calls.fact("999999997", OUTSIDE), "TOO_MANY_CALLS: group village has 1 calls of 1");
    cap(&ledger, &["--group", "village", "--calls", "none", "--day-spend", "12"]);
    assert_eq!(calls.begin("999999997", OUTSIDE), "195");
    ledger.ok(&["group", "leave", "village", "eva"]);
    assert_eq!(calls.begin("999999997", OUTSIDE), "795");
    ledger.check();
}

#[test]
fn an_account_s_days_begin_with_its_first_call() {
    let ledger = ledger();
    ledger.ok(&["user", "update", "ana", "--valid-days", "30"]);
    assert_eq!(ledger.json(&["user", "show", "ana"])["expires"], serde_json::Value::Null);
    let mut calls = Calls::on(&ledger);
    assert_eq!(calls.begin(BOB, OUTSIDE), "NO_CREDIT");
    assert_eq!(calls.talk(ANA, OUTSIDE, 1), "995");
    let expires = ledger.json(&["user", "show", "ana"])["expires"].as_str().unwrap().to_owned();
    let placed = ledger.json(&["cdr", "list"])[0]["started"].as_str().unwrap().to_owned();
    let time = |text: &str| text.parse::<celcombiller::domain::time::Timestamp>().unwrap().millis() / 1000;
    assert_eq!(time(&expires) - time(&placed), 30 * 86_400);
    assert_eq!(calls.talk(ANA, OUTSIDE, 1), "989");
    assert_eq!(
        ledger.json(&["user", "show", "ana"])["expires"].as_str(),
        Some(expires.as_str()),
        "the next call changes nothing"
    );
}

/// The program has a small heap for the books; a long history must fit into it.
#[test]
fn a_cap_is_held_against_a_long_history() {
    let ledger = ledger();
    cap(&ledger, &["--user", "ana", "--month-minutes", "1000000"]);
    let books = rusqlite::Connection::open(ledger.database()).unwrap();
    books
        .execute_batch(
            "INSERT INTO call (uniqueid, attempt, account_id, rate_id, clid, dialled, dial, answered_before, amount,
                 seconds, placed, expires, state, disposition, ended, billsec, overrun, charge, unpaid)
             WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000)
             SELECT 'old-' || i, 1, (SELECT id FROM account WHERE username = 'ana'), 1, '1', '2', 'SIP/2', 0, 0, 60,
                 unixepoch() * 1000, 0, 'settled', 'ANSWERED', 0, 60, 0, 0, 0 FROM n",
        )
        .unwrap();
    let mut calls = Calls::on(&ledger);
    assert_eq!(calls.talk(ANA, OUTSIDE, 1), "995");
    let talked = ledger.json(&["cap", "show", "--user", "ana"])["month_seconds"].clone();
    assert_eq!(talked, 6_000_001);
}
