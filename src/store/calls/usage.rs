//! What has been spent and talked since an instant, with what calls in progress hold.

use rusqlite::named_params;

use crate::domain::money::Money;
use crate::domain::time::Timestamp;
use crate::store::Books;
use crate::store::accounts::account::AccountId;
use crate::store::error::StoreError;

/// Milliseconds by which a clock may have been set back between two calls, so that the order of calls is not quite
/// that of their times.
const CLOCK_SLACK: u64 = 86_400_000;

/// What has been used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// What calls cost, and what those in progress hold.
    pub spent: Money,
    /// The seconds of calls, and those that calls in progress were granted.
    pub seconds: u64,
    /// Calls in progress.
    pub open_calls: u32,
}

impl Usage {
    /// Adds two up.
    ///
    /// # Errors
    /// The sum is beyond what money can be.
    pub fn plus(self, other: Self) -> Result<Self, StoreError> {
        let spent = self.spent.checked_add(other.spent);
        Ok(Self {
            spent: spent.ok_or_else(|| StoreError::Corrupt("spending beyond what money can be".to_owned()))?,
            seconds: self.seconds.saturating_add(other.seconds),
            open_calls: self.open_calls.saturating_add(other.open_calls),
        })
    }
}

impl Books<'_> {
    /// Adds up the open calls of an account.
    ///
    /// # Errors
    /// The database fails.
    pub fn open_usage(&self, account: AccountId) -> Result<Usage, StoreError> {
        let mut statement = self.connection().prepare(
            "SELECT coalesce(sum(amount), 0), coalesce(sum(seconds), 0), count(*) FROM call
             WHERE account_id = :account AND state = 'open'",
        )?;
        Ok(statement.query_row(named_params! { ":account": account }, |row| {
            let seconds: i64 = row.get(1)?;
            Ok(Usage { spent: row.get(0)?, seconds: seconds.unsigned_abs(), open_calls: row.get(2)? })
        })?)
    }

    /// Adds up the settled calls of an account that were authorised since an instant. Reads the newest calls
    /// until it meets one from before, so a long history costs nothing.
    ///
    /// # Errors
    /// The database fails.
    pub fn settled_usage(&self, account: AccountId, since: Timestamp) -> Result<Usage, StoreError> {
        let mut statement = self
            .connection()
            .prepare("SELECT placed, charge, billsec FROM call WHERE account_id = :account ORDER BY id DESC")?;
        let mut rows = statement.query(named_params! { ":account": account })?;
        let mut usage = Usage::default();
        while let Some(row) = rows.next()? {
            let placed: Timestamp = row.get(0)?;
            if placed < since.minus_millis(CLOCK_SLACK) {
                break;
            }
            if placed >= since {
                let (charge, billsec): (Option<Money>, Option<u32>) = (row.get(1)?, row.get(2)?);
                let seconds = billsec.unwrap_or(0).into();
                usage = usage.plus(Usage { spent: charge.unwrap_or_default(), seconds, open_calls: 0 })?;
            }
        }
        Ok(usage)
    }
}
