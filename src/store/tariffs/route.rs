//! Routes: which numbers go over which trunk.

use rusqlite::{Row, named_params};

use super::trunk::{TRUNK_COLUMNS, TrunkId, TrunkRow, read_trunk};
use crate::domain::numbering::{PhoneNumber, Prefix};
use crate::domain::routing::Route;
use crate::store::Books;
use crate::store::error::StoreError;

/// A route as stored.
#[derive(Clone, Debug)]
pub struct RouteRow {
    /// The route.
    pub route: Route,
    /// Its trunk.
    pub trunk: TrunkRow,
}

/// What [`read_route`] reads.
const ROUTE_COLUMNS: &str = "r.prefix, r.priority, r.strip, r.prepend";

fn read_route(row: &Row<'_>) -> rusqlite::Result<Route> {
    Ok(Route { prefix: row.get(0)?, priority: row.get(1)?, strip: row.get(2)?, prepend: row.get(3)? })
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

    /// Lists the routes by prefix and priority, then by the age of their trunks.
    ///
    /// # Errors
    /// The database fails.
    pub fn routes(&self) -> Result<Vec<RouteRow>, StoreError> {
        let mut statement = self.connection().prepare(&format!(
            "SELECT {ROUTE_COLUMNS}, {TRUNK_COLUMNS}
             FROM route r JOIN trunk k ON k.id = r.trunk_id LEFT JOIN tariff t ON t.id = k.tariff_id
             ORDER BY r.prefix, r.priority, r.trunk_id"
        ))?;
        let rows =
            statement.query_map([], |row| Ok(RouteRow { route: read_route(row)?, trunk: read_trunk(row, 4)? }))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Lists the routes of every prefix that a number begins with: the longest prefix first, then by the age of
    /// their trunks.
    ///
    /// # Errors
    /// The database fails.
    pub fn routes_to(&self, number: &PhoneNumber) -> Result<Vec<RouteRow>, StoreError> {
        // Each prefix is one probe of the index. One query for all of them that joins the trunks takes three times
        // as long, most of it to be prepared, and that also in books without routes.
        let mut statement = self.connection().prepare(&format!(
            "SELECT {ROUTE_COLUMNS}, r.trunk_id FROM route r WHERE r.prefix = :prefix ORDER BY r.trunk_id"
        ))?;
        let mut rows = Vec::new();
        for length in (0..=number.as_str().len()).rev() {
            let mut found = statement.query(named_params! { ":prefix": &number.as_str()[..length] })?;
            while let Some(row) = found.next()? {
                rows.push(RouteRow { route: read_route(row)?, trunk: self.trunk_of(TrunkId(row.get(4)?))? });
            }
        }
        Ok(rows)
    }
}
