//! Calls as they are listed: holds, and the records of those that ended.

use rusqlite::Row;

use super::Books;
use super::account::AccountId;
use super::call::{CallState, Ending};
use super::error::StoreError;
use super::ledger::call_id;
use crate::domain::account::Username;
use crate::domain::call::CallId;
use crate::domain::money::Money;
use crate::domain::numbering::Dialled;
use crate::domain::rate::{Destinations, TalkTime};
use crate::domain::routing::TrunkName;
use crate::domain::time::Timestamp;

/// A call as it is listed.
#[derive(Clone, Debug)]
pub struct CallRow {
    /// The attempt.
    pub call: CallId,
    /// Who pays.
    pub username: Username,
    /// What the caller showed.
    pub clid: String,
    /// What was dialled.
    pub dialled: Dialled,
    /// The registered user it reached.
    pub callee: Option<Username>,
    /// The trunk that carried it.
    pub trunk: Option<TrunkName>,
    /// The tariff's name.
    pub tariff: String,
    /// The destinations of the rate.
    pub prefix: Destinations,
    /// What is or was held.
    pub amount: Money,
    /// The seconds granted.
    pub seconds: TalkTime,
    /// When it was authorised.
    pub placed: Timestamp,
    /// When its hold may be given back.
    pub expires: Timestamp,
    /// What became of the hold.
    pub state: CallState,
    /// A note of who released it.
    pub note: Option<String>,
    /// How it ended, once settled.
    pub ending: Option<Ending>,
}

/// Which calls to list.
#[derive(Clone, Debug, Default)]
pub struct CallQuery {
    /// Of one account.
    pub account: Option<AccountId>,
    /// In one state.
    pub state: Option<CallState>,
    /// One call.
    pub call: Option<CallId>,
    /// One channel.
    pub uniqueid: Option<String>,
    /// Authorised from then.
    pub since: Option<Timestamp>,
    /// Authorised before then.
    pub until: Option<Timestamp>,
    /// Whose hold may be given back at that time.
    pub expired_at: Option<Timestamp>,
    /// At most so many, the newest.
    pub limit: Option<u32>,
}

impl Books<'_> {
    /// Lists calls, oldest last.
    ///
    /// # Errors
    /// The database fails.
    pub fn calls(&self, query: &CallQuery) -> Result<Vec<CallRow>, StoreError> {
        // Only the conditions that are asked for are written out, so that each has its index.
        let mut conditions = vec!["1"];
        let mut asked = |wanted: bool, condition| {
            if wanted {
                conditions.push(condition)
            }
        };
        asked(query.account.is_some(), "c.account_id = :account");
        asked(query.state == Some(CallState::Open), "c.state = 'open'");
        asked(query.state.is_some(), "c.state = :state");
        asked(query.call.is_some(), "c.attempt = :attempt");
        asked(query.uniqueid.is_some() || query.call.is_some(), "c.uniqueid = :uniqueid");
        asked(query.since.is_some(), "c.placed >= :since");
        asked(query.until.is_some(), "c.placed < :until");
        asked(query.expired_at.is_some(), "c.expires <= :expired_at");
        let sql = format!(
            "SELECT c.*, a.username, b.username AS callee, t.name AS tariff, r.prefix, k.name AS trunk
             FROM call c JOIN account a ON a.id = c.account_id LEFT JOIN account b ON b.id = c.callee_id
                 LEFT JOIN trunk k ON k.id = c.trunk_id
                 JOIN rate r ON r.id = c.rate_id JOIN tariff t ON t.id = r.tariff_id
             WHERE {} ORDER BY c.id DESC LIMIT :limit",
            conditions.join(" AND ")
        );
        let uniqueid = query.call.as_ref().map(|call| call.uniqueid.as_str()).or(query.uniqueid.as_deref());
        let mut statement = self.connection().prepare(&sql)?;
        for (name, value) in [
            (":account", &query.account as &dyn rusqlite::ToSql),
            (":state", &query.state),
            (":attempt", &query.call.as_ref().map(|call| call.attempt)),
            (":uniqueid", &uniqueid),
            (":since", &query.since),
            (":until", &query.until),
            (":expired_at", &query.expired_at),
            (":limit", &query.limit.map_or(-1, i64::from)),
        ] {
            if let Some(index) = statement.parameter_index(name)? {
                statement.raw_bind_parameter(index, value)?;
            }
        }
        let mut rows = statement.raw_query();
        let mut calls = Vec::new();
        while let Some(row) = rows.next()? {
            calls.push(CallRow::read(row)?);
        }
        Ok(calls)
    }
}

impl CallRow {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        let state = row.get("state")?;
        Ok(Self {
            call: call_id(row, "uniqueid", "attempt")?.ok_or(rusqlite::Error::QueryReturnedNoRows)?,
            username: row.get("username")?,
            clid: row.get("clid")?,
            dialled: row.get("dialled")?,
            callee: row.get("callee")?,
            trunk: row.get("trunk")?,
            tariff: row.get("tariff")?,
            prefix: row.get("prefix")?,
            amount: row.get("amount")?,
            seconds: row.get("seconds")?,
            placed: row.get("placed")?,
            expires: row.get("expires")?,
            state,
            note: row.get("note")?,
            ending: match state {
                CallState::Settled => Some(Ending {
                    disposition: row.get("disposition")?,
                    answered: row.get("answered")?,
                    ended: row.get("ended")?,
                    billsec: row.get("billsec")?,
                    overrun: row.get("overrun")?,
                    charge: row.get("charge")?,
                    unpaid: row.get("unpaid")?,
                    cost: row.get("cost")?,
                }),
                _ => None,
            },
        })
    }
}
