//! What is held, in all.

use rusqlite::named_params;

use crate::domain::money::Money;
use crate::domain::time::Timestamp;
use crate::store::Books;
use crate::store::error::StoreError;

/// The open holds, added up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenHolds {
    /// How many.
    pub count: u64,
    /// What they hold of balances.
    pub amount: Money,
    /// Those on which nobody can still be talking.
    pub overdue: u64,
}

impl Books<'_> {
    /// Adds up the open holds at an instant.
    ///
    /// # Errors
    /// The database fails.
    pub fn open_holds(&self, at: Timestamp) -> Result<OpenHolds, StoreError> {
        Ok(self.connection().query_row(
            "SELECT count(*), coalesce(sum(amount), 0), coalesce(sum(expires <= :at), 0)
             FROM call INDEXED BY call_open WHERE state = 'open'",
            named_params! { ":at": at },
            |row| {
                let count = |place| row.get(place).map(i64::unsigned_abs);
                Ok(OpenHolds { count: count(0)?, amount: row.get(1)?, overdue: count(2)? })
            },
        )?)
    }
}
