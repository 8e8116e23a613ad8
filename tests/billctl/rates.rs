//! Tariffs and their rates.

use serde_json::json;

use crate::support::Ledger;

#[test]
fn rates_are_replaced_and_never_edited() {
    let ledger = Ledger::new("EUR");
    ledger.ok(&["tariff", "add", "night"]);
    let add = |price| {
        ledger.ok(&[
            "rate",
            "add",
            "--tariff",
            "night",
            "--prefix",
            "55",
            "--price-per-minute",
            price,
            "--increment",
            "60+6",
        ]);
    };
    add("0.12");
    add("0.10");
    let rates = ledger.json(&["rate", "list", "--tariff", "night"]);
    assert_eq!(
        rates,
        json!([{"tariff": "night", "prefix": "55", "price_per_minute": "0.1", "connect_fee": "0", "increment": "60+6"}])
    );
    let exists = ledger.refused(1, &["tariff", "add", "night"]);
    assert_eq!(exists, "error: tariff \"night\" exists\nhint: billctl tariff list\n");
    ledger.refused(1, &["rate", "add", "--tariff", "gold", "--prefix", "", "--price-per-minute", "1"]);
}
