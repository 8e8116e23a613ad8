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

#[test]
fn what_a_user_has_includes_the_bundles_that_can_be_used() {
    let ledger = Ledger::in_euros();
    let time = ledger.json(&["bundle", "add", "ana", "--seconds", "600", "--to", "34,onnet", "--days", "30"]);
    let gone = ledger.json(&["bundle", "add", "ana", "--bonus", "2", "--priority", "1"]);
    ledger.ok(&["bundle", "end", &gone["id"].to_string(), "--note", "given by mistake"]);
    let brief = json!([{
        "id": time["id"], "kind": "seconds", "left": "600", "held": "0", "to": "34,onnet", "priority": 10,
        "expires": time["expires"],
    }]);
    assert_eq!(ledger.json(&["balance", "show", "ana"])["bundles"], brief);
    assert_eq!(ledger.json(&["user", "show", "ana"])["bundles"], brief);
    assert_eq!(ledger.json(&["balance", "show", "bob"])["bundles"], json!([]));
    assert!(ledger.ok(&["balance", "show", "ana"]).contains("34,onnet"), "people see them too");
    assert_eq!(ledger.json(&["bundle", "list", "ana", "--all"])[0]["state"], "ended");
}

#[test]
fn a_bundle_shows_its_entries_and_each_can_be_taken_back_once() {
    let ledger = Ledger::in_euros();
    let id = ledger.json(&["bundle", "add", "ana", "--bonus", "2", "--note", "sorry"])["id"].to_string();
    let shown = ledger.json(&["bundle", "show", &id]);
    let entry = &shown["entries"][0];
    assert_eq!((&entry["kind"], &entry["amount"], &entry["note"]), (&json!("topup"), &json!("2"), &json!("sorry")));
    ledger.ok(&["balance", "reverse", &entry["id"].to_string(), "--note", "wrong user"]);
    assert_eq!(ledger.json(&["bundle", "show", &id])["left"], "0");
    assert_eq!(ledger.json(&["bundle", "list", "ana"]), json!([]));
    let id = ledger.json(&["bundle", "add", "ana", "--seconds", "60"])["id"].to_string();
    ledger.ok(&["bundle", "end", &id, "--note", "wrong user"]);
    let entries = ledger.json(&["bundle", "show", &id])["entries"].clone();
    assert_eq!((&entries[0]["kind"], &entries[0]["amount"]), (&json!("expiry"), &json!("-60")));
    let gift = entries[1]["id"].to_string();
    let spent = ledger.refused(1, &["balance", "reverse", &gift, "--note", "again"]);
    assert_eq!(
        spent,
        format!(
            "error: bundle {id} has less than 60 available, so entry {gift} cannot be taken back\n\
             hint: billctl bundle end {id} --note WHY\n"
        )
    );
    let none = ledger.refused(1, &["bundle", "show", "999"]);
    assert_eq!(none, "error: no bundle 999\nhint: billctl bundle list --all\n");
    ledger.refused(1, &["bundle", "show", "4"]);
    ledger.check();
}

#[test]
fn what_is_left_of_a_bundle_that_ended_is_taken_back_once() {
    let ledger = Ledger::in_euros();
    let short = ledger.json(&["bundle", "add", "ana", "--seconds", "60", "--ends", "2098-01-01"]);
    ledger.ok(&["bundle", "add", "ana", "--bonus", "2", "--ends", "2098-06-01"]);
    ledger.ok(&["bundle", "add", "bob", "--bonus", "2"]);
    assert_eq!(ledger.json(&["bundle", "expire"]), json!([]));
    let then = &["bundle", "expire", "--as-of", "2098-01-01"];
    let taken = json!([{
        "id": short["id"], "username": "ana", "kind": "seconds", "taken": "60", "expires": short["expires"],
    }]);
    assert_eq!(ledger.json(&[&then[..], &["--dry-run"]].concat()), taken);
    assert_eq!(ledger.json(then), taken);
    assert_eq!(ledger.json(then), json!([]));
    let of_all = ledger.json(&["bundle", "expire", "--as-of", "2099-01-01"]);
    assert_eq!((of_all.as_array().unwrap().len(), &of_all[0]["taken"]), (1, &json!("2")));
    ledger.check();
}
