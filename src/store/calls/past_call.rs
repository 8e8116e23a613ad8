//! Calls that were settled, as they are needed to price them again.

use rusqlite::named_params;

use crate::domain::account::Username;
use crate::domain::money::Money;
use crate::domain::numbering::{Dialled, PhoneNumber};
use crate::domain::time::Timestamp;
use crate::store::Books;
use crate::store::accounts::bundle::BONUS;
use crate::store::error::StoreError;

/// A settled call.
#[derive(Clone, Debug)]
pub struct PastCall {
    /// When it was authorised.
    pub placed: Timestamp,
    /// Who paid.
    pub username: Username,
    /// The number that is priced: that of the user whom it reached, else what was dialled.
    pub number: Option<PhoneNumber>,
    /// Whether it reached a user of these books.
    pub on_net: bool,
    /// The seconds that were charged; `None` if nobody answered.
    pub billsec: Option<u32>,
    /// The seconds of them that bundles paid.
    pub free_seconds: u32,
    /// What the balance was charged, and bundles of credit.
    pub charge: Money,
}

impl Books<'_> {
    /// Tells every settled call that was authorised from an instant on and before another, one at a time.
    ///
    /// # Errors
    /// What `tell` returns, or the database failing.
    pub fn each_past_call<E: From<StoreError>>(
        &self,
        since: Timestamp,
        until: Timestamp,
        mut tell: impl FnMut(PastCall) -> Result<(), E>,
    ) -> Result<(), E> {
        let read = || -> Result<_, StoreError> {
            Ok(self.connection().prepare(&format!(
                "SELECT c.placed, a.username, c.dialled, b.clid, c.callee_id IS NOT NULL,
                     CASE WHEN c.answered IS NOT NULL THEN c.billsec END, c.charge + coalesce({BONUS}, 0),
                     coalesce(c.free_seconds, 0)
                 FROM call c JOIN account a ON a.id = c.account_id LEFT JOIN account b ON b.id = c.callee_id
                 WHERE c.state = 'settled' AND c.placed >= :since AND c.placed < :until"
            ))?)
        };
        let mut statement = read()?;
        let calls = statement
            .query_map(named_params! { ":since": since, ":until": until }, |row| {
                let number = match (row.get(3)?, row.get(2)?) {
                    (None, Dialled::Number(number)) => Some(number),
                    (main, _) => main,
                };
                Ok(PastCall {
                    placed: row.get(0)?,
                    username: row.get(1)?,
                    number,
                    on_net: row.get(4)?,
                    billsec: row.get(5)?,
                    charge: row.get(6)?,
                    free_seconds: row.get(7)?,
                })
            })
            .map_err(StoreError::from)?;
        for call in calls {
            tell(call.map_err(StoreError::from)?)?;
        }
        Ok(())
    }
}
