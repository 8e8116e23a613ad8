//! The numbered migrations and which of them a file has.

use rusqlite::{Connection, named_params};

use crate::domain::ledger::SystemAccount;
use crate::domain::money::Rounding;
use crate::domain::rate::{Destinations, Rate};
use crate::domain::rating::Validity;
use crate::domain::tariff::{Holidays, Tariff};
use crate::domain::time::Timestamp;
use crate::domain::zone::Zone;
use crate::store::entries::chain;
use crate::store::error::StoreError;
use crate::store::tariffs::rate::STANDARD_TARIFF;
use crate::store::unit::Unit;
use crate::store::{AccountId, Books};

/// Marks a file as ours (`PRAGMA application_id`): "CelB".
pub(in crate::store) const APPLICATION_ID: i64 = 0x4365_6c42;

/// Every migration, in order; the first makes schema 1. Never edited once released.
const MIGRATIONS: &[&str] = &[
    include_str!("../../../sql/0001_books.sql"),
    include_str!("../../../sql/0002_tariffs.sql"),
    include_str!("../../../sql/0003_accounts.sql"),
    include_str!("../../../sql/0004_extensions.sql"),
    include_str!("../../../sql/0005_audit.sql"),
];

/// The first schema whose entries have hashes.
const CHAINED: i64 = 3;

/// The schema that this program reads and writes.
#[must_use]
pub(in crate::store) fn known() -> i64 {
    i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX)
}

/// Returns the schema of a file; 0 before the first migration.
pub(in crate::store) fn version(connection: &Connection) -> Result<i64, StoreError> {
    Ok(connection.pragma_query_value(None, "user_version", |row| row.get(0))?)
}

/// Brings a file from its schema to the known one, in the transaction that is open; returns how many
/// migrations ran.
pub(in crate::store) fn migrate(connection: &Connection, from: i64) -> Result<usize, StoreError> {
    let done = usize::try_from(from).unwrap_or(0);
    for (number, migration) in (1..).zip(MIGRATIONS).skip(done) {
        connection.execute_batch(migration)?;
        if number == CHAINED {
            chain::chain_all(connection)?;
        }
    }
    connection.pragma_update(None, "application_id", APPLICATION_ID)?;
    connection.pragma_update(None, "user_version", known())?;
    Ok(MIGRATIONS.len().saturating_sub(done))
}

impl Books<'_> {
    /// Writes what new books begin with, and commits: the unit, the house's own accounts, and the tariff
    /// that users have unless told otherwise. Where the unit is the second, one second costs one.
    pub(in crate::store) fn seed(self, unit: &Unit, now: Timestamp) -> Result<(), StoreError> {
        self.connection().execute(
            "INSERT INTO setting (name, value) VALUES ('unit', :unit)",
            named_params! { ":unit": unit.as_str() },
        )?;
        let mut insert = self.connection().prepare(
            "INSERT INTO account (id, kind, username, level, status, created)
             VALUES (:id, 'system', :username, 'admin', 'active', :now)",
        )?;
        for account in SystemAccount::ALL {
            insert.execute(named_params! {
                ":id": AccountId::of(account), ":username": account.as_str(), ":now": now,
            })?;
        }
        drop(insert);
        let standard = Tariff {
            name: STANDARD_TARIFF.to_owned(),
            rounding: Rounding::FINEST,
            zone: Zone::utc(),
            holidays: Holidays::default(),
        };
        let id = self.add_tariff(&standard, now)?;
        let first = match unit.is_seconds() {
            true => Rate::per_second(),
            // Where money is the unit, users call each other for nothing unless told otherwise.
            false => Rate::free(Destinations::OnNet),
        };
        self.add_rate(id, &first, &Validity { starts: now, ..Validity::default() })?;
        self.transaction.commit()?;
        Ok(())
    }

    /// Returns the unit of the books.
    ///
    /// # Errors
    /// The database fails.
    pub fn unit(&self) -> Result<Unit, StoreError> {
        let word: String =
            self.connection().query_row("SELECT value FROM setting WHERE name = 'unit'", [], |row| row.get(0))?;
        word.parse().map_err(|_| StoreError::Corrupt(format!("unit `{word}`")))
    }
}
