//! The past of accounts that come from another system: noted in any order, told account by account in the order
//! of time.

use rusqlite::{Connection, OptionalExtension, Row, named_params};

use crate::domain::call::{CallId, UniqueId};
use crate::domain::money::{Amount, Money, Price};
use crate::domain::numbering::PhoneNumber;
use crate::domain::outcome::Disposition;
use crate::domain::time::Timestamp;
use crate::store::Books;
use crate::store::accounts::account::AccountId;
use crate::store::error::StoreError;

/// Who the ledger says did what happened before an account came.
pub const PAST_ACTOR: &str = "import";

/// A call of another system.
#[derive(Clone, Debug)]
pub struct EndedCall {
    /// The channel.
    pub uniqueid: UniqueId,
    /// What the caller showed.
    pub clid: String,
    /// What was dialled.
    pub dialled: PhoneNumber,
    /// What became of it.
    pub disposition: Disposition,
    /// The seconds that were charged.
    pub billsec: u32,
    /// What they cost.
    pub charge: Price,
    /// What the carrier charged.
    pub cost: Option<Price>,
    /// The name of the trunk that carried it.
    pub trunk: Option<String>,
}

/// What happened to an account.
#[derive(Clone, Debug)]
pub enum Happened {
    /// It was credited.
    Refill {
        /// How much.
        amount: Amount,
        /// What was paid for it, where that is known.
        gross: Option<Amount>,
        /// Why, in words.
        note: Option<String>,
    },
    /// Something was taken for anything but a call.
    Fee {
        /// How much.
        amount: Amount,
        /// Why, in words.
        note: Option<String>,
    },
    /// A call ended.
    Call(EndedCall),
}

/// What the past of an account comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PastSums {
    /// When it begins.
    pub begins: Timestamp,
    /// What came in, less what went out.
    pub net: Money,
    /// What went out.
    pub out: Money,
}

/// The past of many accounts, in a file of its own that nobody else sees and that ends with this value. Accounts,
/// refills and trunks are named as the other system does.
#[derive(Debug)]
pub struct Past {
    file: Connection,
}

impl Past {
    /// Makes one in which nothing happened.
    ///
    /// # Errors
    /// There is no room for it.
    pub fn new() -> Result<Self, StoreError> {
        // Without a name SQLite keeps what its cache cannot hold in a file that it removes by itself.
        let file = Connection::open("")?;
        file.execute_batch(
            "PRAGMA journal_mode = OFF;
             PRAGMA synchronous = OFF;
             PRAGMA cache_size = -16384;
             CREATE TABLE event (account TEXT, time INTEGER, moved INTEGER, note TEXT, refill TEXT, uniqueid TEXT,
                 clid TEXT, dialled TEXT, disposition TEXT, billsec INTEGER, cost INTEGER, trunk TEXT) STRICT;
             CREATE TABLE payment (refill TEXT, account TEXT, gross INTEGER, PRIMARY KEY (refill, account))
                 STRICT, WITHOUT ROWID;
             CREATE TABLE carrier (trunk TEXT PRIMARY KEY, name TEXT) STRICT, WITHOUT ROWID;
             BEGIN",
        )?;
        Ok(Self { file })
    }

    /// Notes a refill, or a fee where it is negative; what moves nothing is forgotten.
    ///
    /// # Errors
    /// There is no room for it.
    pub fn add_refill(
        &self,
        account: &str,
        refill: &str,
        time: Timestamp,
        moved: Money,
        note: Option<&str>,
    ) -> Result<(), StoreError> {
        if moved != Money::ZERO {
            self.file
                .prepare_cached(
                    "INSERT INTO event (account, time, moved, note, refill)
                     VALUES (:account, :time, :moved, :note, :refill)",
                )?
                .execute(named_params! {
                    ":account": account, ":time": time, ":moved": moved, ":note": note, ":refill": refill,
                })?;
        }
        Ok(())
    }

    /// Notes what was paid for a refill. Tells whether it is the first that was.
    ///
    /// # Errors
    /// There is no room for it.
    pub fn add_payment(&self, account: &str, refill: &str, gross: Amount) -> Result<bool, StoreError> {
        let added = self
            .file
            .prepare_cached("INSERT OR IGNORE INTO payment VALUES (:refill, :account, :gross)")?
            .execute(named_params! { ":refill": refill, ":account": account, ":gross": gross.money() })?;
        Ok(added == 1)
    }

    /// Notes the name of a trunk.
    ///
    /// # Errors
    /// There is no room for it.
    pub fn add_trunk(&self, trunk: &str, name: &str) -> Result<(), StoreError> {
        self.file
            .prepare_cached("INSERT OR REPLACE INTO carrier VALUES (:trunk, :name)")?
            .execute(named_params! { ":trunk": trunk, ":name": name })?;
        Ok(())
    }

    /// Notes a call, whose trunk is named as the other system does.
    ///
    /// # Errors
    /// There is no room for it.
    pub fn add_call(&self, account: &str, time: Timestamp, call: &EndedCall) -> Result<(), StoreError> {
        self.file
            .prepare_cached(
                "INSERT INTO event (account, time, moved, uniqueid, clid, dialled, disposition, billsec, cost, trunk)
                 VALUES (:account, :time, -:charge, :uniqueid, :clid, :dialled, :disposition, :billsec, :cost, :trunk)",
            )?
            .execute(named_params! {
                ":account": account, ":time": time, ":charge": call.charge, ":uniqueid": call.uniqueid,
                ":clid": call.clid, ":dialled": call.dialled, ":disposition": call.disposition,
                ":billsec": call.billsec, ":cost": call.cost, ":trunk": call.trunk,
            })?;
        Ok(())
    }

    /// Puts what was noted in order, and returns for each account how much happened to it. To be called once, after
    /// all is noted.
    ///
    /// # Errors
    /// There is no room for it.
    pub fn sort(&self) -> Result<Vec<(String, u32)>, StoreError> {
        self.file.execute_batch("CREATE INDEX event_by_account ON event (account, time)")?;
        let mut statement = self.file.prepare("SELECT account, count(*) FROM event GROUP BY account")?;
        Ok(statement.query_map([], |row| row.try_into())?.collect::<Result<_, _>>()?)
    }

    /// Returns what the past of an account comes to, or `None` if it has none.
    ///
    /// # Errors
    /// It is more than books can hold, or the file fails.
    pub fn sums(&self, account: &str) -> Result<Option<PastSums>, StoreError> {
        let mut statement = self.file.prepare_cached(
            "SELECT min(time), sum(moved), -coalesce(sum(moved) FILTER (WHERE moved < 0), 0) FROM event
             WHERE account = :account HAVING count(*) > 0",
        )?;
        let read = |row: &Row<'_>| Ok(PastSums { begins: row.get(0)?, net: row.get(1)?, out: row.get(2)? });
        Ok(statement.query_row(named_params! { ":account": account }, read).optional()?)
    }

    /// Tells everything that happened to an account, in the order of time.
    ///
    /// # Errors
    /// What `tell` returns, or the file failing.
    pub fn each<E: From<StoreError>>(
        &self,
        account: &str,
        mut tell: impl FnMut(Timestamp, Happened) -> Result<(), E>,
    ) -> Result<(), E> {
        let read = || -> Result<_, StoreError> {
            Ok(self.file.prepare_cached(
                "SELECT time, moved, note, gross, uniqueid, clid, dialled, disposition, billsec, cost, name
                 FROM event LEFT JOIN payment USING (refill, account) LEFT JOIN carrier USING (trunk)
                 WHERE account = :account ORDER BY time, event.rowid",
            )?)
        };
        let mut statement = read()?;
        let events = statement
            .query_map(named_params! { ":account": account }, |row| Ok((row.get(0)?, happened(row)?)))
            .map_err(StoreError::from)?;
        for event in events {
            let (time, happened) = event.map_err(StoreError::from)?;
            tell(time, happened)?;
        }
        Ok(())
    }
}

fn happened(row: &Row<'_>) -> rusqlite::Result<Happened> {
    let moved: Money = row.get(1)?;
    let taken = Money::ZERO.checked_sub(moved).unwrap_or(Money::MAX);
    Ok(match (row.get(4)?, Amount::try_from(moved), Amount::try_from(taken)) {
        (None, Ok(amount), _) => Happened::Refill { amount, gross: row.get(3)?, note: row.get(2)? },
        (None, _, Ok(amount)) => Happened::Fee { amount, note: row.get(2)? },
        (uniqueid, ..) => Happened::Call(EndedCall {
            uniqueid: uniqueid.ok_or(rusqlite::Error::QueryReturnedNoRows)?,
            clid: row.get(5)?,
            dialled: row.get(6)?,
            disposition: row.get(7)?,
            billsec: row.get(8)?,
            charge: Price::try_from(taken).unwrap_or_default(),
            cost: row.get(9)?,
            trunk: row.get(10)?,
        }),
    })
}

impl Books<'_> {
    /// Returns the first attempt on a channel that the books do not have yet.
    ///
    /// # Errors
    /// The database fails.
    pub fn next_attempt(&self, uniqueid: &UniqueId) -> Result<CallId, StoreError> {
        let last: Option<i64> = self
            .connection()
            .prepare("SELECT max(attempt) FROM call WHERE uniqueid = :uniqueid")?
            .query_row(named_params! { ":uniqueid": uniqueid }, |row| row.get(0))?;
        let first = CallId::first(uniqueid.clone());
        let last = last.and_then(|last| u32::try_from(last).ok()).and_then(std::num::NonZeroU32::new);
        Ok(last.map_or_else(|| first.clone(), |attempt| CallId { attempt, ..first.clone() }.next()))
    }

    /// Returns the user whom the entry of an origin moved, or `None` if there is no such entry.
    ///
    /// # Errors
    /// The database fails.
    pub fn account_of_origin(&self, origin: &str) -> Result<Option<AccountId>, StoreError> {
        Ok(self
            .connection()
            .prepare(
                "SELECT CASE WHEN debit_balance IS NULL THEN credit_account ELSE debit_account END FROM ledger_entry
                 WHERE origin = :origin",
            )?
            .query_row(named_params! { ":origin": origin }, |row| row.get(0))
            .optional()?)
    }

    /// Returns what an account brought with it: its opening entry, if it has one, and its past; and whether it has
    /// that entry. `None` if it brought nothing.
    ///
    /// # Errors
    /// The database fails.
    pub fn brought(&self, account: AccountId) -> Result<Option<(Money, bool)>, StoreError> {
        let mut statement = self.connection().prepare(
            "WITH side AS (
                 SELECT kind, actor, -amount AS amount FROM ledger_entry
                 WHERE debit_account = :account AND debit_balance IS NOT NULL
                 UNION ALL SELECT kind, actor, amount FROM ledger_entry
                 WHERE credit_account = :account AND credit_balance IS NOT NULL)
             SELECT sum(amount), max(kind = 'opening') FROM side
             WHERE kind = 'opening' OR actor = :actor AND kind IN ('refill', 'fee', 'charge') HAVING count(*) > 0",
        )?;
        Ok(statement
            .query_row(named_params! { ":account": account, ":actor": PAST_ACTOR }, |row| row.try_into())
            .optional()?)
    }
}
