//! Trunks, and the calls that are on them.

use rusqlite::{OptionalExtension, Row, named_params};

use super::rate::{TARIFF_COLUMNS, TariffId, TariffRow, read_tariff};
use crate::domain::routing::{Trunk, TrunkName};
use crate::store::Books;
use crate::store::error::StoreError;

/// A trunk's key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TrunkId(pub(in crate::store) i64);

/// A trunk as stored.
#[derive(Clone, Debug)]
pub struct TrunkRow {
    /// The key.
    pub id: TrunkId,
    /// The trunk.
    pub trunk: Trunk,
    /// The key of the tariff that the carrier charges us by.
    pub tariff: Option<TariffId>,
}

/// What [`read_trunk`] reads, of `trunk k LEFT JOIN tariff t ON t.id = k.tariff_id`.
pub(in crate::store) const TRUNK_COLUMNS: &str = "k.id, k.name, k.dial, k.max_calls, t.id, t.name";

/// Reads the columns of [`TRUNK_COLUMNS`], which begin at `at`.
pub(in crate::store) fn read_trunk(row: &Row<'_>, at: usize) -> rusqlite::Result<TrunkRow> {
    Ok(TrunkRow {
        id: TrunkId(row.get(at)?),
        trunk: Trunk {
            name: row.get(at + 1)?,
            dial: row.get(at + 2)?,
            max_calls: row.get(at + 3)?,
            cost: row.get(at + 5)?,
        },
        tariff: row.get::<_, Option<_>>(at + 4)?.map(TariffId),
    })
}

impl Books<'_> {
    /// Adds a trunk.
    ///
    /// # Errors
    /// The name is taken (`trunk.name`), or the database fails.
    pub fn add_trunk(&self, trunk: &Trunk, tariff: Option<TariffId>) -> Result<(), StoreError> {
        self.connection().execute(
            "INSERT INTO trunk (name, dial, tariff_id, max_calls) VALUES (:name, :dial, :tariff, :max_calls)",
            named_params! {
                ":name": trunk.name, ":dial": trunk.dial, ":tariff": tariff.map(|tariff| tariff.0),
                ":max_calls": trunk.max_calls,
            },
        )?;
        Ok(())
    }

    /// Changes a trunk.
    ///
    /// # Errors
    /// The new name is taken (`trunk.name`), or the database fails.
    pub fn update_trunk(&self, id: TrunkId, trunk: &Trunk, tariff: Option<TariffId>) -> Result<(), StoreError> {
        self.connection().execute(
            "UPDATE trunk SET name = :name, dial = :dial, tariff_id = :tariff, max_calls = :max_calls WHERE id = :id",
            named_params! {
                ":name": trunk.name, ":dial": trunk.dial, ":tariff": tariff.map(|tariff| tariff.0),
                ":max_calls": trunk.max_calls, ":id": id.0,
            },
        )?;
        Ok(())
    }

    /// Removes a trunk that no route and no call names.
    ///
    /// # Errors
    /// The database fails.
    pub fn remove_trunk(&self, id: TrunkId) -> Result<(), StoreError> {
        self.connection().execute("DELETE FROM trunk WHERE id = :id", named_params! { ":id": id.0 })?;
        Ok(())
    }

    /// Finds a trunk by its name.
    ///
    /// # Errors
    /// The database fails.
    pub fn trunk(&self, name: &TrunkName) -> Result<Option<TrunkRow>, StoreError> {
        let sql = format!(
            "SELECT {TRUNK_COLUMNS} FROM trunk k LEFT JOIN tariff t ON t.id = k.tariff_id WHERE k.name = :name"
        );
        let found = self.connection().query_row(&sql, named_params! { ":name": name }, |row| read_trunk(row, 0));
        Ok(found.optional()?)
    }

    /// Finds a trunk by its key.
    ///
    /// # Errors
    /// There is none, or the database fails.
    pub(in crate::store) fn trunk_of(&self, id: TrunkId) -> Result<TrunkRow, StoreError> {
        let mut statement = self.connection().prepare(&format!(
            "SELECT {TRUNK_COLUMNS} FROM trunk k LEFT JOIN tariff t ON t.id = k.tariff_id WHERE k.id = :id"
        ))?;
        Ok(statement.query_row(named_params! { ":id": id.0 }, |row| read_trunk(row, 0))?)
    }

    /// Lists the trunks by name.
    ///
    /// # Errors
    /// The database fails.
    pub fn trunks(&self) -> Result<Vec<TrunkRow>, StoreError> {
        let mut statement = self.connection().prepare(&format!(
            "SELECT {TRUNK_COLUMNS} FROM trunk k LEFT JOIN tariff t ON t.id = k.tariff_id ORDER BY k.name"
        ))?;
        let rows = statement.query_map([], |row| read_trunk(row, 0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Counts the calls that are on a trunk now.
    ///
    /// # Errors
    /// The database fails.
    pub fn open_calls_on(&self, id: TrunkId) -> Result<u32, StoreError> {
        self.calls_on(id, "SELECT count(*) FROM call WHERE trunk_id = :id AND state = 'open'")
    }

    /// Counts the calls that a trunk has ever carried.
    ///
    /// # Errors
    /// The database fails.
    pub fn calls_ever_on(&self, id: TrunkId) -> Result<u32, StoreError> {
        self.calls_on(id, "SELECT count(*) FROM call WHERE trunk_id = :id")
    }

    fn calls_on(&self, id: TrunkId, sql: &str) -> Result<u32, StoreError> {
        Ok(self.connection().prepare(sql)?.query_row(named_params! { ":id": id.0 }, |row| row.get(0))?)
    }

    /// Finds the tariff that a trunk's carrier charges us by.
    ///
    /// # Errors
    /// The database fails.
    pub fn cost_tariff(&self, id: TrunkId) -> Result<Option<TariffRow>, StoreError> {
        let sql = format!("SELECT {TARIFF_COLUMNS} FROM trunk k JOIN tariff t ON t.id = k.tariff_id WHERE k.id = :id");
        let found = self.connection().query_row(&sql, named_params! { ":id": id.0 }, |row| read_tariff(row, 0));
        Ok(found.optional()?)
    }
}
