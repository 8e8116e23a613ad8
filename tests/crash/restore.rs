//! `billctl db restore`, killed at each write to the disk.

use std::fs;
use std::process::Stdio;

use crate::support::{Ledger, executable};
use crate::writes::{WRITES, can_trace};

#[test]
fn a_restore_that_is_killed_at_any_write_leaves_the_old_books_or_the_new() {
    let (old, new) = kill_at_each_write(false);
    assert!(old > 20 && new > 0, "{old} left the old books, {new} the new");
}

#[test]
fn a_restore_in_the_place_of_missing_books_that_is_killed_at_any_write_leaves_none_or_the_new() {
    let (none, new) = kill_at_each_write(true);
    assert!(none > 10 && new > 0, "{none} left no books, {new} the new");
}

/// Restores a copy of 10 in the place of books of 15, or of none, and kills it at every write; returns how often
/// what was before was left, and how often the copy.
fn kill_at_each_write(missing: bool) -> (u32, u32) {
    if !can_trace("billctl db restore") {
        return (u32::MAX, u32::MAX);
    }
    let (mut before, mut after) = (0, 0);
    let ledger = Ledger::with_ana_and_bob(10);
    let at = |name: &str| ledger.folder.path().join(name);
    let copy = at("copy.db");
    let copy = copy.to_str().unwrap();
    ledger.ok(&["db", "backup", copy]);
    ledger.ok(&["balance", "add", "ana", "5"]);
    let current = fs::read(ledger.database()).unwrap();
    for write in WRITES.into_iter().chain(["rename", "fsync", "copy_file_range"]) {
        for count in 1.. {
            for entry in fs::read_dir(ledger.folder.path()).unwrap() {
                let path = entry.unwrap().path();
                if path.is_file() && path != at("copy.db") && path != ledger.config() {
                    fs::remove_file(path).unwrap();
                }
            }
            if !missing {
                fs::write(ledger.database(), &current).unwrap();
            }
            let killed = ledger
                .command_of("strace")
                .args(["-f", "-o", "/dev/null", "-e", &format!("inject={write}:signal=KILL:when={count}")])
                .arg(executable("billctl"))
                .args(["db", "restore", copy, "--force"])
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .status()
                .unwrap()
                .code()
                .is_none();
            let circumstances = format!("killed at {write} {count}");
            if missing && !ledger.database().exists() {
                before += 1;
            } else {
                ledger.check();
                match ledger.balance("ana").0.as_str() {
                    "15" if !missing => before += 1,
                    "10" => after += 1,
                    other => panic!("{circumstances}: {other}"),
                }
            }
            ledger.ok(&["db", "restore", copy, "--force"]);
            assert_eq!(ledger.balance("ana").0, "10", "{circumstances}: the next run restores");
            if !killed {
                break;
            }
        }
    }
    (before, after)
}
