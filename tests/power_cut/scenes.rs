//! Calls that are made while the power is cut.

use std::fs;
use std::ops::Range;
use std::thread;
use std::time::Duration;

use celcombiller::agi::stand_in::{Answer, CalleeBehaviour, Channel};
use rusqlite::Connection;

use crate::cuts::{losses, survives};
use crate::record::{Action, Event, Record};
use crate::support::is_dial;
use crate::trace::Traced;

const CALLER: &str = "celcombiller-caller";
pub(crate) const REDUCER: &str = "celcombiller-reducer";
const ANA: &str = "999999999";
const BOB: &str = "999999998";
const LOG: &str = "celcombiller.db-wal";
const DATABASE: &str = "celcombiller.db";

fn ana_calls(number: usize) -> Channel {
    let talk = if number.is_multiple_of(2) { Duration::ZERO } else { Duration::from_millis(5) };
    let callee = CalleeBehaviour::Answers { ring: Duration::ZERO, talk };
    Channel { callee, ..Channel::new(&format!("1763690000.{number}"), ANA, BOB) }
}

/// The caller's program does all of it.
fn calls(traced: &Traced, number: usize) {
    let mut channel = ana_calls(number);
    traced.play(CALLER, &mut channel, &[], |_, _| Answer::AsAsterisk).quietly();
    assert_ne!(channel.variable("CELCOMBILLER_BILLSEC"), "", "charged");
}

/// The dialplan dials, and `h` settles.
fn calls_by_the_dialplan(traced: &Traced, number: usize) {
    let mut channel = ana_calls(number);
    traced.play(CALLER, &mut channel, &["authorise"], |_, _| Answer::AsAsterisk).quietly();
    let ended = [("DIALSTATUS", "ANSWER"), ("ANSWEREDTIME", "2"), ("ANSWEREDTIME_MS", "2000")];
    channel.variables.extend(ended.map(|(name, value)| (name.to_owned(), value.to_owned())));
    hangs_up(traced, &mut channel);
    assert_eq!(channel.variable("CELCOMBILLER_CHARGE"), "0.07");
}

fn hangs_up(traced: &Traced, channel: &mut Channel) {
    channel.extension = "h".to_owned();
    traced.play(REDUCER, channel, &[], |_, _| Answer::AsAsterisk).quietly();
}

/// The caller's program does all of it, but the database is elsewhere when the call ends.
fn calls_into_an_outage(traced: &Traced, number: usize) -> Channel {
    let (database, elsewhere) = (traced.ledger.database(), traced.ledger.folder.path().join("elsewhere.db"));
    let mut channel = ana_calls(number);
    let ended = traced.play(CALLER, &mut channel, &[], |_, command| {
        if is_dial(command) {
            fs::rename(&database, &elsewhere).unwrap();
        }
        Answer::AsAsterisk
    });
    fs::rename(&elsewhere, &database).unwrap();
    assert!(ended.stderr.contains("its end was kept"), "{}", ended.stderr);
    channel
}

fn calls_in_a_row(traced: &Traced, numbers: Range<usize>) {
    for number in numbers {
        if number.is_multiple_of(3) { calls(traced, number) } else { calls_by_the_dialplan(traced, number) }
    }
}

fn calls_at_once(traced: &Traced) {
    thread::scope(|crowd| {
        for first in [100, 200, 300] {
            crowd.spawn(move || calls_in_a_row(traced, first..first + 6));
        }
    });
}

/// Holds the books open, as a monitor does.
fn resident(traced: &Traced) -> Connection {
    let resident = Connection::open(traced.ledger.database()).unwrap();
    resident.query_row("SELECT count(*) FROM account", [], |_| Ok(())).unwrap();
    resident
}

fn count(record: &Record, wanted: impl Fn(&Action) -> bool) -> usize {
    record.events.iter().filter(|event| wanted(&event.action)).count()
}

#[test]
fn calls_of_programs_that_are_alone_survive_a_power_cut() {
    let Some(traced) = Traced::new("") else { return };
    calls_in_a_row(&traced, 0..12);
    traced.billctl(&["balance", "add", "ana", "1"]);
    calls_in_a_row(&traced, 12..15);
    let record = traced.record();
    let tidied = count(&record, |action| *action == Action::Unlink(LOG.to_owned()));
    assert!(tidied >= 2, "the log was tidied up {tidied} times");
    survives(&record, 200, "alone");
}

#[test]
fn calls_beside_a_resident_connection_survive_a_power_cut() {
    let Some(traced) = Traced::new("") else { return };
    let resident = resident(&traced);
    calls_in_a_row(&traced, 0..30);
    let record = traced.record();
    drop(resident);
    let copied = count(&record, |action| matches!(action, Action::Write { file, .. } if file == DATABASE));
    let anew = count(&record, |action| matches!(action, Action::Write { file, offset: Some(0), .. } if file == LOG));
    assert!(copied > 0 && anew > 1, "{copied} pages were copied back, and the log was begun {anew} times");
    survives(&record, 200, "beside a resident connection");
}

#[test]
fn calls_at_once_survive_a_power_cut() {
    let Some(traced) = Traced::new("") else { return };
    calls_at_once(&traced);
    survives(&traced.record(), 200, "at once");
}

#[test]
fn calls_at_once_without_the_queue_survive_a_power_cut() {
    let Some(traced) = Traced::new("queue = false\n") else { return };
    calls_at_once(&traced);
    survives(&traced.record(), 100, "at once, without the queue");
}

#[test]
fn ends_that_were_kept_survive_a_power_cut() {
    let Some(traced) = Traced::new("") else { return };
    for number in [0, 10, 20] {
        calls_into_an_outage(&traced, number);
        calls(&traced, number + 1);
    }
    survives(&traced.record(), 200, "kept ends");
}

#[test]
fn what_a_killed_program_wrote_is_not_acknowledged_before_it_survives_a_power_cut() {
    let Some(traced) = Traced::new("") else { return };
    let resident = resident(&traced);
    calls(&traced, 0);
    for number in 1..4 {
        let mut channel = ana_calls(number);
        // The first sync is the hold's, the second the charge's.
        traced.play_killed(CALLER, &mut channel, "fdatasync", 2);
        assert_eq!(channel.variable("CELCOMBILLER_BILLSEC"), "", "killed before it could say so");
        hangs_up(&traced, &mut channel);
        assert_ne!(channel.variable("CELCOMBILLER_BILLSEC"), "", "charged");
    }
    let record = traced.record();
    drop(resident);
    survives(&record, 100, "killed before the sync of a charge");
}

#[test]
fn a_hold_of_a_killed_program_is_not_granted_again_before_it_survives_a_power_cut() {
    let Some(traced) = Traced::new("") else { return };
    let resident = resident(&traced);
    calls(&traced, 0);
    traced.billctl(&["user", "update", "ana", "--max-calls", "1"]);
    for number in 1..4 {
        let mut channel = ana_calls(number);
        traced.play_killed(CALLER, &mut channel, "fdatasync", 1);
        assert_eq!(channel.variable("CELCOMBILLER_CALL"), "", "killed before it could say so");
        calls(&traced, number);
    }
    let record = traced.record();
    drop(resident);
    survives(&record, 100, "killed before the sync of a hold");
}

#[test]
fn an_end_that_was_kept_is_not_forgotten_before_its_charge_survives_a_power_cut() {
    let Some(traced) = Traced::new("") else { return };
    let resident = resident(&traced);
    calls(&traced, 0);
    for number in 1..4 {
        let mut channel = calls_into_an_outage(&traced, number);
        channel.extension = "h".to_owned();
        traced.play_killed(REDUCER, &mut channel, "fdatasync", 1);
        traced.billctl(&["hold", "expire"]);
    }
    let record = traced.record();
    drop(resident);
    survives(&record, 100, "killed before the sync of a kept end");
}

#[test]
fn books_that_are_restored_survive_a_power_cut_whole() {
    let Some(traced) = Traced::new("") else { return };
    let copy = traced.ledger.folder.path().join("copy.db");
    let copy = copy.to_str().unwrap();
    let resident = resident(&traced);
    calls_in_a_row(&traced, 0..3);
    traced.billctl(&["db", "backup", copy]);
    traced.billctl(&["db", "restore", copy]);
    calls_in_a_row(&traced, 3..5);
    drop(resident);
    traced.billctl(&["db", "restore", copy, "--force"]);
    let mut record = traced.record();
    // What was posted after the copy is meant to be gone: nobody relies on it once the restore has begun.
    let calls = |event: &Event| (3..5).any(|number| event.process.ends_with(&format!("@1763690000.{number}")));
    record.events.retain(|event| !(calls(event) && matches!(event.action, Action::Say(_) | Action::Exit)));
    survives(&record, 200, "restored");
}

#[test]
fn calls_whose_log_was_never_synced_would_not_survive() {
    let Some(traced) = Traced::new("") else { return };
    let resident = resident(&traced);
    calls_in_a_row(&traced, 0..3);
    let mut record = traced.record();
    drop(resident);
    record.events.retain(|event| event.action != Action::Sync(LOG.to_owned()));
    assert!(losses(&record, 40) > 5, "the cuts find what is missing");
}
