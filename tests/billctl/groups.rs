//! Groups and caps, as the operator sets them.

use serde_json::json;

use crate::support::Ledger;

#[test]
fn users_join_and_leave_groups() {
    let ledger = Ledger::with_ana_and_bob(0);
    ledger.ok(&["group", "add", "village", "--user", "ana"]);
    ledger.ok(&["group", "join", "village", "ana", "clid:999999998"]);
    let shown = ledger.json(&["group", "show", "village"]);
    let names: Vec<_> = shown["members"].as_array().unwrap().iter().map(|member| member["username"].clone()).collect();
    assert_eq!(json!(names), json!(["ana", "bob"]));
    ledger.ok(&["group", "leave", "village", "ana"]);
    assert_eq!(ledger.json(&["group", "list"])[0]["members"], 1);
    ledger.ok(&["user", "remove", "bob"]);
    assert_eq!(ledger.json(&["group", "list"])[0]["members"], 0);
    ledger.ok(&["group", "remove", "village"]);
    assert_eq!(ledger.json(&["group", "list"]), json!([]));
}

#[test]
fn what_is_no_group_or_no_member_is_refused_and_nothing_is_done() {
    let ledger = Ledger::with_ana_and_bob(0);
    let refused = |arguments: &[&str]| ledger.refused(1, arguments);
    assert_eq!(
        refused(&["group", "add", "village", "--user", "ana", "--user", "eve"]),
        "error: no user with username \"eve\"\nhint: billctl user list\n"
    );
    assert_eq!(ledger.json(&["group", "list"]), json!([]));
    ledger.ok(&["group", "add", "village"]);
    assert_eq!(
        refused(&["group", "add", "village"]),
        "error: group \"village\" exists\nhint: billctl group join village USER\n"
    );
    assert_eq!(refused(&["group", "show", "town"]), "error: no group \"town\"\nhint: billctl group list\n");
    assert_eq!(
        refused(&["group", "leave", "village", "ana"]),
        "error: ana is no member of group \"village\"\nhint: billctl group show village\n"
    );
    assert!(ledger.refused(2, &["group", "add", " "]).contains("is not a group's name"));
}

#[test]
fn caps_that_make_no_sense_are_refused_with_the_value() {
    let ledger = Ledger::with_ana_and_bob(0);
    let refused = |flags: &[&str]| ledger.refused(1, &[&["cap", "set", "--user", "ana"], flags].concat());
    assert_eq!(refused(&["--calls", "two"]), "error: `two` is not a cap: expected a whole number up to 1000000\n");
    assert_eq!(refused(&["--price", "-1"]), "error: `-1` is negative\n");
    assert_eq!(refused(&["--blocked", "55,x"]), "error: `x` is not a prefix: expected up to 15 digits\n");
    assert!(ledger.refused(2, &["cap", "show"]).contains("--user"));
    ledger.ok(&["cap", "set", "--user", "ana", "--calls", "2", "--allowed", "55,44"]);
    let shown = ledger.json(&["cap", "show", "--user", "ana"]);
    assert_eq!((&shown["calls"], &shown["allowed"]), (&json!(2), &json!("55,44")));
}
