//! Plans of groups, and who is still to have what a date of one gives.

use jiff::civil::Date;
use rusqlite::{OptionalExtension, ToSql, named_params};

use super::account::AccountId;
use super::group::GroupRow;
use crate::domain::plan::Plan;
use crate::domain::time::Timestamp;
use crate::store::Books;
use crate::store::error::StoreError;

/// Members who joined in time and have nothing of this date yet.
const WAITING: &str = "FROM membership m WHERE m.group_id = :group AND m.joined < :joined_before
    AND NOT EXISTS (SELECT 1 FROM ledger_entry e WHERE e.origin = :origin || m.account_id)";

/// A date of a group.
#[derive(Clone, Debug)]
pub struct GroupDate {
    group: i64,
    joined_before: Timestamp,
    origin: String,
}

/// Begins the origins of everything that a group gives. A group that takes over the key of a removed one was
/// created at another time.
fn origins(group: &GroupRow) -> String {
    format!("group:{}:{}:", group.id.0, group.created.millis())
}

impl GroupDate {
    /// Makes a date of a group, for who joined before the instant at which it is over.
    #[must_use]
    pub fn of(group: &GroupRow, date: Date, joined_before: Timestamp) -> Self {
        Self { group: group.id.0, joined_before, origin: format!("{}{date}:", origins(group)) }
    }

    /// Returns the origin of what a member is given on it.
    #[must_use]
    pub fn origin_for(&self, member: AccountId) -> String {
        format!("{}{}", self.origin, member.0)
    }
}

impl Books<'_> {
    /// Returns the plan of a group; `None` where it has none, or the group is no longer there.
    ///
    /// # Errors
    /// The database fails.
    pub fn plan(&self, group: &GroupRow) -> Result<Option<Plan>, StoreError> {
        let mut statement =
            self.connection().prepare("SELECT plan FROM account_group WHERE id = :id AND created = :created")?;
        let found = statement
            .query_row(named_params! { ":id": group.id.0, ":created": group.created }, |row| row.get(0))
            .optional()?;
        Ok(found.flatten())
    }

    /// Sets the plan of a group, or takes it away.
    ///
    /// # Errors
    /// The database fails.
    pub fn set_plan(&self, group: &GroupRow, plan: Option<&Plan>) -> Result<(), StoreError> {
        self.connection().execute(
            "UPDATE account_group SET plan = :plan WHERE id = :id",
            named_params! { ":plan": plan, ":id": group.id.0 },
        )?;
        Ok(())
    }

    /// Returns the last date on which a group has given something to somebody.
    ///
    /// # Errors
    /// The database fails.
    pub fn last_given(&self, group: &GroupRow) -> Result<Option<Date>, StoreError> {
        let origins = origins(group);
        let last: Option<String> = self
            .connection()
            .query_row(
                "SELECT substr(origin, length(:origins) + 1, 10) FROM ledger_entry
                 WHERE origin >= :origins AND origin < :origins || '~' ORDER BY origin DESC LIMIT 1",
                named_params! { ":origins": origins },
                |row| row.get(0),
            )
            .optional()?;
        let date = |text: String| text.parse().map_err(|_| StoreError::Corrupt(format!("origin {origins}{text}")));
        last.map(date).transpose()
    }

    /// Lists the members who are still to have what a date gives, by key.
    ///
    /// # Errors
    /// The database fails.
    pub fn waiting(&self, date: &GroupDate) -> Result<Vec<AccountId>, StoreError> {
        let sql = format!("SELECT m.account_id {WAITING} ORDER BY m.account_id");
        let mut statement = self.connection().prepare(&sql)?;
        let rows = statement.query_map(date.parameters().as_slice(), |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Counts the members who are still to have what a date gives.
    ///
    /// # Errors
    /// The database fails.
    pub fn count_waiting(&self, date: &GroupDate) -> Result<u32, StoreError> {
        let mut statement = self.connection().prepare(&format!("SELECT count(*) {WAITING}"))?;
        Ok(statement.query_row(date.parameters().as_slice(), |row| row.get(0))?)
    }

    /// Tells whether an account is a member who is still to have what a date gives.
    ///
    /// # Errors
    /// The database fails.
    pub fn is_waiting(&self, date: &GroupDate, account: AccountId) -> Result<bool, StoreError> {
        let sql = format!("SELECT EXISTS (SELECT 1 {WAITING} AND m.account_id = :account)");
        let mut statement = self.connection().prepare(&sql)?;
        let mut parameters = date.parameters().to_vec();
        parameters.push((":account", &account));
        Ok(statement.query_row(parameters.as_slice(), |row| row.get(0))?)
    }
}

impl GroupDate {
    fn parameters(&self) -> [(&str, &dyn ToSql); 3] {
        [(":group", &self.group), (":joined_before", &self.joined_before), (":origin", &self.origin)]
    }
}
