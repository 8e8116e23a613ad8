//! Statements: a stretch of a user's entries between two balances.

use std::iter;

use rusqlite::{OptionalExtension, Row, named_params};

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
    ///
    /// Looked for bit by bit, from the greatest, of the number that it has, since entries are in the order of time but
    /// for clocks that were set back. Also after those, no time has an entry that is before that of an earlier time:
    /// the first bit in which they differ is one that the later time has.
    fn last_entry(&self, of: AccountId, before: Timestamp) -> Result<(EntryId, Money), StoreError> {
        let mut statement = self.connection().prepare(
            "SELECT id, time, balance FROM (
                 SELECT * FROM (
                     SELECT id, time, debit_balance AS balance FROM ledger_entry
                     WHERE debit_account = :of AND debit_balance IS NOT NULL AND id >= :from
                     ORDER BY id LIMIT 1)
                 UNION ALL
                 SELECT * FROM (
                     SELECT id, time, credit_balance FROM ledger_entry
                     WHERE credit_account = :of AND credit_balance IS NOT NULL AND id >= :from
                     ORDER BY id LIMIT 1))
             ORDER BY id LIMIT 1",
        )?;
        let mut first_from = |from: i64| {
            let entry = |row: &Row<'_>| Ok((EntryId(row.get(0)?), row.get::<_, Timestamp>(1)?, row.get(2)?));
            statement.query_row(named_params! { ":of": of, ":from": from }, entry).optional()
        };
        let (mut number, mut last) = (0, (EntryId(0), Money::ZERO));
        for bit in (0..i64::BITS - 1).rev().map(|bit| 1_i64 << bit) {
            if let Some((id, time, balance)) = first_from(number | bit)?
                && time < before
            {
                (number, last) = (number | bit, (id, balance));
            }
        }
        Ok(last)
    }

    /// Returns the first so many entries of an extent, oldest first.
    ///
    /// # Errors
    /// The database fails.
    pub fn statement_lines(&self, of: AccountId, extent: &Extent, most: u32) -> Result<Vec<StatementLine>, StoreError> {
        let side = |account: &str, amount: &str, balance: &str| {
            self.connection().prepare(&format!(
                "SELECT e.id, e.time, e.kind, {amount}, e.{balance}, e.note, e.actor,
                     c.uniqueid, c.attempt, c.dialled, c.billsec
                 FROM ledger_entry e LEFT JOIN call c ON c.id = e.call_id
                 WHERE e.{account} = :id AND e.{balance} IS NOT NULL AND e.id > :after AND e.id <= :through
                 ORDER BY e.id LIMIT :most"
            ))
        };
        let line = |row: &Row<'_>| {
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
        };
        let within = named_params! { ":id": of, ":after": extent.after, ":through": extent.through, ":most": most };
        // Both sides come in order from their indexes. Merging them here costs half of what SQLite takes for it.
        let mut debits = side("debit_account", "-e.amount", "debit_balance")?;
        let mut credits = side("credit_account", "e.amount", "credit_balance")?;
        let mut debits = debits.query_map(within, line)?.peekable();
        let mut credits = credits.query_map(within, line)?.peekable();
        let merged = iter::from_fn(|| match (debits.peek(), credits.peek()) {
            (Some(Ok(debit)), Some(Ok(credit))) if debit.entry.id < credit.entry.id => debits.next(),
            (Some(Ok(_)), Some(_)) | (None, _) => credits.next(),
            _ => debits.next(),
        });
        Ok(merged.take(most as usize).collect::<Result<_, _>>()?)
    }
}
