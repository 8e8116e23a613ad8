//! Books that become read-only during a call.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::Path;

use celcombiller::agi::stand_in::Answer;

use crate::books::{Books, waiting};
use crate::program::copy_program;
use crate::script::{BOB, CALLER, FAR_AHEAD, REDUCER};
use crate::support::{Ledger, accompany, commands, executable, is_dial, piped, signal};

/// A user whom permissions bind, as they do not bind root.
const NOBODY: u32 = 65534;

#[test]
fn books_that_became_read_only_refuse_calls_and_keep_ends() {
    let mut books = Books::new();
    let folder = books.ledger.folder.path().to_owned();
    let root = fs::metadata(&folder).unwrap().uid() == 0;
    if root {
        give_to_nobody(&folder);
    }
    let start = |ledger: &Ledger, program: &str| {
        // Where the build is may be closed to others than root.
        let mut command = ledger.command_of(folder.join(program));
        if root {
            command.uid(NOBODY).gid(NOBODY);
        }
        piped(&mut command)
    };
    for program in [CALLER, REDUCER] {
        copy_program(&executable(program), &folder.join(program));
    }
    let permit = |writable: bool| {
        let mode = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
        mode(&folder, 0o755);
        for name in ["celcombiller.db", "celcombiller.db-wal", "celcombiller.db-shm"] {
            let file = folder.join(name);
            if file.exists() {
                mode(&file, if writable { 0o644 } else { 0o444 });
            }
        }
        mode(&folder, if writable { 0o755 } else { 0o555 });
    };

    let mut channel = books.ana_calls(BOB);
    let child = start(&books.ledger, CALLER);
    let process = child.id();
    accompany(child, &mut channel, &[], |_, command| {
        if is_dial(command) {
            permit(false);
            signal("KILL", process);
        }
        Answer::AsAsterisk
    });
    channel.extension = "h".to_owned();
    let ended = accompany(start(&books.ledger, REDUCER), &mut channel, &[], |_, _| Answer::AsAsterisk);
    assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
    assert!(ended.stderr.contains("its end was kept"), "{}", ended.stderr);
    assert_eq!(waiting(&books.ledger), [format!("{}#1.end", channel.uniqueid)]);
    let mut refused = books.ana_calls(BOB);
    accompany(start(&books.ledger, CALLER), &mut refused, &[], |_, _| Answer::AsAsterisk);
    assert_eq!(refused.variable("CELCOMBILLER_STATUS"), "UNAVAILABLE");
    assert!(!commands(&refused.dialogue).any(is_dial));

    permit(true);
    books.ledger.ok(&["hold", "expire", "--as-of", FAR_AHEAD]);
    books.charged += 1;
    books.are_right("the books are writable again");
}

fn give_to_nobody(path: &Path) {
    chown(path, Some(NOBODY), Some(NOBODY)).unwrap();
    if path.is_dir() {
        fs::read_dir(path).unwrap().for_each(|entry| give_to_nobody(&entry.unwrap().path()));
    }
}
