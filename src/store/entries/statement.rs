//! Statements: a stretch of a user's entries between two balances.

use std::convert::Infallible;
use std::num::NonZeroU32;
use std::ops::Range;

use rusqlite::types::{FromSql, ValueRef};
use rusqlite::{OptionalExtension, Row, named_params};

use super::ledger::EntryId;
use crate::domain::call::UniqueId;
use crate::domain::ledger::EntryKind;
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
pub struct StatementLine<T> {
    /// The entry.
    pub id: EntryId,
    /// When.
    pub time: Timestamp,
    /// Why.
    pub kind: EntryKind,
    /// How much, from the user's side.
    pub amount: Money,
    /// The user's balance after it.
    pub balance_after: Money,
    /// Why, in words.
    pub note: Option<T>,
    /// Who did it.
    pub actor: T,
    /// The call it paid: the channel's `uniqueid`, and the attempt.
    pub call: Option<(T, NonZeroU32)>,
    /// What was dialled.
    pub dialled: Option<T>,
    /// The seconds that were billed.
    pub billsec: Option<u32>,
}

/// Lines of a statement that are read at once, in memory that serves one page after the other: a statement may have as
/// many lines as a life has calls, and to make room for the texts of each would take longer than to read them.
#[derive(Debug, Default)]
pub struct StatementPage {
    lines: Vec<StatementLine<Range<usize>>>,
    texts: String,
}

impl StatementPage {
    /// Returns the last entry on it, or `None` where it is empty.
    #[must_use]
    pub fn last(&self) -> Option<EntryId> {
        self.lines.last().map(|line| line.id)
    }

    /// Returns its lines, oldest first.
    pub fn lines(&self) -> impl Iterator<Item = StatementLine<&str>> {
        let text = |range: &Range<usize>| &self.texts[range.clone()];
        self.lines.iter().map(move |line| StatementLine {
            id: line.id,
            time: line.time,
            kind: line.kind,
            amount: line.amount,
            balance_after: line.balance_after,
            note: line.note.as_ref().map(text),
            actor: text(&line.actor),
            call: line.call.as_ref().map(|(uniqueid, attempt)| (text(uniqueid), *attempt)),
            dialled: line.dialled.as_ref().map(text),
            billsec: line.billsec,
        })
    }

    /// Reads a line.
    fn add(&mut self, id: EntryId, row: &Row<'_>) -> rusqlite::Result<()> {
        let Some(actor) = text::<String, Infallible>(row, 6, Ok)? else {
            return row.get::<_, String>(6).map(drop);
        };
        let mut keep = |text: &str| {
            let start = self.texts.len();
            self.texts.push_str(text);
            start..self.texts.len()
        };
        let attempt: Option<NonZeroU32> = row.get(8)?;
        let line = StatementLine {
            id,
            time: row.get(1)?,
            kind: row.get(2)?,
            amount: row.get(3)?,
            balance_after: row.get(4)?,
            note: text::<String, Infallible>(row, 5, Ok)?.map(&mut keep),
            actor: keep(actor),
            call: text::<UniqueId, _>(row, 7, UniqueId::written)?.map(&mut keep).zip(attempt),
            dialled: text::<Dialled, _>(row, 9, Dialled::written)?.map(&mut keep),
            billsec: row.get(10)?,
        };
        self.lines.push(line);
        Ok(())
    }
}

/// Returns the entry that a row begins with, and the row.
fn entry<'a, 's>(row: Option<&'a Row<'s>>) -> rusqlite::Result<Option<(EntryId, &'a Row<'s>)>> {
    row.map(|row| Ok((EntryId(row.get(0)?), row))).transpose()
}

/// Returns a text of a row, where there is one, as `written` says that a `T` is written. What is none is the error that
/// it is wherever a `T` is read.
fn text<'a, T: FromSql, E>(
    row: &'a Row<'_>,
    at: usize,
    written: impl FnOnce(&'a str) -> Result<&'a str, E>,
) -> rusqlite::Result<Option<&'a str>> {
    let found = row.get_ref(at)?;
    match found.as_str().map(written) {
        Ok(Ok(text)) => Ok(Some(text)),
        _ if found == ValueRef::Null => Ok(None),
        _ => row.get::<_, T>(at).map(|_| None),
    }
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

    /// Reads the first so many entries of an extent, oldest first, onto a page in place of what is there.
    ///
    /// # Errors
    /// The database fails.
    pub fn statement_page(
        &self,
        of: AccountId,
        extent: &Extent,
        most: usize,
        page: &mut StatementPage,
    ) -> Result<(), StoreError> {
        let side = |account: &str, amount: &str, balance: &str| {
            self.connection().prepare(&format!(
                "SELECT e.id, e.time, e.kind, {amount}, e.{balance}, e.note, e.actor,
                     c.uniqueid, c.attempt, c.dialled, c.billsec
                 FROM ledger_entry e LEFT JOIN call c ON c.id = e.call_id
                 WHERE e.{account} = :id AND e.{balance} IS NOT NULL AND e.id > :after AND e.id <= :through
                 ORDER BY e.id"
            ))
        };
        let within = named_params! { ":id": of, ":after": extent.after, ":through": extent.through };
        // Both sides come in order from their indexes. Merging them here costs half of what SQLite takes for it.
        let mut debits = side("debit_account", "-e.amount", "debit_balance")?;
        let mut credits = side("credit_account", "e.amount", "credit_balance")?;
        let (mut debits, mut credits) = (debits.query(within)?, credits.query(within)?);
        let (mut debit, mut credit) = (entry(debits.next()?)?, entry(credits.next()?)?);
        page.lines.clear();
        page.texts.clear();
        while page.lines.len() < most {
            match (debit, credit) {
                (Some((id, row)), other) if other.is_none_or(|(other, _)| id < other) => {
                    page.add(id, row)?;
                    debit = entry(debits.next()?)?;
                }
                (_, Some((id, row))) => {
                    page.add(id, row)?;
                    credit = entry(credits.next()?)?;
                }
                _ => break,
            }
        }
        Ok(())
    }
}
