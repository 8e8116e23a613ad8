//! What calls add up to, in memory that grows with what they are added up by and not with the calls.

use std::collections::HashMap;
use std::hash::Hash;

use rusqlite::{Row, named_params};

use super::cdr::{CallFilter, Conditions};
use crate::domain::country::Country;
use crate::domain::time::Timestamp;
use crate::domain::traffic::Traffic;
use crate::domain::zone::ZoneError;
use crate::store::Books;
use crate::store::error::StoreError;

/// What each call has one of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Facet {
    /// Who paid.
    User,
    /// The destinations of the rate.
    Prefix,
    /// The country that was called.
    Country,
    /// The trunk that carried it.
    Trunk,
    /// How it ended.
    Disposition,
}

/// What the sums over settled calls are read from; an index has all of it.
const SUMMANDS: &str = "count(*), coalesce(sum(disposition = 'ANSWERED'), 0), coalesce(sum(billsec), 0),
    coalesce(sum(charge), 0), coalesce(sum(cost), 0)";

/// The same of one call.
const SUMMANDS_OF_ONE: &str = "1, c.disposition = 'ANSWERED', c.billsec, c.charge, coalesce(c.cost, 0)";

/// What [`read_country`] reads.
const COUNTRY_COLUMNS: &str = "c.dialled, c.callee_id IS NOT NULL";

/// Reads the columns of [`SUMMANDS`], which are the first.
fn read_traffic(row: &Row<'_>) -> rusqlite::Result<Traffic> {
    let count = |at| row.get(at).map(i64::unsigned_abs);
    Ok(Traffic { calls: count(0)?, answered: count(1)?, seconds: count(2)?, revenue: row.get(3)?, cost: row.get(4)? })
}

/// Reads the columns of [`COUNTRY_COLUMNS`], which begin at `at`.
fn read_country(row: &Row<'_>, at: usize) -> rusqlite::Result<Option<&'static Country>> {
    Ok(Country::called(&row.get(at)?, row.get(at + 1)?))
}

type Sums<K> = HashMap<K, Traffic>;

fn add<K: Hash + Eq>(sums: &mut Sums<K>, key: K, traffic: Traffic) -> Result<(), StoreError> {
    let sum = sums.entry(key).or_default();
    *sum =
        sum.checked_add(traffic).ok_or_else(|| StoreError::Corrupt("charges beyond what money can be".to_owned()))?;
    Ok(())
}

impl Books<'_> {
    /// Returns when the first settled call was authorised between two times.
    ///
    /// # Errors
    /// The database fails.
    pub fn first_call(&self, since: Timestamp, until: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        let mut statement = self.connection().prepare(
            "SELECT min(placed) FROM call INDEXED BY call_by_time
             WHERE state = 'settled' AND placed >= :since AND placed < :until",
        )?;
        Ok(statement.query_row(named_params! { ":since": since, ":until": until }, |row| row.get(0))?)
    }

    /// Adds up the settled calls that were authorised between two times: a stretch of one index, a tenth of what
    /// the calls themselves would be to read.
    ///
    /// # Errors
    /// The database fails.
    pub fn traffic_between(&self, since: Timestamp, until: Timestamp) -> Result<Traffic, StoreError> {
        let mut statement = self.connection().prepare(&format!(
            "SELECT {SUMMANDS} FROM call INDEXED BY call_by_time
             WHERE state = 'settled' AND placed >= :since AND placed < :until"
        ))?;
        Ok(statement.query_row(named_params! { ":since": since, ":until": until }, read_traffic)?)
    }

    /// Adds up settled calls by the period that `begin` finds for the time of each.
    ///
    /// # Errors
    /// A time is outside the calendar, or the database fails.
    pub fn traffic_by_period(
        &self,
        filter: &CallFilter,
        begin: impl Fn(Timestamp) -> Result<Timestamp, ZoneError>,
    ) -> Result<Vec<(Timestamp, Traffic)>, StoreError> {
        let period = |row: &Row<'_>, at| begin(row.get(at)?).map_err(|error| StoreError::Corrupt(error.to_string()));
        Ok(self.sums(filter, "c.placed", period)?.into_iter().collect())
    }

    /// Adds up settled calls by one of their facets; those without it are together.
    ///
    /// # Errors
    /// The database fails.
    pub fn traffic_by(&self, facet: Facet, filter: &CallFilter) -> Result<Vec<(Option<String>, Traffic)>, StoreError> {
        let by_row = |column, name| self.named(self.sums(filter, column, |row, at| Ok(row.get(at)?))?, name);
        let sums = match facet {
            Facet::User => by_row("c.account_id", "SELECT username FROM account WHERE id = :row")?,
            Facet::Prefix => by_row("c.rate_id", "SELECT prefix FROM rate WHERE id = :row")?,
            Facet::Trunk => by_row("c.trunk_id", "SELECT name FROM trunk WHERE id = :row")?,
            Facet::Disposition => self.sums(filter, "c.disposition", |row, at| Ok(row.get(at)?))?,
            Facet::Country => self.sums(filter, COUNTRY_COLUMNS, |row, at| {
                Ok(read_country(row, at)?.and_then(|country| country.code).map(str::to_owned))
            })?,
        };
        Ok(sums.into_iter().collect())
    }

    /// Puts the names of rows in the place of their numbers; rows of one name are together.
    fn named(&self, sums: Sums<Option<i64>>, name: &str) -> Result<Sums<Option<String>>, StoreError> {
        let mut statement = self.connection().prepare(name)?;
        let mut named = Sums::with_capacity(sums.len());
        for (row, traffic) in sums {
            let name = row.map(|row| statement.query_row(&[(":row", &row)], |found| found.get(0))).transpose()?;
            add(&mut named, name, traffic)?;
        }
        Ok(named)
    }

    /// Reads settled calls once, in whatever order is the cheapest: grouping in SQL would sort them all first.
    /// `key` reads `columns`, which begin where it is told.
    fn sums<K: Hash + Eq>(
        &self,
        filter: &CallFilter,
        columns: &str,
        key: impl Fn(&Row<'_>, usize) -> Result<K, StoreError>,
    ) -> Result<Sums<K>, StoreError> {
        let mut conditions = Conditions::of("c.state = 'settled'");
        conditions.filter(filter);
        let country_columns = if filter.country.is_some() { COUNTRY_COLUMNS } else { "0, 0" };
        let mut statement = self.connection().prepare(&format!(
            "SELECT {SUMMANDS_OF_ONE}, {country_columns}, {columns} FROM call c WHERE {}",
            conditions.sql()
        ))?;
        let mut rows = statement.query(conditions.values())?;
        let mut sums = Sums::new();
        while let Some(row) = rows.next()? {
            if filter.country.is_none() || filter.accepts(read_country(row, 5)?) {
                add(&mut sums, key(row, 7)?, read_traffic(row)?)?;
            }
        }
        Ok(sums)
    }
}
