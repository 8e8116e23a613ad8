//! Ledger entries: inserted, listed, never touched again.

use rusqlite::types::ValueRef;
use rusqlite::{OptionalExtension, Row, RowIndex, ToSql, named_params};

use super::chain;
use crate::domain::account::Username;
use crate::domain::bundle::BundleId;
use crate::domain::call::CallId;
use crate::domain::ledger::{EntryKind, SystemAccount};
use crate::domain::money::{Amount, Money};
use crate::domain::time::Timestamp;
use crate::store::Books;
use crate::store::accounts::account::AccountId;
use crate::store::error::StoreError;

/// An entry's key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct EntryId(pub i64);

impl ToSql for EntryId {
    fn to_sql(&self) -> rusqlite::Result<rusqlite::types::ToSqlOutput<'_>> {
        self.0.to_sql()
    }
}

/// One side of a movement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Party {
    /// A user.
    User(AccountId),
    /// What belongs to a user for some destinations.
    Bundle(BundleId),
    /// The house.
    System(SystemAccount),
}

impl Party {
    const fn key(self) -> AccountId {
        match self {
            Self::User(id) => id,
            Self::Bundle(bundle) => bundle.account(),
            Self::System(account) => AccountId::of(account),
        }
    }
}

/// A movement's circumstances.
#[derive(Clone, Copy, Debug)]
pub struct Circumstances<'a> {
    /// Who does it.
    pub actor: &'a str,
    /// Why, in words.
    pub note: Option<&'a str>,
    /// When.
    pub time: Timestamp,
}

/// What a movement comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause<'a> {
    /// Somebody's decision.
    Decision,
    /// A call that is charged, by its row.
    Call(i64),
    /// The entry that a reversal takes back.
    Reverses(EntryId),
    /// What may give only once, by a name that nothing else has: a date of a group for a member, a voucher.
    Origin(&'a str),
}

/// A movement to be posted.
#[derive(Clone, Copy, Debug)]
pub struct Movement<'a> {
    /// Why.
    pub kind: EntryKind,
    /// Whom it leaves.
    pub debit: Party,
    /// Where it arrives.
    pub credit: Party,
    /// How much.
    pub amount: Amount,
    /// What it comes from.
    pub cause: Cause<'a>,
    /// Who, why and when.
    pub circumstances: Circumstances<'a>,
}

/// An entry as one user sees it.
#[derive(Clone, Debug)]
pub struct EntryRow {
    /// The key.
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
    pub note: Option<String>,
    /// The call it paid.
    pub call: Option<CallId>,
    /// Who did it.
    pub actor: String,
}

/// Which entries to list.
#[derive(Clone, Copy, Debug, Default)]
pub struct EntryQuery {
    /// At most so many, the newest.
    pub limit: Option<u32>,
    /// From then.
    pub since: Option<Timestamp>,
    /// Before then.
    pub until: Option<Timestamp>,
}

impl EntryQuery {
    /// Returns what is bound to `:since`, `:until` and `:limit`.
    pub(in crate::store) fn bounds(self) -> (i64, i64, i64) {
        (
            self.since.map_or(i64::MIN, Timestamp::millis),
            self.until.map_or(i64::MAX, Timestamp::millis),
            self.limit.map_or(-1, i64::from),
        )
    }
}

/// Reads a call's key from two columns; `None` where they are null.
pub(in crate::store) fn call_id<I: RowIndex>(
    row: &Row<'_>,
    uniqueid: I,
    attempt: I,
) -> rusqlite::Result<Option<CallId>> {
    let (uniqueid, attempt): (Option<_>, Option<_>) = (row.get(uniqueid)?, row.get(attempt)?);
    Ok(uniqueid.zip(attempt).map(|(uniqueid, attempt)| CallId { uniqueid, attempt }))
}

impl Books<'_> {
    /// Posts a movement, chained to the entry before; the schema's triggers move both balances with it.
    ///
    /// # Errors
    /// The user cannot pay it (`available_is_never_negative`), the call was charged before, the entry was
    /// reversed before, the origin has given before (`ledger_entry.origin`), or the database fails.
    pub fn post<'a>(&self, movement: &Movement<'a>) -> Result<EntryId, StoreError> {
        let (debit, credit) = (movement.debit.key(), movement.credit.key());
        let Circumstances { actor, note, time } = movement.circumstances;
        let (call, reverses, origin) = match movement.cause {
            Cause::Decision => (None, None, None),
            Cause::Call(row) => (Some(row), None, None),
            Cause::Reverses(entry) => (None, Some(entry), None),
            Cause::Origin(origin) => (None, None, Some(origin)),
        };
        let (last, before, debit_balance, credit_balance): (i64, Option<Vec<u8>>, Option<Money>, Option<Money>) = self
            .connection()
            .prepare(
                "SELECT id, hash, (SELECT balance FROM account WHERE id = :debit),
                     (SELECT balance FROM account WHERE id = :credit)
                 FROM ledger_entry ORDER BY id DESC LIMIT 1",
            )?
            .query_row(named_params! { ":debit": debit, ":credit": credit }, |row| row.try_into())
            .optional()?
            // Before the first entry nobody has anything.
            .unwrap_or((0, None, Some(Money::ZERO), Some(Money::ZERO)));
        let amount = movement.amount.money();
        // The house's side has no balance.
        let after = |side: Party, balance: Option<Money>, moved: fn(Money, Money) -> Option<Money>| match side {
            Party::System(_) => Ok(None),
            _ => {
                let moved = balance.map(|balance| moved(balance, amount).ok_or(balance)).transpose();
                moved.map_err(|balance| {
                    StoreError::Rule(format!("{balance} and {amount} are beyond what a balance can be"))
                })
            }
        };
        let id = last.saturating_add(1);
        let integer = |number: Option<i64>| number.map_or(ValueRef::Null, ValueRef::Integer);
        let text = |text: Option<&'a str>| text.map_or(ValueRef::Null, ValueRef::from);
        let content = [
            ValueRef::Integer(id),
            ValueRef::Integer(time.millis()),
            ValueRef::from(movement.kind.as_str()),
            ValueRef::Integer(debit.0),
            ValueRef::Integer(credit.0),
            ValueRef::Integer(amount.millionths()),
            integer(after(movement.debit, debit_balance, Money::checked_sub)?.map(Money::millionths)),
            integer(after(movement.credit, credit_balance, Money::checked_add)?.map(Money::millionths)),
            integer(call),
            integer(reverses.map(|EntryId(id)| id)),
            text(origin),
            ValueRef::from(actor),
            text(note),
        ];
        chain::append(self.connection(), before.as_deref(), content)?;
        Ok(EntryId(id))
    }

    /// Lists a user's entries, oldest last.
    ///
    /// # Errors
    /// The database fails.
    pub fn entries(&self, of: AccountId, query: EntryQuery) -> Result<Vec<EntryRow>, StoreError> {
        // Two halves, each by its own index; the newest of both are taken before they are merged, so a
        // long history costs no more than what is shown of it.
        let mut statement = self.connection().prepare(
            "WITH side AS (
                 SELECT * FROM (
                     SELECT id, -amount AS amount, debit_balance AS balance_after FROM ledger_entry
                     WHERE debit_account = :id AND debit_balance IS NOT NULL
                         AND time >= :since AND time < :until ORDER BY id DESC LIMIT :limit)
                 UNION ALL
                 SELECT * FROM (
                     SELECT id, amount, credit_balance FROM ledger_entry
                     WHERE credit_account = :id AND credit_balance IS NOT NULL
                         AND time >= :since AND time < :until ORDER BY id DESC LIMIT :limit))
             SELECT e.id, e.time, e.kind, side.amount, side.balance_after, e.note, e.actor, c.uniqueid, c.attempt
             FROM side JOIN ledger_entry e ON e.id = side.id LEFT JOIN call c ON c.id = e.call_id
             ORDER BY e.id DESC LIMIT :limit",
        )?;
        let (since, until, limit) = query.bounds();
        let rows = statement.query_map(
            named_params! { ":id": of, ":since": since, ":until": until, ":limit": limit },
            |row| {
                Ok(EntryRow {
                    id: EntryId(row.get("id")?),
                    time: row.get("time")?,
                    kind: row.get("kind")?,
                    amount: row.get("amount")?,
                    balance_after: row.get("balance_after")?,
                    note: row.get("note")?,
                    call: call_id(row, "uniqueid", "attempt")?,
                    actor: row.get("actor")?,
                })
            },
        )?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Returns when the newest entry was made, or `None` if there is none.
    ///
    /// # Errors
    /// The database fails.
    pub fn newest_entry(&self) -> Result<Option<Timestamp>, StoreError> {
        let newest = "SELECT time FROM ledger_entry ORDER BY id DESC LIMIT 1";
        Ok(self.connection().query_row(newest, [], |row| row.get(0)).optional()?)
    }

    /// Returns what an entry moved, from where to where, or `None` if there is no such entry.
    ///
    /// # Errors
    /// The database fails.
    pub fn entry(&self, id: EntryId) -> Result<Option<StoredEntry>, StoreError> {
        Ok(self
            .connection()
            .query_row(
                "SELECT e.kind, e.amount, e.debit_account, d.kind, d.username, e.credit_account, c.kind, c.username,
                     (SELECT r.id FROM ledger_entry r WHERE r.reverses = e.id)
                 FROM ledger_entry e JOIN account d ON d.id = e.debit_account JOIN account c ON c.id = e.credit_account
                 WHERE e.id = :id",
                named_params! { ":id": id },
                |row| {
                    Ok(StoredEntry {
                        kind: row.get(0)?,
                        amount: row.get(1)?,
                        debit: read_party(row, 2)?,
                        credit: read_party(row, 5)?,
                        reversed_by: row.get::<_, Option<i64>>(8)?.map(EntryId),
                    })
                },
            )
            .optional()?)
    }
}

/// What an entry moved.
#[derive(Clone, Debug)]
pub struct StoredEntry {
    /// Why.
    pub kind: EntryKind,
    /// How much.
    pub amount: Amount,
    /// Whom it left.
    pub debit: NamedParty,
    /// Where it arrived.
    pub credit: NamedParty,
    /// The entry that took it back.
    pub reversed_by: Option<EntryId>,
}

/// One side of an entry, with the user's name.
#[derive(Clone, Debug)]
pub struct NamedParty {
    /// The side.
    pub party: Party,
    /// The user, or `None` for a bundle or the house.
    pub username: Option<Username>,
}

fn read_party(row: &Row<'_>, at: usize) -> rusqlite::Result<NamedParty> {
    let (key, kind): (AccountId, String) = (row.get(at)?, row.get(at + 1)?);
    Ok(match SystemAccount::ALL.into_iter().find(|&account| AccountId::of(account) == key) {
        Some(account) => NamedParty { party: Party::System(account), username: None },
        None if kind == "bundle" => NamedParty { party: Party::Bundle(row.get(at)?), username: None },
        None => NamedParty { party: Party::User(key), username: Some(row.get(at + 2)?) },
    })
}
