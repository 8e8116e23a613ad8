//! What a channel may show to be billed to an account.

use rusqlite::{OptionalExtension, named_params};

use super::account::AccountId;
use crate::domain::account::Username;
use crate::domain::numbering::{Imsi, PhoneNumber};
use crate::store::Books;
use crate::store::error::StoreError;

impl Books<'_> {
    /// Gives an account a further number.
    ///
    /// # Errors
    /// The number is taken (`identity`), or the database fails.
    pub fn add_number(&self, id: AccountId, number: &PhoneNumber) -> Result<(), StoreError> {
        self.identify("number", number.as_str(), id)
    }

    fn identify(&self, kind: &str, value: &str, id: AccountId) -> Result<(), StoreError> {
        self.connection().execute(
            "INSERT INTO identity (kind, value, account_id) VALUES (:kind, :value, :id)",
            named_params! { ":kind": kind, ":value": value, ":id": id },
        )?;
        Ok(())
    }

    /// Takes a further number away from whoever has it; tells whether somebody had.
    ///
    /// # Errors
    /// The database fails.
    pub fn remove_further_number(&self, number: &PhoneNumber) -> Result<bool, StoreError> {
        let removed = self.connection().execute(
            "DELETE FROM identity WHERE kind = 'number' AND value = :number
             AND value <> (SELECT clid FROM account WHERE id = account_id)",
            named_params! { ":number": number },
        )?;
        Ok(removed == 1)
    }

    /// Replaces an account's main number; one that it had as a further number is promoted. One that is an
    /// extension stays a further number.
    ///
    /// # Errors
    /// Another account has the number (`identity`), or the database fails.
    pub fn set_main_number(&self, id: AccountId, number: &PhoneNumber) -> Result<(), StoreError> {
        self.connection().execute(
            "DELETE FROM identity WHERE account_id = :id AND kind = 'number'
             AND value IN (:number, (SELECT clid FROM account WHERE id = :id))
             AND (value = :number OR value NOT IN (SELECT number FROM extension))",
            named_params! { ":id": id, ":number": number },
        )?;
        self.identify("number", number.as_str(), id)?;
        self.connection().execute(
            "UPDATE account SET clid = :number WHERE id = :id",
            named_params! { ":number": number, ":id": id },
        )?;
        Ok(())
    }

    /// Replaces an account's SIM, or takes it away.
    ///
    /// # Errors
    /// Another account has the SIM (`identity`), or the database fails.
    pub fn set_imsi(&self, id: AccountId, imsi: Option<&Imsi>) -> Result<(), StoreError> {
        self.connection()
            .execute("DELETE FROM identity WHERE account_id = :id AND kind = 'imsi'", named_params! { ":id": id })?;
        if let Some(imsi) = imsi {
            self.identify("imsi", imsi.as_str(), id)?;
        }
        self.connection()
            .execute("UPDATE account SET imsi = :imsi WHERE id = :id", named_params! { ":imsi": imsi, ":id": id })?;
        Ok(())
    }

    /// Returns who has a number.
    ///
    /// # Errors
    /// The database fails.
    pub fn owner_of_number(&self, number: &PhoneNumber) -> Result<Option<Username>, StoreError> {
        self.owner("number", number.as_str())
    }

    /// Returns who has a SIM.
    ///
    /// # Errors
    /// The database fails.
    pub fn owner_of_imsi(&self, imsi: &Imsi) -> Result<Option<Username>, StoreError> {
        self.owner("imsi", imsi.as_str())
    }

    fn owner(&self, kind: &str, value: &str) -> Result<Option<Username>, StoreError> {
        Ok(self
            .connection()
            .query_row(
                "SELECT a.username FROM identity i JOIN account a ON a.id = i.account_id
                 WHERE i.kind = :kind AND i.value = :value",
                named_params! { ":kind": kind, ":value": value },
                |row| row.get(0),
            )
            .optional()?)
    }

    /// Lists the numbers of one account or of all: number, username, whether it is the main one.
    ///
    /// # Errors
    /// The database fails.
    pub fn numbers(&self, of: Option<AccountId>) -> Result<Vec<(PhoneNumber, Username, bool)>, StoreError> {
        let mut statement = self.connection().prepare(
            "SELECT i.value, a.username, i.value = a.clid AS main FROM identity i JOIN account a ON a.id = i.account_id
             WHERE i.kind = 'number' AND (:id IS NULL OR i.account_id = :id) ORDER BY a.username, main DESC, i.value",
        )?;
        let rows =
            statement.query_map(named_params! { ":id": of }, |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}
