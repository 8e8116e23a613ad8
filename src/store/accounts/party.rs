//! The two parties of a call, as its channel names them: who pays, and who is reached.

use rusqlite::{OptionalExtension, named_params};

use super::account::{AccountId, available};
use crate::domain::account::{Language, Status, Username};
use crate::domain::caps::Caps;
use crate::domain::money::Money;
use crate::domain::numbering::{Dialled, Imsi, PhoneNumber};
use crate::domain::time::Timestamp;
use crate::store::Books;
use crate::store::error::StoreError;
use crate::store::tariffs::rate::{TARIFF_COLUMNS, TariffRow, read_tariff};

/// The account that would pay for a call.
#[derive(Clone, Debug)]
pub struct Payer {
    /// The key.
    pub id: AccountId,
    /// The name.
    pub username: Username,
    /// Whether it may call.
    pub status: Status,
    /// What calls cost it.
    pub tariff: TariffRow,
    /// What it can spend now.
    pub available: Money,
    /// From when it may not call.
    pub expires: Option<Timestamp>,
    /// How many calls at once.
    pub max_calls: Option<u32>,
    /// How many it has now; counted only where there is a limit.
    pub open_calls: u32,
    /// What it may not go beyond.
    pub caps: Option<Caps>,
    /// Whether it is in a group, which may have caps too.
    pub in_groups: bool,
    /// Whether it was ever given a bundle.
    pub has_bundles: bool,
    /// The days for which it may call from the first call on.
    pub valid_days: Option<u32>,
    /// In which language it is spoken to.
    pub language: Option<Language>,
}

/// A registered user as a destination.
#[derive(Clone, Debug)]
pub struct Callee {
    /// The key.
    pub id: AccountId,
    /// The name.
    pub username: Username,
    /// The main number.
    pub number: Option<PhoneNumber>,
    /// The SIM.
    pub imsi: Option<Imsi>,
    /// The extension by which it was dialled.
    pub extension: Option<PhoneNumber>,
}

impl Books<'_> {
    /// Finds who pays, by account code.
    ///
    /// # Errors
    /// The database fails.
    pub fn payer_named(&self, username: &Username) -> Result<Option<Payer>, StoreError> {
        self.payer("a.username = :key AND a.kind = 'user' AND a.status <> 'closed'", username.as_str())
    }

    /// Finds who pays, by the caller's number.
    ///
    /// # Errors
    /// The database fails.
    pub fn payer_by_number(&self, number: &PhoneNumber) -> Result<Option<Payer>, StoreError> {
        self.payer("a.id = (SELECT account_id FROM identity WHERE kind = 'number' AND value = :key)", number.as_str())
    }

    /// Finds who pays, by the caller's SIM.
    ///
    /// # Errors
    /// The database fails.
    pub fn payer_by_imsi(&self, imsi: &Imsi) -> Result<Option<Payer>, StoreError> {
        self.payer("a.id = (SELECT account_id FROM identity WHERE kind = 'imsi' AND value = :key)", imsi.as_str())
    }

    fn payer(&self, condition: &str, key: &str) -> Result<Option<Payer>, StoreError> {
        let sql = format!(
            "SELECT a.id, username, status, balance, credit_limit, held, expires, max_calls,
                 CASE WHEN max_calls IS NULL THEN 0
                      ELSE (SELECT count(*) FROM call WHERE account_id = a.id AND state = 'open') END,
                 {TARIFF_COLUMNS}, a.caps, a.valid_days, EXISTS (SELECT 1 FROM membership WHERE account_id = a.id),
                 a.language, EXISTS (SELECT 1 FROM account WHERE owner_id = a.id)
             FROM account a JOIN tariff t ON t.id = a.tariff_id WHERE {condition}"
        );
        let found = self
            .connection()
            .prepare(&sql)?
            .query_row(named_params! { ":key": key }, |row| {
                let figures: (Money, Money, Money) = (row.get(3)?, row.get(4)?, row.get(5)?);
                let payer = Payer {
                    id: row.get(0)?,
                    username: row.get(1)?,
                    status: row.get(2)?,
                    tariff: read_tariff(row, 9)?,
                    available: Money::ZERO,
                    expires: row.get(6)?,
                    max_calls: row.get(7)?,
                    open_calls: row.get(8)?,
                    caps: row.get(15)?,
                    valid_days: row.get(16)?,
                    in_groups: row.get(17)?,
                    language: row.get(18)?,
                    has_bundles: row.get(19)?,
                };
                Ok((payer, figures))
            })
            .optional()?;
        found
            .map(|(payer, (balance, credit_limit, held))| {
                Ok(Payer { available: available(balance, credit_limit, held)?, ..payer })
            })
            .transpose()
    }

    /// Finds the registered user that a destination is.
    ///
    /// # Errors
    /// The database fails.
    pub fn callee(&self, dialled: &Dialled) -> Result<Option<Callee>, StoreError> {
        // Fifteen bare digits may be a number or a SIM; the number is the likelier.
        let (kind, value) = match dialled {
            Dialled::Number(number) => ("number", number.as_str()),
            Dialled::Imsi(imsi) => ("imsi", imsi.as_str()),
        };
        let found = self.callee_by(kind, value)?;
        match dialled {
            Dialled::Number(number) if found.is_none() && number.as_str().parse::<Imsi>().is_ok() => {
                self.callee_by("imsi", value)
            }
            _ => Ok(found),
        }
    }

    fn callee_by(&self, kind: &str, value: &str) -> Result<Option<Callee>, StoreError> {
        Ok(self
            .connection()
            .prepare(
                "SELECT id, username, clid, imsi, (SELECT number FROM extension WHERE number = :value) FROM account
                 WHERE id = (SELECT account_id FROM identity WHERE kind = :kind AND value = :value)",
            )?
            .query_row(named_params! { ":kind": kind, ":value": value }, |row| {
                Ok(Callee {
                    id: row.get(0)?,
                    username: row.get(1)?,
                    number: row.get(2)?,
                    imsi: row.get(3)?,
                    extension: row.get(4)?,
                })
            })
            .optional()?)
    }
}
