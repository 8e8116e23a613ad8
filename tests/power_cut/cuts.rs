//! Many cuts of one record.

use std::path::Path;

use celcombiller::domain::chance::Chance;
use tempfile::TempDir;

use crate::disk::{Cut, Disk};
use crate::promises::{kept, promised};
use crate::record::{Action, Event, Record};
use crate::seed::seed;

/// Cuts the power at random moments of a record; nothing that was promised by then may be lost.
pub(crate) fn survives(record: &Record, cuts: u64, what: &str) {
    let seed = seed();
    for number in 0..cuts {
        if let Err((cut, lost)) = survives_one(record, seed.wrapping_add(number)) {
            panic!("{what}, cut {number} of seed {seed}: {lost}\n{cut:?}, after\n{}", told(&record.events, cut.at));
        }
    }
}

/// Counts the cuts among so many that lose something.
pub(crate) fn losses(record: &Record, cuts: u64) -> usize {
    let seed = seed();
    (0..cuts).filter(|number| survives_one(record, seed.wrapping_add(*number)).is_err()).count()
}

fn survives_one(record: &Record, seed: u64) -> Result<(), (Cut, String)> {
    let mut chance = Chance::new(seed);
    let event = chance.one_of(&record.events).unwrap();
    let at = if chance.percent(50) { event.begun } else { event.ended };
    let kept_of_hundred = *chance.one_of(&[0, 0, 50, 90, 100]).unwrap();
    let cut = Cut { at, kept: kept_of_hundred, torn: *chance.one_of(&[0, 30]).unwrap() };
    let files = Disk::at(&cut, record).after(&cut, &mut chance);
    let folder = in_memory();
    kept(&files, folder.path(), &promised(&record.events, at)).map_err(|lost| (cut, lost))
}

/// Makes a folder that costs no disk's time, where there is one.
fn in_memory() -> TempDir {
    const MEMORY: &str = "/dev/shm";
    if Path::new(MEMORY).is_dir() { tempfile::tempdir_in(MEMORY).unwrap() } else { tempfile::tempdir().unwrap() }
}

/// Tells what happened last before a cut.
fn told(events: &[Event], at: u64) -> String {
    const LAST: usize = 60;
    let before = events.iter().take_while(|event| event.begun <= at).count();
    let lines = events[before.saturating_sub(LAST)..before].iter().map(|event| {
        let action = match &event.action {
            Action::Write { file, offset, bytes } => format!("{} bytes to {file} at {offset:?}", bytes.len()),
            other => format!("{other:?}"),
        };
        let open = if event.ended > at { " (going on)" } else { "" };
        format!("  {} {action}{open}\n", event.process)
    });
    lines.collect()
}
