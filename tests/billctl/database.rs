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

#[test]
fn books_of_the_first_schema_are_brought_to_this_one_with_all_that_is_in_them() {
    let ledger = Ledger::new("EUR");
    let file = ledger.folder.path().join("old.db");
    let old = rusqlite::Connection::open(&file).unwrap();
    old.execute_batch(include_str!("../../sql/0001_books.sql")).unwrap();
    old.execute_batch(
        "PRAGMA application_id = 0x43656c42;
         PRAGMA user_version = 1;
         PRAGMA journal_mode = WAL;
         INSERT INTO setting VALUES ('unit', 'EUR');
         INSERT INTO tariff VALUES (1, 'standard', 1000);
         INSERT INTO account (id, kind, username, level, status, created) VALUES
             (1, 'system', 'cash', 'admin', 'active', 0), (2, 'system', 'revenue', 'admin', 'active', 0),
             (3, 'system', 'adjustment', 'admin', 'active', 0);
         INSERT INTO account (id, kind, username, level, status, clid, tariff_id, created)
             VALUES (4, 'user', 'ana', 'user', 'active', '999999999', 1, 0);
         INSERT INTO identity VALUES ('number', '999999999', 4);
         INSERT INTO rate VALUES (1, 1, '55', 100000, 0, 1, 1, 1000, 2000), (2, 1, '55', 200000, 0, 1, 1, 2000, NULL);
         INSERT INTO ledger_entry (time, kind, debit_account, credit_account, amount, credit_balance, actor)
             VALUES (0, 'topup', 1, 4, 1000000, 1000000, 'root');
         INSERT INTO call (uniqueid, attempt, account_id, rate_id, clid, dialled, dial, answered_before, amount, seconds,
             placed, expires, state) VALUES ('1.1', 1, 4, 1, '999999999', '5511', 'SIP/5511', 0, 100000, 60, 0, 0, 'open')",
    )
    .unwrap();
    drop(old);
    let at = file.to_str().unwrap();
    let said = ledger.refused(3, &["--db", at, "user", "list"]);
    assert!(
        said.contains("has schema 1, older than this program's") && said.contains("hint: billctl db migrate"),
        "{said}"
    );
    ledger.ok(&["--db", at, "db", "migrate"]);
    ledger.ok(&["--db", at, "db", "migrate"]);
    let head = ledger.json(&["--db", at, "db", "check"])["head"].as_str().unwrap().to_owned();
    ledger.ok(&["--db", at, "balance", "add", "ana", "1"]);
    ledger.ok(&["--db", at, "db", "check", "--head", &head]);
    assert_eq!(ledger.json(&["--db", at, "balance", "show", "ana"])["held"], "0.1");
    let price = |number: &str, at_time: &str| {
        let quote = ledger.json(&["--db", at, "rate", "quote", number, "--seconds", "60", "--at", at_time]);
        quote["charge"].as_str().unwrap().to_owned()
    };
    assert_eq!(price("5511", "1970-01-01T00:00:01Z"), "0.1", "what was retired was in force before");
    assert_eq!(price("5511", "2026-11-21"), "0.2");
    assert_eq!(price("999999999", "2026-11-21"), "0", "users call each other for nothing where money is the unit");
}
