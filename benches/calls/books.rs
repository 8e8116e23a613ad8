//! Scratch books of any size, made much faster than calls could make them.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, named_params};
use sha2::{Digest, Sha256};
use tempfile::TempDir;

use crate::programs::{Programs, Waiting};

/// What each user was given, and what a call without a talk costs, in millionths.
const TOP_UP: i64 = 100_000_000_000;
const CONNECT_FEE: i64 = 50_000;

/// A user by number, from 0.
#[derive(Clone, Copy, Debug)]
pub(crate) struct User(pub(crate) u32);

impl User {
    pub(crate) const FIRST: Self = Self(0);

    pub(crate) fn number(self) -> String {
        (5_000_000_000 + u64::from(self.0)).to_string()
    }
}

/// A connection that is only there; callers of many threads share the books that have it.
pub(crate) type Resident = Mutex<Connection>;

/// Books in a folder of their own.
#[derive(Debug)]
pub(crate) struct Books {
    folder: TempDir,
    users: u32,
    resident: Option<Resident>,
}

impl Books {
    /// Makes books with so many users who made so many calls.
    pub(crate) fn new(programs: &Programs, users: u32, calls: u32) -> Self {
        Self::with_callers(programs, users, users, calls)
    }

    /// Makes books with so many users, the first of whom made so many calls, turn by turn.
    pub(crate) fn with_callers(programs: &Programs, users: u32, callers: u32, calls: u32) -> Self {
        let books = Self { folder: tempfile::tempdir().expect("a scratch folder"), users, resident: None };
        fs::write(books.config(Waiting::Queue), "").expect("a configuration");
        fs::write(books.config(Waiting::BusyHandler), "[database]\nqueue = false\n").expect("a configuration");
        programs.billctl(&books, &["init", "--unit", "EUR"]);
        for prefix in ["", "onnet"] {
            let rate = ["rate", "add", "--prefix", prefix, "--price-per-minute", "0.60", "--connect-fee", "0.05"];
            programs.billctl(&books, &rate);
        }
        fill(&books.database(), users, callers, calls).expect("the books are filled");
        books
    }

    /// Imports so many more rates, by which users are called as anybody else is.
    pub(crate) fn with_rates(self, programs: &Programs, rates: u32) -> Self {
        let list = self.folder.path().join("rates.csv");
        // The prefix of every user, and behind it in the same order one that only looks like it.
        let mut table = "prefix,price_per_minute,connect_fee\n5000000,0.6,0.05\n50000005,0.6,0.05\n".to_owned();
        for rate in 0..rates {
            let prefix = 1_000_000 + rate * (9_000_000 / rates);
            table += &format!("{prefix},0.{:04},0.05\n", 1 + rate % 9_000);
        }
        fs::write(&list, table).expect("a list of rates");
        programs.billctl(&self, &["tariff", "import", "standard", list.to_str().expect("a plain path")]);
        programs.billctl(&self, &["rate", "remove", "--prefix", "onnet"]);
        self
    }

    /// Keeps a connection open, as a resident process would.
    pub(crate) fn with_resident(mut self) -> Self {
        self.resident = Some(resident(&self.database()));
        self
    }

    pub(crate) const fn is_held(&self) -> bool {
        self.resident.is_some()
    }

    pub(crate) fn database(&self) -> PathBuf {
        self.folder.path().join("celcombiller.db")
    }

    pub(crate) fn config(&self, waiting: Waiting) -> PathBuf {
        self.folder.path().join(match waiting {
            Waiting::Queue => "queue.toml",
            Waiting::BusyHandler => "busy-handler.toml",
        })
    }

    /// Returns the user whom everybody calls.
    pub(crate) fn callee(&self) -> User {
        User(self.users - 1)
    }

    /// Returns users far apart, so that no two calls in a row touch the same pages.
    pub(crate) fn spread(&self, turn: u32) -> User {
        User(turn.wrapping_mul(7_919) % (self.users - 1))
    }
}

/// Opens a database and reads from it, so that it stays in use until the connection is dropped.
pub(crate) fn resident(database: &Path) -> Resident {
    let connection = Connection::open(database).expect("the database opens");
    connection
        .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get::<_, i64>(0))
        .expect("the database is read");
    Mutex::new(connection)
}

/// Writes the rows that top-ups and calls would have left. Only here are the triggers out of the way: what
/// they would have computed is computed by the statements, and `billctl db check` proves it.
fn fill(database: &Path, users: u32, callers: u32, calls: u32) -> rusqlite::Result<()> {
    let mut connection = Connection::open(database)?;
    connection.execute_batch("PRAGMA foreign_keys = OFF; PRAGMA cache_size = -200000; PRAGMA synchronous = OFF;")?;
    let transaction = connection.transaction()?;
    let set_aside = set_aside(&transaction)?;
    let numbers = "WITH RECURSIVE number (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM number WHERE n + 1 < :many)";
    transaction.execute(
        &format!(
            "{numbers} INSERT INTO account (id, kind, username, level, status, clid, imsi, tariff_id, created, balance)
             SELECT n + 1000, 'user', 'user' || n, 'user', 'active', printf('%d', 5000000000 + n),
                 printf('%015d', 1010000000000 + n), (SELECT min(id) FROM tariff), 1700000000000,
                 :top_up - :fee * iif(n < :callers, :calls / :callers + (n < :calls % :callers), 0) FROM number"
        ),
        named_params! {
            ":many": users, ":callers": callers, ":calls": calls, ":top_up": TOP_UP, ":fee": CONNECT_FEE,
        },
    )?;
    for (kind, first) in [("imsi", 1_010_000_000_000_i64), ("number", 5_000_000_000)] {
        transaction.execute(
            &format!(
                "{numbers} INSERT INTO identity (kind, value, account_id)
                 SELECT :kind, printf(iif(:kind = 'imsi', '%015d', '%d'), :first + n), n + 1000 FROM number"
            ),
            named_params! { ":many": users, ":kind": kind, ":first": first },
        )?;
    }
    transaction.execute(
        &format!(
            "{numbers} INSERT INTO ledger_entry
                 (time, kind, debit_account, credit_account, amount, credit_balance, actor)
             SELECT 1700000000000, 'topup', 1, n + 1000, :top_up, :top_up, 'generator' FROM number"
        ),
        named_params! { ":many": users, ":top_up": TOP_UP },
    )?;
    if calls > 0 {
        let many = named_params! { ":many": calls, ":callers": callers, ":fee": CONNECT_FEE };
        transaction.execute(
            &format!(
                "{numbers} INSERT INTO call
                     (id, uniqueid, attempt, account_id, rate_id, clid, dialled, dial, answered_before, amount, seconds,
                      placed, expires, state, disposition, answered, ended, billsec, overrun, charge, unpaid)
                 SELECT n + 1, (1700000000 + n) || '.' || n, 1, n % :callers + 1000, (SELECT min(id) FROM rate),
                     5000000000 + n % :callers, '5000000001', 'PJSIP/5000000001', 0, 72 * 1000000 + :fee, 7200,
                     1700000000000 + n * 1000, 1700007300000 + n * 1000, 'settled', 'ANSWERED',
                     1700000000000 + n * 1000, 1700000000000 + n * 1000, 0, 0, :fee, 0 FROM number"
            ),
            many,
        )?;
        transaction.execute(
            &format!(
                "{numbers} INSERT INTO ledger_entry
                     (time, kind, debit_account, credit_account, amount, debit_balance, call_id, actor)
                 SELECT 1700000000000 + n * 1000, 'charge', n % :callers + 1000, 2, :fee,
                     {TOP_UP} - :fee * (n / :callers + 1), n + 1, 'generator' FROM number"
            ),
            many,
        )?;
    }
    chain(&transaction)?;
    transaction.execute_batch(&set_aside)?;
    transaction.commit()?;
    connection.close().map_err(|(_, error)| error)
}

/// Gives every entry the hash of its content and of the entry before, as the README tells auditors.
fn chain(connection: &Connection) -> rusqlite::Result<()> {
    const COLUMNS: usize = 13;
    let mut select = connection.prepare(
        "SELECT id, time, kind, debit_account, credit_account, amount, debit_balance, credit_balance, call_id, reverses,
             origin, actor, note
         FROM ledger_entry ORDER BY id",
    )?;
    let mut update = connection.prepare("UPDATE ledger_entry SET hash = ?2 WHERE id = ?1")?;
    let mut rows = select.query([])?;
    let mut before = String::new();
    while let Some(row) = rows.next()? {
        let mut content = format!("{}:{before},", before.len());
        for column in 0..COLUMNS {
            let text = match row.get_ref(column)? {
                ValueRef::Integer(number) => number.to_string(),
                ValueRef::Text(text) => String::from_utf8_lossy(text).into_owned(),
                _ => {
                    content.push_str("-,");
                    continue;
                }
            };
            content.push_str(&format!("{}:{text},", text.len()));
        }
        let hash = Sha256::digest(&content);
        update.execute((row.get::<_, i64>(0)?, hash.as_slice()))?;
        before = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    }
    Ok(())
}

/// Drops every trigger and index; returns the SQL that brings them back.
fn set_aside(connection: &Connection) -> rusqlite::Result<String> {
    let mut statement = connection
        .prepare("SELECT type, name, sql FROM sqlite_schema WHERE type IN ('trigger', 'index') AND sql IS NOT NULL")?;
    let found: Vec<(String, String, String)> =
        statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?.collect::<rusqlite::Result<_>>()?;
    drop(statement);
    let mut back = String::new();
    for (kind, name, sql) in found {
        connection.execute_batch(&format!("DROP {kind} {name}"))?;
        back += &(sql + ";\n");
    }
    Ok(back)
}
