//! Copies of the books, and what they may take the place of.

use std::fs;
use std::path::Path;

use rusqlite::Connection;
use serde_json::json;

use crate::support::Ledger;

/// Books with ana and bob, a backup of them, and its path.
fn backed_up() -> (Ledger, String) {
    let ledger = Ledger::with_ana_and_bob(10);
    let copy = path(&ledger, "copy.db");
    let proven = ledger.json(&["db", "backup", &copy]);
    assert_eq!(proven["checked"], true);
    assert_eq!((&proven["head_entry"], &proven["users"], &proven["balances"]), (&json!(1), &json!(2), &json!("10")));
    (ledger, copy)
}

fn path(ledger: &Ledger, name: &str) -> String {
    ledger.folder.path().join(name).to_str().unwrap().to_owned()
}

fn names(ledger: &Ledger) -> Vec<String> {
    let entries = fs::read_dir(ledger.folder.path()).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.retain(|name| !name.ends_with("-queue") && !name.ends_with("-spool"));
    names.sort();
    names
}

#[test]
fn a_copy_that_lacks_nothing_is_restored_and_one_that_does_only_by_force() {
    let (ledger, copy) = backed_up();
    assert_eq!(ledger.json(&["db", "restore", &copy])["lost_entries"], 0);
    ledger.ok(&["balance", "add", "ana", "5"]);
    ledger.ok(&["user", "add", "eva", "--clid", "999999997"]);
    let said = ledger.refused(1, &["db", "restore", &copy]);
    assert!(
        said.contains("is older than the books: it lacks 1 entries, 0 calls and 1 accounts\nhint: --force"),
        "{said}"
    );
    let told = ledger.json(&["db", "restore", &copy, "--force", "--dry-run"]);
    assert_eq!((&told["lost_entries"], &told["replaced"]), (&json!(1), &json!(null)));
    assert_eq!(ledger.balance("ana").0, "15", "a rehearsal replaces nothing");
    // A program of a call in progress has the books open.
    let resident = Connection::open(ledger.database()).unwrap();
    let balance = || resident.query_row("SELECT sum(balance) FROM account", [], |row| row.get::<_, i64>(0)).unwrap();
    assert_eq!(balance(), 15_000_000);
    let restored = ledger.json(&["db", "restore", &copy, "--force"]);
    assert_eq!(balance(), 10_000_000, "who has the books open sees the copy");
    assert_eq!(ledger.balance("ana").0, "10");
    assert_eq!(ledger.json(&["db", "info"])["journal_mode"], "wal");
    let replaced = restored["replaced"].as_str().unwrap();
    assert_eq!(ledger.json(&["--db", replaced, "balance", "show", "ana"])["balance"], "15");
    ledger.ok(&["--db", replaced, "db", "check"]);
    ledger.ok(&["db", "restore", replaced]);
    assert_eq!(ledger.balance("ana").0, "15", "the replaced books lack nothing and come back");
    ledger.check();
    drop(resident);
    let left = names(&ledger);
    assert!(left.iter().all(|name| !name.contains("restoring") && !name.contains("draft")), "{left:?}");
}

#[test]
fn what_is_no_sound_copy_of_these_books_is_refused_even_by_force() {
    let (ledger, copy) = backed_up();
    let other = Ledger::with_ana_and_bob(10);
    let theirs = path(&ledger, "theirs.db");
    other.ok(&["db", "backup", &theirs]);
    let unsound = path(&ledger, "unsound.db");
    fs::copy(&copy, &unsound).unwrap();
    Connection::open(&unsound).unwrap().execute_batch("UPDATE account SET balance = 7 WHERE username = 'bob'").unwrap();
    let torn = path(&ledger, "torn.db");
    fs::write(&torn, &fs::read(&copy).unwrap()[..40_960]).unwrap();
    fs::write(path(&ledger, "text.db"), "not a database, but long enough to look at: ".repeat(40)).unwrap();
    let newer = path(&ledger, "newer.db");
    fs::copy(&copy, &newer).unwrap();
    Connection::open(&newer).unwrap().pragma_update(None, "user_version", 99).unwrap();
    let before = names(&ledger);
    for (file, code, fact) in [
        (theirs.as_str(), 1, "is of other books: made "),
        (
            &unsound,
            1,
            "is not sound: in the copy, every balance is the sum of its entries does not hold\nhint: take another",
        ),
        (&torn, 1, "torn.db is not sound: "),
        (&path(&ledger, "text.db"), 3, "text.db is not a celcombiller database"),
        (&newer, 3, "newer.db has schema 99, newer than this program's"),
        (&path(&ledger, "missing.db"), 3, "missing.db: No such file"),
        (&path(&ledger, "celcombiller.db"), 1, "is the database itself"),
    ] {
        let said = ledger.refused(code, &["db", "restore", file, "--force"]);
        assert!(said.contains(fact), "{file}: {said}");
    }
    assert_eq!(names(&ledger), before, "nothing is left of them");
    assert_eq!(ledger.balance("ana").0, "10");
    ledger.check();
}

#[test]
fn a_copy_takes_the_place_of_books_that_are_gone_and_by_force_of_those_that_cannot_be_read() {
    let (ledger, copy) = backed_up();
    let database = path(&ledger, "celcombiller.db");
    // Gone, but their log is still there, which must not be read into the copy.
    let resident = Connection::open(&database).unwrap();
    resident.query_row("SELECT count(*) FROM account", [], |_| Ok(())).unwrap();
    ledger.ok(&["balance", "add", "ana", "5"]);
    let log = fs::read(format!("{database}-wal")).unwrap();
    drop(resident);
    fs::remove_file(&database).unwrap();
    fs::write(format!("{database}-wal"), &log).unwrap();
    let restored = ledger.json(&["db", "restore", &copy]);
    let replaced = restored["replaced"].as_str().unwrap();
    assert!(!Path::new(replaced).exists() && fs::read(format!("{replaced}-wal")).unwrap() == log, "kept aside");
    assert_eq!(ledger.balance("ana").0, "10");
    ledger.check();
    fs::write(&database, "no books at all ".repeat(500)).unwrap();
    let said = ledger.refused(1, &["db", "restore", &copy]);
    assert!(said.contains("nobody can tell what would be lost: ") && said.contains("hint: --force"), "{said}");
    let restored = ledger.json(&["db", "restore", &copy, "--force"]);
    assert!(fs::read_to_string(restored["replaced"].as_str().unwrap()).unwrap().starts_with("no books"));
    assert_eq!(ledger.balance("ana").0, "10");
    ledger.check();
}

#[test]
fn a_copy_of_an_older_schema_is_brought_to_this_one_and_stays_as_it_was() {
    let ledger = Ledger::new("EUR");
    let old = path(&ledger, "old.db");
    let connection = Connection::open(&old).unwrap();
    connection.execute_batch(include_str!("../../sql/0001_books.sql")).unwrap();
    connection
        .execute_batch(
            "PRAGMA application_id = 0x43656c42;
             PRAGMA user_version = 1;
             INSERT INTO setting VALUES ('unit', 'EUR');
             INSERT INTO account (id, kind, username, level, status, created) VALUES
                 (1, 'system', 'cash', 'admin', 'active', 0), (2, 'system', 'revenue', 'admin', 'active', 0),
                 (3, 'system', 'adjustment', 'admin', 'active', 0)",
        )
        .unwrap();
    drop(connection);
    let before = fs::read(&old).unwrap();
    let elsewhere = path(&ledger, "elsewhere.db");
    ledger.ok(&["--db", &elsewhere, "db", "restore", &old]);
    ledger.ok(&["--db", &elsewhere, "db", "check"]);
    assert_eq!(fs::read(&old).unwrap(), before, "the copy is only read");
}
