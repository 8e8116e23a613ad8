//! What comes after the programs of a call: ends that were kept, holds that nobody reported, and the last look at what
//! was promised.

use std::collections::BTreeMap;

use super::calls::how;
use super::effect::{Effect, Held};
use super::life::{How, Life, Step};
use super::process::Decided;
use super::scratch::access;
use crate::billing;
use crate::domain::call::CallId;
use crate::domain::money::Money;
use crate::store::spool::Spool;
use crate::store::{CallQuery, Role, Store, StoredCall};

impl Life<'_> {
    pub(super) fn post_kept(&mut self) -> Result<Option<Step>, String> {
        let spool = Spool::beside(&self.path());
        let waiting = spool.waiting().map_err(|error| error.to_string())?;
        if waiting.is_empty() {
            return Ok(None);
        }
        let mut calls = BTreeMap::new();
        for report in waiting.into_iter().filter_map(|waiting| waiting.report.ok()) {
            // One that is posted already changes nothing.
            if let (Some(StoredCall { posted: None, .. }), Some(call)) =
                (self.stored(&report.call)?, self.calls.get(&report.call))
            {
                calls.insert(report.call.clone(), call.held.clone());
            }
        }
        self.expect_a_fault();
        let path = self.path();
        let how = match billing::post_waiting(&spool, || Store::open(&access(path.clone(), Role::Settle))) {
            Ok(_) => How::Done(!self.disk.is_dead()),
            Err(_) => How::Failed,
        };
        Ok(Some(Step { effect: Effect::Ends(calls), how }))
    }

    pub(super) fn expire_holds(&mut self) -> Result<Option<Step>, String> {
        let now = self.now;
        let overdue = billing::expire(self.observer()?, now, true).map_err(|error| error.to_string())?;
        let calls = overdue.into_iter().map(|row| (row.call.clone(), self.held_by(&row.call))).collect();
        let decided = self.decide(Role::Manage, |store| Ok(billing::expire(store, now, false)?));
        Ok(Some(Step { effect: Effect::GivenBack(calls), how: how(&decided) }))
    }

    pub(super) fn release(&mut self) -> Result<Option<Step>, String> {
        let Some(call) = self.any_call() else { return Ok(None) };
        let open = self.current().open.contains_key(&call);
        let calls = BTreeMap::from([(call.clone(), self.held_by(&call))]);
        let decided = self.decide(Role::Manage, |store| billing::release(store, &call, "by hand"));
        match (&decided, open) {
            (Decided::Done(..), false) => Err(format!("{call} was given back and had no hold")),
            (Decided::Refused, true) => Err(format!("{call} was not given back and had a hold")),
            _ => Ok(Some(Step {
                effect: if open { Effect::GivenBack(calls) } else { Effect::Nothing },
                how: how(&decided),
            })),
        }
    }

    fn held_by(&self, call: &CallId) -> Held {
        self.calls.get(call).map(|call| call.held.clone()).unwrap_or_default()
    }

    /// Posts every end that was kept, without a fault, and holds every call against what was promised.
    pub(super) fn finish(&mut self) -> Result<(), String> {
        self.disk.make_room();
        let (spool, path) = (Spool::beside(&self.path()), self.path());
        billing::post_waiting(&spool, || Store::open(&access(path.clone(), Role::Settle)))
            .map_err(|error| format!("the ends that were kept cannot be posted: {error}"))?;
        let rows = self.look(|books| books.calls(&CallQuery::default()))?;
        let posted: BTreeMap<CallId, (u32, Money)> = rows
            .into_iter()
            .filter_map(|row| Some((row.call, row.ending.map(|ending| (ending.billsec, ending.charge))?)))
            .collect();
        for (id, call) in self.calls.iter().filter(|(_, call)| call.promised) {
            match (posted.get(id), &call.charged) {
                (None, _) => return Err(format!("the end of {id} was acknowledged and is not posted")),
                (Some(posted), Some(charged)) if posted != charged => {
                    return Err(format!("{id} was acknowledged as {charged:?} and is posted as {posted:?}"));
                }
                _ => {}
            }
        }
        self.report.settled += posted.len() as u64;
        Ok(())
    }
}
