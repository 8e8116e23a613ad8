//! Calls: the hold that was placed, then how it ended.

use rusqlite::{OptionalExtension, Row, named_params};

use super::Books;
use super::account::{AccountId, available};
use super::error::StoreError;
use super::ledger::call_id;
use super::rate::{RateId, read_rate};
use crate::domain::account::{Status, Username};
use crate::domain::call::CallId;
use crate::domain::money::Money;
use crate::domain::numbering::{Dialled, Imsi, PhoneNumber, Prefix};
use crate::domain::outcome::{DialledCall, Disposition};
use crate::domain::tariff::{Rate, TalkTime};
use crate::domain::time::Timestamp;
use crate::domain::words::words;

words! {
    /// What became of a call's hold.
    CallState, "a state of a hold: expected open, settled, released or expired", {
        /// Funds are held.
        Open = "open",
        /// The end was reported, and charged.
        Settled = "settled",
        /// Given back by hand.
        Released = "released",
        /// Given back because nobody reported the end in time.
        Expired = "expired",
    }
}

/// The account that would pay for a call.
#[derive(Clone, Debug)]
pub struct Payer {
    /// The key.
    pub id: AccountId,
    /// The name.
    pub username: Username,
    /// Whether it may call.
    pub status: Status,
    /// The tariff's key.
    pub tariff_id: i64,
    /// What it can spend now.
    pub available: Money,
    /// From when it may not call.
    pub expires: Option<Timestamp>,
    /// How many calls at once.
    pub max_calls: Option<u32>,
    /// How many it has now; counted only where there is a limit.
    pub open_calls: u32,
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
}

/// A hold to be placed.
#[derive(Clone, Debug)]
pub struct NewHold<'a> {
    /// The attempt.
    pub call: &'a CallId,
    /// Who pays.
    pub payer: AccountId,
    /// The rate it was granted under.
    pub rate: RateId,
    /// What the caller showed.
    pub clid: &'a str,
    /// What was dialled.
    pub dialled: &'a Dialled,
    /// How it is reached.
    pub dial: &'a str,
    /// The registered user it reaches.
    pub callee: Option<AccountId>,
    /// Whether the channel was up before.
    pub answered_before: bool,
    /// The exact price of the seconds.
    pub amount: Money,
    /// The seconds granted.
    pub seconds: TalkTime,
    /// Now.
    pub placed: Timestamp,
    /// When nobody can still be talking.
    pub expires: Timestamp,
}

/// A call as it is needed to settle it, or to answer its request again.
#[derive(Clone, Debug)]
pub struct StoredCall {
    /// The row.
    pub row: i64,
    /// Who pays.
    pub account: AccountId,
    /// What the payer can spend now.
    pub available: Money,
    /// The rate it was granted under.
    pub rate: Rate,
    /// What evidence is read against.
    pub facts: DialledCall,
    /// What is or was held.
    pub amount: Money,
    /// What became of the hold.
    pub state: CallState,
    /// What was dialled.
    pub dialled: Dialled,
    /// How it was reached.
    pub dial: String,
    /// What was posted, once settled: billed seconds and charge.
    pub posted: Option<(u32, Money)>,
}

/// How a call ended, as it is posted.
#[derive(Clone, Copy, Debug)]
pub struct Ending {
    /// What became of it.
    pub disposition: Disposition,
    /// When the callee answered.
    pub answered: Option<Timestamp>,
    /// When it ended.
    pub ended: Timestamp,
    /// The seconds that are charged.
    pub billsec: u32,
    /// The seconds beyond the grant.
    pub overrun: u32,
    /// What was charged.
    pub charge: Money,
    /// What it cost beyond what could still be paid, when the hold had been given back before.
    pub unpaid: Money,
}

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
    /// The tariff's name.
    pub tariff: String,
    /// The prefix of the rate.
    pub prefix: Prefix,
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
            "SELECT id, username, status, tariff_id, balance, credit_limit, held, expires, max_calls,
                 CASE WHEN max_calls IS NULL THEN 0
                      ELSE (SELECT count(*) FROM call WHERE account_id = a.id AND state = 'open') END
             FROM account a WHERE {condition}"
        );
        let found = self
            .connection()
            .prepare(&sql)?
            .query_row(named_params! { ":key": key }, |row| {
                let figures: (Money, Money, Money) = (row.get(4)?, row.get(5)?, row.get(6)?);
                let payer = Payer {
                    id: row.get(0)?,
                    username: row.get(1)?,
                    status: row.get(2)?,
                    tariff_id: row.get(3)?,
                    available: Money::ZERO,
                    expires: row.get(7)?,
                    max_calls: row.get(8)?,
                    open_calls: row.get(9)?,
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
                "SELECT a.id, a.username,
                     (SELECT value FROM identity WHERE account_id = a.id AND kind = 'number' AND main = 1),
                     (SELECT value FROM identity WHERE account_id = a.id AND kind = 'imsi' AND main = 1)
                 FROM identity i JOIN account a ON a.id = i.account_id WHERE i.kind = :kind AND i.value = :value",
            )?
            .query_row(named_params! { ":kind": kind, ":value": value }, |row| {
                Ok(Callee { id: row.get(0)?, username: row.get(1)?, number: row.get(2)?, imsi: row.get(3)? })
            })
            .optional()?)
    }

    /// Places a hold; the schema takes it from what is available.
    ///
    /// # Errors
    /// The call has one already (`call.uniqueid`), it is more than what is available
    /// (`available_is_never_negative`), or the database fails.
    pub fn place_hold(&self, hold: &NewHold<'_>) -> Result<(), StoreError> {
        self.connection()
            .prepare(
                "INSERT INTO call
                     (uniqueid, attempt, account_id, rate_id, clid, dialled, dial, callee_id, answered_before,
                      amount, seconds, placed, expires, state)
                 VALUES (:uniqueid, :attempt, :payer, :rate, :clid, :dialled, :dial, :callee, :answered_before,
                      :amount, :seconds, :placed, :expires, 'open')",
            )?
            .execute(named_params! {
                ":uniqueid": hold.call.uniqueid, ":attempt": hold.call.attempt, ":payer": hold.payer,
                ":rate": hold.rate.0, ":clid": hold.clid, ":dialled": hold.dialled, ":dial": hold.dial,
                ":callee": hold.callee, ":answered_before": hold.answered_before, ":amount": hold.amount,
                ":seconds": hold.seconds, ":placed": hold.placed, ":expires": hold.expires,
            })?;
        Ok(())
    }

    /// Finds a call by its key.
    ///
    /// # Errors
    /// The database fails.
    pub fn stored_call(&self, call: &CallId) -> Result<Option<StoredCall>, StoreError> {
        let found = self
            .connection()
            .prepare(
                "SELECT c.id, c.account_id, c.placed, c.seconds, c.answered_before, c.amount, c.state, c.dialled, c.dial,
                     c.billsec, c.charge, a.balance, a.credit_limit, a.held,
                     r.id, r.prefix, r.price_per_minute, r.connect_fee, r.initial_seconds, r.subsequent_seconds
                 FROM call c JOIN account a ON a.id = c.account_id JOIN rate r ON r.id = c.rate_id
                 WHERE c.uniqueid = :uniqueid AND c.attempt = :attempt",
            )?
            .query_row(named_params! { ":uniqueid": call.uniqueid, ":attempt": call.attempt }, |row| {
                let posted: (Option<u32>, Option<Money>) = (row.get(9)?, row.get(10)?);
                let figures: (Money, Money, Money) = (row.get(11)?, row.get(12)?, row.get(13)?);
                let stored = StoredCall {
                    row: row.get(0)?,
                    account: row.get(1)?,
                    available: Money::ZERO,
                    rate: read_rate(row, 14)?.1,
                    facts: DialledCall { placed: row.get(2)?, granted: row.get(3)?, answered_before: row.get(4)? },
                    amount: row.get(5)?,
                    state: row.get(6)?,
                    dialled: row.get(7)?,
                    dial: row.get(8)?,
                    posted: posted.0.zip(posted.1),
                };
                Ok((stored, figures))
            })
            .optional()?;
        found
            .map(|(stored, (balance, credit_limit, held))| {
                Ok(StoredCall { available: available(balance, credit_limit, held)?, ..stored })
            })
            .transpose()
    }

    /// Ends a call: its hold is closed and the row becomes the CDR. Tells whether it was still to be ended.
    ///
    /// # Errors
    /// The database fails.
    pub fn end_call(&self, row: i64, ending: &Ending) -> Result<bool, StoreError> {
        let changed = self
            .connection()
            .prepare(
                "UPDATE call SET state = 'settled', disposition = :disposition, answered = :answered, ended = :ended,
                     billsec = :billsec, overrun = :overrun, charge = :charge, unpaid = :unpaid
                 WHERE id = :row AND state <> 'settled'",
            )?
            .execute(named_params! {
                ":row": row, ":disposition": ending.disposition, ":answered": ending.answered, ":ended": ending.ended,
                ":billsec": ending.billsec, ":overrun": ending.overrun, ":charge": ending.charge,
                ":unpaid": ending.unpaid,
            })?;
        Ok(changed == 1)
    }

    /// Gives an open hold back without a charge. Tells whether it was open.
    ///
    /// # Errors
    /// The database fails.
    pub fn give_back(&self, call: &CallId, state: CallState, note: Option<&str>) -> Result<bool, StoreError> {
        let changed = self.connection().execute(
            "UPDATE call SET state = :state, note = :note
             WHERE uniqueid = :uniqueid AND attempt = :attempt AND state = 'open'",
            named_params! {
                ":state": state, ":note": note, ":uniqueid": call.uniqueid, ":attempt": call.attempt,
            },
        )?;
        Ok(changed == 1)
    }

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
            "SELECT c.*, a.username, b.username AS callee, t.name AS tariff, r.prefix
             FROM call c JOIN account a ON a.id = c.account_id LEFT JOIN account b ON b.id = c.callee_id
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
                }),
                _ => None,
            },
        })
    }
}
