//! Users: added, changed, given numbers and passwords, and closed.

use std::io::Write;
use std::process::Stdio;

use serde_json::{Value, json};

use crate::keys;
use crate::support::Ledger;

#[test]
fn a_user_is_added_with_everything_and_shown_under_fixed_keys() {
    let ledger = Ledger::new("EUR");
    let added = ledger.json(&[
        "user",
        "add",
        "ana",
        "--clid",
        "+999999999",
        "--imsi",
        "001010000000001",
        "--name",
        "Ana",
        "--level",
        "collaborator",
        "--credit-limit",
        "2.5",
        "--max-calls",
        "2",
        "--expires",
        "2030-01-01",
        "--balance",
        "10.25",
    ]);
    let mut shown = ledger.json(&["user", "show", "imsi:001010000000001"]);
    assert_eq!(shown.as_object_mut().unwrap().remove("bundles"), Some(json!([])));
    assert_eq!(added, shown);
    assert_eq!(
        keys(&shown),
        [
            "username",
            "name",
            "level",
            "clid",
            "imsi",
            "status",
            "tariff",
            "balance",
            "held",
            "available",
            "credit_limit",
            "max_calls",
            "expires",
            "groups",
            "created",
            "valid_days",
            "language",
            "wrong_codes",
            "locked_until",
            "address",
            "city",
            "state",
            "country",
            "zipcode",
            "phone",
            "company_name",
            "email",
            "notes",
            "tags",
            "warn_below",
        ]
    );
    assert_eq!(shown["clid"], "999999999");
    assert_eq!(shown["balance"], "10.25");
    assert_eq!(shown["available"], "12.75");
    assert_eq!(shown["max_calls"], 2);
    assert_eq!(shown["expires"], "2030-01-01T00:00:00Z");
    assert_eq!(ledger.json(&["user", "list"]), json!([shown]));
    ledger.check();
}

#[test]
fn a_user_that_cannot_be_added_leaves_nothing_behind() {
    let ledger = Ledger::with_ana_and_bob(0);
    let taken = ledger.refused(1, &["user", "add", "eva", "--clid", "999999999", "--balance", "5"]);
    assert_eq!(taken, "error: number 999999999 belongs to ana\nhint: billctl user show ana\n");
    let taken = ledger.refused(1, &["user", "add", "eva", "--clid", "1", "--imsi", "001010000000002"]);
    assert_eq!(taken, "error: IMSI 001010000000002 belongs to bob\nhint: billctl user show bob\n");
    let taken = ledger.refused(1, &["user", "add", "ana", "--clid", "1"]);
    assert_eq!(taken, "error: username \"ana\" is taken\nhint: billctl user show ana\n");
    let none = ledger.refused(1, &["user", "add", "eva", "--clid", "1", "--tariff", "gold"]);
    assert_eq!(none, "error: no tariff \"gold\"\nhint: billctl tariff list\n");
    let house = ledger.refused(1, &["user", "add", "cash", "--clid", "1"]);
    assert_eq!(house, "error: the name \"cash\" is the house's own account\n");
    assert_eq!(ledger.json(&["user", "list"]).as_array().unwrap().len(), 2);
    ledger.check();
}

#[test]
fn a_user_is_spoken_to_in_a_language_or_in_that_of_the_channel() {
    let ledger = Ledger::with_ana_and_bob(0);
    let language = |user: &str| ledger.json(&["user", "show", user])["language"].clone();
    ledger.ok(&["user", "add", "eva", "--clid", "1", "--language", "pt_BR"]);
    assert_eq!((language("ana"), language("eva")), (Value::Null, json!("pt_BR")));
    ledger.ok(&["user", "update", "ana", "--language", "de"]);
    ledger.ok(&["user", "update", "ana", "--max-calls", "2"]);
    assert_eq!(language("ana"), "de", "what is not named stays");
    ledger.ok(&["user", "update", "ana", "--language", "none"]);
    assert_eq!(language("ana"), Value::Null);
    for wrong in ["", "d", "deutschland", "de_D", "de-DE", "de_DE_x", "d3", "../x", "de,skip"] {
        let said = ledger.refused(2, &["user", "update", "ana", "--language", wrong]);
        assert!(said.contains("is not a language: expected 2 to 8 letters, such as de, or pt_BR"), "{said}");
    }
    ledger.check();
}

#[test]
fn an_unknown_user_is_refused_with_the_way_out() {
    let ledger = Ledger::new("seconds");
    let said = ledger.refused(1, &["user", "show", "bob"]);
    assert_eq!(said, "error: no user with username \"bob\"\nhint: billctl user list\n");
    let said = ledger.refused(1, &["balance", "show", "clid:123"]);
    assert_eq!(said, "error: no user with clid \"123\"\nhint: billctl user list\n");
}

#[test]
fn an_account_with_entries_is_closed_and_frees_its_number() {
    let ledger = Ledger::with_ana_and_bob(10);
    assert_eq!(ledger.json(&["user", "remove", "ana", "--dry-run"])["removal"], "would be closed, books kept");
    assert_eq!(ledger.json(&["user", "remove", "ana"])["removal"], "closed, books kept");
    assert_eq!(ledger.json(&["user", "remove", "bob"])["removal"], "erased");
    assert_eq!(ledger.json(&["user", "list"]), json!([]));
    let kept = ledger.json(&["user", "list", "--all"]);
    assert_eq!(
        (&kept[0]["status"], &kept[0]["balance"], &kept[0]["clid"]),
        (&json!("closed"), &json!("10"), &Value::Null)
    );
    ledger.ok(&["user", "add", "ana", "--clid", "999999999", "--imsi", "001010000000001"]);
    assert_eq!(ledger.balance("ana").0, "0", "a new account, not the old one");
    ledger.check();
}

#[test]
fn further_numbers_identify_one_user_each() {
    let ledger = Ledger::with_ana_and_bob(0);
    ledger.ok(&["callerid", "add", "ana", "5511999990002"]);
    assert_eq!(ledger.json(&["user", "show", "clid:5511999990002"])["username"], "ana");
    let taken = ledger.refused(1, &["callerid", "add", "bob", "5511999990002"]);
    assert!(taken.contains("number 5511999990002 belongs to ana"), "{taken}");
    let main = ledger.refused(1, &["callerid", "remove", "999999999"]);
    assert_eq!(main, "error: 999999999 is the main number of ana\nhint: billctl user update ana --clid NUMBER\n");
    let numbers = ledger.json(&["callerid", "list", "ana"]);
    assert_eq!(numbers[1], json!({"number": "5511999990002", "username": "ana", "main": false}));
    ledger.ok(&["callerid", "remove", "5511999990002"]);
    ledger.refused(1, &["callerid", "remove", "5511999990002"]);
}

#[test]
fn a_user_is_changed_as_a_whole_or_not_at_all() {
    let ledger = Ledger::with_ana_and_bob(0);
    ledger.refused(1, &["user", "update", "ana", "--name", "Ana", "--clid", "999999998"]);
    assert_eq!(ledger.json(&["user", "show", "ana"])["name"], Value::Null);
    let changed = ledger.json(&[
        "user",
        "update",
        "ana",
        "--username",
        "ana.silva",
        "--clid",
        "999999990",
        "--imsi",
        "none",
        "--max-calls",
        "3",
        "--expires",
        "2031-05-01T12:00:00Z",
    ]);
    assert_eq!(changed["username"], "ana.silva");
    assert_eq!(changed["clid"], "999999990");
    assert_eq!(changed["imsi"], Value::Null);
    let changed = ledger.json(&["user", "update", "ana.silva", "--max-calls", "none", "--expires", "never"]);
    assert_eq!((&changed["max_calls"], &changed["expires"]), (&Value::Null, &Value::Null));
    assert_eq!(ledger.json(&["user", "suspend", "ana.silva"])["status"], "suspended");
    assert_eq!(ledger.json(&["user", "resume", "ana.silva"])["status"], "active");
}

#[test]
fn a_password_is_read_from_standard_input_and_kept_as_an_argon2_hash() {
    let ledger = Ledger::with_ana_and_bob(0);
    let set = |password: &str| {
        let mut child = ledger
            .command("billctl")
            .args(["user", "password", "ana", "--password-stdin"])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(password.as_bytes()).unwrap();
        child.wait().unwrap().code()
    };
    assert_eq!(set("short\n"), Some(1));
    assert_eq!(set("correct horse\n"), Some(0));
    let books = rusqlite::Connection::open(ledger.database()).unwrap();
    let hash: String =
        books.query_row("SELECT password FROM account WHERE username = 'ana'", [], |row| row.get(0)).unwrap();
    assert!(hash.starts_with("$argon2id$v=19$"), "{hash}");
    let terminal = ledger.refused(1, &["user", "password", "ana"]);
    assert!(terminal.contains("hint: --password-stdin"), "{terminal}");
}
