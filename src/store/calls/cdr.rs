//! Calls as they are listed: holds, and the records of those that ended.

use rusqlite::{Row, ToSql};

use super::call::{CallState, Ending};
use crate::domain::account::Username;
use crate::domain::call::CallId;
use crate::domain::country::Country;
use crate::domain::money::Money;
use crate::domain::numbering::{Dialled, Prefix};
use crate::domain::outcome::Disposition;
use crate::domain::rate::{Destinations, TalkTime};
use crate::domain::routing::TrunkName;
use crate::domain::time::Timestamp;
use crate::store::Books;
use crate::store::accounts::account::AccountId;
use crate::store::accounts::bundle::BONUS;
use crate::store::error::StoreError;

/// A call as it is listed.
#[derive(Clone, Debug)]
pub struct CallRow {
    /// Where it stands among the others.
    pub place: CallPlace,
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
    /// What bundles of credit paid; `None` where it had no bundle.
    pub bonus: Option<Money>,
    /// How it ended, once settled.
    pub ending: Option<Ending>,
}

/// Where a call stands among those that are listed.
#[derive(Clone, Copy, Debug)]
pub struct CallPlace {
    placed: Timestamp,
    row: i64,
}

/// What calls are looked for by.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CallFilter {
    /// Paid by one account.
    pub account: Option<AccountId>,
    /// To one user of the books.
    pub callee: Option<AccountId>,
    /// Authorised from then.
    pub since: Option<Timestamp>,
    /// Authorised before then.
    pub until: Option<Timestamp>,
    /// To numbers that begin so.
    pub dialled: Option<Prefix>,
    /// To one country.
    pub country: Option<&'static Country>,
    /// Carried by one trunk.
    pub trunk: Option<TrunkName>,
    /// That ended so.
    pub disposition: Option<Disposition>,
    /// Of at least so many billed seconds.
    pub min_seconds: Option<u32>,
}

/// Which calls to list.
#[derive(Clone, Debug, Default)]
pub struct CallQuery {
    /// Which of them.
    pub filter: CallFilter,
    /// In one state.
    pub state: Option<CallState>,
    /// One call.
    pub call: Option<CallId>,
    /// One channel.
    pub uniqueid: Option<String>,
    /// Whose hold may be given back at that time.
    pub expired_at: Option<Timestamp>,
    /// Only those that follow this one: the next page.
    pub after: Option<CallPlace>,
    /// At most so many, the newest.
    pub limit: Option<u32>,
}

/// The conditions that are asked for, and no others, so that each has its index.
pub(in crate::store) struct Conditions<'a> {
    sql: Vec<&'static str>,
    values: Vec<(&'static str, &'a dyn ToSql)>,
}

impl<'a> Conditions<'a> {
    /// Begins with one that has no value.
    pub(in crate::store) fn of(sql: &'static str) -> Self {
        Self { sql: vec![sql], values: Vec::new() }
    }

    /// Adds one where it is asked for.
    pub(in crate::store) fn add(&mut self, name: &'static str, value: &'a Option<impl ToSql>, sql: &'static str) {
        if let Some(value) = value {
            self.sql.push(sql);
            self.values.push((name, value));
        }
    }

    /// Adds those of a filter, except that of the country, which [`CallFilter::accepts`] knows.
    pub(in crate::store) fn filter(&mut self, filter: &'a CallFilter) {
        self.add(":account", &filter.account, "c.account_id = :account");
        self.add(":callee", &filter.callee, "c.callee_id = :callee");
        self.add(":since", &filter.since, "c.placed >= :since");
        self.add(":until", &filter.until, "c.placed < :until");
        self.add(":dialled", &filter.dialled, "substr(c.dialled, 1, length(:dialled)) = :dialled");
        self.add(":trunk", &filter.trunk, "c.trunk_id = (SELECT id FROM trunk WHERE name = :trunk)");
        self.add(":disposition", &filter.disposition, "c.disposition = :disposition");
        self.add(":min_seconds", &filter.min_seconds, "c.billsec >= :min_seconds");
    }

    /// Returns the text behind WHERE.
    pub(in crate::store) fn sql(&self) -> String {
        self.sql.join(" AND ")
    }

    pub(in crate::store) fn values(&self) -> &[(&'static str, &'a dyn ToSql)] {
        &self.values
    }
}

impl CallFilter {
    /// Tells whether the country of a call is one that is looked for.
    pub(in crate::store) fn accepts(&self, country: Option<&'static Country>) -> bool {
        self.country.is_none_or(|wanted| country == Some(wanted))
    }
}

impl Books<'_> {
    /// Lists calls, oldest last.
    ///
    /// # Errors
    /// The database fails.
    pub fn calls(&self, query: &CallQuery) -> Result<Vec<CallRow>, StoreError> {
        const BY_ROW: &str = "c.id DESC";
        let CallQuery { filter, state, call, uniqueid, expired_at, after, limit } = query;
        // Written out, because an index of some states is used only where the text names the state.
        let mut conditions = Conditions::of(match state {
            Some(CallState::Open) => "c.state = 'open'",
            Some(CallState::Settled) => "c.state = 'settled'",
            Some(CallState::Released) => "c.state = 'released'",
            Some(CallState::Expired) => "c.state = 'expired'",
            None => "1",
        });
        conditions.filter(filter);
        let (uniqueid, attempt) = match call {
            Some(call) => (Some(call.uniqueid.as_str()), Some(call.attempt)),
            None => (uniqueid.as_deref(), None),
        };
        conditions.add(":uniqueid", &uniqueid, "c.uniqueid = :uniqueid");
        conditions.add(":attempt", &attempt, "c.attempt = :attempt");
        conditions.add(":expired_at", expired_at, "c.expires <= :expired_at");
        let (placed, row) = (after.map(|place| place.placed), after.map(|place| place.row));
        // Told and not left to SQLite, which would read ten million calls to find the open ones or the newest.
        let (index, order) = match state {
            _ if filter.account.is_some() || uniqueid.is_some() => ("", BY_ROW),
            Some(CallState::Settled) => ("INDEXED BY call_by_time", "c.placed DESC, c.id DESC"),
            Some(CallState::Open) => ("INDEXED BY call_open", BY_ROW),
            _ => ("", BY_ROW),
        };
        if order == BY_ROW {
            conditions.add(":row", &row, "c.id < :row");
        } else {
            conditions.add(":placed", &placed, "c.placed <= :placed");
            conditions.add(":row", &row, "(c.placed < :placed OR c.id < :row)");
        }
        let mut statement = self.connection().prepare(&format!(
            "SELECT {}, {BONUS}
             FROM call c {index} JOIN account a ON a.id = c.account_id LEFT JOIN account b ON b.id = c.callee_id
                 JOIN rate r ON r.id = c.rate_id JOIN tariff t ON t.id = r.tariff_id LEFT JOIN trunk k ON k.id = c.trunk_id
             WHERE {} ORDER BY {order}",
            CallRow::COLUMNS,
            conditions.sql()
        ))?;
        let mut rows = statement.query(conditions.values())?;
        let most = limit.map_or(usize::MAX, |limit| usize::try_from(limit).unwrap_or(usize::MAX));
        let mut calls = Vec::new();
        while calls.len() < most
            && let Some(row) = rows.next()?
        {
            let call = CallRow::read(row)?;
            if filter.accepts(call.country()) {
                calls.push(call);
            }
        }
        Ok(calls)
    }
}

impl CallRow {
    /// Returns the country that was called; none for a user of the books.
    #[must_use]
    pub fn country(&self) -> Option<&'static Country> {
        Country::called(&self.dialled, self.callee.is_some())
    }

    /// Returns charge - cost, where both are known.
    #[must_use]
    pub fn margin(&self) -> Option<Money> {
        self.ending.and_then(|ending| ending.charge.checked_sub(ending.cost?))
    }

    /// What [`Self::read`] reads, by position: finding each by its name is half of the work of an export.
    const COLUMNS: &'static str = "c.id, c.uniqueid, c.attempt, a.username, c.clid, c.dialled, b.username, t.name,
        r.prefix, c.amount, c.seconds, c.placed, c.expires, c.state, c.note, k.name, c.cost,
        c.disposition, c.answered, c.ended, c.billsec, c.overrun, c.charge, c.unpaid,
        c.free_seconds";

    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        let (placed, state) = (row.get(11)?, row.get(13)?);
        Ok(Self {
            place: CallPlace { placed, row: row.get(0)? },
            call: CallId { uniqueid: row.get(1)?, attempt: row.get(2)? },
            username: row.get(3)?,
            clid: row.get(4)?,
            dialled: row.get(5)?,
            callee: row.get(6)?,
            tariff: row.get(7)?,
            prefix: row.get(8)?,
            amount: row.get(9)?,
            seconds: row.get(10)?,
            placed,
            expires: row.get(12)?,
            state,
            note: row.get(14)?,
            trunk: row.get(15)?,
            bonus: row.get(25)?,
            ending: match state {
                CallState::Settled => Some(Ending {
                    cost: row.get(16)?,
                    disposition: row.get(17)?,
                    answered: row.get(18)?,
                    ended: row.get(19)?,
                    billsec: row.get(20)?,
                    overrun: row.get(21)?,
                    charge: row.get(22)?,
                    unpaid: row.get(23)?,
                    free_seconds: row.get(24)?,
                }),
                _ => None,
            },
        })
    }
}
