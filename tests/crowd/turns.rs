//! Programs that wait for their turn.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use celcombiller::agi::stand_in::{Answer, Channel};
use celcombiller::store::{Access, Role, Store};

use crate::support::{accompany, signal};
use crate::{ANA, BOB, CALLER, patient_ledger, until};

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
