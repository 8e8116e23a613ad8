//! What calls cost by the rates of their tariff.

use serde_json::json;

use crate::script::{ANA, BOB, Calls, dialled_by_the_dialplan};
use crate::support::Ledger;

const OUTSIDE: &str = "5511999990002";

fn ledger() -> Ledger {
    let ledger = Ledger::new("EUR");
    ledger.configure("[dial]\noffnet = \"PJSIP/{number}@carrier\"\n");
    ledger.ok(&["user", "add", "ana", "--clid", ANA, "--imsi", "001010000000001", "--balance", "10"]);
    ledger.ok(&["user", "add", "bob", "--clid", BOB, "--imsi", "001010000000002"]);
    ledger
}

fn rate(ledger: &Ledger, flags: &[&str]) {
    ledger.ok(&[&["rate", "add"], flags].concat());
}

/// Returns what the last call was charged, and by which prefix.
fn charged(ledger: &Ledger) -> (String, String) {
    let last = ledger.json(&["cdr", "list", "--limit", "1"])[0].clone();
    let text = |key: &str| last[key].as_str().unwrap().to_owned();
    (text("charge"), text("prefix"))
}

#[test]
fn a_call_keeps_the_price_that_it_was_authorised_at() {
    let ledger = ledger();
    rate(&ledger, &["--prefix", "55", "--price-per-minute", "0.60"]);
    let mut calls = Calls::on(&ledger);
    let mut channel = calls.channel(ANA, OUTSIDE);
    assert_eq!(calls.verdict(&mut channel, &["authorise"]), "1000");
    rate(&ledger, &["--prefix", "55", "--price-per-minute", "6", "--connect-fee", "1"]);
    ledger.ok(&["tariff", "update", "standard", "--round", "0:up"]);
    dialled_by_the_dialplan(&mut channel, [("DIALSTATUS", "ANSWER"), ("ANSWEREDTIME", "1000")]);
    channel.extension = "h".to_owned();
    ledger.play("celcombiller-reducer", &mut channel, &[]).quietly();
    assert_eq!(charged(&ledger), ("10".to_owned(), "55".to_owned()));
    assert_eq!(ledger.balance("ana"), ("0".to_owned(), "0".to_owned()));
    assert_eq!(calls.talk(ANA, OUTSIDE, 1), "NO_CREDIT");
    ledger.check();
}

#[test]
fn the_longest_prefix_prices_a_call_with_all_its_terms() {
    let ledger = ledger();
    rate(&ledger, &["--prefix", "", "--price-per-minute", "60"]);
    let bands = ["--bands", "30:0.30:10+10:0.02", "--minimum-charge", "0.10", "--maximum-charge", "0.50"];
    let base = ["--prefix", "5511", "--price-per-minute", "0.60", "--connect-fee", "0.01", "--free-below", "3"];
    rate(&ledger, &[&base[..], &bands].concat());
    let mut calls = Calls::on(&ledger);
    for (seconds, charge) in [(2, "0"), (5, "0.1"), (30, "0.31"), (31, "0.38"), (45, "0.43"), (600, "0.5")] {
        assert_eq!(calls.talk(ANA, OUTSIDE, seconds), "7200", "no call costs more than 0.50");
        assert_eq!(charged(&ledger), (charge.to_owned(), "5511".to_owned()), "{seconds} s");
    }
    ledger.check();
}

#[test]
fn calls_between_users_have_their_own_rate() {
    let ledger = ledger();
    rate(&ledger, &["--prefix", "", "--price-per-minute", "60"]);
    let mut calls = Calls::on(&ledger);
    assert_eq!(calls.talk(BOB, ANA, 600), "7200", "free without a balance");
    assert_eq!(charged(&ledger), ("0".to_owned(), "onnet".to_owned()));
    rate(&ledger, &["--prefix", "onnet", "--price-per-minute", "0.60"]);
    assert_eq!(calls.talk(BOB, ANA, 1), "NO_CREDIT");
    assert_eq!(calls.talk(ANA, BOB, 10), "1000");
    assert_eq!(charged(&ledger), ("0.1".to_owned(), "onnet".to_owned()));
    ledger.ok(&["rate", "remove", "--prefix", "onnet"]);
    assert_eq!(calls.talk(ANA, BOB, 1), "9", "without it, as any other number");
    let rates = ledger.json(&["rate", "list"]);
    assert_eq!(rates.as_array().map(Vec::len), Some(1));
    assert_eq!(rates[0]["prefix"], json!(""));
}
