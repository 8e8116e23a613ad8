//! What the programs promised, and whether the books keep it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::time::Duration;

use celcombiller::agi::stand_in::words;
use celcombiller::billing::post_waiting;
use celcombiller::domain::call::CallId;
use celcombiller::domain::money::Money;
use celcombiller::store::spool::Spool;
use celcombiller::store::{Access, CallState, Role, Store, StoreError, StoredCall};

use crate::record::{Action, Event, Files};
use crate::scenes::REDUCER;
use crate::support::is_dial;

/// What somebody relies on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Promise {
    /// The call was named: its hold was placed.
    Held(CallId),
    /// The charge was told.
    Charged { call: CallId, billsec: u32, charge: Money },
    /// The program that knew of the call's end has exited: it was posted, or kept.
    Ended(CallId),
}

/// Lists what was promised by a moment.
pub(crate) fn promised(events: &[Event], at: u64) -> Vec<Promise> {
    let mut promises = Vec::new();
    let (mut charges, mut ends) = (BTreeMap::new(), BTreeSet::new());
    // Whoever hears the beginning of a line may hear all of it.
    for event in events.iter().take_while(|event| event.begun <= at) {
        let process = event.process.as_str();
        let uniqueid = process.rsplit_once('@').unwrap().1;
        let call = || -> CallId { format!("{uniqueid}#1").parse().unwrap() };
        let said = match &event.action {
            Action::Exit if ends.contains(process) => {
                promises.push(Promise::Ended(call()));
                continue;
            }
            Action::Say(said) if !uniqueid.is_empty() => said,
            _ => continue,
        };
        if is_dial(said) || process.contains(REDUCER) {
            ends.insert(process);
        }
        let said = words(said);
        match said.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
            ["SET", "VARIABLE", "CELCOMBILLER_CALL", call] => {
                promises.push(Promise::Held(call.parse().unwrap()));
            }
            ["SET", "VARIABLE", "CELCOMBILLER_CHARGE", charge] => {
                charges.insert(process, charge.parse().unwrap());
            }
            ["SET", "VARIABLE", "CELCOMBILLER_BILLSEC", billsec] => {
                let charge = charges[process];
                promises.push(Promise::Charged { call: call(), billsec: billsec.parse().unwrap(), charge });
            }
            _ => {}
        }
    }
    promises
}

/// Opens books from such files in an empty folder; tells what they lack.
pub(crate) fn kept(files: &Files, folder: &Path, promises: &[Promise]) -> Result<(), String> {
    for (name, content) in files {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    let path = folder.join("celcombiller.db");
    let spool = Spool::beside(&path);
    let open = || {
        let busy_timeout = Duration::from_secs(5);
        Store::open(&Access { path: path.clone(), role: Role::Authorise, busy_timeout, queue: false })
    };
    let look = |ends: bool| look(open()?, promises, ends);
    look(false).map_err(|error| error.to_string())?;
    // The ends that were kept are posted, each once.
    post_waiting(&spool, open).map_err(|error| error.to_string())?;
    look(true).map_err(|error| format!("after the ends that were kept were posted: {error}"))
}

/// Proves the books; that calls have ended is asked only when `ends`.
fn look(mut store: Store, promises: &[Promise], ends: bool) -> Result<(), StoreError> {
    store.read(|books| {
        let broken = |what: String| Err(StoreError::Corrupt(what));
        for check in books.check(None)?.checks {
            if !check.faults.is_empty() {
                return broken(format!("{}: {:?}", check.name, check.faults));
            }
        }
        let settled = |stored: &StoredCall| stored.state == CallState::Settled;
        for promise in promises {
            let keeps = match promise {
                Promise::Held(call) => {
                    books.stored_call(call)?.is_some_and(|it| settled(&it) || it.state == CallState::Open)
                }
                Promise::Charged { call, billsec, charge } => {
                    books.stored_call(call)?.is_some_and(|it| settled(&it) && it.posted == Some((*billsec, *charge)))
                }
                Promise::Ended(call) => !ends || books.stored_call(call)?.is_some_and(|it| settled(&it)),
            };
            if !keeps {
                return broken(format!("acknowledged and lost: {promise:?}"));
            }
        }
        Ok(())
    })?;
    store.close()
}
