//! Statements: a stretch of a user's entries between two balances.

use rusqlite::{OptionalExtension, named_params};

use super::ledger::{EntryId, EntryRow, call_id};
use crate::domain::money::Money;
use crate::domain::numbering::Dialled;
use crate::domain::time::Timestamp;
use crate::store::Books;
use crate::store::accounts::account::AccountId;
use crate::store::error::StoreError;

/// The entries of a statement, and the balances before and after them.
///
/// They follow the last entry before its time and end with the last entry within it. So each entry is in one
/// statement of those that follow each other, also where the clock was set back between two entries, and the
/// next statement opens with the balance that this one closes with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extent {
    /// The last entry that is not in it any more; entries are numbered from 1.
    pub after: EntryId,
    /// The last entry that is in it.
    pub through: EntryId,
    /// The balance before.
    pub opening: Money,
    /// The balance after.
    pub closing: Money,
}

/// An entry of a statement, with what a call was.
#[derive(Clone, Debug)]
pub struct StatementLine {
    /// The entry.
    pub entry: EntryRow,
    /// What was dialled.
    pub dialled: Option<Dialled>,
    /// The seconds that were billed.
    pub billsec: Option<u32>,
}

impl Books<'_> {
    /// Finds the entries of a user from one time to another.
    ///
    /// # Errors
    /// The database fails.
    pub fn extent(
        &self,
        of: AccountId,
        since: Option<Timestamp>,
        until: Option<Timestamp>,
    ) -> Result<Extent, StoreError> {
        let (after, opening) = match since {
            Some(since) => self.last_entry(of, since)?,
            None => (EntryId(0), Money::ZERO),
        };
        let (through, closing) = self.last_entry(of, until.unwrap_or(Timestamp::MAX))?;
        Ok(Extent { after, through, opening, closing })
    }

    /// Returns a user's last entry before a time, and the balance after it.
    fn last_entry(&self, of: AccountId, before: Timestamp) -> Result<(EntryId, Money), StoreError> {
        // From the newest back, on each side by its index.
        let mut statement = self.connection().prepare(
            "SELECT id, balance FROM (
                 SELECT * FROM (
                     SELECT id, debit_balance AS balance FROM ledger_entry
                     WHERE debit_account = :id AND debit_balance IS NOT NULL AND time < :before
                     ORDER BY id DESC LIMIT 1)
                 UNION ALL
                 SELECT * FROM (
                     SELECT id, credit_balance FROM ledger_entry
                     WHERE credit_account = :id AND credit_balance IS NOT NULL AND time < :before
                     ORDER BY id DESC LIMIT 1))
             ORDER BY id DESC LIMIT 1",
        )?;
        let last = statement
            .query_row(named_params! { ":id": of, ":before": before }, |row| Ok((EntryId(row.get(0)?), row.get(1)?)))
            .optional()?;
        Ok(last.unwrap_or((EntryId(0), Money::ZERO)))
    }

    /// Returns the first so many entries of an extent, oldest first.
    ///
    /// # Errors
    /// The database fails.
    pub fn statement_lines(&self, of: AccountId, extent: &Extent, most: u32) -> Result<Vec<StatementLine>, StoreError> {
        // Both sides come in order from their indexes and are merged as they come.
        let mut statement = self.connection().prepare(
            "SELECT e.id, e.time, e.kind, -e.amount, e.debit_balance, e.note, e.actor,
                 c.uniqueid, c.attempt, c.dialled, c.billsec
             FROM ledger_entry e LEFT JOIN call c ON c.id = e.call_id
             WHERE e.debit_account = :id AND e.debit_balance IS NOT NULL AND e.id > :after AND e.id <= :through
             UNION ALL
             SELECT e.id, e.time, e.kind, e.amount, e.credit_balance, e.note, e.actor,
                 c.uniqueid, c.attempt, c.dialled, c.billsec
             FROM ledger_entry e LEFT JOIN call c ON c.id = e.call_id
             WHERE e.credit_account = :id AND e.credit_balance IS NOT NULL AND e.id > :after AND e.id <= :through
             ORDER BY 1 LIMIT :most",
        )?;
        let rows = statement.query_map(
            named_params! { ":id": of, ":after": extent.after, ":through": extent.through, ":most": most },
            |row| {
                let entry = EntryRow {
                    id: EntryId(row.get(0)?),
                    time: row.get(1)?,
                    kind: row.get(2)?,
                    amount: row.get(3)?,
                    balance_after: row.get(4)?,
                    note: row.get(5)?,
                    actor: row.get(6)?,
                    call: call_id(row, 7, 8)?,
                };
                Ok(StatementLine { entry, dialled: row.get(9)?, billsec: row.get(10)? })
            },
        )?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}
