//! All that can be seen of the books at a glance: little enough to be read after every step of a simulation.

use std::collections::BTreeMap;

use rusqlite::Row;

use super::chain::Head;
use crate::domain::call::CallId;
use crate::domain::money::Money;
use crate::store::Books;
use crate::store::accounts::account::AccountId;
use crate::store::entries::ledger::call_id;
use crate::store::error::StoreError;

/// What an account has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Figures {
    /// Whose bundle it is.
    pub owner: Option<AccountId>,
    /// What is posted.
    pub balance: Money,
    /// What open calls hold.
    pub held: Money,
    /// What may be owed.
    pub credit_limit: Money,
    /// The wrong codes of vouchers that it tried since the last right one.
    pub wrong_codes: u32,
    /// The key of its tariff.
    pub tariff: Option<i64>,
}

/// Books at a glance. Two that are equal are the same books, but for what past calls were beside their charge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Glimpse {
    /// Users, and the bundles that have something or hold it.
    pub accounts: BTreeMap<AccountId, Figures>,
    /// The open holds, each with what it holds of the main balance.
    pub open: BTreeMap<CallId, Money>,
    /// The newest entry, whose hash stands for all of them.
    pub head: Option<Head>,
    /// The newest account.
    pub newest_account: AccountId,
    /// How many calls there are, ended or not.
    pub calls: i64,
    /// How many rates there are, in force or not.
    pub rates: i64,
    /// How many vouchers there are, redeemed or not.
    pub vouchers: i64,
}

impl Figures {
    /// Returns balance + credit limit - open holds; `None` beyond what money can be.
    #[must_use]
    pub fn available(&self) -> Option<Money> {
        self.balance.checked_add(self.credit_limit)?.checked_sub(self.held)
    }
}

impl Books<'_> {
    /// Looks at the books.
    ///
    /// # Errors
    /// The database fails.
    pub fn glimpse(&self) -> Result<Glimpse, StoreError> {
        let account = |row: &Row<'_>| {
            let (owner, balance, held, credit_limit) = (row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?);
            Ok((
                row.get(0)?,
                Figures { owner, balance, held, credit_limit, wrong_codes: row.get(5)?, tariff: row.get(6)? },
            ))
        };
        let mut accounts = self.connection().prepare(
            "SELECT id, owner_id, balance, held, credit_limit, wrong_codes, tariff_id FROM account
             WHERE kind = 'user' OR kind = 'bundle' AND (balance <> 0 OR held <> 0)",
        )?;
        let hold = |row: &Row<'_>| Ok((call_id(row, 0, 1)?, row.get(2)?));
        let mut holds = self
            .connection()
            .prepare("SELECT uniqueid, attempt, amount FROM call INDEXED BY call_open WHERE state = 'open'")?;
        let mut open = BTreeMap::new();
        for found in holds.query_map([], hold)? {
            let (call, amount) = found?;
            open.extend(call.map(|call: CallId| (call, amount)));
        }
        // Nothing of these is ever deleted here, and the newest key is found at once.
        let mut newest = self.connection().prepare(
            "SELECT (SELECT max(id) FROM account), (SELECT coalesce(max(id), 0) FROM call),
                    (SELECT coalesce(max(id), 0) FROM rate), (SELECT coalesce(max(id), 0) FROM voucher)",
        )?;
        let (newest_account, calls, rates, vouchers) =
            newest.query_row([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))?;
        let accounts = accounts.query_map([], account)?.collect::<Result<_, _>>()?;
        Ok(Glimpse { accounts, open, head: self.head()?, newest_account, calls, rates, vouchers })
    }
}
