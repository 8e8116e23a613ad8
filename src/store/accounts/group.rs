//! Groups, their members and their caps.

use rusqlite::{OptionalExtension, Row, named_params};

use super::account::AccountId;
use crate::domain::account::Username;
use crate::domain::caps::Caps;
use crate::domain::group::GroupName;
use crate::domain::money::Money;
use crate::domain::time::Timestamp;
use crate::store::Books;
use crate::store::error::StoreError;

/// A group's key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct GroupId(pub(in crate::store) i64);

/// A group as stored.
#[derive(Clone, Debug)]
pub struct GroupRow {
    /// The key.
    pub id: GroupId,
    /// The name.
    pub name: GroupName,
    /// What its members may not go beyond together.
    pub caps: Caps,
    /// Below which balance each of them is told so, unless they have a bound of their own.
    pub warn_below: Option<Money>,
    /// How many members it has.
    pub members: u32,
    /// Since when there is one.
    pub created: Timestamp,
}

const COLUMNS: &str = "g.id, g.name, g.caps, g.created, g.warn_below,
    (SELECT count(*) FROM membership m WHERE m.group_id = g.id) FROM account_group g";

fn read(row: &Row<'_>) -> rusqlite::Result<GroupRow> {
    Ok(GroupRow {
        id: GroupId(row.get(0)?),
        name: row.get(1)?,
        caps: row.get::<_, Option<_>>(2)?.unwrap_or_default(),
        created: row.get(3)?,
        warn_below: row.get(4)?,
        members: row.get(5)?,
    })
}

impl Books<'_> {
    /// Adds a group without members.
    ///
    /// # Errors
    /// The name is taken (`account_group.name`), or the database fails.
    pub fn add_group(&self, name: &GroupName, now: Timestamp) -> Result<GroupId, StoreError> {
        self.connection().execute(
            "INSERT INTO account_group (name, created) VALUES (:name, :now)",
            named_params! { ":name": name, ":now": now },
        )?;
        Ok(GroupId(self.connection().last_insert_rowid()))
    }

    /// Finds a group by name.
    ///
    /// # Errors
    /// The database fails.
    pub fn group(&self, name: &GroupName) -> Result<Option<GroupRow>, StoreError> {
        let sql = format!("SELECT {COLUMNS} WHERE g.name = :name");
        Ok(self.connection().query_row(&sql, named_params! { ":name": name }, read).optional()?)
    }

    /// Lists the groups by name; of one member only if asked.
    ///
    /// # Errors
    /// The database fails.
    pub fn groups(&self, of: Option<AccountId>) -> Result<Vec<GroupRow>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} WHERE :account IS NULL
                 OR g.id IN (SELECT group_id FROM membership WHERE account_id = :account) ORDER BY g.name"
        );
        let mut statement = self.connection().prepare(&sql)?;
        let rows = statement.query_map(named_params! { ":account": of }, read)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Gives a group another name.
    ///
    /// # Errors
    /// The name is taken (`account_group.name`), or the database fails.
    pub fn rename_group(&self, id: GroupId, name: &GroupName) -> Result<(), StoreError> {
        self.connection().execute(
            "UPDATE account_group SET name = :name WHERE id = :id",
            named_params! { ":name": name, ":id": id.0 },
        )?;
        Ok(())
    }

    /// Removes a group and its memberships.
    ///
    /// # Errors
    /// The database fails.
    pub fn remove_group(&self, id: GroupId) -> Result<(), StoreError> {
        self.connection().execute("DELETE FROM membership WHERE group_id = :id", named_params! { ":id": id.0 })?;
        self.connection().execute("DELETE FROM account_group WHERE id = :id", named_params! { ":id": id.0 })?;
        Ok(())
    }

    /// Makes an account a member; tells whether it was none.
    ///
    /// # Errors
    /// The database fails.
    pub fn join_group(&self, id: GroupId, account: AccountId, now: Timestamp) -> Result<bool, StoreError> {
        let joined = self.connection().execute(
            "INSERT INTO membership (account_id, group_id, joined) VALUES (:account, :id, :now) ON CONFLICT DO NOTHING",
            named_params! { ":account": account, ":id": id.0, ":now": now },
        )?;
        Ok(joined == 1)
    }

    /// Ends a membership; tells whether there was one.
    ///
    /// # Errors
    /// The database fails.
    pub fn leave_group(&self, id: GroupId, account: AccountId) -> Result<bool, StoreError> {
        let left = self.connection().execute(
            "DELETE FROM membership WHERE account_id = :account AND group_id = :id",
            named_params! { ":account": account, ":id": id.0 },
        )?;
        Ok(left == 1)
    }

    /// Ends every membership of an account.
    ///
    /// # Errors
    /// The database fails.
    pub fn leave_groups(&self, account: AccountId) -> Result<(), StoreError> {
        self.connection()
            .execute("DELETE FROM membership WHERE account_id = :account", named_params! { ":account": account })?;
        Ok(())
    }

    /// Lists the members of a group by name: key, name, since when.
    ///
    /// # Errors
    /// The database fails.
    pub fn members(&self, id: GroupId) -> Result<Vec<(AccountId, Username, Timestamp)>, StoreError> {
        let mut statement = self.connection().prepare(
            "SELECT a.id, a.username, m.joined FROM membership m JOIN account a ON a.id = m.account_id
             WHERE m.group_id = :id ORDER BY a.username",
        )?;
        let rows =
            statement.query_map(named_params! { ":id": id.0 }, |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Returns the caps of an account.
    ///
    /// # Errors
    /// The database fails.
    pub fn caps_of(&self, account: AccountId) -> Result<Caps, StoreError> {
        let caps: Option<Caps> = self.connection().query_row(
            "SELECT caps FROM account WHERE id = :account",
            named_params! { ":account": account },
            |row| row.get(0),
        )?;
        Ok(caps.unwrap_or_default())
    }

    /// Sets the caps of an account.
    ///
    /// # Errors
    /// The database fails.
    pub fn cap_account(&self, account: AccountId, caps: &Caps) -> Result<(), StoreError> {
        self.connection().execute(
            "UPDATE account SET caps = :caps WHERE id = :account",
            named_params! { ":caps": (!caps.is_empty()).then_some(caps), ":account": account },
        )?;
        Ok(())
    }

    /// Sets the caps of a group.
    ///
    /// # Errors
    /// The database fails.
    pub fn cap_group(&self, id: GroupId, caps: &Caps) -> Result<(), StoreError> {
        self.connection().execute(
            "UPDATE account_group SET caps = :caps WHERE id = :id",
            named_params! { ":caps": (!caps.is_empty()).then_some(caps), ":id": id.0 },
        )?;
        Ok(())
    }

    /// Sets below which balance the members of a group are told so.
    ///
    /// # Errors
    /// The database fails.
    pub fn warn_group(&self, id: GroupId, below: Option<Money>) -> Result<(), StoreError> {
        self.connection().execute(
            "UPDATE account_group SET warn_below = :below WHERE id = :id",
            named_params! { ":below": below, ":id": id.0 },
        )?;
        Ok(())
    }
}
