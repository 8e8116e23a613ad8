//! `billctl db restore`, killed before everything that it changes.

use std::fs;
use std::process::{Command, Stdio};

use crate::page::{Page, put_back};
use crate::support::{Ledger, executable};
use crate::system_calls::{Blow, Change, can_trace};

#[test]
fn a_restore_that_is_killed_anywhere_leaves_the_old_books_or_the_new() {
    let (old, new) = kill_everywhere(false);
    assert!(old > 20 && new > 0, "{old} left the old books, {new} the new");
}

#[test]
fn a_restore_in_the_place_of_missing_books_that_is_killed_anywhere_leaves_none_or_the_new() {
    let (none, new) = kill_everywhere(true);
    assert!(none > 10 && new > 0, "{none} left no books, {new} the new");
}

/// Restores a copy of 10 in the place of books of 15, or of none, and kills it before everything that it changes;
/// returns how often what was before was left, and how often the copy.
fn kill_everywhere(missing: bool) -> (u32, u32) {
    if !can_trace() {
        return (u32::MAX, u32::MAX);
    }
    let ledger = Ledger::with_ana_and_bob(10);
    let folder = ledger.folder.path();
    let copy = folder.join("copy.db");
    let copy = copy.to_str().unwrap();
    ledger.ok(&["db", "backup", copy]);
    ledger.ok(&["balance", "add", "ana", "5"]);
    let old = Page::of(folder);
    if missing {
        fs::remove_file(ledger.database()).unwrap();
    }
    let snapshot = tempfile::tempdir().unwrap();
    put_back(folder, snapshot.path());
    let restore = ["db", "restore", copy, "--force"];
    let lives_when_it_restores = |mut strace: Command| {
        strace.arg(executable("billctl")).args(restore).stdout(Stdio::null()).stderr(Stdio::null());
        strace.status().unwrap().code().is_some()
    };
    let changes = Change::all_of(&ledger, |strace| assert!(lives_when_it_restores(strace)));
    let new = Page::of(folder);
    let (mut before, mut after) = (0, 0);
    // What is there after one of the many writes is there before the next.
    for change in &changes {
        put_back(snapshot.path(), folder);
        let killed = format!("killed before {change:?}");
        assert!(!lives_when_it_restores(change.strikes(Blow::Before, &ledger)), "{killed}: it lived");
        if missing && !ledger.database().exists() {
            before += 1;
        } else {
            let left = Page::of(folder);
            match left == new {
                true => after += 1,
                false if missing => panic!("{killed}: neither none nor the new books"),
                false => {
                    assert_eq!(left.changes_since(&old), [""; 0], "{killed}: neither the old books nor the new");
                    before += 1;
                }
            }
            ledger.check();
        }
        ledger.ok(&restore);
        assert_eq!(Page::of(folder).changes_since(&new), [""; 0], "{killed}: the next run restores");
    }
    eprintln!("billctl db restore: killed before each of its {} changes", changes.len());
    (before, after)
}
