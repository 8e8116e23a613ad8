//! Low balances: who has less than they are to have, and has not been told since it went below.

use std::fmt;

use rusqlite::{OptionalExtension, named_params};

use super::account::{AccountId, AccountRow};
use crate::domain::money::Money;
use crate::domain::time::Timestamp;
use crate::store::Books;
use crate::store::entries::ledger::EntryId;
use crate::store::error::StoreError;

/// A time at which a balance went below its bound. Its text names it among all crossings of all users.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Crossing {
    account: AccountId,
    /// The first entry below the bound since the last one that was not; 0 where there never was one.
    entry: EntryId,
    /// Since when there is the account: books that were made anew count from the beginning.
    since: Timestamp,
}

impl fmt::Display for Crossing {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}-{}-{}", self.account.0, self.entry.0, self.since.millis())
    }
}

/// A user who is to be told.
#[derive(Clone, Debug)]
pub struct Low {
    /// The user.
    pub account: AccountRow,
    /// The bound: the user's own, else the highest of their groups.
    pub warn_below: Money,
    /// When the balance went below it.
    pub crossing: Crossing,
}

impl Books<'_> {
    /// Lists the active users whose balance, with what they may owe, is below their bound, and who were not told
    /// of it; by name.
    ///
    /// # Errors
    /// The database fails.
    pub fn low_accounts(&self) -> Result<Vec<Low>, StoreError> {
        // Of several groups the most cautious decides: to be told early does no harm.
        const BOUND: &str = "coalesce(a.warn_below, (SELECT max(g.warn_below)
             FROM membership m JOIN account_group g ON g.id = m.group_id WHERE m.account_id = a.id))";
        let sql = format!(
            "SELECT {BOUND} AS bound, a.warned, {} WHERE a.kind = 'user' AND a.status = 'active'
                 AND a.balance + a.credit_limit < {BOUND} ORDER BY a.username",
            AccountRow::COLUMNS
        );
        let mut statement = self.connection().prepare(&sql)?;
        let rows = statement.query_map([], |row| {
            Ok((AccountRow::read(row)?, row.get("bound")?, row.get::<_, Option<i64>>("warned")?.map(EntryId)))
        })?;
        let mut low = Vec::new();
        for row in rows {
            let (account, warn_below, warned) = row?;
            if let Some(crossing) = self.crossing(&account, warn_below, warned)? {
                low.push(Low { account, warn_below, crossing });
            }
        }
        Ok(low)
    }

    /// Returns when a balance that is below a bound went below it, unless the user was told of that.
    fn crossing(
        &self,
        account: &AccountRow,
        bound: Money,
        warned: Option<EntryId>,
    ) -> Result<Option<Crossing>, StoreError> {
        let id = account.id;
        let out_of_bounds = || StoreError::Corrupt(format!("bound {bound}, credit limit {}", account.credit_limit));
        let least = bound.checked_sub(account.credit_limit).ok_or_else(out_of_bounds)?;
        let mut above = self.connection().prepare(
            "SELECT id FROM (
                 SELECT * FROM (
                     SELECT id FROM ledger_entry WHERE debit_account = :id AND debit_balance IS NOT NULL
                         AND id > :warned AND debit_balance >= :least ORDER BY id DESC LIMIT 1)
                 UNION ALL
                 SELECT * FROM (
                     SELECT id FROM ledger_entry WHERE credit_account = :id AND credit_balance IS NOT NULL
                         AND id > :warned AND credit_balance >= :least ORDER BY id DESC LIMIT 1))
             ORDER BY id DESC LIMIT 1",
        )?;
        let since = named_params! { ":id": id, ":warned": warned.unwrap_or(EntryId(0)), ":least": least };
        let above: Option<i64> = above.query_row(since, |row| row.get(0)).optional()?;
        let entry = match (above, warned) {
            (None, Some(_)) => return Ok(None),
            (None, None) => EntryId(0),
            (Some(above), _) => self.first_entry_after(id, EntryId(above))?,
        };
        Ok(Some(Crossing { account: id, entry, since: account.created }))
    }

    fn first_entry_after(&self, id: AccountId, after: EntryId) -> Result<EntryId, StoreError> {
        let first: i64 = self.connection().query_row(
            "SELECT min(id) FROM (
                 SELECT min(id) AS id FROM ledger_entry
                 WHERE debit_account = :id AND debit_balance IS NOT NULL AND id > :after
                 UNION ALL
                 SELECT min(id) FROM ledger_entry
                 WHERE credit_account = :id AND credit_balance IS NOT NULL AND id > :after)",
            named_params! { ":id": id, ":after": after },
            |row| row.get(0),
        )?;
        Ok(EntryId(first))
    }

    /// Notes that a user was told of a crossing.
    ///
    /// # Errors
    /// The database fails.
    pub fn note_warned(&self, crossing: &Crossing) -> Result<(), StoreError> {
        self.connection().execute(
            "UPDATE account SET warned = :entry WHERE id = :id AND coalesce(warned, -1) < :entry",
            named_params! { ":entry": crossing.entry, ":id": crossing.account },
        )?;
        Ok(())
    }
}
