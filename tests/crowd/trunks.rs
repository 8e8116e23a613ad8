//! Many calls at once over trunks that carry some of them.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use celcombiller::agi::stand_in::{Answer, Channel};

use crate::{ANA, CALLER, calls, counted, patient_ledger, until};

#[test]
fn fifty_callers_at_once_over_a_trunk_for_seven_are_seven_calls() {
    const CALLERS: usize = 50;
    let ledger = patient_ledger();
    ledger.ok(&["balance", "add", "ana", "90"]);
    ledger.ok(&["trunk", "add", "carrier", "--dial", "PJSIP/{number}@carrier", "--max-calls", "7"]);
    ledger.ok(&["route", "add", "--prefix", "55", "--trunk", "carrier"]);
    let (ledger, decided) = (&ledger, &AtomicUsize::new(0));
    let verdicts: Vec<String> = thread::scope(|crowd| {
        let threads: Vec<_> = (0..CALLERS)
            .map(|counter| {
                crowd.spawn(move || {
                    let channel = Channel::new(&format!("1763690000.{counter}"), ANA, "5511");
                    let channel = calls(ledger, channel, || {
                        decided.fetch_add(1, Ordering::SeqCst);
                        until(|| decided.load(Ordering::SeqCst) >= CALLERS);
                        assert_eq!(ledger.json(&["trunk", "list"])[0]["open_calls"], 7);
                        decided.fetch_add(1, Ordering::SeqCst);
                        until(|| decided.load(Ordering::SeqCst) == CALLERS + 7);
                    });
                    let verdict = channel.variable("CELCOMBILLER_STATUS").to_owned();
                    if verdict != "GRANTED" {
                        decided.fetch_add(1, Ordering::SeqCst);
                    }
                    verdict
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let verdicts = counted(verdicts.iter().map(String::as_str));
    assert_eq!(verdicts, [("GRANTED", 7), ("TRUNK_BUSY", 43)].into());
    assert_eq!(ledger.json(&["trunk", "list"])[0]["open_calls"], 0);
    ledger.check();
}

/// Calls that go on to the next trunk at once take no more of it than it has.
#[test]
fn a_trunk_that_many_fall_back_on_at_once_carries_no_more_than_its_most() {
    const CALLERS: usize = 20;
    let ledger = patient_ledger();
    ledger.ok(&["balance", "add", "ana", "90"]);
    for (trunk, most) in [("first", "20"), ("second", "3")] {
        let dial = format!("PJSIP/{{number}}@{trunk}");
        ledger.ok(&["trunk", "add", trunk, "--dial", &dial, "--max-calls", most]);
        ledger.ok(&["route", "add", "--prefix", "55", "--trunk", trunk]);
    }
    let (ledger, decided) = (&ledger, &AtomicUsize::new(0));
    let dialled: usize = thread::scope(|crowd| {
        let threads: Vec<_> = (0..CALLERS)
            .map(|counter| {
                crowd.spawn(move || {
                    let mut channel = Channel::new(&format!("1763690000.{counter}"), ANA, "5511");
                    channel.unreachable.insert("PJSIP/5511@first".to_owned(), "CONGESTION");
                    let mut second = false;
                    let ended = ledger.play_with(CALLER, &mut channel, &[], |_, command| {
                        if command.contains("@second") {
                            second = true;
                            decided.fetch_add(1, Ordering::SeqCst);
                            until(|| decided.load(Ordering::SeqCst) >= CALLERS);
                        }
                        Answer::AsAsterisk
                    });
                    assert_eq!(ended.stderr, "");
                    if !second {
                        decided.fetch_add(1, Ordering::SeqCst);
                    }
                    usize::from(second)
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    assert_eq!(dialled, 3);
    let cdrs = ledger.json(&["cdr", "list"]);
    let trunks = counted(cdrs.as_array().unwrap().iter().map(|cdr| cdr["trunk"].as_str().unwrap()));
    assert_eq!(trunks, [("first", 17), ("second", 3)].into());
    ledger.check();
}
