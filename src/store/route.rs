//! Routes: which numbers go over which trunk.

use rusqlite::{Row, named_params};

use super::Books;
use super::error::StoreError;
use super::trunk::{TRUNK_COLUMNS, TrunkId, TrunkRow, read_trunk};
use crate::domain::numbering::{PhoneNumber, Prefix};
use crate::domain::routing::Route;

/// A route as stored.
#[derive(Clone, Debug)]
pub struct RouteRow {
    /// The route.
    pub route: Route,
    /// Its trunk.
    pub trunk: TrunkRow,
}

fn read(row: &Row<'_>) -> rusqlite::Result<RouteRow> {
    Ok(RouteRow {
        route: Route { prefix: row.get(0)?, priority: row.get(1)?, strip: row.get(2)?, prepend: row.get(3)? },
        trunk: read_trunk(row, 4)?,
    })
}

impl Books<'_> {
    /// Adds a route.
    ///
    /// # Errors
    /// The trunk has one for the prefix (`route.prefix`), or the database fails.
    pub fn add_route(&self, trunk: TrunkId, route: &Route) -> Result<(), StoreError> {
        self.connection().execute(
            "INSERT INTO route (prefix, trunk_id, priority, strip, prepend)
             VALUES (:prefix, :trunk, :priority, :strip, :prepend)",
            named_params! {
                ":prefix": route.prefix, ":trunk": trunk.0, ":priority": route.priority, ":strip": route.strip,
                ":prepend": route.prepend,
            },
        )?;
        Ok(())
    }

    /// Removes a trunk's route for a prefix.
    ///
    /// # Errors
    /// The database fails.
    pub fn remove_route(&self, trunk: TrunkId, prefix: &Prefix) -> Result<(), StoreError> {
        self.connection().execute(
            "DELETE FROM route WHERE prefix = :prefix AND trunk_id = :trunk",
            named_params! { ":prefix": prefix, ":trunk": trunk.0 },
        )?;
        Ok(())
    }

    /// Lists the routes by prefix and priority, then in the order in which they were added.
    ///
    /// # Errors
    /// The database fails.
    pub fn routes(&self) -> Result<Vec<RouteRow>, StoreError> {
        self.routes_where("1", None)
    }

    /// Lists the routes of every prefix that a number begins with, in the same order.
    ///
    /// # Errors
    /// The database fails.
    pub fn routes_to(&self, number: &PhoneNumber) -> Result<Vec<RouteRow>, StoreError> {
        // One probe of the index for each prefix that the number has.
        let prefixes = (0..=number.as_str().len()).map(|length| format!("substr(:number, 1, {length})"));
        let among = prefixes.collect::<Vec<_>>().join(", ");
        self.routes_where(&format!("r.prefix IN ({among})"), Some(number))
    }

    fn routes_where(&self, condition: &str, number: Option<&PhoneNumber>) -> Result<Vec<RouteRow>, StoreError> {
        let mut statement = self.connection().prepare(&format!(
            "SELECT r.prefix, r.priority, r.strip, r.prepend, {TRUNK_COLUMNS}
             FROM route r JOIN trunk k ON k.id = r.trunk_id LEFT JOIN tariff t ON t.id = k.tariff_id
             WHERE {condition} ORDER BY r.prefix, r.priority, r.id"
        ))?;
        if let Some(index) = statement.parameter_index(":number")? {
            statement.raw_bind_parameter(index, number)?;
        }
        let mut found = statement.raw_query();
        let mut rows = Vec::new();
        while let Some(row) = found.next()? {
            rows.push(read(row)?);
        }
        Ok(rows)
    }
}
