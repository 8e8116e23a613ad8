//! What proves that a copy of the books is one.

use rusqlite::{OptionalExtension, named_params};

use crate::domain::money::Money;
use crate::domain::time::Timestamp;
use crate::store::Books;
use crate::store::entries::chain::Head;
use crate::store::entries::checks::Audit;
use crate::store::error::StoreError;

/// What books were proven to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// The invariants that hold.
    pub checks: u64,
    /// The newest entry, which stands for all that was posted.
    pub head: Option<Head>,
    /// When it was posted.
    pub last_entry: Option<Timestamp>,
    /// The calls, ended or not.
    pub calls: u64,
    /// The users, without those that were removed.
    pub users: u64,
    /// The sum of their balances.
    pub balances: Money,
}

impl Books<'_> {
    /// Proves every invariant, and tells of what.
    ///
    /// # Errors
    /// One does not hold, or the database fails.
    pub fn prove(&self) -> Result<Proof, StoreError> {
        let Audit { checks, head } = self.check(None)?;
        if let Some(broken) = checks.iter().find(|check| !check.faults.is_empty()) {
            return Err(StoreError::Corrupt(format!("in the copy, {} does not hold", broken.name)));
        }
        let count = |sql| -> Result<u64, StoreError> {
            Ok(self.connection().query_row(sql, [], |row| row.get(0).map(i64::unsigned_abs))?)
        };
        let look = "SELECT time FROM ledger_entry ORDER BY id DESC LIMIT 1";
        Ok(Proof {
            checks: checks.len() as u64,
            head,
            last_entry: self.connection().query_row(look, [], |row| row.get(0)).optional()?,
            calls: count("SELECT coalesce(max(id), 0) FROM call")?,
            users: count("SELECT count(*) FROM account WHERE kind = 'user' AND status <> 'closed'")?,
            balances: self.connection().query_row(
                "SELECT coalesce(sum(balance), 0) FROM account WHERE kind = 'user'",
                [],
                |row| row.get(0),
            )?,
        })
    }

    /// Notes that a sound copy was made.
    ///
    /// # Errors
    /// The database fails.
    pub fn note_backup(&self, at: Timestamp) -> Result<(), StoreError> {
        self.connection().execute(
            "INSERT INTO setting (name, value) VALUES ('backed_up', :at)
             ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            named_params! { ":at": at.exact() },
        )?;
        Ok(())
    }

    /// Returns when a sound copy was made last, as far as these books know.
    ///
    /// # Errors
    /// The database fails.
    pub fn backed_up(&self) -> Result<Option<Timestamp>, StoreError> {
        let sql = "SELECT value FROM setting WHERE name = 'backed_up'";
        let noted: Option<String> = self.connection().query_row(sql, [], |row| row.get(0)).optional()?;
        noted.map(|text| text.parse().map_err(|_| StoreError::Corrupt(format!("backed up at `{text}`")))).transpose()
    }
}
