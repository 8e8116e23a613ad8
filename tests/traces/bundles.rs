//! Bundles: what they pay of a call before the balance does, and what becomes of them however it ends.

use serde_json::{Value, json};

use crate::script::{ANA, BOB, Calls, FAR_AHEAD, call, dialled_by_the_dialplan};
use crate::support::Ledger;

const OUTSIDE: &str = "5511999990002";

/// A ledger on which an answered call costs 0.05 and 0.01 a second, and to 49 0.01 a second alone.
fn ledger() -> Ledger {
    let ledger = Ledger::in_euros();
    ledger.configure("[dial]\noffnet = \"PJSIP/{number}@carrier\"\n");
    ledger.ok(&["rate", "add", "--prefix", "49", "--price-per-minute", "0.60"]);
    ledger
}

/// Gives a bundle and returns its id.
fn give(ledger: &Ledger, user: &str, flags: &[&str]) -> String {
    ledger.json(&[&["bundle", "add", user], flags].concat())["id"].to_string()
}

/// Returns what is left of a bundle, and what is held of it.
fn left(ledger: &Ledger, bundle: &str) -> (String, String) {
    let shown = ledger.json(&["bundle", "show", bundle]);
    let text = |key: &str| shown[key].as_str().unwrap().to_owned();
    (text("left"), text("held"))
}

fn pair(left: &str, held: &str) -> (String, String) {
    (left.to_owned(), held.to_owned())
}

/// Returns what the newest record says was charged, was free and was paid by bonus.
fn paid(ledger: &Ledger) -> Value {
    let cdr = ledger.json(&["cdr", "list", "--limit", "1"])[0].clone();
    ["charge", "free_seconds", "bonus"].map(|key| cdr[key].clone()).to_vec().into()
}

#[test]
fn a_bundle_of_time_pays_the_first_seconds_and_the_balance_the_fee_and_the_rest() {
    let ledger = ledger();
    let bundle = give(&ledger, "ana", &["--seconds", "60", "--to", "55,34"]);
    let mut calls = Calls::on(&ledger);
    // 10 - 0.05 pay for 995 s, after the 60 that are free.
    let mut channel = calls.channel(ANA, OUTSIDE);
    assert_eq!(calls.verdict(&mut channel, &["authorise"]), "1055");
    assert_eq!(left(&ledger, &bundle), pair("0", "60"));
    assert_eq!(ledger.balance("ana"), ("10".to_owned(), "10".to_owned()));
    dialled_by_the_dialplan(&mut channel, [("DIALSTATUS", "ANSWER"), ("ANSWEREDTIME", "40")]);
    ledger.hang_up(&mut channel).quietly();
    assert_eq!(paid(&ledger), json!(["0.05", 40, "0"]));
    assert_eq!(left(&ledger, &bundle), pair("20", "0"));
    assert_eq!(calls.talk(ANA, OUTSIDE, 90), "1010");
    assert_eq!(paid(&ledger), json!(["0.75", 20, "0"]));
    assert_eq!(left(&ledger, &bundle), pair("0", "0"));
    assert_eq!(calls.talk(ANA, OUTSIDE, 5), "915");
    assert_eq!(paid(&ledger), json!(["0.1", null, null]), "nothing is left of it");
    let entries = ledger.json(&["bundle", "show", &bundle])["entries"].clone();
    let amounts: Vec<_> = entries.as_array().unwrap().iter().map(|entry| entry["amount"].as_str().unwrap()).collect();
    assert_eq!(amounts, ["-20", "-40", "60"]);
    ledger.check();
}

#[test]
fn credit_pays_what_time_does_not_before_the_balance() {
    let ledger = ledger();
    let time = give(&ledger, "ana", &["--seconds", "60"]);
    let bonus = give(&ledger, "ana", &["--bonus", "0.25", "--priority", "1"]);
    let mut calls = Calls::on(&ledger);
    assert_eq!(calls.talk(ANA, OUTSIDE, 70), "1080");
    // 0.05 + 10 x 0.01.
    assert_eq!(paid(&ledger), json!(["0", 60, "0.15"]));
    assert_eq!((left(&ledger, &time), left(&ledger, &bonus)), (pair("0", "0"), pair("0.1", "0")));
    assert_eq!(calls.talk(ANA, OUTSIDE, 15), "1005");
    assert_eq!(paid(&ledger), json!(["0.1", 0, "0.1"]));
    assert_eq!(ledger.balance("ana"), ("9.9".to_owned(), "0".to_owned()));
    ledger.check();
}

#[test]
fn without_a_balance_time_pays_where_being_answered_costs_nothing() {
    let ledger = ledger();
    let bundle = give(&ledger, "bob", &["--seconds", "60"]);
    let mut calls = Calls::on(&ledger);
    assert_eq!(calls.fact(BOB, OUTSIDE), "NO_CREDIT: bob has 0 available");
    assert_eq!(calls.talk(BOB, "4930", 80), "60");
    assert_eq!(paid(&ledger), json!(["0", 60, "0"]));
    assert_eq!(calls.talk(BOB, "4930", 80), "NO_CREDIT");
    give(&ledger, "bob", &["--bonus", "0.07"]);
    assert_eq!(calls.talk(BOB, OUTSIDE, 80), "2");
    assert_eq!(left(&ledger, &bundle), pair("0", "0"));
    ledger.check();
}

#[test]
fn bundles_are_used_by_priority_then_by_their_end_where_they_are_for_the_call() {
    let ledger = ledger();
    let late = give(&ledger, "ana", &["--seconds", "10", "--days", "30"]);
    let early = give(&ledger, "ana", &["--seconds", "10", "--days", "3"]);
    let never = give(&ledger, "ana", &["--seconds", "10"]);
    let first = give(&ledger, "ana", &["--seconds", "10", "--priority", "1"]);
    let elsewhere = give(&ledger, "ana", &["--seconds", "1000", "--priority", "0", "--to", "34,onnet"]);
    let outside = give(&ledger, "ana", &["--seconds", "1000", "--priority", "0", "--to", "99"]);
    let mut calls = Calls::on(&ledger);
    calls.talk(ANA, OUTSIDE, 15);
    let all = || [&first, &early, &late, &never, &elsewhere].map(|bundle| left(&ledger, bundle).0);
    assert_eq!(all(), ["0", "5", "10", "10", "1000"]);
    calls.talk(ANA, OUTSIDE, 18);
    assert_eq!(all(), ["0", "0", "0", "7", "1000"]);
    calls.talk(ANA, BOB, 18);
    assert_eq!(all(), ["0", "0", "0", "7", "982"], "calls between users are named");
    assert_eq!(left(&ledger, &outside).0, "1000", "a prefix is for numbers outside");
    ledger.check();
}

#[test]
fn nobody_pays_with_time_for_what_is_free() {
    let ledger = ledger();
    ledger.ok(&["rate", "add", "--prefix", "onnet", "--price-per-minute", "0"]);
    ledger.ok(&["rate", "add", "--prefix", "1", "--price-per-minute", "0.60", "--free-seconds", "30"]);
    ledger.ok(&["rate", "add", "--prefix", "2", "--price-per-minute", "0.60", "--free-below", "10"]);
    let bundle = give(&ledger, "ana", &["--seconds", "60"]);
    let mut calls = Calls::on(&ledger);
    calls.talk(ANA, BOB, 50);
    assert_eq!((paid(&ledger)[1].clone(), left(&ledger, &bundle).0), (Value::Null, "60".to_owned()));
    calls.talk(ANA, "2000", 9);
    assert_eq!((paid(&ledger)[1].clone(), left(&ledger, &bundle).0), (json!(0), "60".to_owned()));
    calls.talk(ANA, "1000", 40);
    assert_eq!((paid(&ledger), left(&ledger, &bundle).0), (json!(["0", 10, "0"]), "50".to_owned()));
    ledger.check();
}

#[test]
fn a_call_that_nobody_answers_gives_bundles_back() {
    let ledger = ledger();
    let (time, bonus) = (give(&ledger, "ana", &["--seconds", "60"]), give(&ledger, "ana", &["--bonus", "1"]));
    let mut calls = Calls::on(&ledger);
    let mut channel = calls.channel(ANA, OUTSIDE);
    calls.verdict(&mut channel, &["authorise"]);
    assert_eq!((left(&ledger, &time), left(&ledger, &bonus)), (pair("0", "60"), pair("0", "1")));
    dialled_by_the_dialplan(&mut channel, [("DIALSTATUS", "BUSY"), ("ANSWEREDTIME", "")]);
    ledger.hang_up(&mut channel).quietly();
    assert_eq!((left(&ledger, &time), left(&ledger, &bonus)), (pair("60", "0"), pair("1", "0")));
    assert_eq!(paid(&ledger), json!(["0", 0, "0"]));
    ledger.check();
}

#[test]
fn a_hold_that_is_given_back_gives_bundles_back_and_a_late_report_takes_what_they_still_have() {
    for (how, closed) in [
        (&["hold", "expire", "--as-of", FAR_AHEAD][..], "expired"),
        (&["hold", "release", "1763690000.1#1", "--note", "by hand"], "released"),
    ] {
        let ledger = ledger();
        let (time, bonus) = (give(&ledger, "ana", &["--seconds", "60"]), give(&ledger, "ana", &["--bonus", "0.20"]));
        let mut calls = Calls::on(&ledger);
        let mut late = calls.channel(ANA, OUTSIDE);
        calls.verdict(&mut late, &["authorise"]);
        ledger.ok(how);
        assert_eq!(ledger.json(&["hold", "list", "--all"])[0]["state"], closed);
        assert_eq!((left(&ledger, &time), left(&ledger, &bonus)), (pair("60", "0"), pair("0.2", "0")));
        ledger.check();
        // Another call takes 45 of the 60 seconds, and 0.05 of the credit.
        calls.talk(ANA, OUTSIDE, 45);
        ledger.ok(&["balance", "remove", "ana", "9.90"]);
        // 15 s are still free; the other 45 and the fee cost 0.50, of which 0.15 and 0.10 are there.
        dialled_by_the_dialplan(&mut late, [("DIALSTATUS", "ANSWER"), ("ANSWEREDTIME", "60")]);
        late.extension = "h".to_owned();
        let told = ledger.play("celcombiller-reducer", &mut late, &[]).stderr;
        assert!(told.contains("0.25 could not be charged"), "{told}");
        let cdr = ledger.json(&["cdr", "show", "1763690000.1#1"]);
        let said = ["charge", "free_seconds", "bonus", "unpaid"].map(|key| cdr[key].clone()).to_vec();
        assert_eq!(json!(said), json!(["0.1", 15, "0.15", "0.25"]));
        assert_eq!((left(&ledger, &time), left(&ledger, &bonus)), (pair("0", "0"), pair("0", "0")));
        assert_eq!(ledger.balance("ana"), ("0".to_owned(), "0".to_owned()));
        ledger.check();
    }
}

#[test]
fn a_late_report_takes_no_more_of_the_balance_than_was_held_of_it() {
    let ledger = ledger();
    let bundle = give(&ledger, "ana", &["--seconds", "600"]);
    ledger.ok(&["cap", "set", "--user", "ana", "--day-minutes", "1"]);
    let mut calls = Calls::on(&ledger);
    let mut late = calls.channel(ANA, "4930");
    assert_eq!(calls.verdict(&mut late, &["authorise"]), "60");
    assert_eq!(ledger.balance("ana"), ("10".to_owned(), "0".to_owned()));
    ledger.ok(&["hold", "release", "1763690000.1#1", "--note", "by hand"]);
    ledger.ok(&["bundle", "end", &bundle, "--note", "by hand"]);
    dialled_by_the_dialplan(&mut late, [("DIALSTATUS", "ANSWER"), ("ANSWEREDTIME", "60")]);
    let told = ledger.hang_up(&mut late).stderr;
    assert!(told.contains("0.6 could not be charged"), "{told}");
    assert_eq!(paid(&ledger), json!(["0", 0, "0"]));
    assert_eq!(ledger.balance("ana"), ("10".to_owned(), "0".to_owned()));
    ledger.check();
}

#[test]
fn a_call_that_bundles_paid_costs_the_same_when_it_is_priced_again() {
    let ledger = ledger();
    give(&ledger, "ana", &["--seconds", "60"]);
    give(&ledger, "ana", &["--bonus", "0.10"]);
    Calls::on(&ledger).talk(ANA, OUTSIDE, 100);
    let replay = ledger.json(&["tariff", "replay", "standard", "--since", "2000-01-01"]);
    let said = ["charged", "would_be", "difference"].map(|key| replay[0][key].clone());
    assert_eq!(json!(said.to_vec()), json!(["0.45", "0.45", "0"]), "{replay}");
}

#[test]
fn a_bundle_that_ended_counts_for_no_further_call_and_a_call_in_progress_keeps_its_part() {
    let ledger = ledger();
    let bundle = give(&ledger, "ana", &["--seconds", "600"]);
    ledger.ok(&["cap", "set", "--user", "ana", "--day-minutes", "5"]);
    let mut calls = Calls::on(&ledger);
    let mut channel = calls.channel(ANA, OUTSIDE);
    assert_eq!(calls.verdict(&mut channel, &["authorise"]), "300");
    let ended = ledger.json(&["bundle", "end", &bundle, "--note", "given by mistake"]);
    assert_eq!((&ended["left"], &ended["held"], &ended["state"]), (&json!("0"), &json!("300"), &json!("ended")));
    dialled_by_the_dialplan(&mut channel, [("DIALSTATUS", "ANSWER"), ("ANSWEREDTIME", "100")]);
    ledger.hang_up(&mut channel).quietly();
    assert_eq!(paid(&ledger), json!(["0.05", 100, "0"]));
    assert_eq!(left(&ledger, &bundle), pair("200", "0"));
    calls.talk(ANA, OUTSIDE, 1);
    assert_eq!(paid(&ledger), json!(["0.06", null, null]));
    assert_eq!(ledger.json(&["bundle", "list"]), json!([]));
    let taken = ledger.json(&["bundle", "expire", "--dry-run"]);
    assert_eq!((&taken[0]["taken"], &taken[0]["username"]), (&json!("200"), &json!("ana")));
    assert_eq!(ledger.json(&["bundle", "expire"]), taken);
    assert_eq!(ledger.json(&["bundle", "expire"]), json!([]));
    assert_eq!(left(&ledger, &bundle), pair("0", "0"));
    let again = ledger.refused(1, &["bundle", "end", &bundle, "--note", "again"]);
    assert!(again.starts_with(&format!("error: bundle {bundle} ended at ")), "{again}");
    ledger.check();
}

#[test]
fn what_the_balance_pays_is_spent_and_every_second_is_talked() {
    let ledger = ledger();
    give(&ledger, "ana", &["--seconds", "60", "--to", "55"]);
    give(&ledger, "ana", &["--bonus", "0.05", "--to", "55"]);
    ledger.ok(&["cap", "set", "--user", "ana", "--day-spend", "0.04", "--day-minutes", "2"]);
    let mut calls = Calls::on(&ledger);
    // The credit pays the fee, 60 s are free, and 0.04 pay for four more.
    assert_eq!(calls.talk(ANA, OUTSIDE, 70), "64");
    assert_eq!(calls.fact(ANA, OUTSIDE), "SPENDING_CAP: ana has spent 0.04 of 0.04 this day");
    give(&ledger, "ana", &["--seconds", "1000", "--to", "49"]);
    assert_eq!(calls.talk(ANA, "4930", 10), "56", "nothing is spent; of two minutes 56 s are left");
    assert_eq!(calls.talk(ANA, "4930", 100), "46");
    assert_eq!(calls.talk(ANA, "4930", 1), "TIME_CAP");
    ledger.check();
}

#[test]
fn asking_again_returns_the_first_grant_and_holds_nothing_more() {
    let ledger = ledger();
    let bundle = give(&ledger, "bob", &["--seconds", "60"]);
    for _ in 0..2 {
        let mut channel = celcombiller::agi::stand_in::Channel::new("1763690000.9", BOB, "4930");
        assert_eq!(call(&ledger, &mut channel, &["authorise"]), "GRANTED");
        assert_eq!(channel.variable("CELCOMBILLER_SECONDS"), "60");
        assert_eq!(left(&ledger, &bundle), pair("0", "60"));
    }
    ledger.refused(1, &["user", "remove", "bob"]);
    ledger.check();
}

#[test]
fn both_legs_of_a_callback_share_the_bundles_of_their_payer() {
    let ledger = ledger();
    let bundle = give(&ledger, "bob", &["--seconds", "61"]);
    let mut first = celcombiller::agi::stand_in::Channel::new("1763690000.1", BOB, "4930");
    first.variables.insert("CELCOMBILLER_THEN".to_owned(), "4940".to_owned());
    assert_eq!(call(&ledger, &mut first, &["authorise"]), "GRANTED");
    assert_eq!(first.variable("CELCOMBILLER_SECONDS"), "30");
    assert_eq!(left(&ledger, &bundle), pair("31", "30"));
    let mut second = celcombiller::agi::stand_in::Channel::new("1763690000.2", BOB, "4940");
    assert_eq!(call(&ledger, &mut second, &["authorise"]), "GRANTED");
    assert_eq!(second.variable("CELCOMBILLER_SECONDS"), "31");
    ledger.check();
}

#[test]
fn a_quote_shows_what_bundles_would_pay() {
    let ledger = ledger();
    give(&ledger, "ana", &["--seconds", "60", "--to", "55"]);
    give(&ledger, "ana", &["--bonus", "0.10"]);
    let quote = ledger.json(&["rate", "quote", OUTSIDE, "--user", "ana", "--seconds", "100"]);
    let said = ["charge", "free_seconds", "bonus", "max_seconds", "hold"].map(|key| quote[key].clone()).to_vec();
    assert_eq!(json!(said), json!(["0.35", 60, "0.1", 1065, "10"]));
    assert_eq!(quote["lines"][1]["text"], "the first 60 s cost nothing");
    let tariff = ledger.json(&["rate", "quote", OUTSIDE, "--seconds", "100"]);
    assert_eq!((&tariff["charge"], &tariff["free_seconds"]), (&json!("1.05"), &json!(0)));
    assert_eq!(Calls::on(&ledger).talk(ANA, OUTSIDE, 100), "1065", "as it is then granted");
    assert_eq!(paid(&ledger), json!(["0.35", 60, "0.1"]));
}

#[test]
fn a_charge_that_is_reversed_gives_its_seconds_back() {
    let ledger = ledger();
    let bundle = give(&ledger, "ana", &["--seconds", "60"]);
    Calls::on(&ledger).talk(ANA, OUTSIDE, 40);
    let charge = ledger.json(&["bundle", "show", &bundle])["entries"][0].clone();
    assert_eq!((&charge["kind"], &charge["call"]), (&json!("charge"), &json!("1763690000.1#1")));
    ledger.ok(&["balance", "reverse", &charge["id"].to_string(), "--note", "nothing was heard"]);
    assert_eq!(left(&ledger, &bundle), pair("60", "0"));
    ledger.check();
}

#[test]
fn a_call_whose_bundles_do_not_add_up_fails_the_check() {
    let whole = "every bundle of a call is held while it lasts and charged once what was used";
    for (name, sql) in [
        (whole, "UPDATE call_bundle SET used = used - 1"),
        (whole, "UPDATE call_bundle SET used = NULL"),
        (whole, "UPDATE call SET free_seconds = NULL"),
        ("the free seconds of a call are those of its bundles", "UPDATE call SET free_seconds = 7"),
        (
            "what a bundle is given and uses returns to the account of its unit",
            "DROP TRIGGER entry_stays; UPDATE ledger_entry SET credit_account = 2 WHERE kind = 'charge'",
        ),
    ] {
        let ledger = ledger();
        give(&ledger, "ana", &["--seconds", "60"]);
        Calls::on(&ledger).talk(ANA, OUTSIDE, 40);
        ledger.check();
        let books = rusqlite::Connection::open(ledger.database()).unwrap();
        books.execute_batch(&format!("DROP TRIGGER call_ends_once; {sql}")).unwrap();
        let checked = ledger.billctl(&["--format", "json", "db", "check"]);
        let checked: Value = serde_json::from_slice(&checked.stdout).unwrap();
        let failed = checked["checks"].as_array().unwrap().iter().filter(|check| check["ok"] == false);
        let failed: Vec<&Value> = failed.map(|check| &check["name"]).collect();
        assert!(failed.contains(&&json!(name)), "{sql}: {failed:?}");
    }
}
