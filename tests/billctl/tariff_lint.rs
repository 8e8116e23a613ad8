//! What is odd in a price list.

use serde_json::{Value, json};

use crate::support::Ledger;
use crate::tariff_files::{import, shop};

/// Lints; returns `prefix | hours | finding | detail` a line, and the exit code.
fn lint(ledger: &Ledger, flags: &[&str]) -> (Vec<String>, Option<i32>) {
    let output = ledger.billctl(&[&["--format", "json", "tariff", "lint", "shop"], flags].concat());
    let found: Value = serde_json::from_slice(&output.stdout).unwrap();
    let line = |finding: &Value| {
        let text = |key: &str| finding[key].as_str().unwrap_or("-").to_owned();
        ["prefix", "hours", "finding", "detail"].map(text).join(" | ")
    };
    (found.as_array().unwrap().iter().map(line).collect(), output.status.code())
}

/// Lints a list; the hours are in quotes where they have commas.
fn findings(list: &str) -> Vec<String> {
    let ledger = shop();
    import(&ledger, "shop", list, &[]);
    lint(&ledger, &[]).0
}

#[test]
fn a_list_without_oddities_passes() {
    let ledger = shop();
    import(
        &ledger,
        "shop",
        "prefix,price_per_minute,hours\n5,1,\n55,2,\n55,1,sat\n551,3,sun\n6,1,\n66,2,\n667,1,\n",
        &[],
    );
    import(&ledger, "shop", "prefix,price_per_minute\n55,3\n", &[]);
    assert_eq!(lint(&ledger, &[]), (vec![], Some(0)), "what was replaced is history and not odd");
}

#[test]
fn a_prefix_that_costs_what_a_shorter_one_costs_is_redundant() {
    let list = "prefix,price_per_minute,connect_fee,hours\n\
                5,1,,\n5,0.5,,sat\n55,1,,\n55,0.5,,sat\n551,1,,\n552,1,0.1,\n5511,1,,\n6,1,,\n";
    let expected = [
        "55 | - | redundant | costs what prefix \"5\" costs",
        "5511 | - | redundant | costs what prefix \"551\" costs",
    ];
    assert_eq!(findings(list), expected);
    let planned = "prefix,price_per_minute,starts\n5,1,\n5,2,2099-01-01\n55,1,\n";
    assert_eq!(findings(planned), [""; 0], "it will not cost the same");
}

#[test]
fn hours_without_a_rate_are_named() {
    let list = "prefix,price_per_minute,hours\n\
                55,1,mon-fri\n55,2,sat 08:00-24:00\n551,1,sat,\n552,1,\n5521,1,sun\n\
                44,1,22:00-06:00\n33,1,holiday\n"
        .replace("sat,\n", "sat\n");
    let expected = [
        "33 | mon,tue,wed,thu,fri,sat,sun 00:00-24:00 | gap | no rate on mon,tue,wed,thu,fri,sat,sun 00:00-24:00",
        "44 | mon,tue,wed,thu,fri,sat,sun 06:00-22:00 | gap | no rate on mon,tue,wed,thu,fri,sat,sun 06:00-22:00",
        "55 | sat 00:00-08:00; sun 00:00-24:00 | gap | no rate on sat 00:00-08:00; sun 00:00-24:00",
        "551 | sun 00:00-24:00 | gap | no rate on sun 00:00-24:00",
    ];
    assert_eq!(findings(&list), expected);
}

#[test]
fn rates_that_never_hold_and_rates_of_which_neither_is_closer_are_found() {
    let ledger = shop();
    let list = "prefix,price_per_minute,hours\n55,1,\n55,2,mon-fri\n55,3,\"sat,sun\"\n44,1,\n44,2,mon-sat\n";
    import(&ledger, "shop", list, &[]);
    // A list may not say this, but two of them can.
    import(&ledger, "shop", "prefix,price_per_minute,hours\n44,3,tue-sun\n", &[]);
    let expected = [
        "44 | tue,wed,thu,fri,sat,sun 00:00-24:00 | overlap | overlaps with \
         mon,tue,wed,thu,fri,sat 00:00-24:00, which has as many minutes a week",
        "44 | - | unreachable | closer rates of the prefix cover all of its hours",
        "55 | - | unreachable | closer rates of the prefix cover all of its hours",
    ];
    let (mut found, code) = lint(&ledger, &[]);
    found.sort_by_key(|line| line.contains("unreachable"));
    assert_eq!((found, code), (expected.map(str::to_owned).to_vec(), Some(1)));
}

#[test]
fn a_change_that_changes_nothing_and_a_maximum_below_the_minimum_are_found() {
    let list = "prefix,price_per_minute,starts,minimum_charge,maximum_charge\n\
                55,1,,,\n55,1,2099-01-01,,\n55,2,2099-02-01,,\n44,1,,2,1\n";
    let expected = [
        "44 | - | maximum_below_minimum | maximum charge 1, minimum charge 2",
        "55 | - | duplicate | the rate from 2099-01-01T00:00:00Z on is the one that is in force before",
    ];
    let ledger = shop();
    for line in list.lines().skip(1) {
        import(&ledger, "shop", format!("{}\n{line}\n", list.lines().next().unwrap()), &[]);
    }
    // The second line changes nothing, so that an import leaves it out: it takes a hand to add it.
    assert_eq!(lint(&ledger, &[]).0, expected[..1]);
    let again = ["--prefix", "55", "--price-per-minute", "1", "--starts", "2099-01-01"];
    ledger.ok(&[&["rate", "add", "--tariff", "shop"], &again[..]].concat());
    assert_eq!(lint(&ledger, &[]).0, expected);
}

#[test]
fn what_is_sold_below_cost_is_found_whichever_prefix_is_longer() {
    let ledger = shop();
    ledger.ok(&["tariff", "add", "carrier"]);
    let cost = "prefix,price_per_minute,connect_fee,hours\n\
                55,0.05,,\n5511,0.20,,\n44,0.01,0.02,\n33,0.02,,\n33,0.30,,sat\n1,1,,\n";
    import(&ledger, "carrier", cost, &[]);
    import(
        &ledger,
        "shop",
        "prefix,price_per_minute,hours\n55,0.10,\n551,0.11,\n5512,0.04,\n44,0.05,\n33,0.1,\n33,0.2,sun\n",
        &[],
    );
    let expected = [
        "33 | - | below_cost | 0.1 a minute, cost 0.3 (prefix \"33\" of carrier on sat 00:00-24:00)",
        "44 | - | below_cost | connect fee 0, cost 0.02 (prefix \"44\" of carrier)",
        "5511 | - | below_cost | 0.11 a minute, cost 0.2 (prefix \"5511\" of carrier)",
        "5512 | - | below_cost | 0.04 a minute, cost 0.05 (prefix \"55\" of carrier)",
    ];
    assert_eq!(lint(&ledger, &["--cost", "carrier"]), (expected.map(str::to_owned).to_vec(), Some(1)));
    assert_eq!(lint(&ledger, &[]), (vec![], Some(0)));
    assert_eq!(
        ledger.refused(1, &["tariff", "lint", "gold"]),
        "error: no tariff \"gold\"\nhint: billctl tariff list\n"
    );
    let shown = ledger.billctl(&["tariff", "lint", "shop", "--cost", "carrier"]);
    assert_eq!(json!(String::from_utf8_lossy(&shown.stdout).lines().count()), json!(5));
}
