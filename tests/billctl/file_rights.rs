//! Whose the files are: the books belong to a group, and to nobody outside it.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::Path;
use std::process::Command;

use crate::support::Ledger;

/// Returns a file's mode and its group.
fn rights(path: &Path) -> (String, u32) {
    let found = fs::metadata(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    (format!("{:o}", found.mode() & 0o7777), found.gid())
}

/// Runs billctl with a mask that would take everything from everybody else.
fn masked(ledger: &Ledger, arguments: &str) {
    let mut shell = ledger.command_of("sh");
    let billctl = crate::support::executable("billctl");
    let done = shell.args(["-c", &format!("umask 077; {} {arguments}", billctl.display())]).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

#[test]
fn the_books_belong_to_the_group_of_their_folder_whatever_the_mask() {
    let ledger = Ledger::new("seconds");
    let root = fs::metadata(ledger.database()).unwrap().uid() == 0;
    let folder = ledger.folder.path().join("var");
    fs::create_dir(&folder).unwrap();
    let gid = if root { 12345 } else { fs::metadata(&folder).unwrap().gid() };
    chown(&folder, None, Some(gid)).unwrap();
    let database = folder.join("books.db");
    let at = database.to_str().unwrap();
    masked(&ledger, &format!("--db {at} init"));
    assert_eq!(rights(&database), ("660".to_owned(), gid));
    assert_eq!(rights(&folder.join("books.db-spool")), ("2770".to_owned(), gid));
    // Somebody who looks at the books keeps the log in place.
    let reader = rusqlite::Connection::open(&database).unwrap();
    reader.query_row("SELECT count(*) FROM account", [], |_| Ok(())).unwrap();
    masked(&ledger, &format!("--db {at} user add ana --clid 1"));
    for beside in ["-wal", "-shm", "-queue"] {
        assert_eq!(rights(&folder.join(format!("books.db{beside}"))), ("660".to_owned(), gid), "{beside}");
    }
    masked(&ledger, &format!("--db {at} db backup {}", folder.join("copy.db").display()));
    assert_eq!(rights(&folder.join("copy.db")).0, "600", "a copy holds secrets too");
}

#[test]
fn init_makes_a_folder_whose_files_belong_to_the_group_that_is_named() {
    let ledger = Ledger::new("seconds");
    if fs::metadata(ledger.database()).unwrap().uid() != 0 {
        return;
    }
    let folder = ledger.folder.path().join("var/lib");
    let database = folder.join("books.db");
    let at = database.to_str().unwrap();
    const DAEMON: u32 = 1;
    for _ in 0..2 {
        ledger.ok(&["--db", at, "init", "--group", "daemon"]);
        assert_eq!(rights(&folder), ("2770".to_owned(), DAEMON));
        assert_eq!(rights(&database), ("660".to_owned(), DAEMON));
        assert_eq!(rights(&folder.join("books.db-spool")), ("2770".to_owned(), DAEMON));
        assert_eq!(rights(&folder.join("books.db-spool/ballast-00")), ("660".to_owned(), DAEMON));
    }
    let unknown = ledger.refused(1, &["--db", at, "init", "--group", "no-such-group"]);
    assert!(unknown.starts_with("error: no group \"no-such-group\" on this machine\nhint: "), "{unknown}");
    // Two members of the group, neither of them the owner, one after the other.
    fs::set_permissions(ledger.folder.path(), Permissions::from_mode(0o755)).unwrap();
    fs::set_permissions(ledger.config(), Permissions::from_mode(0o644)).unwrap();
    let billctl = ledger.folder.path().join("billctl");
    crate::program::copy_program(&crate::support::executable("billctl"), &billctl);
    for (uid, name) in [("54321", "ana"), ("54322", "bob")] {
        let mut setpriv = Command::new("setpriv");
        setpriv.args([&format!("--reuid={uid}"), "--regid=54321", "--groups=1"]).arg(&billctl);
        setpriv.args(["user", "add", name, "--clid", uid]).env("CELCOMBILLER_CONFIG", ledger.config());
        let done = setpriv.env("CELCOMBILLER_DB", &database).output().unwrap();
        assert!(done.status.success(), "{name}: {}", String::from_utf8_lossy(&done.stderr));
    }
}

#[test]
fn a_configuration_that_anybody_may_write_is_not_read() {
    let ledger = Ledger::new("seconds");
    for mode in [0o666, 0o602] {
        fs::set_permissions(ledger.config(), Permissions::from_mode(mode)).unwrap();
        let said = ledger.refused(2, &["user", "list"]);
        let config = ledger.config().display().to_string();
        assert!(said.contains(&format!("others may write {config} (mode {mode:04o}): chmod o-w {config}")), "{said}");
    }
    fs::set_permissions(ledger.config(), Permissions::from_mode(0o664)).unwrap();
    ledger.ok(&["user", "list"]);
}
