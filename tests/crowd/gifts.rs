//! Credit that many give or redeem at once.

use std::thread;

use serde_json::Value;

use crate::patient_ledger;
use crate::support::Ledger;

#[test]
fn eight_who_credit_a_group_at_once_give_each_date_to_each_member_once() {
    let ledger = patient_ledger();
    for number in 0..10 {
        ledger.ok(&["user", "add", &format!("user{number}"), "--clid", &format!("55{number}")]);
    }
    let users: Vec<String> = (0..10).map(|number| format!("--user=user{number}")).collect();
    let plan = ["--day=1", "--month=1", "--year=3000", "--count=24", "--amount=0.5"];
    let users: Vec<&str> = users.iter().map(String::as_str).collect();
    ledger.ok(&[&["group", "add", "club"], &plan[..], &users].concat());
    let ledger = &ledger;
    let reports: Vec<Value> = thread::scope(|crowd| {
        let threads: Vec<_> =
            (0..8).map(|_| crowd.spawn(|| ledger.json(&["group", "credit", "--as-of", "3010-01-01"]))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let rows = reports.iter().flat_map(|report| report.as_array().unwrap());
    assert_eq!(rows.map(|row| row["members"].as_u64().unwrap()).sum::<u64>(), 240, "what was given is told once");
    for number in 0..10 {
        assert_eq!(ledger.balance(&format!("user{number}")).0, "12");
    }
    ledger.check();
}

/// Runs billctl so many times at once; returns what each said, refusals and results alike.
fn at_once(ledger: &Ledger, many: usize, arguments: &[&str]) -> Vec<String> {
    thread::scope(|crowd| {
        let run = || {
            let output = ledger.billctl(arguments);
            String::from_utf8([output.stdout, output.stderr].concat()).unwrap()
        };
        let threads: Vec<_> = (0..many).map(|_| crowd.spawn(run)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

#[test]
fn a_voucher_that_fifty_redeem_at_once_is_redeemed_once() {
    let ledger = patient_ledger();
    let issued = ledger.json(&["voucher", "generate", "--count", "1", "--amount", "5"]);
    let said = at_once(&ledger, 50, &["voucher", "redeem", issued[0]["code"].as_str().unwrap(), "bob"]);
    assert_eq!(said.iter().filter(|said| said.contains("was redeemed by bob")).count(), 49, "{said:#?}");
    assert_eq!(ledger.balance("bob").0, "5");
    assert_eq!(ledger.json(&["balance", "history", "bob"]).as_array().unwrap().len(), 1);
    ledger.check();
}

#[test]
fn a_user_who_guesses_from_fifty_programs_at_once_has_five_tries() {
    let ledger = patient_ledger();
    let issued = ledger.json(&["voucher", "generate", "--count", "1", "--amount", "5"]);
    let said = at_once(&ledger, 50, &["voucher", "redeem", "0000 0000 5724", "bob"]);
    let count = |what: &str| said.iter().filter(|said| said.contains(what)).count();
    let counts = ["no voucher has this code", "tried 5 wrong codes"].map(count);
    assert_eq!(counts, [5, 45], "{said:#?}");
    ledger.refused(1, &["voucher", "redeem", issued[0]["code"].as_str().unwrap(), "bob"]);
    assert_eq!(ledger.balance("bob").0, "0");
}
