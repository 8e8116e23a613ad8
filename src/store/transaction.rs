//! A transaction, whose own statements are kept as all others are.

use std::ops::Deref;

use rusqlite::{Connection, Result};

use super::statements::Statements;

/// What is done to the books together; what was not committed is taken back when this is dropped.
#[derive(Debug)]
pub(in crate::store) struct Transaction<'a> {
    connection: &'a Connection,
}

impl<'a> Transaction<'a> {
    /// Begins to look: others may go on writing, and what they write is not seen.
    ///
    /// # Errors
    /// The connection is in a transaction already, or the database fails.
    pub(in crate::store) fn to_read(connection: &'a Connection) -> Result<Self> {
        Self::begin(connection, "BEGIN DEFERRED")
    }

    /// Begins to write, once nobody else does.
    ///
    /// # Errors
    /// Somebody else writes for longer than is waited, or as for [`Transaction::to_read`].
    pub(in crate::store) fn to_write(connection: &'a Connection) -> Result<Self> {
        Self::begin(connection, "BEGIN IMMEDIATE")
    }

    fn begin(connection: &'a Connection, sql: &str) -> Result<Self> {
        Statements(connection).execute(sql, [])?;
        Ok(Self { connection })
    }

    /// Makes it all there at once.
    ///
    /// # Errors
    /// The database fails; nothing is there then.
    pub(in crate::store) fn commit(self) -> Result<()> {
        Statements(self.connection).execute("COMMIT", []).map(drop)
    }
}

impl Deref for Transaction<'_> {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        self.connection
    }
}

impl Drop for Transaction<'_> {
    fn drop(&mut self) {
        // It is over where it was committed, and where a failure of the disk has ended it.
        if !self.connection.is_autocommit() {
            // Where this fails too, the next that is begun does.
            drop(Statements(self.connection).execute("ROLLBACK", []));
        }
    }
}
