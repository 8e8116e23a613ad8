//! Many cuts of one record.

use std::path::Path;

use tempfile::TempDir;

use crate::chance::{Chance, seed};
use crate::disk::{Cut, Disk};
use crate::promises::{kept, promised};
use crate::record::{Action, Event, Record};

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
    let event = &record.events[chance.below(record.events.len())];
    let at = if chance.percent(50) { event.begun } else { event.ended };
    let kept_of_hundred = [0, 0, 50, 90, 100][chance.below(5)];
    let cut = Cut { at, kept: kept_of_hundred, torn: [0, 30][chance.below(2)] };
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
