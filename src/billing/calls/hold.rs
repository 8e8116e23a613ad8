//! Holds that nobody settled.

use std::collections::HashMap;

use super::settle::post;
use crate::billing::books::reconcile::seen_end;
use crate::billing::error::BillingError;
use crate::domain::call::{CallId, UniqueId};
use crate::domain::refusal::Refusal;
use crate::domain::time::Timestamp;
use crate::store::{Books, CallQuery, CallRow, CallState, SeenChannel, SeenRecord, Store, StoreError};

/// Gives back the holds that nobody can still be talking on, and returns their calls. With `dry_run` it
/// only tells which.
///
/// # Errors
/// The books fail.
pub fn expire(store: &mut Store, as_of: Timestamp, dry_run: bool) -> Result<Vec<CallRow>, StoreError> {
    let overdue = CallQuery { state: Some(CallState::Open), expired_at: Some(as_of), ..CallQuery::default() };
    if dry_run {
        return store.read(|books| books.calls(&overdue));
    }
    store.write(|books| {
        let calls = books.calls(&overdue)?;
        for call in &calls {
            books.give_back(&call.call, CallState::Expired, Some("nobody reported how the call ended"))?;
        }
        Ok(calls)
    })
}

/// What Asterisk saw of the channels whose holds are overdue.
#[derive(Clone, Debug, Default)]
pub struct Evidence {
    /// Its records, by channel.
    pub records: HashMap<UniqueId, Vec<SeenRecord>>,
    /// When the earliest record of all began; of calls before that nothing is known.
    pub covers_from: Option<Timestamp>,
}

/// Charges the overdue calls that Asterisk saw answered and gives back the funds of those that it did not; calls
/// that its records do not reach back to stay held. Returns all of them as they are then. With `dry_run` nothing of
/// it stays.
///
/// # Errors
/// The books fail.
pub fn charge_overdue(
    store: &mut Store,
    as_of: Timestamp,
    evidence: &Evidence,
    dry_run: bool,
) -> Result<Vec<CallRow>, StoreError> {
    let overdue = CallQuery { state: Some(CallState::Open), expired_at: Some(as_of), ..CallQuery::default() };
    let close = |books: &Books<'_>| {
        let mut closed = Vec::new();
        for CallRow { call, placed, .. } in books.calls(&overdue)? {
            let mut channel = SeenChannel::new(call.uniqueid.clone());
            channel.records = evidence.records.get(&call.uniqueid).cloned().unwrap_or_default();
            channel.calls = books.known_calls(&call.uniqueid)?;
            if let Some(report) = seen_end(&channel, &call) {
                post(books, &report)?;
            } else if evidence.covers_from.is_some_and(|from| from <= placed) {
                books.give_back(&call, CallState::Expired, Some("Asterisk has no record of the call"))?;
            }
            closed.extend(books.calls(&CallQuery { call: Some(call), ..CallQuery::default() })?);
        }
        Ok(closed)
    };
    store.write(|books| if dry_run { books.rehearse(close) } else { close(books) })
}

/// Gives one open hold back by hand.
///
/// # Errors
/// There is no such call, its hold is closed, or the books fail.
pub fn release(store: &mut Store, call: &CallId, note: &str) -> Result<(), BillingError> {
    store.write(|books| {
        if books.give_back(call, CallState::Released, Some(note))? {
            return Ok(());
        }
        let refusal = match books.stored_call(call)? {
            None => Refusal::new(format!("no call {call}")).hint("billctl hold list"),
            Some(closed) => Refusal::new(format!("the hold of call {call} is {} already", closed.state)),
        };
        Err(refusal.into())
    })
}
