//! Balances, which only entries move.

use serde_json::json;

use crate::keys;
use crate::support::Ledger;

#[test]
fn balances_move_by_entries_that_a_history_shows() {
    let ledger = Ledger::with_ana_and_bob(0);
    let added = ledger.json(&["--actor", "till-2", "balance", "add", "ana", "600", "--note", "cash"]);
    assert_eq!(added["balance"], "600");
    ledger.ok(&["balance", "remove", "clid:999999999", "60.5"]);
    let history = ledger.json(&["balance", "history", "ana"]);
    assert_eq!(keys(&history[0])[..7], ["id", "time", "kind", "amount", "balance_after", "note", "call"]);
    let lines: Vec<_> = history
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| {
            (
                entry["kind"].as_str().unwrap(),
                entry["amount"].as_str().unwrap(),
                entry["balance_after"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(lines, [("adjustment", "-60.5", "539.5"), ("topup", "600", "600")], "oldest last");
    assert_eq!(history[1]["actor"], "till-2");
    assert_eq!(history[1]["note"], "cash");
    assert_eq!(ledger.json(&["balance", "history", "ana", "--limit", "1"]).as_array().unwrap().len(), 1);
    assert_eq!(ledger.json(&["balance", "history", "ana", "--until", "2020-01-01"]), json!([]));
    assert_eq!(
        keys(&ledger.json(&["balance", "show", "ana"])),
        ["username", "unit", "balance", "held", "available", "credit_limit", "bundles"]
    );
    ledger.check();
}

#[test]
fn nobody_gives_more_than_is_available() {
    let ledger = Ledger::with_ana_and_bob(10);
    let said = ledger.refused(1, &["balance", "remove", "ana", "10.000001"]);
    assert_eq!(said, "error: ana has 10 available, less than 10.000001\nhint: billctl balance show ana\n");
    ledger.ok(&["user", "update", "ana", "--credit-limit", "5"]);
    ledger.ok(&["balance", "remove", "ana", "15"]);
    assert_eq!(ledger.balance("ana").0, "-5");
    let said = ledger.refused(1, &["user", "update", "ana", "--credit-limit", "4"]);
    assert!(said.contains("ana has balance -5 and 0 held, which a credit limit of 4 does not cover"), "{said}");
    ledger.check();
}

#[test]
fn an_entry_is_reversed_once() {
    let ledger = Ledger::with_ana_and_bob(10);
    let entry = ledger.json(&["balance", "history", "ana"])[0]["id"].to_string();
    let reversal = ledger.json(&["balance", "reverse", &entry, "--note", "wrong user"]);
    assert_eq!(ledger.balance("ana").0, "0");
    let again = ledger.refused(1, &["balance", "reverse", &entry, "--note", "again"]);
    assert_eq!(again, format!("error: entry {entry} was reversed before, by entry {}\n", reversal["entry"]));
    let back = ledger.refused(1, &["balance", "reverse", &reversal["entry"].to_string(), "--note", "back"]);
    assert!(back.contains("is itself a reversal"), "{back}");
    let none = ledger.refused(1, &["balance", "reverse", "999", "--note", "what"]);
    assert!(none.contains("no ledger entry 999"), "{none}");
    ledger.check();
}

#[test]
fn a_spent_top_up_cannot_be_reversed() {
    let ledger = Ledger::with_ana_and_bob(10);
    let entry = ledger.json(&["balance", "history", "ana"])[0]["id"].to_string();
    ledger.ok(&["balance", "remove", "ana", "4"]);
    let said = ledger.refused(1, &["balance", "reverse", &entry, "--note", "bounced cheque"]);
    assert!(said.contains("ana has less than 10 available, so entry"), "{said}");
    assert_eq!(ledger.balance("ana").0, "6");
}

#[test]
fn credit_moves_between_users_in_one_entry() {
    let ledger = Ledger::with_ana_and_bob(100);
    let moved = ledger.json(&["balance", "transfer", "ana", "bob", "30", "--note", "lent"]);
    assert_eq!((&moved["username"], &moved["balance"]), (&"ana".into(), &"70".into()));
    let last = |user: &str| {
        let entry = ledger.json(&["balance", "history", user, "--limit", "1"])[0].clone();
        ["id", "kind", "amount", "balance_after", "note"].map(|key| entry[key].clone())
    };
    let entry = moved["entry"].clone();
    assert_eq!(last("ana"), [entry.clone(), "transfer".into(), "-30".into(), "70".into(), "lent".into()]);
    assert_eq!(last("bob"), [entry.clone(), "transfer".into(), "30".into(), "30".into(), "lent".into()]);
    assert_eq!(
        ledger.refused(1, &["balance", "transfer", "bob", "ana", "31"]),
        "error: bob has 30 available, less than 31\nhint: billctl balance show bob\n"
    );
    assert_eq!(
        ledger.refused(1, &["balance", "transfer", "ana", "clid:999999999", "1"]),
        "error: ana cannot transfer to themselves\n"
    );
    ledger.ok(&["balance", "reverse", &entry.to_string(), "--note", "given back"]);
    assert_eq!(ledger.balance("ana").0, "100");
    assert_eq!(ledger.balance("bob").0, "0");
    ledger.check();
}

#[test]
fn a_balance_is_corrected_with_a_reason() {
    let ledger = Ledger::with_ana_and_bob(100);
    let adjust =
        |amount: &str| ledger.json(&["balance", "adjust", "ana", amount, "--note", "counted twice"])["balance"].clone();
    assert_eq!(adjust("-2.5"), "97.5");
    assert_eq!(adjust("0.5"), "98");
    assert!(ledger.refused(2, &["balance", "adjust", "ana", "1"]).contains("--note"));
    assert_eq!(
        ledger.refused(1, &["balance", "adjust", "ana", "0", "--note", "x"]),
        "error: `0` is not a positive amount\n"
    );
    ledger.refused(1, &["balance", "adjust", "ana", "-99", "--note", "x"]);
    assert_eq!(ledger.balance("ana").0, "98");
    ledger.check();
}
