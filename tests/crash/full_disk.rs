//! A disk that fills up during a call.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use celcombiller::agi::stand_in::{Answer, Channel};
use serde_json::{Value, json};

use crate::script::{ANA, BOB, CALLER, FAR_AHEAD};
use crate::support::{Ledger, accompany, commands, is_dial, piped};

/// A small file system of its own, until it is dropped.
struct SmallDisk(PathBuf);

impl SmallDisk {
    /// Mounts it, where this process may.
    fn mount(folder: &Path) -> Option<Self> {
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=2m,mode=755", "celcombiller-test"]).arg(folder).stderr(Stdio::null());
        mount.status().is_ok_and(|status| status.success()).then(|| Self(folder.to_owned()))
    }

    /// Writes until nothing more fits.
    fn fill(&self) {
        let mut file = fs::File::create(self.0.join("filler")).unwrap();
        for size in [4096, 1] {
            while file.write_all(&vec![0; size]).is_ok() {}
        }
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        drop(Command::new("umount").arg("-l").arg(&self.0).status());
    }
}

#[test]
fn a_full_disk_refuses_calls_and_keeps_ends_in_the_room_of_the_ballast() {
    let ledger = Ledger::in_euros();
    // So that one call leaves funds for another.
    ledger.configure("[calls]\nmax_seconds = 60\n");
    let inside = ledger.folder.path().join("disk");
    fs::create_dir(&inside).unwrap();
    let Some(disk) = SmallDisk::mount(&inside) else {
        eprintln!("\n*** SKIPPED: only root can mount a small disk to fill it ***\n");
        return;
    };
    // The ledger moves onto the disk; the configuration stays where it was.
    let on_disk = inside.join("celcombiller.db");
    fs::copy(ledger.database(), &on_disk).unwrap();
    let run = |program: &str| {
        let mut command = ledger.command(program);
        command.env("CELCOMBILLER_DB", &on_disk);
        command
    };
    let ends = || {
        let entries = fs::read_dir(inside.join("celcombiller.db-spool")).unwrap();
        let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    };
    let billctl = |arguments: &[&str]| {
        let output = run("billctl").args(arguments).output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    billctl(&["init"]);
    assert_eq!(ends(), ["ballast"]);

    // Held open, so that no opener frees room by shrinking the index of the log.
    let resident = rusqlite::Connection::open(&on_disk).unwrap();
    resident.query_row("SELECT count(*) FROM account", [], |row| row.get::<_, i64>(0)).unwrap();

    let mut channel = Channel::new("1763690000.1", ANA, BOB);
    let ended = accompany(piped(&mut run(CALLER)), &mut channel, &[], |_, command| {
        if is_dial(command) {
            disk.fill();
        }
        Answer::AsAsterisk
    });
    assert!(ended.stderr.contains("its end was kept"), "{}", ended.stderr);
    assert_eq!(ends(), ["1763690000.1#1.end"]);
    disk.fill();
    let mut refused = Channel::new("1763690000.2", ANA, BOB);
    accompany(piped(&mut run(CALLER)), &mut refused, &[], |_, _| Answer::AsAsterisk);
    assert_eq!(refused.variable("CELCOMBILLER_STATUS"), "UNAVAILABLE");
    assert!(!commands(&refused.dialogue).any(is_dial));

    fs::remove_file(inside.join("filler")).unwrap();
    drop(resident);
    billctl(&["hold", "expire", "--as-of", FAR_AHEAD]);
    assert_eq!(ends(), ["ballast"]);
    billctl(&["db", "check"]);
    let shown: Value = serde_json::from_str(&billctl(&["--format", "json", "balance", "show", "ana"])).unwrap();
    assert_eq!((&shown["balance"], &shown["held"]), (&json!("9.95"), &json!("0")));
}
