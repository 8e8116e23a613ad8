//! A database that is locked, missing or newer, and the calls that are refused meanwhile.

use std::fs;
use std::path::PathBuf;

use rusqlite::Connection;
use serde_json::json;

use crate::books::Books;
use crate::script::{BOB, CALLER};
use crate::support::{Ledger, commands, is_dial};

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

#[test]
fn a_call_is_refused_while_the_books_cannot_be_used() {
    let mut books = Books::new();
    for outage in OUTAGES {
        let lock = outage.begin(&books.ledger);
        let mut channel = books.ana_calls(BOB);
        let ended = books.ledger.play(CALLER, &mut channel, &[]);
        assert_eq!(ended.status.code(), Some(0), "{outage:?}");
        assert_eq!(channel.variable("CELCOMBILLER_STATUS"), "UNAVAILABLE", "{outage:?}");
        assert!(ended.stderr.contains(outage.told()), "{}", ended.stderr);
        assert!(!commands(&channel.dialogue).any(is_dial), "{outage:?}");
        outage.end(&books.ledger, lock);
        books.close(&mut channel, &format!("{outage:?}"));
    }
    assert_eq!(books.ledger.json(&["hold", "list", "--all"]), json!([]));
}
