//! Statements of SQL: a process that decides many things parses each of them once.

use std::ops::Deref;

use rusqlite::{CachedStatement, Connection, Params, Result, Row};

/// What statements are run on. How many of them a process keeps is what its [`Store`](super::Store) was opened for.
#[derive(Clone, Copy, Debug)]
pub(in crate::store) struct Statements<'a>(pub(in crate::store) &'a Connection);

impl Deref for Statements<'_> {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        self.0
    }
}

impl<'a> Statements<'a> {
    /// Makes a statement, or takes the one that was kept.
    pub(in crate::store) fn prepare(self, sql: &str) -> Result<CachedStatement<'a>> {
        self.0.prepare_cached(sql)
    }

    /// Runs a statement that returns nothing; returns how many rows it changed.
    pub(in crate::store) fn execute(self, sql: &str, params: impl Params) -> Result<usize> {
        self.prepare(sql)?.execute(params)
    }

    /// Runs a statement that returns one row.
    pub(in crate::store) fn query_row<T>(
        self,
        sql: &str,
        params: impl Params,
        read: impl FnOnce(&Row<'_>) -> Result<T>,
    ) -> Result<T> {
        self.prepare(sql)?.query_row(params, read)
    }
}
