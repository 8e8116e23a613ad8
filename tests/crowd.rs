//! Crowds: many programs at once on the same books.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that fails says where")]

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use celcombiller::agi::stand_in::{Answer, Channel};
use celcombiller::store::{Access, Role, Store};
use serde_json::Value;
use support::{Ledger, accompany, commands, is_dial, signal};

const CALLER: &str = "celcombiller-caller";
const ANA: &str = "999999999";
const BOB: &str = "999999998";
const FAR_AHEAD: &str = "2099-01-01";

/// A ledger in euros on which a grant is 60 s, which cost 0.65, and everybody waits for their turn.
fn patient_ledger() -> Ledger {
    let ledger = Ledger::in_euros();
    ledger.configure("[calls]\nmax_seconds = 60\n[database]\nbusy_timeout = 60\n");
    ledger
}

/// Waits for others to do their part.
fn until(done: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !done() {
        assert!(Instant::now() < deadline, "the others did not come so far");
        thread::sleep(Duration::from_millis(2));
    }
}

/// Counts how often each text occurs.
fn counted<'a>(texts: impl IntoIterator<Item = &'a str>) -> BTreeMap<&'a str, usize> {
    texts.into_iter().fold(BTreeMap::new(), |mut counts, text| {
        *counts.entry(text).or_default() += 1;
        counts
    })
}

fn charges(ledger: &Ledger) -> Vec<String> {
    let cdrs = ledger.json(&["cdr", "list"]);
    cdrs.as_array().unwrap().iter().map(|cdr| cdr["charge"].as_str().unwrap().to_owned()).collect()
}

/// Plays a channel's call and hangs up; it dials only when `ready`.
fn calls(ledger: &Ledger, mut channel: Channel, ready: impl Fn()) -> Channel {
    let ended = ledger.play_with(CALLER, &mut channel, &[], |_, command| {
        if is_dial(command) {
            ready();
        }
        Answer::AsAsterisk
    });
    assert_eq!((ended.status.code(), ended.stderr.as_str()), (Some(0), ""));
    channel
}

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

#[test]
fn a_call_that_all_settle_at_once_and_again_is_charged_once() {
    const CALLS: u32 = 5;
    let ledger = &patient_ledger();
    for counter in 0..CALLS {
        let mut channel = Channel::new(&format!("1763690000.{counter}"), ANA, BOB);
        thread::scope(|crowd| {
            ledger.play_with(CALLER, &mut channel, &[], |channel, command| {
                // Dial is over, and the caller's program asks how: now everybody settles.
                if command.starts_with("GET FULL VARIABLE") && commands(&channel.dialogue).any(is_dial) {
                    for _ in 0..6 {
                        let mut gone = channel.clone();
                        crowd.spawn(move || ledger.hang_up(&mut gone).quietly());
                    }
                    crowd.spawn(|| ledger.ok(&["hold", "expire", "--as-of", FAR_AHEAD]));
                }
                Answer::AsAsterisk
            })
        })
        .quietly();
        ledger.hang_up(&mut channel).quietly();
    }
    assert_eq!(charges(ledger), vec!["0.05"; CALLS as usize]);
    assert_eq!(ledger.balance("ana"), ("9.75".to_owned(), "0".to_owned()));
    let history = ledger.json(&["balance", "history", "ana"]);
    let kinds = counted(history.as_array().unwrap().iter().map(|entry| entry["kind"].as_str().unwrap()));
    assert_eq!(kinds.get("charge"), Some(&(CALLS as usize)));
    ledger.check();
}

#[test]
fn ends_that_were_kept_are_posted_once_by_all_who_come_for_them() {
    const CALLS: usize = 10;
    let ledger = &patient_ledger();
    let aside = ledger.folder.path().join("aside.db");
    let mut channels: Vec<Channel> =
        (0..CALLS).map(|counter| Channel::new(&format!("1763690000.{counter}"), ANA, BOB)).collect();
    for channel in &mut channels {
        let ended = ledger.play_with(CALLER, channel, &[], |_, command| {
            if is_dial(command) {
                fs::rename(ledger.database(), &aside).unwrap();
            }
            Answer::AsAsterisk
        });
        assert!(ended.stderr.contains("its end was kept"), "{}", ended.stderr);
        fs::rename(&aside, ledger.database()).unwrap();
    }
    thread::scope(|crowd| {
        for _ in 0..4 {
            crowd.spawn(|| ledger.ok(&["hold", "expire", "--as-of", FAR_AHEAD]));
        }
        for channel in &mut channels {
            crowd.spawn(|| ledger.hang_up(channel));
        }
    });
    assert_eq!(charges(ledger), vec!["0.05"; CALLS]);
    assert_eq!(ledger.balance("ana"), ("9.5".to_owned(), "0".to_owned()));
    ledger.ok(&["hold", "expire"]);
    assert_eq!(ledger.balance("ana"), ("9.5".to_owned(), "0".to_owned()));
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

#[test]
fn callers_who_are_killed_while_they_queue_hold_nobody_up() {
    let ledger = patient_ledger();
    let mut writer = rusqlite::Connection::open(ledger.database()).unwrap();
    let turn = writer.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate).unwrap();
    let (asked, queued) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let status = |number: usize| {
        let child = ledger.start(CALLER, &["authorise"]);
        queued.lock().unwrap().push((number, child.id()));
        let mut channel = Channel::new(&format!("1763690000.{number}"), ANA, BOB);
        let ended = accompany(child, &mut channel, &["authorise"], |_, _| {
            asked.fetch_add(1, Ordering::SeqCst);
            Answer::AsAsterisk
        });
        (ended.status.code(), channel.variable("CELCOMBILLER_STATUS").to_owned())
    };
    let ends: Vec<_> = thread::scope(|crowd| {
        let callers: Vec<_> = (0..10).map(|number| crowd.spawn(move || status(number))).collect();
        until(|| asked.load(Ordering::SeqCst) >= 10);
        for (number, process) in queued.lock().unwrap().iter() {
            if number % 2 == 0 {
                signal("KILL", *process);
            }
        }
        turn.rollback().unwrap();
        callers.into_iter().map(|caller| caller.join().unwrap()).collect()
    });
    for (number, end) in ends.into_iter().enumerate() {
        let expected = if number % 2 == 0 { (None, String::new()) } else { (Some(0), "GRANTED".to_owned()) };
        assert_eq!(end, expected, "caller {number}");
    }
    assert_eq!(ledger.json(&["hold", "list"]).as_array().unwrap().len(), 5);
    ledger.check();
}

#[test]
fn a_program_that_kept_the_books_open_waits_as_long_as_any_other() {
    let ledger = patient_ledger();
    let busy_timeout = Duration::from_secs(1);
    let access = Access { path: ledger.database(), role: Role::Settle, busy_timeout, queue: true };
    let mut store = Store::open(&access).unwrap();
    store.read(|books| books.unit()).unwrap();
    thread::sleep(busy_timeout + Duration::from_millis(100));
    let mut other = rusqlite::Connection::open(ledger.database()).unwrap();
    let turn = other.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate).unwrap();
    thread::scope(|crowd| {
        let writer = crowd.spawn(|| store.write(|books| books.unit()));
        thread::sleep(Duration::from_millis(200));
        turn.rollback().unwrap();
        assert_eq!(writer.join().unwrap().map(|unit| unit.as_str().to_owned()).unwrap(), "EUR");
    });
}

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
