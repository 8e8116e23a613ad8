//! Trunks, routes, and which of them a number takes.

use serde_json::{Value, json};

use crate::keys;
use crate::support::Ledger;

fn column(rows: &Value, keys: &[&str]) -> Value {
    rows.as_array().unwrap().iter().map(|row| keys.iter().map(|key| row[*key].clone()).collect::<Value>()).collect()
}

/// A ledger with two trunks: one that costs 0.02 a minute to all numbers, one that costs 0.01 and 0.05 an answer.
fn with_two_trunks() -> Ledger {
    let ledger = Ledger::in_euros();
    for (name, price, fee) in [("north", "0.02", "0"), ("south", "0.01", "0.05")] {
        ledger.ok(&["tariff", "add", name]);
        let price = ["--price-per-minute", price, "--connect-fee", fee];
        ledger.ok(&[&["rate", "add", "--tariff", name, "--prefix", ""], &price[..]].concat());
        let dial = format!("PJSIP/{{number}}@{name}");
        ledger.ok(&["trunk", "add", name, "--dial", &dial, "--cost", name, "--max-calls", "2"]);
    }
    ledger
}

fn route(ledger: &Ledger, prefix: &str, trunk: &str, more: &[&str]) {
    ledger.ok(&[&["route", "add", "--prefix", prefix, "--trunk", trunk], more].concat());
}

/// Returns the trunks that a number would take, in order.
fn order(ledger: &Ledger, number: &str) -> Value {
    column(&ledger.json(&["route", "test", number]), &["trunk", "dial"])
}

#[test]
fn a_trunk_is_added_changed_and_listed() {
    let ledger = with_two_trunks();
    let trunks = ledger.json(&["trunk", "list"]);
    assert_eq!(keys(&trunks[0]), ["name", "dial", "cost", "max_calls", "open_calls"]);
    let north =
        json!({"name": "north", "dial": "PJSIP/{number}@north", "cost": "north", "max_calls": 2, "open_calls": 0});
    assert_eq!(trunks[0], north);
    let changed = ledger.json(&[
        "trunk",
        "update",
        "north",
        "--rename",
        "east",
        "--cost",
        "none",
        "--max-calls",
        "none",
        "--dial",
        "SIP/e/{number}",
    ]);
    let east = json!({"name": "east", "dial": "SIP/e/{number}", "cost": null, "max_calls": null, "open_calls": 0});
    assert_eq!(changed, east);
    assert_eq!(ledger.json(&["trunk", "remove", "east"])["name"], "east");
    assert_eq!(column(&ledger.json(&["trunk", "list"]), &["name"]), json!([["south"]]));
}

#[test]
fn a_trunk_that_makes_no_sense_is_refused_with_the_value() {
    let ledger = with_two_trunks();
    let refused = |code, dial: &str, more: &[&str]| {
        ledger.refused(code, &[&["trunk", "add", "west", "--dial", dial], more].concat())
    };
    for dial in ["PJSIP/5511@west", "PJSIP/{number}/{username}"] {
        assert_eq!(
            refused(1, dial, &[]),
            format!(
                "error: dial template `{dial}` does not dial any number\n\
                 hint: name {{number}} in it, and no user's {{imsi}} or {{username}}\n"
            )
        );
    }
    assert!(refused(2, "PJSIP", &[]).contains("`PJSIP` is not a dial template"));
    assert!(refused(2, "PJSIP/{number}", &["--max-calls", "0"]).contains("--max-calls"));
    assert_eq!(
        refused(1, "PJSIP/{number}", &["--cost", "gold"]),
        "error: no tariff \"gold\"\nhint: billctl tariff list\n"
    );
    assert_eq!(
        ledger.refused(1, &["trunk", "update", "south", "--rename", "north"]),
        "error: trunk \"north\" exists\nhint: billctl trunk list\n"
    );
    assert_eq!(ledger.refused(1, &["trunk", "remove", "west"]), "error: no trunk \"west\"\nhint: billctl trunk list\n");
    assert!(ledger.refused(2, &["trunk", "add", "", "--dial", "PJSIP/{number}"]).contains("is not a trunk's name"));
}

#[test]
fn a_route_is_added_listed_and_removed() {
    let ledger = with_two_trunks();
    route(&ledger, "55", "south", &["--priority", "20"]);
    route(&ledger, "55", "north", &["--strip", "2", "--prepend", "0"]);
    route(&ledger, "", "north", &[]);
    let routes = ledger.json(&["route", "list"]);
    let keys = ["prefix", "trunk", "priority", "strip", "prepend"];
    assert_eq!(crate::keys(&routes[0]), keys);
    let expected = json!([["", "north", 10, 0, ""], ["55", "north", 10, 2, "0"], ["55", "south", 20, 0, ""]]);
    assert_eq!(column(&routes, &keys), expected);
    assert_eq!(ledger.json(&["route", "remove", "--prefix", "55", "--trunk", "north"])["strip"], 2);
    assert_eq!(
        ledger.refused(1, &["route", "remove", "--prefix", "55", "--trunk", "north"]),
        "error: prefix \"55\" has no route over trunk \"north\"\nhint: billctl route list\n"
    );
}

#[test]
fn a_route_that_makes_no_sense_is_refused_with_the_value() {
    let ledger = with_two_trunks();
    route(&ledger, "55", "north", &[]);
    let refused = |code, prefix: &str, trunk: &str, more: &[&str]| {
        ledger.refused(code, &[&["route", "add", "--prefix", prefix, "--trunk", trunk], more].concat())
    };
    for (said, expected) in [
        (refused(1, "55", "west", &[]), "no trunk \"west\"\nhint: billctl trunk list"),
        (
            refused(1, "55", "north", &[]),
            "prefix \"55\" has a route over trunk \"north\"\n\
             hint: billctl route remove --prefix '55' --trunk 'north'",
        ),
        (
            refused(1, "5", "north", &["--strip", "2"]),
            "a route for prefix \"5\" cannot strip 2 digits: it knows 1\n\
             hint: name the digits that are stripped in the prefix",
        ),
        (
            refused(1, "55", "south", &["--prepend", "12345678901234"]),
            "numbers that begin with \"55\" would be dialled with 16 digits at least\n\
             hint: put digits that are no part of the number into the trunk's --dial",
        ),
    ] {
        assert_eq!(said, format!("error: {expected}\n"));
    }
    assert!(refused(2, "5x", "north", &[]).contains("`5x` is not a prefix"));
    for prepend in ["9x", "+55", "9&SIP/x"] {
        let said = refused(2, "55", "south", &["--prepend", prepend]);
        assert!(said.contains(&format!("`{prepend}` is not what can stand before a number")), "{said}");
    }
    assert_eq!(ledger.json(&["route", "list"]).as_array().unwrap().len(), 1);
}

#[test]
fn a_longer_prefix_goes_first_then_priority_and_each_trunk_once() {
    let ledger = with_two_trunks();
    route(&ledger, "", "south", &["--priority", "1"]);
    route(&ledger, "55", "south", &["--priority", "20"]);
    route(&ledger, "55", "north", &["--strip", "2", "--prepend", "0"]);
    let (south, north) = (json!(["south", "PJSIP/5511@south"]), json!(["north", "PJSIP/011@north"]));
    assert_eq!(order(&ledger, "5511"), json!([north, south]));
    assert_eq!(order(&ledger, "4411"), json!([["south", "PJSIP/4411@south"]]));
    ledger.ok(&["route", "add", "--prefix", "551", "--trunk", "south"]);
    assert_eq!(order(&ledger, "5511"), json!([south, north]));
}

#[test]
fn by_cost_the_cheapest_minute_goes_first_and_an_unknown_one_last() {
    let ledger = with_two_trunks();
    ledger.ok(&["trunk", "add", "free", "--dial", "PJSIP/{number}@free"]);
    for (trunk, priority) in [("free", "1"), ("south", "2"), ("north", "3")] {
        route(&ledger, "", trunk, &["--priority", priority]);
    }
    let trunks = || column(&ledger.json(&["route", "test", "5511"]), &["trunk", "minute_cost"]);
    let (free, south, north) = (json!(["free", null]), json!(["south", "0.06"]), json!(["north", "0.02"]));
    assert_eq!(trunks(), json!([free, south, north]));
    ledger.configure("[dial]\nroutes = \"cost\"\n");
    assert_eq!(trunks(), json!([north, south, free]));
    ledger.ok(&["rate", "add", "--tariff", "north", "--prefix", "55", "--price-per-minute", "0.06"]);
    let equal = json!(["north", "0.06"]);
    assert_eq!(trunks(), json!([equal, south, free]), "the lower connect fee goes first");
    ledger.ok(&["rate", "add", "--tariff", "south", "--prefix", "55", "--price-per-minute", "0.06"]);
    assert_eq!(trunks(), json!([["south", "0.06"], equal, free]), "then the priority");
    route(&ledger, "55", "free", &[]);
    assert_eq!(trunks()[0], free, "a longer prefix is meant more closely");
}

#[test]
fn a_route_is_tested_without_calling() {
    let ledger = with_two_trunks();
    assert_eq!(
        ledger.refused(1, &["route", "test", "5511"]),
        "error: nothing reaches 5511\nhint: billctl route add, or [dial] offnet\n"
    );
    assert_eq!(
        ledger.refused(1, &["route", "test", "999999998"]),
        "error: 999999998 is user bob, who is called without a route\nhint: [dial] onnet says how users are reached\n"
    );
    ledger.configure("[dial]\noffnet = \"PJSIP/{number}@carrier\"\n");
    assert_eq!(order(&ledger, "5511"), json!([[null, "PJSIP/5511@carrier"]]));
    route(&ledger, "5", "south", &[]);
    let tested = ledger.json(&["route", "test", "5511"]);
    let keys = ["trunk", "prefix", "priority", "dial", "minute_cost", "open_calls", "max_calls", "full"];
    assert_eq!(crate::keys(&tested[0]), keys);
    assert_eq!(column(&tested, &keys), json!([["south", "5", 10, "PJSIP/5511@south", "0.06", 0, 2, false]]));
    assert_eq!(ledger.json(&["hold", "list", "--all"]), json!([]));
}

#[test]
fn a_trunk_that_routes_or_calls_name_is_not_removed() {
    let ledger = with_two_trunks();
    route(&ledger, "", "south", &[]);
    assert_eq!(
        ledger.refused(1, &["trunk", "remove", "south"]),
        "error: trunk \"south\" has 1 routes\nhint: billctl route remove --prefix '' --trunk 'south'\n"
    );
    let mut channel = celcombiller::agi::stand_in::Channel::new("1763690000.1", "999999999", "5511");
    ledger.play("celcombiller-caller", &mut channel, &["authorise"]).quietly();
    ledger.ok(&["route", "remove", "--prefix", "", "--trunk", "south"]);
    let refused = |fact: &str| {
        let said = ledger.refused(1, &["trunk", "remove", "south"]);
        assert_eq!(said, format!("error: {fact}\nhint: a trunk without routes carries no more\n"));
    };
    refused("trunk \"south\" carries 1 calls and carried 0, which name it");
    ledger.hang_up(&mut channel).quietly();
    refused("trunk \"south\" carries 0 calls and carried 1, which name it");
    assert_eq!(ledger.json(&["cdr", "list"])[0]["trunk"], "south");
}

#[test]
fn values_that_do_not_belong_to_a_trunk_or_a_route_are_faults() {
    let ledger = with_two_trunks();
    route(&ledger, "55", "south", &[]);
    ledger.check();
    let books = rusqlite::Connection::open(ledger.database()).unwrap();
    for (sql, mend, fault) in [
        ("UPDATE trunk SET max_calls = 0", "UPDATE trunk SET max_calls = 1", "trunk south"),
        ("UPDATE trunk SET dial = 'PJSIP/5511'", "UPDATE trunk SET dial = 'PJSIP/{number}'", "trunk south"),
        ("UPDATE route SET strip = 3", "UPDATE route SET strip = 0", "route 1"),
        ("UPDATE route SET prepend = '+'", "UPDATE route SET prepend = ''", "route 1: `+` is not what can stand"),
    ] {
        books.execute(sql, []).unwrap();
        let output = ledger.billctl(&["db", "check"]);
        assert_eq!(output.status.code(), Some(1), "{sql}");
        let told = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(told.contains(fault), "{sql}: {told}");
        books.execute(mend, []).unwrap();
        ledger.check();
    }
}
