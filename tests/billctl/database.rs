//! The database as a file: what it is not, its copies, and its journal.

use std::fs;

use crate::support::Ledger;

#[test]
fn a_database_that_is_none_of_ours_is_left_alone() {
    let ledger = Ledger::new("seconds");
    let folder = ledger.folder.path();
    let at = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    let other = rusqlite::Connection::open(at("other.db")).unwrap();
    other.execute_batch("CREATE TABLE theirs (x)").unwrap();
    fs::write(at("text.db"), "not a database, but long enough to look at: ".repeat(40)).unwrap();
    for (file, fact) in [
        ("other.db", "is not a celcombiller database"),
        ("text.db", "is not a celcombiller database"),
        (".", "is a directory, not a database"),
        ("missing.db", "no database at"),
    ] {
        let said = ledger.refused(3, &["--db", &at(file), "user", "list"]);
        assert!(said.contains(fact) && said.contains("\nhint: "), "{file}: {said}");
    }
    let said = ledger.refused(3, &["--db", &at("other.db"), "init"]);
    assert!(said.contains("is not a celcombiller database"), "{said}");
    let books = rusqlite::Connection::open(ledger.database()).unwrap();
    books.pragma_update(None, "user_version", 99).unwrap();
    let said = ledger.refused(3, &["user", "list"]);
    assert!(said.contains("has schema 99, newer than this program's"), "{said}");
}

#[test]
fn a_backup_is_a_checked_copy_that_never_replaces_a_file() {
    let ledger = Ledger::with_ana_and_bob(10);
    let copy = ledger.folder.path().join("copy.db");
    let copy = copy.to_str().unwrap();
    assert_eq!(ledger.json(&["db", "backup", copy])["checked"], true);
    ledger.ok(&["balance", "add", "ana", "5"]);
    assert_eq!(ledger.json(&["--db", copy, "balance", "show", "ana"])["balance"], "10");
    assert_eq!(ledger.json(&["--db", copy, "db", "info"])["journal_mode"], "wal");
    let again = ledger.refused(3, &["db", "backup", copy]);
    assert!(again.contains("File exists"), "{again}");
    rusqlite::Connection::open(ledger.database())
        .unwrap()
        .execute_batch("UPDATE account SET balance = balance + 1 WHERE username = 'bob'")
        .unwrap();
    let unsound = ledger.refused(3, &["db", "backup", &format!("{copy}.2")]);
    assert!(unsound.contains("in the copy, every balance is the sum of its entries does not hold"), "{unsound}");
    assert!(!std::path::Path::new(&format!("{copy}.2")).exists(), "a copy that is not sound is not kept");
}

#[test]
fn a_copy_that_lost_its_write_ahead_log_gets_it_back() {
    let ledger = Ledger::with_ana_and_bob(10);
    let mode: String = rusqlite::Connection::open(ledger.database())
        .unwrap()
        .pragma_update_and_check(None, "journal_mode", "DELETE", |row| row.get(0))
        .unwrap();
    assert_eq!(mode, "delete");
    ledger.ok(&["balance", "add", "ana", "5"]);
    assert_eq!(ledger.json(&["db", "info"])["journal_mode"], "wal");
}
