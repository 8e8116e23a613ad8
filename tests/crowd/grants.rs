//! Many calls at once on what pays for some of them.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use celcombiller::agi::stand_in::Channel;
use serde_json::Value;

use crate::support::{Ledger, commands, is_dial};
use crate::{ANA, BOB, CALLER, calls, charges, counted, patient_ledger, until};

/// Lets fifty channels of ana call bob at once; whoever is granted keeps the hold until all have their answer. Three
/// of them must be, for 60 s each.
fn three_of_fifty_are_granted(ledger: &Ledger) {
    const CALLERS: usize = 50;
    let decided = &AtomicUsize::new(0);
    let channels: Vec<Channel> = thread::scope(|crowd| {
        let threads: Vec<_> = (0..CALLERS)
            .map(|counter| {
                crowd.spawn(move || {
                    let channel = Channel::new(&format!("1763690000.{counter}"), ANA, BOB);
                    let channel = calls(ledger, channel, || {
                        decided.fetch_add(1, Ordering::SeqCst);
                        until(|| decided.load(Ordering::SeqCst) >= CALLERS);
                    });
                    if channel.variable("CELCOMBILLER_STATUS") != "GRANTED" {
                        decided.fetch_add(1, Ordering::SeqCst);
                    }
                    channel
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let verdicts = counted(channels.iter().map(|channel| channel.variable("CELCOMBILLER_STATUS")));
    assert_eq!(verdicts, [("GRANTED", 3), ("NO_CREDIT", 47)].into());
    let dialled = channels.iter().flat_map(|channel| commands(&channel.dialogue)).filter(|said| is_dial(said)).count();
    assert_eq!(dialled, 3);
    for channel in channels.iter().filter(|channel| channel.variable("CELCOMBILLER_STATUS") == "GRANTED") {
        assert_eq!(channel.variable("CELCOMBILLER_SECONDS"), "60");
    }
    assert_eq!(charges(ledger), ["0.05"; 3]);
    ledger.check();
}

#[test]
fn fifty_callers_at_once_on_funds_for_three_are_three_grants() {
    let ledger = patient_ledger();
    // Of 10 euros 1.95 are left: three times 0.65.
    ledger.ok(&["balance", "remove", "ana", "8.05"]);
    three_of_fifty_are_granted(&ledger);
    assert_eq!(ledger.balance("ana"), ("1.8".to_owned(), "0".to_owned()));
}

#[test]
fn fifty_callers_at_once_on_a_bundle_for_three_are_three_grants() {
    let ledger = patient_ledger();
    // Of 10 euros 0.15 are left: three connect fees, for three times 60 s that are free.
    ledger.ok(&["balance", "remove", "ana", "9.85"]);
    ledger.ok(&["bundle", "add", "ana", "--minutes", "3"]);
    three_of_fifty_are_granted(&ledger);
    assert_eq!(ledger.balance("ana"), ("0".to_owned(), "0".to_owned()));
    let bundle = &ledger.json(&["bundle", "list"])[0];
    assert_eq!((&bundle["left"], &bundle["held"]), (&"180".into(), &"0".into()), "nobody talked for a second");
}

#[test]
fn two_hundred_processes_on_two_hundred_accounts_lose_nothing() {
    const CALLERS: usize = 200;
    let ledger = &patient_ledger();
    let number = |counter: usize| format!("55{counter:09}");
    thread::scope(|crowd| {
        for part in 0..4 {
            crowd.spawn(move || {
                for counter in (part..CALLERS).step_by(4) {
                    let (name, clid) = (format!("user{counter}"), number(counter));
                    ledger.ok(&["user", "add", &name, "--clid", &clid, "--balance", "1"]);
                }
            });
        }
    });
    thread::scope(|crowd| {
        for counter in 0..CALLERS {
            crowd.spawn(move || {
                let channel = Channel::new(&format!("1763690000.{counter}"), &number(counter), BOB);
                let mut channel = calls(ledger, channel, || {});
                assert_eq!(channel.variable("CELCOMBILLER_CHARGE"), "0.05");
                ledger.hang_up(&mut channel).quietly();
            });
        }
    });
    let users = ledger.json(&["user", "list"]);
    let balances: Vec<_> = users.as_array().unwrap().iter().filter(|user| user["username"] != "ana").collect();
    let balances = counted(balances.iter().map(|user| user["balance"].as_str().unwrap()));
    assert_eq!(balances, [("0", 1), ("0.95", CALLERS)].into(), "bob has nothing, as before");
    let cdrs = ledger.json(&["cdr", "list"]);
    let payers = counted(cdrs.as_array().unwrap().iter().map(|cdr| cdr["username"].as_str().unwrap()));
    assert_eq!((payers.len(), payers.values().all(|&calls| calls == 1)), (CALLERS, true));
    assert_eq!(charges(ledger), vec!["0.05"; CALLERS]);
    ledger.check();
}

/// A second request of one call while the first is being answered is the same grant, not another one.
#[test]
fn one_call_that_asks_many_times_at_once_is_held_once() {
    let ledger = &patient_ledger();
    let seconds: Vec<String> = thread::scope(|crowd| {
        let threads: Vec<_> = (0..20)
            .map(|_| {
                crowd.spawn(|| {
                    let mut channel = Channel::new("1763690000.1", ANA, BOB);
                    ledger.play(CALLER, &mut channel, &["authorise"]).quietly();
                    channel.variable("CELCOMBILLER_SECONDS").to_owned()
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(seconds, ["60"; 20]);
    assert_eq!(ledger.balance("ana"), ("10".to_owned(), "0.65".to_owned()));
    assert_eq!(ledger.json(&["hold", "list"]).as_array().map(Vec::len), Some(1));
    assert_eq!(ledger.json(&["hold", "list"])[0]["call"], Value::from("1763690000.1#1"));
    ledger.check();
}
