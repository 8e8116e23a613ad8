//! A call in the books: the hold that is placed, and how it ends.

use rusqlite::{OptionalExtension, named_params};

use crate::domain::call::CallId;
use crate::domain::money::{Money, Rounding};
use crate::domain::numbering::Dialled;
use crate::domain::outcome::{DialledCall, Disposition};
use crate::domain::rate::{Rate, TalkTime};
use crate::domain::time::Timestamp;
use crate::domain::words::words;
use crate::store::Books;
use crate::store::accounts::account::{AccountId, available};
use crate::store::error::StoreError;
use crate::store::tariffs::rate::{RATE_COLUMNS, RateId, read_rate};
use crate::store::tariffs::trunk::TrunkId;

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
    /// The trunk that it takes.
    pub trunk: Option<TrunkId>,
    /// Whether the channel was up before.
    pub answered_before: bool,
    /// The exact price of the seconds, without what bundles pay.
    pub amount: Money,
    /// The seconds granted.
    pub seconds: TalkTime,
    /// Those of them that bundles of time pay; `None` where no bundle pays anything.
    pub free_seconds: Option<u32>,
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
    /// How its tariff rounds a charge.
    pub rounding: Rounding,
    /// What evidence is read against.
    pub facts: DialledCall,
    /// What is or was held of the main balance.
    pub amount: Money,
    /// The seconds that its bundles of time pay; `None` where it has no bundle.
    pub free_seconds: Option<u32>,
    /// What became of the hold.
    pub state: CallState,
    /// What was dialled.
    pub dialled: Dialled,
    /// How it was to be reached at first.
    pub dial: String,
    /// The trunk that carries it.
    pub trunk: Option<TrunkId>,
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
    /// The seconds that bundles paid; `None` where it had none.
    pub free_seconds: Option<u32>,
    /// What the main balance was charged.
    pub charge: Money,
    /// What it cost beyond what could still be paid, when the hold had been given back before.
    pub unpaid: Money,
    /// What the carrier charges us, where that is known.
    pub cost: Option<Money>,
}

impl Books<'_> {
    /// Places a hold on the main balance, which the schema takes from what is available; returns the call's row.
    ///
    /// # Errors
    /// The call has one already (`call.uniqueid`), it is more than what is available
    /// (`available_is_never_negative`), or the database fails.
    pub fn place_hold(&self, hold: &NewHold<'_>) -> Result<i64, StoreError> {
        self.connection()
            .prepare(
                "INSERT INTO call
                     (uniqueid, attempt, account_id, rate_id, clid, dialled, dial, callee_id, trunk_id,
                      answered_before, amount, seconds, free_seconds, placed, expires, state)
                 VALUES (:uniqueid, :attempt, :payer, :rate, :clid, :dialled, :dial, :callee, :trunk,
                      :answered_before, :amount, :seconds, :free_seconds, :placed, :expires, 'open')",
            )?
            .execute(named_params! {
                ":uniqueid": hold.call.uniqueid, ":attempt": hold.call.attempt, ":payer": hold.payer,
                ":rate": hold.rate.0, ":clid": hold.clid, ":dialled": hold.dialled, ":dial": hold.dial,
                ":callee": hold.callee, ":trunk": hold.trunk.map(|trunk| trunk.0),
                ":answered_before": hold.answered_before, ":amount": hold.amount,
                ":seconds": hold.seconds, ":free_seconds": hold.free_seconds, ":placed": hold.placed,
                ":expires": hold.expires,
            })?;
        Ok(self.connection().last_insert_rowid())
    }

    /// Finds a call by its key.
    ///
    /// # Errors
    /// The database fails.
    pub fn stored_call(&self, call: &CallId) -> Result<Option<StoredCall>, StoreError> {
        let found = self
            .connection()
            .prepare(&format!(
                "SELECT c.id, c.account_id, c.placed, c.seconds, c.answered_before, c.amount, c.state, c.dialled, c.dial,
                     c.billsec, c.charge, a.balance, a.credit_limit, a.held,
                     t.rounding, c.trunk_id, c.free_seconds, {RATE_COLUMNS}
                 FROM call c JOIN account a ON a.id = c.account_id JOIN rate r ON r.id = c.rate_id
                     JOIN tariff t ON t.id = r.tariff_id
                 WHERE c.uniqueid = :uniqueid AND c.attempt = :attempt"
            ))?
            .query_row(named_params! { ":uniqueid": call.uniqueid, ":attempt": call.attempt }, |row| {
                let posted: (Option<u32>, Option<Money>) = (row.get(9)?, row.get(10)?);
                let figures: (Money, Money, Money) = (row.get(11)?, row.get(12)?, row.get(13)?);
                let stored = StoredCall {
                    row: row.get(0)?,
                    account: row.get(1)?,
                    available: Money::ZERO,
                    rate: read_rate(row, 17)?.1,
                    rounding: row.get(14)?,
                    facts: DialledCall { placed: row.get(2)?, granted: row.get(3)?, answered_before: row.get(4)? },
                    amount: row.get(5)?,
                    free_seconds: row.get(16)?,
                    state: row.get(6)?,
                    dialled: row.get(7)?,
                    dial: row.get(8)?,
                    trunk: row.get::<_, Option<_>>(15)?.map(TrunkId),
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
                     billsec = :billsec, overrun = :overrun, free_seconds = :free_seconds, charge = :charge,
                     unpaid = :unpaid, cost = :cost
                 WHERE id = :row AND state <> 'settled'",
            )?
            .execute(named_params! {
                ":row": row, ":disposition": ending.disposition, ":answered": ending.answered, ":ended": ending.ended,
                ":billsec": ending.billsec, ":overrun": ending.overrun, ":free_seconds": ending.free_seconds,
                ":charge": ending.charge, ":unpaid": ending.unpaid, ":cost": ending.cost,
            })?;
        Ok(changed == 1)
    }

    /// Moves a call to another trunk. Tells whether it is still open.
    ///
    /// # Errors
    /// The database fails.
    pub fn move_call(&self, call: &CallId, trunk: TrunkId) -> Result<bool, StoreError> {
        let changed = self.connection().execute(
            "UPDATE call SET trunk_id = :trunk WHERE uniqueid = :uniqueid AND attempt = :attempt AND state = 'open'",
            named_params! { ":trunk": trunk.0, ":uniqueid": call.uniqueid, ":attempt": call.attempt },
        )?;
        Ok(changed == 1)
    }

    /// Gives an open hold back without a charge, and what it held of bundles. Tells whether it was open.
    ///
    /// # Errors
    /// The database fails.
    pub fn give_back(&self, call: &CallId, state: CallState, note: Option<&str>) -> Result<bool, StoreError> {
        let closed: Option<(i64, Option<u32>)> = self
            .connection()
            .query_row(
                "UPDATE call SET state = :state, note = :note
                 WHERE uniqueid = :uniqueid AND attempt = :attempt AND state = 'open'
                 RETURNING id, free_seconds",
                named_params! {
                    ":state": state, ":note": note, ":uniqueid": call.uniqueid, ":attempt": call.attempt,
                },
                |row| Ok((row.get(0)?, row.get(1)?)),
            )
            .optional()?;
        if let Some((row, Some(_))) = closed {
            self.give_bundles_back(row)?;
        }
        Ok(closed.is_some())
    }
}
