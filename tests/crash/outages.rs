//! A database that is locked, missing or newer meanwhile.

use std::fs;
use std::path::PathBuf;

use crate::support::Ledger;
use rusqlite::Connection;

/// What may become of the database while a call goes on.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Outage {
    /// Somebody writes for longer than the busy timeout.
    Locked,
    /// The file is elsewhere.
    Missing,
    /// A newer program has migrated it.
    Newer,
}

pub(crate) const OUTAGES: [Outage; 3] = [Outage::Locked, Outage::Missing, Outage::Newer];

impl Outage {
    /// Begins; what is returned must be kept until the end.
    pub(crate) fn begin(self, ledger: &Ledger) -> Option<Connection> {
        match self {
            Self::Missing => {
                fs::rename(ledger.database(), elsewhere(ledger)).unwrap();
                None
            }
            Self::Locked => {
                let lock = Connection::open(ledger.database()).unwrap();
                lock.execute_batch("BEGIN EXCLUSIVE").unwrap();
                Some(lock)
            }
            Self::Newer => {
                set_schema(ledger, |schema| schema + 1);
                None
            }
        }
    }

    pub(crate) fn end(self, ledger: &Ledger, lock: Option<Connection>) {
        drop(lock);
        match self {
            Self::Missing => fs::rename(elsewhere(ledger), ledger.database()).unwrap(),
            Self::Locked => {}
            Self::Newer => set_schema(ledger, |schema| schema - 1),
        }
    }

    /// What the operator is told.
    pub(crate) fn told(self) -> &'static str {
        match self {
            Self::Locked => "locked",
            Self::Missing => "no database at",
            Self::Newer => "newer than this program's",
        }
    }
}

fn elsewhere(ledger: &Ledger) -> PathBuf {
    ledger.folder.path().join("elsewhere.db")
}

fn set_schema(ledger: &Ledger, change: impl Fn(i64) -> i64) {
    let database = Connection::open(ledger.database()).unwrap();
    let schema = database.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
    database.pragma_update(None, "user_version", change(schema)).unwrap();
}
