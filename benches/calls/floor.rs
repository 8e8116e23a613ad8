//! The floors: what any program costs that starts, and any that commits.

use std::path::PathBuf;
use std::time::Duration;

use rusqlite::Connection;
use tempfile::TempDir;

use crate::books::{Resident, resident};
use crate::programs::{Programs, run};

/// Where the bare program commits: one small table in a file of its own.
#[derive(Debug)]
pub(crate) struct BareBooks {
    folder: TempDir,
    resident: Option<Resident>,
}

impl BareBooks {
    pub(crate) fn new() -> Self {
        let books = Self { folder: tempfile::tempdir().expect("a scratch folder"), resident: None };
        let connection = Connection::open(books.database()).expect("the database opens");
        connection
            .execute_batch("PRAGMA journal_mode = WAL; CREATE TABLE entry (id INTEGER PRIMARY KEY, amount INTEGER)")
            .expect("the table is made");
        books
    }

    /// Keeps a connection open, as a resident process would.
    pub(crate) fn with_resident(mut self) -> Self {
        self.resident = Some(resident(&self.database()));
        self
    }

    pub(crate) fn database(&self) -> PathBuf {
        self.folder.path().join("bare.db")
    }
}

/// Starts a program that does nothing.
pub(crate) fn empty(programs: &Programs) -> Duration {
    run(&programs.floor("floor-empty"), &[] as &[&str])
}

/// Makes one synced commit of one row.
pub(crate) fn commit(programs: &Programs, books: &BareBooks) -> Duration {
    run(&programs.floor("floor-commit"), &[books.database()])
}
