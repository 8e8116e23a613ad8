//! The room that is set aside for the ends of calls.

use std::fs;
use std::os::unix::fs::{MetadataExt, chown};

use celcombiller::domain::outcome::{CallReport, Disposition, Witness};
use celcombiller::domain::time::Timestamp;
use celcombiller::store::spool::Spool;

use crate::disk::SmallDisk;
use crate::scene::NOBODY;

/// Keeps ends on a disk that has room for nothing else; returns how many could be.
fn kept_on(use_up: impl FnOnce(&SmallDisk)) -> Option<usize> {
    let folder = tempfile::tempdir().unwrap();
    let disk = SmallDisk::mount(folder.path())?;
    let spool = Spool::beside(&folder.path().join("celcombiller.db"));
    spool.set_ballast_aside().unwrap();
    use_up(&disk);
    let keep = |call: &usize| {
        let report = CallReport {
            call: format!("1763690000.{call}#1").parse().unwrap(),
            disposition: Disposition::Answered,
            answered_millis: Some(75_000),
            answered_at: None,
            limit_is_heard: false,
            witness: Witness::Afterwards,
            at: Timestamp::from_millis(1_763_690_100_000),
        };
        let kept = spool.keep(&report);
        if let Err(error) = &kept {
            assert!(error.to_string().contains("No space left on device"), "{error}");
        }
        kept.is_ok()
    };
    let kept = (1..100).take_while(keep).count();
    let waiting = spool.waiting().unwrap();
    assert!(waiting.iter().all(|end| end.report.is_ok()), "each can be read: {waiting:?}");
    assert_eq!(waiting.len(), kept);
    disk.free();
    spool.set_ballast_aside().unwrap();
    Some(kept)
}

#[test]
fn a_disk_without_room_or_inodes_still_takes_the_ends_of_many_calls() {
    for kept in [kept_on(SmallDisk::fill), kept_on(SmallDisk::use_up_inodes)] {
        match kept {
            Some(kept) => assert!(kept >= 64, "only {kept}"),
            None => eprintln!("\n*** SKIPPED: only root can mount a small disk to fill it ***\n"),
        }
    }
}

#[test]
fn what_root_sets_aside_belongs_to_asterisks_user() {
    let folder = tempfile::tempdir().unwrap();
    if chown(folder.path(), Some(NOBODY), Some(NOBODY)).is_err() {
        eprintln!("\n*** SKIPPED: only root can give a folder away ***\n");
        return;
    }
    let spool = Spool::beside(&folder.path().join("celcombiller.db"));
    spool.set_ballast_aside().unwrap();
    let ballast = fs::read_dir(spool.folder()).unwrap().map(|entry| entry.unwrap().path());
    for made in ballast.chain([spool.folder().to_owned()]) {
        assert_eq!(fs::metadata(&made).unwrap().uid(), NOBODY, "{}", made.display());
    }
}
