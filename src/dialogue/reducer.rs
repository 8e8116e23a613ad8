//! The reducer, in `h`: settles what the caller's program could not.

use std::io::{BufRead, Write};

use super::books::{Ledger, tell};
use super::ending::Ending;
use super::variables;
use crate::agi::session::Session;
use crate::agi::wire::WireError;
use crate::config::{Config, ConfigError};
use crate::domain::call::{CallId, UniqueId};
use crate::domain::outcome::Witness;
use crate::host::Clock;
use crate::store::{CallQuery, CallState, Role, StoreError};

/// Talks with Asterisk about a channel that is gone.
///
/// # Errors
/// The environment block is not Asterisk's, or the pipe fails.
pub fn run<R: BufRead, W: Write>(
    (input, output): (R, W),
    config: Result<Config, ConfigError>,
    clock: &impl Clock,
) -> Result<(), WireError> {
    let (mut session, environment) = Session::begin(input, output)?;
    let ending = Ending::read(&mut session)?;
    let call = ending.call(&environment.uniqueid);
    if ending.is_settled() || (call.is_none() && ending.is_decided()) {
        // Settled, refused or free: the books have nothing to do with it any more.
        return Ok(());
    }
    // A call that was made is not forgotten over a misspelt key.
    let config = config.unwrap_or_else(|error| {
        tell(&format!("{error}; settling with what can be read of it, and the defaults"));
        error.rescue()
    });
    let mut ledger = Ledger::of(&config);
    match call {
        Some(call) => {
            if let Some(odd) = ending.odd_time(u64::MAX) {
                tell(&format!(
                    "call {call} was talked for `{odd}`: was the clock set? It is charged what it can have been"
                ));
            }
            let report = ending.report(call, Witness::Afterwards, clock.now());
            if let Some((billsec, charge)) = ledger.report(&report) {
                session.set(variables::CHARGE, &charge.to_string())?;
                session.set(variables::BILLSEC, &billsec.to_string())?;
            }
        }
        None => match never_dialled(&mut ledger, &environment.uniqueid) {
            // The caller's program died between its commit and naming the call, so it never dialled:
            // whatever Dial's variables say is of another dial.
            Ok(Some(call)) => {
                ledger.report(&Ending::default().report(call, Witness::Afterwards, clock.now()));
            }
            Ok(None) => {}
            Err(error) => tell(&format!("channel {} could not be looked up: {error}", environment.uniqueid)),
        },
    }
    ledger.leave();
    Ok(())
}

fn never_dialled(ledger: &mut Ledger<'_>, uniqueid: &UniqueId) -> Result<Option<CallId>, StoreError> {
    let query = CallQuery {
        state: Some(CallState::Open),
        uniqueid: Some(uniqueid.as_str().to_owned()),
        ..CallQuery::default()
    };
    let calls = ledger.decide(Role::Settle, |store| store.read(|books| books.calls(&query)))?;
    Ok(calls.into_iter().next().map(|call| call.call))
}
