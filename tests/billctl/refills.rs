//! Refills and their payments, and what the house charges for anything but calls.

use std::process::Stdio;

use serde_json::{Value, json};

use crate::keys;
use crate::support::Ledger;
use crate::table::table;

fn euros() -> Ledger {
    let ledger = Ledger::new("EUR");
    ledger.ok(&["user", "add", "ana", "--clid", "999999999"]);
    ledger.ok(&["user", "add", "bob", "--clid", "999999998"]);
    ledger
}

#[test]
fn a_refill_credits_what_was_paid_without_the_tax_in_it() {
    let ledger = euros();
    let added = ledger.json(&["refill", "add", "ana", "11.90", "--vat", "19", "--method", "cash", "--note", "counter"]);
    assert_eq!(
        keys(&added),
        [
            "payment",
            "refill",
            "username",
            "unit",
            "gross",
            "vat",
            "net",
            "tax",
            "balance",
            "method",
            "reference",
            "note",
            "repeated"
        ]
    );
    assert_eq!(
        ["gross", "vat", "net", "tax", "balance", "unit"].map(|key| added[key].as_str().unwrap()),
        ["11.9", "19", "10", "1.9", "10", "EUR"]
    );
    let payment = &ledger.json(&["payment", "list"])[0];
    assert_eq!(
        keys(payment),
        [
            "id",
            "time",
            "username",
            "gross",
            "vat",
            "net",
            "tax",
            "method",
            "reference",
            "note",
            "actor",
            "refill",
            "reversed_by"
        ]
    );
    let refill = &ledger.json(&["refill", "list", "--user", "ana"])[0];
    assert_eq!(
        keys(refill),
        ["id", "time", "username", "amount", "balance_after", "note", "actor", "payment", "reversed_by"]
    );
    assert_eq!((&payment["id"], &payment["refill"]), (&added["payment"], &added["refill"]));
    assert_eq!((&refill["id"], &refill["payment"]), (&added["refill"], &added["payment"]), "each names the other");
    assert_eq!(ledger.json(&["balance", "history", "ana"])[0]["kind"], "refill");
    assert_eq!(ledger.json(&["refill", "list", "--user", "bob"]), json!([]));
    ledger.check();
}

#[test]
fn the_net_is_rounded_once_half_away_from_zero() {
    let ledger = euros();
    table(
        "
        10       | 20      -> 8.333333
        1        | 0       -> 1
        0.000003 | 100     -> 0.000002
        0.000001 | 100     -> 0.000001
        10.0001  | 19      -> 8.403445
        100      | 7.7     -> 92.850511
        1        | 0.5     -> 0.995025
        ",
        |line| {
            let (gross, vat) = line.split_once('|').unwrap();
            let added = ledger.json(&["refill", "add", "ana", gross.trim(), "--vat", vat.trim()]);
            added["net"].as_str().unwrap().to_owned()
        },
    );
    ledger.check();
}

#[test]
fn what_is_no_payment_is_refused_before_anything_is_touched() {
    let ledger = euros();
    let refused = |amount: &str, vat: &str| ledger.refused(2, &["refill", "add", "ana", amount, "--vat", vat]);
    for vat in ["120", "100.000001", "-1", "1e2", "", "19 %"] {
        let said = refused("10", vat);
        assert!(said.contains("is not a VAT: expected percent from 0 to 100"), "{said}");
    }
    for amount in ["0", "-5", "1.0000001", "x"] {
        refused(amount, "19");
    }
    assert!(ledger.refused(2, &["refill", "add", "ana", "1", "--method", "a\nb"]).contains("is not a line of text"));
    assert!(ledger.refused(1, &["refill", "add", "eve", "1"]).contains("no user with username \"eve\""));
    assert_eq!(ledger.json(&["payment", "list"]), json!([]));
    assert_eq!(ledger.balance("ana").0, "0");
}

#[test]
fn a_reference_pays_once_and_answers_as_it_did_then() {
    let ledger = euros();
    let add = ["refill", "add", "ana", "10", "--vat", "20", "--reference", "shop-4711"];
    let first = ledger.json(&add);
    ledger.ok(&["refill", "add", "ana", "1"]);
    let again = ledger.json(&add);
    for key in ["payment", "refill", "net", "balance"] {
        assert_eq!(first[key], again[key], "{key}");
    }
    assert_eq!((&first["repeated"], &again["repeated"]), (&json!(false), &json!(true)));
    assert_eq!(ledger.balance("ana").0, "9.333333");
    for other in [["bob", "10", "20"], ["ana", "11", "20"], ["ana", "10", "19"]] {
        let [user, amount, vat] = other;
        let said = ledger.refused(1, &["refill", "add", user, amount, "--vat", vat, "--reference", "shop-4711"]);
        assert_eq!(
            said,
            "error: reference \"shop-4711\" is that of payment 1, by which ana paid 10 with 20 % VAT\n\
             hint: billctl payment list --user ana\n"
        );
    }
    // A reference may look like a payment's own name.
    ledger.ok(&["refill", "add", "bob", "1", "--reference", "3"]);
    ledger.ok(&["refill", "add", "bob", "1", "--reference", "4"]);
    ledger.ok(&["refill", "add", "bob", "1"]);
    assert_eq!(ledger.balance("bob").0, "3");
    ledger.check();
}

#[test]
fn a_reference_pays_once_when_many_repeat_it_at_once() {
    let ledger = euros();
    let add = || {
        let mut command = ledger.command("billctl");
        command.args(["refill", "add", "ana", "10", "--reference", "shop-1"]);
        command.stdout(Stdio::null()).spawn().unwrap()
    };
    let children: Vec<_> = (0..12).map(|_| add()).collect();
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    assert_eq!(ledger.balance("ana").0, "10");
    assert_eq!(ledger.json(&["payment", "list"]).as_array().unwrap().len(), 1);
    ledger.check();
}

#[test]
fn a_refill_that_is_reversed_shows_in_the_lists() {
    let ledger = euros();
    let added = ledger.json(&["refill", "add", "ana", "10", "--reference", "shop-1"]);
    let reversal =
        ledger.json(&["balance", "reverse", &added["refill"].to_string(), "--note", "bounced"])["entry"].clone();
    assert_eq!(ledger.balance("ana").0, "0");
    assert_eq!(ledger.json(&["payment", "list"])[0]["reversed_by"], reversal);
    assert_eq!(ledger.json(&["refill", "list"])[0]["reversed_by"], reversal);
    let again = ledger.json(&["refill", "add", "ana", "10", "--reference", "shop-1"]);
    assert_eq!(again["repeated"], true, "what was taken back is not paid again by the same name");
    assert_eq!(ledger.balance("ana").0, "0");
    ledger.check();
}

#[test]
fn lists_are_narrowed_by_user_time_and_number() {
    let ledger = euros();
    for (user, amount) in [("ana", "1"), ("bob", "2"), ("ana", "3")] {
        ledger.ok(&["refill", "add", user, amount]);
        ledger.ok(&["charge", "add", user, amount, "--note", "SIM"]);
    }
    let amounts = |noun: &str, key: &str, flags: &[&str]| -> Vec<Value> {
        let listed = ledger.json(&[&[noun, "list"], flags].concat());
        listed.as_array().unwrap().iter().map(|row| row[key].clone()).collect()
    };
    for (noun, key) in [("refill", "amount"), ("payment", "gross"), ("charge", "amount")] {
        assert_eq!(amounts(noun, key, &[]), ["3", "2", "1"], "{noun}: oldest last");
        assert_eq!(amounts(noun, key, &["--user", "ana", "--limit", "1"]), ["3"], "{noun}");
        assert_eq!(amounts(noun, key, &["--until", "2020-01-01", "--zone", "America/Sao_Paulo"]), [""; 0], "{noun}");
        assert_eq!(amounts(noun, key, &["--since", "2020-01-01"]).len(), 3, "{noun}");
    }
}

#[test]
fn a_charge_takes_what_is_available_and_no_more() {
    let ledger = euros();
    ledger.ok(&["refill", "add", "ana", "10"]);
    let charged = ledger.json(&["charge", "add", "ana", "4", "--note", "SIM replaced"]);
    assert_eq!((&charged["username"], &charged["balance"]), (&json!("ana"), &json!("6")));
    let listed = &ledger.json(&["charge", "list"])[0];
    assert_eq!(keys(listed), ["id", "time", "username", "amount", "balance_after", "note", "actor", "reversed_by"]);
    assert_eq!((&listed["id"], &listed["note"]), (&charged["entry"], &json!("SIM replaced")));
    assert_eq!(
        ledger.refused(1, &["charge", "add", "ana", "7", "--note", "x"]),
        "error: ana has 6 available, less than 7\nhint: billctl balance show ana\n"
    );
    assert!(ledger.refused(2, &["charge", "add", "ana", "1"]).contains("--note"), "a charge has its reason");
    ledger.refused(2, &["charge", "add", "ana", "-1", "--note", "x"]);
    assert_eq!(ledger.json(&["balance", "history", "ana"])[0]["kind"], "fee");
    ledger.check();
}
