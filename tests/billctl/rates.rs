//! Tariffs and their rates.

use serde_json::{Value, json};

use crate::support::Ledger;

const FAR_AHEAD: &str = "2099-01-01T00:00:00Z";

fn add(ledger: &Ledger, more: &[&str]) {
    ledger.ok(&[&["rate", "add", "--tariff", "night"], more].concat());
}

fn night() -> Ledger {
    let ledger = Ledger::new("EUR");
    ledger.ok(&["tariff", "add", "night"]);
    ledger
}

fn column<'a>(rows: &'a Value, keys: &[&str]) -> Vec<Vec<&'a Value>> {
    rows.as_array().unwrap().iter().map(|row| keys.iter().map(|key| &row[*key]).collect()).collect()
}

#[test]
fn rates_are_replaced_and_never_edited() {
    let ledger = night();
    add(&ledger, &["--prefix", "55", "--price-per-minute", "0.12", "--increment", "60+6"]);
    add(&ledger, &["--prefix", "55", "--price-per-minute", "0.10", "--increment", "60+6"]);
    add(&ledger, &["--prefix", "55", "--price-per-minute", "0.08", "--starts", FAR_AHEAD]);
    let rates = ledger.json(&["rate", "list", "--tariff", "night"]);
    let keys = ["tariff", "prefix", "price_per_minute", "connect_fee", "increment", "state"];
    let expected =
        [json!(["night", "55", "0.1", "0", "60+6", "in force"]), json!(["night", "55", "0.08", "0", "1+1", "later"])];
    assert_eq!(json!(column(&rates, &keys)), json!(expected));
    let all = ledger.json(&["rate", "list", "--tariff", "night", "--all"]);
    assert_eq!(all[0]["state"], "replaced");
    let exists = ledger.refused(1, &["tariff", "add", "night"]);
    assert_eq!(exists, "error: tariff \"night\" exists\nhint: billctl tariff list\n");
    ledger.refused(1, &["rate", "add", "--tariff", "gold", "--prefix", "", "--price-per-minute", "1"]);
}

#[test]
fn a_withdrawn_rate_leaves_its_destinations_to_shorter_prefixes() {
    let ledger = night();
    add(&ledger, &["--prefix", "5", "--price-per-minute", "0.50"]);
    add(&ledger, &["--prefix", "55", "--price-per-minute", "0.12"]);
    let quote = || ledger.json(&["rate", "quote", "5511", "--tariff", "night"])["prefix"].clone();
    assert_eq!(quote(), "55");
    ledger.ok(&["rate", "remove", "--tariff", "night", "--prefix", "55"]);
    assert_eq!(quote(), "5");
    let again = ledger.refused(1, &["rate", "remove", "--tariff", "night", "--prefix", "55"]);
    let fact = "error: tariff \"night\" has no rate for prefix \"55\"\nhint: billctl rate list --tariff night\n";
    assert_eq!(again, fact);
}

#[test]
fn rates_that_make_no_sense_are_refused_with_the_value() {
    let ledger = night();
    let refused = |code, flags: &[&str]| {
        let arguments = [&["rate", "add", "--tariff", "night", "--prefix", "55", "--price-per-minute"], flags].concat();
        ledger.refused(code, &arguments)
    };
    assert!(refused(2, &["-1"]).contains("`-1` is negative"));
    assert!(refused(2, &["1,5"]).contains("`1,5` is not an amount"));
    assert!(refused(2, &["0.1", "--bands", "60"]).contains("`60` is not a band"));
    assert!(refused(2, &["0.1", "--hours", "noon"]).contains("`noon` are not hours"));
    assert!(refused(2, &["0.1", "--free-below", "1h"]).contains("`1h` is not a length"));
    assert_eq!(
        refused(1, &["0.1", "--starts", "2026-02-01", "--ends", "2026-01-01"]),
        "error: the rate would end at 2026-01-01T00:00:00Z, not after its start at 2026-02-01T00:00:00Z\n"
    );
    assert_eq!(ledger.json(&["rate", "list", "--tariff", "night"]), json!([]));
    assert!(
        ledger.refused(2, &["tariff", "add", "x", "--zone", "Mars/Base"]).contains("`Mars/Base` is not a time zone")
    );
    assert!(ledger.refused(2, &["tariff", "add", "x", "--round", "9:up"]).contains("`9:up` is not a rounding"));
    assert!(ledger.refused(2, &["tariff", "add", "x", "--holiday", "Xmas"]).contains("`Xmas` is not a date"));
}

#[test]
fn a_tariff_is_changed_where_it_is_asked_to_be() {
    let ledger = night();
    ledger.ok(&["tariff", "update", "night", "--round", "2:up", "--zone", "Europe/Berlin", "--holiday", "2026-12-25"]);
    let shown = ledger.json(&["tariff", "show", "night"]);
    let expected = json!({"name": "night", "rounding": "2:up", "zone": "Europe/Berlin", "holidays": ["2026-12-25"]});
    assert_eq!(shown, expected);
    ledger.ok(&["tariff", "update", "night", "--rename", "day", "--no-holiday", "2026-12-25"]);
    assert_eq!(ledger.json(&["tariff", "show", "day"])["holidays"], json!([]));
    assert_eq!(
        ledger.refused(1, &["tariff", "update", "day", "--no-holiday", "2026-12-25"]),
        "error: 2026-12-25 is no holiday of tariff \"day\"\nhint: billctl tariff show day\n"
    );
    assert_eq!(
        ledger.refused(1, &["tariff", "show", "night"]),
        "error: no tariff \"night\"\nhint: billctl tariff list\n"
    );
}

#[test]
fn a_quote_tells_every_line_of_a_price() {
    let ledger = night();
    ledger.ok(&["tariff", "update", "night", "--round", "2:up", "--zone", "Europe/Berlin"]);
    add(&ledger, &["--prefix", "", "--price-per-minute", "1", "--starts", "2026-01-01"]);
    add(&ledger, &["--prefix", "55", "--price-per-minute", "0.30", "--starts", "2026-01-01"]);
    let base = ["--prefix", "55", "--price-per-minute", "0.10", "--connect-fee", "0.05", "--increment", "60+6"];
    add(&ledger, &[&base[..], &["--bands", "60:0.07:6+6:0.01", "--starts", "2026-02-01"]].concat());
    add(&ledger, &["--prefix", "55", "--price-per-minute", "0.01", "--hours", "sun", "--starts", "2026-01-01"]);
    // A Saturday afternoon.
    let asked = ["rate", "quote", "5511999", "--tariff", "night", "--seconds", "95", "--at", "2026-11-21T15:00:00Z"];
    let quote = ledger.json(&[&asked[..], &["--balance", "0.20"]].concat());
    let keys = ["number", "prefix", "tariff", "price_per_minute", "connect_fee", "initial", "increment", "seconds"];
    let facts: Vec<_> = keys.iter().map(|key| quote[*key].clone()).collect();
    assert_eq!(json!(facts), json!(["5511999", "55", "night", "0.1", "0.05", 60, 6, 95]));
    let lines = json!([
        ["connect_fee", "connect fee 0.05", "0.05"],
        ["time", "60 s after 0 s, paid as 60 s by 60+6, at 0.1 a minute", "0.1"],
        ["band_fee", "fee 0.01 of the band after 60 s", "0.01"],
        ["time", "35 s after 60 s, paid as 36 s by 6+6, at 0.07 a minute", "0.042"],
        ["rounding", "rounded 2:up", "0.21"],
    ]);
    assert_eq!(json!(column(&quote["lines"], &["line", "text", "amount"])), lines);
    assert_eq!(quote["charge"], "0.21");
    let considered = json!([
        ["55", "0.3", "replaced"],
        ["55", "0.1", "won"],
        ["55", "0.01", "other_hours"],
        ["", "1", "shorter_prefix"],
    ]);
    assert_eq!(json!(column(&quote["rates"], &["prefix", "price_per_minute", "verdict"])), considered);
    // 0.05 + 0.10 + 0.01 + 30 s at 0.07 are 0.195; 36 s would be 0.202, rounded up to 0.21.
    assert_eq!((&quote["max_seconds"], &quote["hold"]), (&json!(90), &json!("0.2")));
    let nobody = ledger.refused(1, &["rate", "quote", "5511", "--tariff", "standard"]);
    assert!(nobody.starts_with("error: tariff \"standard\" has no rate for 5511 at "), "{nobody}");
}

#[test]
fn calls_between_users_are_free_where_money_is_the_unit() {
    let ledger = night();
    ledger.ok(&["user", "add", "ana", "--clid", "999999999", "--tariff", "standard"]);
    let quote = |flags: &[&str]| {
        let quote = ledger.json(&[&["rate", "quote", "999999999", "--seconds", "600"], flags].concat());
        (quote["prefix"].clone(), quote["charge"].clone())
    };
    assert_eq!(quote(&["--tariff", "standard"]), (json!("onnet"), json!("0")));
    ledger.ok(&["rate", "add", "--prefix", "onnet", "--price-per-minute", "0.01"]);
    assert_eq!(quote(&["--user", "ana", "--balance", "1"]), (json!("onnet"), json!("0.1")));
}
