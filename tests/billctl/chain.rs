//! The chain through the ledger: what was changed shows, and what cannot show by itself does against a noted head.

use rusqlite::Connection;

use crate::support::Ledger;

const NOTED: &str = "nothing was changed up to the noted head";
const CHAINED: &str = "every entry carries the hash of its content and of the one before";

/// Five entries of a top-up, a transfer and a correction.
fn ledger() -> Ledger {
    let ledger = Ledger::with_ana_and_bob(10);
    ledger.ok(&["--actor", "eva", "balance", "add", "ana", "5", "--note", "cash"]);
    ledger.ok(&["balance", "transfer", "ana", "bob", "3"]);
    ledger.ok(&["balance", "remove", "bob", "1", "--note", "too much"]);
    ledger.ok(&["balance", "reverse", "2", "--note", "bounced"]);
    ledger
}

/// Changes the file as nobody may who uses this program.
fn tamper(ledger: &Ledger, sql: &str) {
    let books = Connection::open(ledger.database()).unwrap();
    books
        .execute_batch(&format!(
            "PRAGMA foreign_keys = OFF; DROP TRIGGER entry_stays; DROP TRIGGER entry_is_kept; DROP TRIGGER entry_posted; {sql}"
        ))
        .unwrap();
}

/// Returns what a check of the books says about one invariant: nothing where it holds.
fn fault(ledger: &Ledger, name: &str, arguments: &[&str]) -> String {
    let output = ledger.billctl(&[&["--format", "json", "db", "check"], arguments].concat());
    let checked: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let checks = checked["checks"].as_array().unwrap();
    let check = checks.iter().find(|check| check["name"] == name).unwrap();
    assert_eq!(output.status.success(), checked["ok"] == true);
    assert_eq!(check["ok"] == true, check["detail"].is_null());
    check["detail"].as_str().unwrap_or_default().to_owned()
}

fn head(ledger: &Ledger) -> String {
    ledger.json(&["db", "info"])["head"].as_str().unwrap().to_owned()
}

#[test]
fn the_head_grows_with_every_entry_and_what_it_stood_for_stays_proven() {
    let empty = Ledger::with_ana_and_bob(0);
    assert!(empty.json(&["db", "check"])["head"].is_null(), "nothing was posted");
    let ledger = ledger();
    let (before, info) = (head(&ledger), ledger.json(&["db", "info"]));
    assert_eq!(info["head_entry"], 5);
    assert_eq!(before.len(), 64);
    ledger.ok(&["balance", "add", "bob", "1"]);
    let checked = ledger.json(&["db", "check", "--head", &before]);
    assert_eq!(checked["head_entry"], 6);
    assert_eq!(checked["head"].as_str().unwrap(), head(&ledger));
    assert_ne!(head(&ledger), before);
    assert!(ledger.ok(&["db", "check", "--head", &before.to_uppercase()]).contains(&head(&ledger)));
    let usage = ledger.refused(2, &["db", "check", "--head", "c0ffee"]);
    assert!(usage.contains("`c0ffee` is not the hash of an entry"), "{usage}");
}

#[test]
fn every_change_to_an_entry_shows() {
    let swapped = "UPDATE ledger_entry SET id = -1 WHERE id = 2; UPDATE ledger_entry SET id = 2 WHERE id = 3;
                   UPDATE ledger_entry SET id = 3 WHERE id = -1";
    for (sql, told) in [
        ("UPDATE ledger_entry SET amount = amount + 1 WHERE id = 2", "entry 2 is not what its hash says"),
        ("UPDATE ledger_entry SET actor = 'adam' WHERE id = 2", "entry 2 is not what its hash says"),
        ("UPDATE ledger_entry SET note = 'card' WHERE id = 2", "entry 2 is not what its hash says"),
        ("UPDATE ledger_entry SET note = NULL WHERE id = 2", "entry 2 is not what its hash says"),
        ("UPDATE ledger_entry SET note = '' WHERE id = 1", "entry 1 is not what its hash says"),
        ("UPDATE ledger_entry SET time = time - 1 WHERE id = 5", "entry 5 is not what its hash says"),
        ("UPDATE ledger_entry SET credit_account = 5 WHERE id = 1", "entry 1 is not what its hash says"),
        ("UPDATE ledger_entry SET credit_balance = 1 WHERE id = 1", "entry 1 is not what its hash says"),
        ("UPDATE ledger_entry SET reverses = 1 WHERE id = 5", "entry 5 is not what its hash says"),
        ("UPDATE ledger_entry SET origin = 'voucher:1' WHERE id = 4", "entry 4 is not what its hash says"),
        ("UPDATE ledger_entry SET kind = 'refill' WHERE id = 1", "entry 1 is not what its hash says"),
        ("UPDATE ledger_entry SET actor = 'evac', note = 'ash' WHERE id = 2", "entry 2 is not what its hash says"),
        ("UPDATE ledger_entry SET hash = NULL WHERE id = 3", "entry 3 has no hash"),
        ("DELETE FROM ledger_entry WHERE id = 3", "entry 4 follows entry 2: what was between is missing"),
        ("DELETE FROM ledger_entry WHERE id = 1", "entry 2 follows entry 0: what was between is missing"),
        (swapped, "entry 2 is not what its hash says; entry 3 is not what its hash says"),
    ] {
        let ledger = ledger();
        let noted = head(&ledger);
        assert_eq!(fault(&ledger, CHAINED, &[]), "");
        tamper(&ledger, sql);
        let said = fault(&ledger, CHAINED, &[]);
        assert!(said.starts_with(told), "{sql}: {said}");
        assert_ne!(fault(&ledger, NOTED, &["--head", &noted]), "", "{sql}");
    }
}

#[test]
fn only_a_noted_head_shows_that_the_newest_entry_is_gone_or_that_the_chain_was_made_anew() {
    let cut = ledger();
    let (first, noted) = (head(&Ledger::with_ana_and_bob(10)), head(&cut));
    tamper(
        &cut,
        "DELETE FROM ledger_entry WHERE id = 5; UPDATE account SET balance = balance + 5000000 WHERE username = 'ana'",
    );
    cut.check();
    assert_eq!(fault(&cut, NOTED, &["--head", &noted]), format!("no entry has the hash {noted}"));
    assert_ne!(fault(&cut, NOTED, &["--head", &first]), "", "the head of other books");

    // The forger knows how entries are hashed, and hashes all of them anew.
    let forged = ledger();
    tamper(&forged, "UPDATE ledger_entry SET actor = 'adam' WHERE id = 2");
    assert_ne!(fault(&forged, CHAINED, &[]), "");
    let books = Connection::open(forged.database()).unwrap();
    let told = rechained(&books);
    forged.check();
    assert_ne!(head(&forged), noted);
    assert_eq!(told, head(&forged), "who audits finds the same hash by what the manual says");
    assert_eq!(fault(&forged, NOTED, &["--head", &noted]), format!("no entry has the hash {noted}"));
}

/// Makes every hash anew, as the manual describes it.
fn rechained(books: &Connection) -> String {
    use sha2::Digest;
    let columns = "id, time, kind, debit_account, credit_account, amount, debit_balance, credit_balance, call_id,
                   reverses, origin, actor, note"
        .split(',')
        .map(|column| format!("coalesce(length(CAST({column} AS BLOB)) || ':' || {column}, '-') || ','"));
    let sql = format!("SELECT id, {} FROM ledger_entry ORDER BY id", columns.collect::<Vec<_>>().join(" || "));
    let mut statement = books.prepare(&sql).unwrap();
    let entries: Vec<(i64, String)> =
        statement.query_map([], |row| row.try_into()).unwrap().collect::<Result<_, _>>().unwrap();
    entries.into_iter().fold(String::new(), |before, (id, content)| {
        let hash = sha2::Sha256::digest(format!("{}:{before},{content}", before.len()));
        books.execute("UPDATE ledger_entry SET hash = ?1 WHERE id = ?2", (&hash[..], id)).unwrap();
        celcombiller::domain::entry_hash::hexadecimal(&hash)
    })
}

#[test]
fn a_backup_with_a_broken_chain_is_not_kept() {
    let ledger = ledger();
    tamper(&ledger, "UPDATE ledger_entry SET actor = 'adam' WHERE id = 2");
    let copy = ledger.folder.path().join("copy.db");
    let said = ledger.refused(3, &["db", "backup", copy.to_str().unwrap()]);
    assert!(said.contains(CHAINED), "{said}");
    assert!(!copy.exists());
}

#[test]
fn many_faults_are_counted_not_all_told() {
    let ledger = ledger();
    for _ in 0..30 {
        ledger.ok(&["balance", "add", "bob", "1"]);
    }
    tamper(&ledger, "UPDATE ledger_entry SET actor = 'adam'");
    assert!(fault(&ledger, CHAINED, &[]).ends_with("; and 15 more"));
}
