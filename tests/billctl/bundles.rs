//! Bundles: given, listed, ended, and what is refused.

use serde_json::{Value, json};

use crate::keys;
use crate::support::Ledger;

#[test]
fn a_bundle_is_given_and_listed_under_fixed_keys() {
    let ledger = Ledger::in_euros();
    let time = ledger.json(&["bundle", "add", "ana", "--minutes", "10", "--to", "34,49", "--days", "30"]);
    assert_eq!(
        keys(&time),
        ["id", "username", "kind", "given", "left", "held", "to", "priority", "expires", "state", "created"]
    );
    assert_eq!((&time["username"], &time["kind"], &time["to"]), (&json!("ana"), &json!("seconds"), &json!("34,49")));
    assert_eq!((&time["given"], &time["left"], &time["held"]), (&json!("600"), &json!("600"), &json!("0")));
    assert_eq!((&time["priority"], &time["state"]), (&json!(10), &json!("usable")));
    let credit = ledger.json(&["bundle", "add", "clid:999999999", "--bonus", "2.5", "--priority", "1"]);
    assert_eq!((&credit["kind"], &credit["given"]), (&json!("bonus"), &json!("2.5")));
    assert_eq!((&credit["to"], &credit["expires"]), (&Value::Null, &Value::Null));
    assert_eq!(ledger.json(&["bundle", "list"]), json!([credit, time]), "in the order in which they are used");
    assert_eq!(ledger.json(&["bundle", "list", "bob"]), json!([]));
    assert_eq!(ledger.balance("ana").0, "10", "a bundle is not the balance");
    ledger.check();
}

#[test]
fn a_bundle_that_cannot_be_given_leaves_nothing_behind() {
    let ledger = Ledger::in_euros();
    let past = ledger.refused(1, &["bundle", "add", "ana", "--seconds", "60", "--ends", "2020-01-01"]);
    assert_eq!(past, "error: the bundle would have ended at 2020-01-01T00:00:00Z\n");
    let nobody = ledger.refused(1, &["bundle", "add", "eva", "--seconds", "60"]);
    assert_eq!(nobody, "error: no user with username \"eva\"\nhint: billctl user list\n");
    for wrong in [
        &["bundle", "add", "ana"][..],
        &["bundle", "add", "ana", "--seconds", "60", "--bonus", "1"],
        &["bundle", "add", "ana", "--seconds", "0"],
        &["bundle", "add", "ana", "--seconds", "-5"],
        &["bundle", "add", "ana", "--seconds", "1.5"],
        &["bundle", "add", "ana", "--minutes", "1051201"],
        &["bundle", "add", "ana", "--bonus", "0"],
        &["bundle", "add", "ana", "--bonus", "0.0000001"],
        &["bundle", "add", "ana", "--bonus", "1", "--to", "34,x"],
        &["bundle", "add", "ana", "--bonus", "1", "--days", "0"],
        &["bundle", "add", "ana", "--bonus", "1", "--days", "1", "--ends", "2099-01-01"],
    ] {
        ledger.refused(2, wrong);
    }
    assert_eq!(ledger.json(&["bundle", "list", "--all"]), json!([]));
    ledger.check();
}

#[test]
fn a_user_with_bundles_keeps_their_books_when_removed() {
    let ledger = Ledger::in_euros();
    ledger.ok(&["bundle", "add", "bob", "--seconds", "60"]);
    assert_eq!(ledger.json(&["user", "remove", "bob"])["removal"], "closed, books kept");
    ledger.check();
}
