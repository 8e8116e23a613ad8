//! The books as the two programs use them: open for one decision, closed before anything is said.

use std::path::PathBuf;

use super::PROGRAM;
use crate::billing::{self, Settlement, post_waiting, settle};
use crate::config::{Config, Limit};
use crate::domain::call::CallId;
use crate::domain::money::Money;
use crate::domain::outcome::CallReport;
use crate::domain::routing::Way;
use crate::host::{self, DATABASE_VARIABLE};
use crate::store::spool::Spool;
use crate::store::{Access, Role, Store, StoreError};

/// Where the books are and how to wait for them.
#[derive(Clone, Debug)]
pub(super) struct Ledger<'a> {
    config: &'a Config,
    path: PathBuf,
}

impl<'a> Ledger<'a> {
    /// Finds the books: where the environment says, else where the configuration does.
    pub(super) fn of(config: &'a Config) -> Self {
        let path = host::named_file(DATABASE_VARIABLE).unwrap_or_else(|| config.database.path.clone());
        Self { config, path }
    }

    /// Opens the books.
    pub(super) fn open(&self, role: Role) -> Result<Store, StoreError> {
        let database = &self.config.database;
        let (busy_timeout, queue) = (database.busy_timeout(), database.queue);
        Store::open(&Access { path: self.path.clone(), role, busy_timeout, queue })
    }

    /// Moves a call on to its next way, and returns that and those after it. Where the books fail there is none.
    pub(super) fn take_next_route<'w>(&self, call: &CallId, further: &'w [Way]) -> Option<(&'w Way, &'w [Way])> {
        if further.is_empty() {
            return None;
        }
        let taken = self.open(Role::Authorise).and_then(|mut store| {
            let taken = billing::take_next_route(&mut store, call, further)?;
            store.close()?;
            Ok(taken)
        });
        taken.unwrap_or_else(|error| {
            tell(&format!("call {call} takes no further route: {error}"));
            None
        })
    }

    /// Posts the end of a call, or keeps it beside the books until they can be used; either way it is not
    /// forgotten. Returns what was charged, once it is durable.
    pub(super) fn report(&self, report: &CallReport) -> Option<(u32, Money)> {
        if report.leaves_the_call_open() {
            return None;
        }
        let settled = self.open(Role::Settle).and_then(|mut store| {
            let settlement = settle(&mut store, &self.as_limited(report))?;
            store.close()?;
            Ok(settlement)
        });
        let call = &report.call;
        match settled {
            Ok(Settlement::Posted { billsec, overrun, charge, unpaid }) => {
                if overrun > 0 {
                    tell(&format!("call {call} was talked {overrun} s longer than granted; not charged"));
                }
                if unpaid > Money::ZERO {
                    tell(&format!("call {call} ended after its hold was given back; {unpaid} could not be charged"));
                }
                self.post_kept();
                Some((billsec, charge))
            }
            Ok(Settlement::Before { billsec, charge, reported }) => {
                if let Some(reported) = reported.filter(|&reported| reported != billsec) {
                    tell(&format!("call {call} was settled for {billsec} s; a report of {reported} s changed nothing"));
                }
                Some((billsec, charge))
            }
            Ok(Settlement::GoesOn) => None,
            Ok(Settlement::Unknown) => {
                tell(&format!("call {call} is unknown to the books; its end was kept"));
                self.keep(report);
                None
            }
            Err(error) => {
                tell(&format!("call {call} could not be settled: {error}; its end was kept"));
                self.keep(report);
                None
            }
        }
    }

    /// Keeps the end of a call beside the books, to be posted later.
    pub(super) fn keep(&self, report: &CallReport) {
        if let Err(error) = Spool::beside(&self.path).keep(&self.as_limited(report)) {
            // The last resort: the system's log holds everything that is needed to post it by hand.
            tell(&format!("the end of a call is lost unless it is posted by hand: {error}; {report:?}"));
        }
    }

    /// Adds to a report what the configuration knows of the call's limit.
    fn as_limited(&self, report: &CallReport) -> CallReport {
        CallReport { limit_is_heard: self.config.dial.limit == Limit::Warn, ..report.clone() }
    }

    /// Posts what was kept earlier; it waits on if that fails.
    pub(super) fn post_kept(&self) {
        match post_waiting(&Spool::beside(&self.path), || self.open(Role::Settle)) {
            Ok((_, stay)) => stay.iter().for_each(|reason| tell(reason)),
            Err(error) => tell(&format!("kept ends of calls still wait: {error}")),
        }
    }
}

/// Tells the operator.
pub(super) fn tell(message: &str) {
    host::tell_operator(PROGRAM, message);
}
