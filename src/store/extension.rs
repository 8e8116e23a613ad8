//! Extensions and ring groups.

use rusqlite::{OptionalExtension, Row, named_params};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Books;
use super::error::StoreError;
use crate::domain::account::Username;
use crate::domain::extension::{Extension, Settings, ShownName};
use crate::domain::numbering::PhoneNumber;
use crate::domain::ring_group::{GroupSettings, RingGroup};
use crate::store::accounts::account::AccountId;

const EXTENSION: &str = "extension";
const RING_GROUP: &str = "ring_group";

/// A row of the table, whatever it is of.
struct Stored<S> {
    number: PhoneNumber,
    name: ShownName,
    payer: Option<Username>,
    settings: S,
}

impl<S: DeserializeOwned> Stored<S> {
    fn read(row: &Row<'_>) -> Result<Self, StoreError> {
        let number: PhoneNumber = row.get(0)?;
        let settings = serde_json::from_str(row.get_ref(3)?.as_str().map_err(rusqlite::Error::from)?);
        let settings = settings.map_err(|error| StoreError::Corrupt(format!("settings of {number}: {error}")))?;
        Ok(Self { number, name: row.get(1)?, payer: row.get(2)?, settings })
    }
}

impl Stored<Settings> {
    fn extension(self) -> Result<Extension, StoreError> {
        let payer = self.payer.ok_or_else(|| StoreError::Corrupt(format!("nobody pays for {}", self.number)))?;
        Ok(Extension { number: self.number, name: self.name, payer, settings: self.settings })
    }
}

impl Stored<GroupSettings> {
    fn ring_group(self) -> RingGroup {
        RingGroup { number: self.number, name: self.name, payer: self.payer, settings: self.settings }
    }
}

impl Books<'_> {
    /// Finds an extension.
    ///
    /// # Errors
    /// The database fails.
    pub fn extension(&self, number: &PhoneNumber) -> Result<Option<Extension>, StoreError> {
        self.inside(EXTENSION, Some(number))?.pop().map(Stored::extension).transpose()
    }

    /// Lists the extensions by number.
    ///
    /// # Errors
    /// The database fails.
    pub fn extensions(&self) -> Result<Vec<Extension>, StoreError> {
        self.inside(EXTENSION, None)?.into_iter().map(Stored::extension).collect()
    }

    /// Finds a ring group.
    ///
    /// # Errors
    /// The database fails.
    pub fn ring_group(&self, number: &PhoneNumber) -> Result<Option<RingGroup>, StoreError> {
        Ok(self.inside(RING_GROUP, Some(number))?.pop().map(Stored::ring_group))
    }

    /// Lists the ring groups by number.
    ///
    /// # Errors
    /// The database fails.
    pub fn ring_groups(&self) -> Result<Vec<RingGroup>, StoreError> {
        Ok(self.inside(RING_GROUP, None)?.into_iter().map(Stored::ring_group).collect())
    }

    fn inside<S: DeserializeOwned>(
        &self,
        kind: &str,
        number: Option<&PhoneNumber>,
    ) -> Result<Vec<Stored<S>>, StoreError> {
        // Two statements, because one for both would not look the number up.
        const ROWS: &str = "SELECT e.number, e.name, a.username, e.settings
             FROM extension e LEFT JOIN account a ON a.id = e.account_id WHERE e.kind = :kind";
        let mut statement = self.connection().prepare(&match number {
            Some(_) => format!("{ROWS} AND e.number = :number"),
            None => format!("{ROWS} AND :number IS NULL ORDER BY length(e.number), e.number"),
        })?;
        let mut rows = statement.query(named_params! { ":kind": kind, ":number": number })?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            found.push(Stored::read(row)?);
        }
        Ok(found)
    }

    /// Adds an extension.
    ///
    /// # Errors
    /// The number is one inside (`extension.number`), or the database fails.
    pub fn add_extension(&self, new: &Extension, payer: AccountId) -> Result<(), StoreError> {
        self.add_inside(EXTENSION, &new.number, &new.name, Some(payer), &new.settings)
    }

    /// Adds a ring group.
    ///
    /// # Errors
    /// The number is one inside (`extension.number`), or the database fails.
    pub fn add_ring_group(&self, new: &RingGroup, payer: Option<AccountId>) -> Result<(), StoreError> {
        self.add_inside(RING_GROUP, &new.number, &new.name, payer, &new.settings)
    }

    fn add_inside(
        &self,
        kind: &str,
        number: &PhoneNumber,
        name: &ShownName,
        payer: Option<AccountId>,
        settings: &impl Serialize,
    ) -> Result<(), StoreError> {
        let mut statement = self.connection().prepare(
            "INSERT INTO extension (number, kind, name, account_id, settings)
             VALUES (:number, :kind, :name, :payer, :settings)",
        )?;
        statement.execute(named_params! {
            ":number": number, ":kind": kind, ":name": name.as_str(), ":payer": payer,
            ":settings": written(settings)?,
        })?;
        Ok(())
    }

    /// Writes back what may change of an extension: all but its number.
    ///
    /// # Errors
    /// The database fails.
    pub fn update_extension(&self, row: &Extension, payer: AccountId) -> Result<(), StoreError> {
        self.update_inside(&row.number, &row.name, Some(payer), &row.settings)
    }

    /// Writes back what may change of a ring group: all but its number.
    ///
    /// # Errors
    /// The database fails.
    pub fn update_ring_group(&self, row: &RingGroup, payer: Option<AccountId>) -> Result<(), StoreError> {
        self.update_inside(&row.number, &row.name, payer, &row.settings)
    }

    fn update_inside(
        &self,
        number: &PhoneNumber,
        name: &ShownName,
        payer: Option<AccountId>,
        settings: &impl Serialize,
    ) -> Result<(), StoreError> {
        let mut statement = self.connection().prepare(
            "UPDATE extension SET name = :name, account_id = :payer, settings = :settings WHERE number = :number",
        )?;
        statement.execute(named_params! {
            ":number": number, ":name": name.as_str(), ":payer": payer, ":settings": written(settings)?,
        })?;
        Ok(())
    }

    /// Removes an extension or a ring group.
    ///
    /// # Errors
    /// The database fails.
    pub fn remove_inside(&self, number: &PhoneNumber) -> Result<(), StoreError> {
        self.connection()
            .execute("DELETE FROM extension WHERE number = :number", named_params! { ":number": number })?;
        Ok(())
    }

    /// Returns the numbers of the extensions and groups that an account pays for.
    ///
    /// # Errors
    /// The database fails.
    pub fn paid_by(&self, payer: AccountId) -> Result<Vec<PhoneNumber>, StoreError> {
        let mut statement = self
            .connection()
            .prepare("SELECT number FROM extension WHERE account_id = :payer ORDER BY length(number), number")?;
        let rows = statement.query_map(named_params! { ":payer": payer }, |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Returns the first number from `first` on that nothing inside and no user has; `None` where there is no more.
    ///
    /// # Errors
    /// The database fails.
    pub fn next_free(
        &self,
        first: u32,
        taken: impl Fn(&PhoneNumber) -> bool,
    ) -> Result<Option<PhoneNumber>, StoreError> {
        let mut statement = self.connection().prepare(
            "SELECT 1 FROM extension WHERE number = :number
             UNION ALL SELECT 1 FROM identity WHERE kind = 'number' AND value = :number",
        )?;
        for number in first.. {
            let Ok(number) = number.to_string().parse() else { break };
            let used = statement.query_row(named_params! { ":number": number }, |_| Ok(())).optional()?.is_some();
            if !used && !taken(&number) {
                return Ok(Some(number));
            }
        }
        Ok(None)
    }
}

fn written(settings: &impl Serialize) -> Result<String, StoreError> {
    serde_json::to_string(settings).map_err(|error| StoreError::Corrupt(error.to_string()))
}

/// Tells what cannot be read of what is set of an extension or a ring group.
pub(super) fn settings_fault(kind: &str, text: &str) -> Option<String> {
    let read = match kind {
        EXTENSION => serde_json::from_str::<Settings>(text).map(drop),
        _ => serde_json::from_str::<GroupSettings>(text).map(drop),
    };
    read.err().map(|error| error.to_string())
}
