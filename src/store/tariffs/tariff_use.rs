//! What stands in the way of removing a tariff, and its removal.

use rusqlite::config::DbConfig;
use rusqlite::{Row, named_params};

use super::rate::TariffId;
use crate::store::error::StoreError;
use crate::store::{Books, Store};

/// How many use a tariff, and the first of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Uses {
    /// How many.
    pub count: u64,
    /// The names of the first few.
    pub first: Vec<String>,
}

/// Who uses a tariff.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TariffUse {
    /// Users, also those whose account is closed.
    pub users: Uses,
    /// Trunks.
    pub trunks: Uses,
}

impl Store {
    /// Lets the decisions on this connection delete rates: SQLite would look for each of them among all calls,
    /// because nothing else needs an index of calls by rate. Who deletes has looked before.
    ///
    /// # Errors
    /// The database fails.
    pub fn leave_references(&mut self) -> Result<(), StoreError> {
        self.connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_FKEY, false)?;
        Ok(())
    }
}

impl Books<'_> {
    /// Finds who uses a tariff.
    ///
    /// # Errors
    /// The database fails.
    pub fn tariff_use(&self, tariff: TariffId) -> Result<TariffUse, StoreError> {
        Ok(TariffUse {
            users: self.uses("SELECT username FROM account WHERE tariff_id = :tariff ORDER BY id", tariff)?,
            trunks: self.uses("SELECT name FROM trunk WHERE tariff_id = :tariff ORDER BY name", tariff)?,
        })
    }

    fn uses(&self, sql: &str, tariff: TariffId) -> Result<Uses, StoreError> {
        let mut statement = self.connection().prepare(sql)?;
        let mut rows = statement.query(named_params! { ":tariff": tariff.0 })?;
        let mut uses = Uses::default();
        while let Some(row) = rows.next()? {
            uses.count += 1;
            if uses.count <= 5 {
                uses.first.push(row.get(0)?);
            }
        }
        Ok(uses)
    }

    /// Counts the calls that were granted under a rate of a tariff, among those that are newer than the call at
    /// `after`; returns also the newest call of all.
    ///
    /// # Errors
    /// The database fails.
    pub fn calls_under(&self, tariff: TariffId, after: i64) -> Result<(u32, i64), StoreError> {
        let read = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?));
        let sql = "SELECT count(*) FILTER (WHERE r.tariff_id = :tariff), coalesce(max(c.id), :after)
                   FROM call c JOIN rate r ON r.id = c.rate_id WHERE c.id > :after";
        Ok(self.connection().query_row(sql, named_params! { ":tariff": tariff.0, ":after": after }, read)?)
    }

    /// Removes a tariff and its rates, on a connection that leaves references alone; returns how many rates.
    ///
    /// # Errors
    /// The database fails.
    pub fn remove_tariff(&self, tariff: TariffId) -> Result<usize, StoreError> {
        let key = named_params! { ":tariff": tariff.0 };
        let rates = self.connection().execute("DELETE FROM rate WHERE tariff_id = :tariff", key)?;
        self.connection().execute("DELETE FROM tariff WHERE id = :tariff", key)?;
        Ok(rates)
    }
}
