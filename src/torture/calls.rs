//! What the programs of a call do.

use super::effect::{Effect, Held};
use super::life::{How, Life, Step};
use super::process::{Decided, Ending};
use crate::billing::{self, Settlement};
use crate::domain::account::Caller;
use crate::domain::call::{Authorisation, CallId, CallRequest};
use crate::domain::money::Money;
use crate::domain::outcome::{CallReport, Disposition, Witness};
use crate::store::spool::Spool;
use crate::store::{AccountId, CallState, Glimpse, Role, StoredCall};

/// A call as the world around the books knows it.
#[derive(Clone, Debug)]
pub(super) struct Call {
    payer: AccountId,
    request: CallRequest,
    answered: bool,
    talk_millis: u64,
    /// Whether its program knows that it was granted, and has dialled.
    granted: bool,
    /// What it holds, or held.
    pub(super) held: Held,
    /// Whether somebody relies on its end being posted: it was acknowledged, or kept beside the books.
    pub(super) promised: bool,
    /// What it was charged, as it was acknowledged.
    pub(super) charged: Option<(u32, Money)>,
}

impl Life<'_> {
    pub(super) fn stored(&mut self, call: &CallId) -> Result<Option<StoredCall>, String> {
        self.look(|books| books.stored_call(call))
    }

    /// Picks a call, most likely one of the newest.
    pub(super) fn any_call(&mut self) -> Option<CallId> {
        let place = usize::try_from(self.chance.below(20)).unwrap_or(0);
        self.calls.keys().nth_back(place).cloned()
    }

    pub(super) fn authorise(&mut self) -> Option<Step> {
        let user = self.chance.one_of(&self.scratch.users)?.clone();
        let callee = self.chance.one_of(&self.scratch.users)?.number;
        let dialled = if self.chance.percent(30) { callee } else { "5511999990002" };
        // In the order of their numbers, so that the newest are found at the end.
        let call: CallId = format!("1764320400.{:06}#1", self.calls.len()).parse().ok()?;
        let request = CallRequest {
            call: call.clone(),
            caller: Caller::from_channel("", user.number),
            dialled: dialled.parse().ok()?,
            answered_before: false,
            then: None,
            at: self.now,
        };
        let (answered, talk_millis) = (self.chance.percent(75), self.chance.below(400_000));
        let call = Call {
            payer: user.id,
            request,
            answered,
            talk_millis,
            granted: false,
            held: Held::new(),
            promised: false,
            charged: None,
        };
        self.calls.insert(call.request.call.clone(), call.clone());
        Some(self.ask_for(&call, true))
    }

    pub(super) fn authorise_again(&mut self) -> Result<Option<Step>, String> {
        let Some(id) = self.any_call() else { return Ok(None) };
        let Some(call) = self.calls.get(&id).cloned() else { return Ok(None) };
        let Some(stored) = self.stored(&id)? else {
            return Ok(Some(self.ask_for(&call, false)));
        };
        let step = self.ask_for(&call, false);
        let Effect::Hold { amount: Some(held), .. } = step.effect else {
            return Ok(Some(Step { effect: Effect::Nothing, ..step }));
        };
        match stored.state == CallState::Open && held == stored.amount {
            true => Ok(Some(Step { effect: Effect::Nothing, ..step })),
            false => {
                Err(format!("{id} was granted again with {held}, and was {} with {}", stored.state, stored.amount))
            }
        }
    }

    /// Has a new process ask for a call, which it dials then where `dials`.
    fn ask_for(&mut self, call: &Call, dials: bool) -> Step {
        let id = call.request.call.clone();
        let policy = &self.scratch.policy;
        let ending = if self.chance.percent(20) { Ending::Waits } else { Ending::Stays };
        let decided =
            self.decide_and((Role::Authorise, ending), |store| Ok(billing::authorise(store, &call.request, policy)?.0));
        let (amount, how) = match decided {
            Decided::Done(Authorisation::Granted(grant), durable) => {
                let goes_on = (durable || ending == Ending::Waits) && !self.disk.is_dead();
                if let Some(process) = self.processes.last_mut().filter(|_| dials && goes_on) {
                    process.dials.push(id.clone());
                }
                if durable {
                    self.note_grant(&id);
                }
                (Some(grant.held), How::Done(durable))
            }
            Decided::Done(Authorisation::Denied(..), _) => (None, How::Refused),
            Decided::Refused => (None, How::Refused),
            Decided::Failed => (None, How::Failed),
        };
        Step { effect: Effect::Hold { call: id, payer: call.payer, amount }, how }
    }

    /// Notes that a program knows of a call's grant, and dials.
    pub(super) fn note_grant(&mut self, call: &CallId) {
        if let Some(call) = self.calls.get_mut(call) {
            self.report.calls += u64::from(!call.granted);
            call.granted = true;
        }
    }

    /// Notes what a call holds, once that can be seen.
    pub(super) fn note_hold(&mut self, call: &CallId, after: &Glimpse) {
        if !after.open.contains_key(call) || self.current().open.contains_key(call) {
            return;
        }
        let change = super::change::Change::between(self.current(), after);
        if let Some(call) = self.calls.get_mut(call) {
            call.held = change.moved.into_iter().map(|(id, moved)| (id, moved.held)).collect();
        }
    }

    pub(super) fn hang_up(&mut self) -> Result<Option<Step>, String> {
        let granted = |call: &&CallId| self.calls.get(*call).is_some_and(|call| call.granted);
        let dialling: Vec<_> = (0..self.processes.len())
            .flat_map(|at| self.processes[at].dials.iter().filter(granted).map(move |call| (at, call.clone())))
            .collect();
        let Some((at, call)) = self.chance.one_of(&dialling).cloned() else { return Ok(None) };
        let (stored, known) = (self.stored(&call)?, self.calls.get(&call).cloned());
        let Some(known) = known else { return Ok(None) };
        let report = self.report_of(&known, Witness::Dialler { dial_millis: known.talk_millis + 5_000 });
        self.processes[at].dials.retain(|dialled| *dialled != call);
        if report.leaves_the_call_open() {
            return Ok(None);
        }
        let process = self.processes.swap_remove(at);
        let ending = if self.chance.percent(97) { Ending::Stays } else { Ending::Leaves };
        self.expect_a_fault();
        let decided = self.decide_in(process, ending, |store| {
            store.assume(Role::Settle)?;
            Ok(billing::settle(store, &report)?)
        });
        self.settled(decided, &report, stored).map(Some)
    }

    pub(super) fn reduce(&mut self) -> Result<Option<Step>, String> {
        let Some(call) = self.any_call() else { return Ok(None) };
        // Asterisk runs the reducer when the caller's program has ended.
        if self.processes.iter().any(|process| process.dials.contains(&call)) {
            return Ok(None);
        }
        let Some(known) = self.calls.get(&call).cloned() else { return Ok(None) };
        let stored = self.stored(&call)?;
        let report = self.report_of(&known, Witness::Afterwards);
        let ending = if self.chance.percent(97) { Ending::Stays } else { Ending::Leaves };
        let decided = self.decide_and((Role::Settle, ending), |store| Ok(billing::settle(store, &report)?));
        self.settled(decided, &report, stored).map(Some)
    }

    fn report_of(&mut self, call: &Call, witness: Witness) -> CallReport {
        // Now and then the call was redirected, and goes on when its dial has ended.
        let redirected = self.chance.percent(3);
        CallReport {
            call: call.request.call.clone(),
            disposition: match call.answered {
                // Nobody dialled before the grant was known.
                _ if !call.granted => Disposition::Failed,
                true => Disposition::Answered,
                false => Disposition::Busy,
            },
            answered_millis: (!redirected || witness == Witness::Afterwards).then_some(call.talk_millis),
            answered_at: None,
            limit_is_heard: false,
            witness,
            at: self.now,
        }
    }

    /// Judges what settling came to, and keeps the end beside the books where they failed.
    fn settled(
        &mut self,
        decided: Decided<Settlement>,
        report: &CallReport,
        stored: Option<StoredCall>,
    ) -> Result<Step, String> {
        let posted = stored.as_ref().and_then(|stored| stored.posted);
        let Some(call) = self.calls.get_mut(&report.call) else { return Err("an unknown call".to_owned()) };
        let end = |charge| match &stored {
            Some(stored) if posted.is_none() => Effect::End {
                call: report.call.clone(),
                open: stored.state == CallState::Open,
                payer: call.payer,
                held: call.held.clone(),
                charge,
            },
            _ => Effect::Nothing,
        };
        let (effect, how) = match decided {
            Decided::Done(Settlement::Posted { billsec, charge, .. }, durable) => {
                if let Some(before) = posted {
                    return Err(format!("{} was charged {charge} after {before:?}", report.call));
                }
                let effect = end(Some(charge));
                if durable {
                    (call.promised, call.charged) = (true, Some((billsec, charge)));
                }
                (effect, How::Done(durable))
            }
            Decided::Done(Settlement::Before { billsec, charge, .. }, durable) => {
                if posted != Some((billsec, charge)) {
                    return Err(format!("{} is said to be charged {charge}, and was {posted:?}", report.call));
                }
                if durable {
                    (call.promised, call.charged) = (true, posted);
                }
                (Effect::Nothing, How::Done(durable))
            }
            Decided::Done(Settlement::GoesOn, durable) => (Effect::Nothing, How::Done(durable)),
            Decided::Done(Settlement::Unknown, durable) => match stored {
                Some(_) => return Err(format!("{} is unknown to the books that have it", report.call)),
                None => (Effect::Nothing, How::Done(durable)),
            },
            Decided::Refused => (Effect::Nothing, How::Refused),
            Decided::Failed => (end(None), How::Failed),
        };
        // As the programs do: an end that nobody could post is kept, unless the program is dead.
        let acknowledged = matches!(how, How::Done(true));
        if !acknowledged && stored.is_some() && !self.disk.is_dead() {
            let kept = Spool::beside(&self.path()).keep(report);
            kept.map_err(|error| format!("an end could not be kept: {error}"))?;
            if let Some(call) = self.calls.get_mut(&report.call).filter(|call| call.granted) {
                call.promised = true;
            }
        }
        Ok(Step { effect, how })
    }
}

/// Tells how a decision ended.
pub(super) fn how<T>(decided: &Decided<T>) -> How {
    match decided {
        Decided::Done(_, durable) => How::Done(*durable),
        Decided::Refused => How::Refused,
        Decided::Failed => How::Failed,
    }
}
