//! Accounts: a user's row with its figures.

use rusqlite::{OptionalExtension, Row, ToSql, named_params};

use crate::domain::account::{Language, Level, Status, Username};
use crate::domain::contact::Contact;
use crate::domain::ledger::SystemAccount;
use crate::domain::money::Money;
use crate::domain::numbering::{Imsi, PhoneNumber};
use crate::domain::password_hash::PasswordHash;
use crate::domain::time::Timestamp;
use crate::store::Books;
use crate::store::error::StoreError;

/// An account's key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountId(pub(in crate::store) i64);

impl AccountId {
    /// Returns the key of one of the house's own accounts, which every file has from its beginning.
    #[must_use]
    pub const fn of(account: SystemAccount) -> Self {
        Self(match account {
            SystemAccount::Cash => 1,
            SystemAccount::Revenue => 2,
            SystemAccount::Adjustment => 3,
            SystemAccount::GivenCredit => -1,
            SystemAccount::GivenTime => -2,
        })
    }
}

impl ToSql for AccountId {
    fn to_sql(&self) -> rusqlite::Result<rusqlite::types::ToSqlOutput<'_>> {
        self.0.to_sql()
    }
}

impl rusqlite::types::FromSql for AccountId {
    fn column_result(value: rusqlite::types::ValueRef<'_>) -> rusqlite::types::FromSqlResult<Self> {
        value.as_i64().map(Self)
    }
}

/// A user to be.
#[derive(Clone, Debug)]
pub struct NewAccount {
    /// The name, unused so far.
    pub username: Username,
    /// The person's name.
    pub name: Option<String>,
    /// The rights.
    pub level: Level,
    /// The password, hashed.
    pub password: Option<PasswordHash>,
    /// The tariff's name.
    pub tariff: String,
    /// What may be owed.
    pub credit_limit: Money,
    /// How many calls at once; `None` for any number.
    pub max_calls: Option<u32>,
    /// From when calls are refused.
    pub expires: Option<Timestamp>,
    /// For how many days it may call from its first call on.
    pub valid_days: Option<u32>,
    /// In which language it is spoken to.
    pub language: Option<Language>,
    /// Who it is.
    pub contact: Contact,
    /// Below which balance it is told so.
    pub warn_below: Option<Money>,
    /// Now.
    pub created: Timestamp,
}

/// A user as stored.
#[derive(Clone, Debug)]
pub struct AccountRow {
    /// The key.
    pub id: AccountId,
    /// The name.
    pub username: Username,
    /// The person's name.
    pub name: Option<String>,
    /// The rights.
    pub level: Level,
    /// The main number; a closed account has none.
    pub clid: Option<PhoneNumber>,
    /// The SIM.
    pub imsi: Option<Imsi>,
    /// Whether it may call.
    pub status: Status,
    /// The tariff's name.
    pub tariff: String,
    /// What is posted.
    pub balance: Money,
    /// What open calls hold.
    pub held: Money,
    /// What may be owed.
    pub credit_limit: Money,
    /// How many calls at once.
    pub max_calls: Option<u32>,
    /// From when calls are refused.
    pub expires: Option<Timestamp>,
    /// Since when it exists.
    pub created: Timestamp,
    /// For how many days it may call from its first call on.
    pub valid_days: Option<u32>,
    /// In which language it is spoken to.
    pub language: Option<Language>,
    /// Who it is.
    pub contact: Contact,
    /// Below which balance it is told so; `None` for what its groups say.
    pub warn_below: Option<Money>,
    /// The wrong codes of vouchers that it tried since the last right one.
    pub wrong_codes: u32,
    /// Until when it may try no further code.
    pub locked_until: Option<Timestamp>,
    /// The groups that it is in.
    pub groups: Vec<String>,
}

impl AccountRow {
    /// Returns balance + credit limit - open holds.
    ///
    /// # Errors
    /// The sum is beyond what money can be, which the schema does not let happen.
    pub fn available(&self) -> Result<Money, StoreError> {
        available(self.balance, self.credit_limit, self.held)
    }

    pub(in crate::store) const COLUMNS: &'static str = "a.id, a.username, a.name, a.level,
        a.clid, a.imsi, a.status, t.name AS tariff, a.balance, a.held, a.credit_limit, a.max_calls, a.expires, a.created, a.valid_days,
        a.language, a.wrong_codes, a.locked_until, a.contact, a.warn_below,
        (SELECT group_concat(g.name, char(10)) FROM membership m JOIN account_group g ON g.id = m.group_id
         WHERE m.account_id = a.id) AS groups
        FROM account a JOIN tariff t ON t.id = a.tariff_id";

    pub(in crate::store) fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            id: row.get("id")?,
            username: row.get("username")?,
            name: row.get("name")?,
            level: row.get("level")?,
            clid: row.get("clid")?,
            imsi: row.get("imsi")?,
            status: row.get("status")?,
            tariff: row.get("tariff")?,
            balance: row.get("balance")?,
            held: row.get("held")?,
            credit_limit: row.get("credit_limit")?,
            max_calls: row.get("max_calls")?,
            expires: row.get("expires")?,
            created: row.get("created")?,
            valid_days: row.get("valid_days")?,
            language: row.get("language")?,
            contact: row.get::<_, Option<_>>("contact")?.unwrap_or_default(),
            warn_below: row.get("warn_below")?,
            wrong_codes: row.get("wrong_codes")?,
            locked_until: row.get("locked_until")?,
            groups: row
                .get::<_, Option<String>>("groups")?
                .map_or_else(Vec::new, |names| names.lines().map(str::to_owned).collect()),
        })
    }
}

/// Returns balance + credit limit - open holds.
pub(in crate::store) fn available(balance: Money, credit_limit: Money, held: Money) -> Result<Money, StoreError> {
    balance
        .checked_add(credit_limit)
        .and_then(|sum| sum.checked_sub(held))
        .ok_or_else(|| StoreError::Corrupt(format!("balance {balance}, credit limit {credit_limit}, held {held}")))
}

/// Returns a contact as it is kept: nothing is kept of nothing.
fn kept(contact: &Contact) -> Option<&Contact> {
    (!contact.is_empty()).then_some(contact)
}

impl Books<'_> {
    /// Adds a user without identities or money; `None` when the tariff does not exist.
    ///
    /// # Errors
    /// The name is taken (`account.username`), or the database fails.
    pub fn add_account(&self, new: &NewAccount) -> Result<Option<AccountId>, StoreError> {
        let added = self
            .connection()
            .prepare(
                "INSERT INTO account
                     (kind, username, name, level, status, password, tariff_id, credit_limit, max_calls, expires,
                      valid_days, language, contact, warn_below, created)
                 SELECT 'user', :username, :name, :level, 'active', :password, id, :credit_limit, :max_calls, :expires,
                     :valid_days, :language, :contact, :warn_below, :created
                 FROM tariff WHERE name = :tariff",
            )?
            .execute(named_params! {
                ":username": new.username, ":name": new.name, ":level": new.level, ":password": new.password.as_ref().map(PasswordHash::as_str),
                ":tariff": new.tariff, ":credit_limit": new.credit_limit, ":max_calls": new.max_calls,
                ":expires": new.expires, ":valid_days": new.valid_days, ":language": new.language,
                ":contact": kept(&new.contact), ":warn_below": new.warn_below, ":created": new.created,
            })?;
        Ok((added == 1).then(|| AccountId(self.connection().last_insert_rowid())))
    }

    /// Finds an open account by name.
    ///
    /// # Errors
    /// The database fails.
    pub fn account_named(&self, username: &Username) -> Result<Option<AccountRow>, StoreError> {
        self.account_where("a.username = :key AND a.status <> 'closed'", username)
    }

    /// Finds the account that a number identifies.
    ///
    /// # Errors
    /// The database fails.
    pub fn account_by_number(&self, number: &PhoneNumber) -> Result<Option<AccountRow>, StoreError> {
        self.account_where("a.id = (SELECT account_id FROM identity WHERE kind = 'number' AND value = :key)", number)
    }

    /// Finds the account that a SIM identifies.
    ///
    /// # Errors
    /// The database fails.
    pub fn account_by_imsi(&self, imsi: &Imsi) -> Result<Option<AccountRow>, StoreError> {
        self.account_where("a.id = (SELECT account_id FROM identity WHERE kind = 'imsi' AND value = :key)", imsi)
    }

    fn account_where(&self, condition: &str, key: &dyn ToSql) -> Result<Option<AccountRow>, StoreError> {
        let sql = format!("SELECT {} WHERE a.kind = 'user' AND {condition}", AccountRow::COLUMNS);
        Ok(self.connection().prepare(&sql)?.query_row(named_params! { ":key": key }, AccountRow::read).optional()?)
    }

    /// Lists users by name, with the closed ones if asked.
    ///
    /// # Errors
    /// The database fails.
    pub fn accounts(&self, closed_too: bool) -> Result<Vec<AccountRow>, StoreError> {
        let sql = format!(
            "SELECT {} WHERE a.kind = 'user' AND (:closed OR a.status <> 'closed') ORDER BY a.username, a.id",
            AccountRow::COLUMNS
        );
        let mut statement = self.connection().prepare(&sql)?;
        let rows = statement.query_map(named_params! { ":closed": closed_too }, AccountRow::read)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Writes an account's facts back: all but its numbers, its password and its money. Tells
    /// whether the tariff exists; if not, nothing was changed.
    ///
    /// # Errors
    /// The name is taken (`account.username`), what is owed is beyond the credit limit
    /// (`available_is_never_negative`), or the database fails.
    pub fn update_account(&self, row: &AccountRow) -> Result<bool, StoreError> {
        let changed = self.connection().execute(
            "UPDATE account SET username = :username, name = :name, level = :level, status = :status, tariff_id = t.id,
                 credit_limit = :credit_limit, max_calls = :max_calls, expires = :expires,
                 valid_days = :valid_days, language = :language, contact = :contact, warn_below = :warn_below
             FROM (SELECT id FROM tariff WHERE name = :tariff) t WHERE account.id = :id",
            named_params! {
                ":id": row.id, ":username": row.username, ":name": row.name, ":level": row.level,
                ":status": row.status, ":tariff": row.tariff, ":credit_limit": row.credit_limit,
                ":max_calls": row.max_calls, ":expires": row.expires, ":valid_days": row.valid_days,
                ":language": row.language, ":contact": kept(&row.contact), ":warn_below": row.warn_below,
            },
        )?;
        Ok(changed == 1)
    }

    /// Sets from when calls are refused.
    ///
    /// # Errors
    /// The database fails.
    pub fn expire_account(&self, id: AccountId, expires: Timestamp) -> Result<(), StoreError> {
        self.connection().execute(
            "UPDATE account SET expires = :expires WHERE id = :id",
            named_params! { ":expires": expires, ":id": id },
        )?;
        Ok(())
    }

    /// Notes how many wrong codes of vouchers an account tried since the last right one, and until when it may try
    /// no further.
    ///
    /// # Errors
    /// The database fails.
    pub fn count_wrong_codes(
        &self,
        id: AccountId,
        wrong_codes: u32,
        locked_until: Option<Timestamp>,
    ) -> Result<(), StoreError> {
        self.connection().execute(
            "UPDATE account SET wrong_codes = :wrong_codes, locked_until = :locked_until WHERE id = :id",
            named_params! { ":wrong_codes": wrong_codes, ":locked_until": locked_until, ":id": id },
        )?;
        Ok(())
    }

    /// Stores a hashed password.
    ///
    /// # Errors
    /// The database fails.
    pub fn set_password(&self, id: AccountId, hash: &PasswordHash) -> Result<(), StoreError> {
        self.connection().execute(
            "UPDATE account SET password = :hash WHERE id = :id",
            named_params! { ":hash": hash.as_str(), ":id": id },
        )?;
        Ok(())
    }

    /// Closes an account: it keeps its books, leaves its groups, and gives its name, numbers and SIM back.
    ///
    /// # Errors
    /// The database fails.
    pub fn close_account(&self, id: AccountId) -> Result<(), StoreError> {
        self.leave_groups(id)?;
        self.connection().execute("DELETE FROM identity WHERE account_id = :id", named_params! { ":id": id })?;
        self.connection().execute(
            "UPDATE account SET status = 'closed', clid = NULL, imsi = NULL WHERE id = :id",
            named_params! { ":id": id },
        )?;
        Ok(())
    }

    /// Tells whether entries, calls or bundles refer to an account.
    ///
    /// # Errors
    /// The database fails.
    pub fn is_in_the_books(&self, id: AccountId) -> Result<bool, StoreError> {
        Ok(self.connection().query_row(
            "SELECT EXISTS (SELECT 1 FROM ledger_entry WHERE debit_account = :id AND debit_balance IS NOT NULL)
                 OR EXISTS (SELECT 1 FROM ledger_entry WHERE credit_account = :id AND credit_balance IS NOT NULL)
                 OR EXISTS (SELECT 1 FROM call WHERE account_id = :id)
                 OR EXISTS (SELECT 1 FROM call WHERE callee_id = :id)
                 OR EXISTS (SELECT 1 FROM account WHERE owner_id = :id)",
            named_params! { ":id": id },
            |row| row.get(0),
        )?)
    }

    /// Erases an account that nothing refers to.
    ///
    /// # Errors
    /// Something refers to it, or the database fails.
    pub fn erase_account(&self, id: AccountId) -> Result<(), StoreError> {
        self.leave_groups(id)?;
        self.connection().execute("DELETE FROM identity WHERE account_id = :id", named_params! { ":id": id })?;
        self.connection().execute("DELETE FROM account WHERE id = :id", named_params! { ":id": id })?;
        Ok(())
    }
}
