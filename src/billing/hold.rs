//! Holds that nobody settled.

use super::error::BillingError;
use crate::domain::call::CallId;
use crate::domain::refusal::Refusal;
use crate::domain::time::Timestamp;
use crate::store::{CallQuery, CallRow, CallState, Store, StoreError};

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
