//! The books as the two programs use them: what is decided is on the disk before anything is said.

use std::path::PathBuf;

use super::{PROGRAM, decisions};
use crate::billing::{self, Settlement, post_waiting, settle};
use crate::config::{Config, Limit};
use crate::domain::call::CallId;
use crate::domain::log_line::LogLine;
use crate::domain::money::Money;
use crate::domain::outcome::CallReport;
use crate::domain::routing::Way;
use crate::domain::time::Timestamp;
use crate::host::{self, DATABASE_VARIABLE, heap};
use crate::store::spool::Spool;
use crate::store::{Access, Role, Store, StoreError};

/// Where the books are and how to wait for them.
///
/// Once opened they stay open, also while a call lasts: to open them is a third of what a process does, and
/// while anybody has them open all others find the write-ahead log's index in place.
#[derive(Debug)]
pub(super) struct Ledger<'a> {
    config: &'a Config,
    path: PathBuf,
    store: Option<Store>,
}

impl<'a> Ledger<'a> {
    /// Finds the books: where the environment says, else where the configuration does.
    pub(super) fn of(config: &'a Config) -> Self {
        let path = host::named_file(DATABASE_VARIABLE).unwrap_or_else(|| config.database.path.clone());
        Self { config, path, store: None }
    }

    /// Decides or looks something up. When this returns, it is on the disk.
    pub(super) fn decide<T>(
        &mut self,
        role: Role,
        decide: impl FnOnce(&mut Store) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut store = match self.store.take().filter(Store::is_current) {
            None => self.open(role)?,
            Some(mut open) => {
                open.assume(role)?;
                open
            }
        };
        let decided = decide(&mut store)?;
        store.make_durable()?;
        self.store = Some(store);
        Ok(decided)
    }

    /// Ends with the books, at the end of the process.
    pub(super) fn leave(self) {
        if let Some(Err(error)) = self.store.map(Store::leave) {
            tell(&format!("the books could not be closed: {error}"));
        }
    }

    fn open(&self, role: Role) -> Result<Store, StoreError> {
        let database = &self.config.database;
        let (busy_timeout, queue) = (database.busy_timeout(), database.queue);
        heap::fetch();
        Store::open(&Access { path: self.path.clone(), role, busy_timeout, queue })
    }

    /// Moves a call on to its next way, and returns that and those after it. Where the books fail there is none.
    pub(super) fn take_next_route<'w>(&mut self, call: &CallId, further: &'w [Way]) -> Option<(&'w Way, &'w [Way])> {
        if further.is_empty() {
            return None;
        }
        let taken = self.decide(Role::Authorise, |store| billing::take_next_route(store, call, further));
        taken.unwrap_or_else(|error| {
            tell(&format!("call {call} takes no further route: {error}"));
            None
        })
    }

    /// Posts the end of a call, or keeps it beside the books until they can be used; either way it is not
    /// forgotten. Returns what was charged, once it is durable.
    pub(super) fn report(&mut self, report: &CallReport) -> Option<(u32, Money)> {
        if report.leaves_the_call_open() {
            return None;
        }
        let limited = self.as_limited(report);
        let settled = self.decide(Role::Settle, |store| settle(store, &limited));
        let call = &report.call;
        if let Some(line) = settled.as_ref().ok().and_then(|settlement| decisions::settled(call, settlement)) {
            self.log(report.at, &line);
        }
        match settled {
            Ok(Settlement::Posted { billsec, overrun, charge, unpaid }) => {
                if overrun > 0 {
                    tell(&format!("call {call} was talked {overrun} s longer than granted; not charged"));
                }
                if unpaid > Money::ZERO {
                    tell(&format!("call {call} ended after its hold was given back; {unpaid} could not be charged"));
                }
                self.post_kept(report.at);
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
                self.keep_because(report, &format!("call {call} is unknown to the books"));
                None
            }
            Err(error) => {
                self.keep_because(report, &format!("call {call} could not be settled: {error}"));
                None
            }
        }
    }

    /// Keeps the end of a call that could not be posted, and tells where, and why.
    fn keep_because(&self, report: &CallReport, reason: &str) {
        match self.keep(report) {
            Some(file) => tell(&format!("{reason}; its end was kept in {}", file.display())),
            None => tell(reason),
        }
    }

    /// Keeps the end of a call, to be posted later; returns the file. Where it can be kept nowhere, that is told.
    pub(super) fn keep(&self, report: &CallReport) -> Option<PathBuf> {
        self.log(report.at, &decisions::kept(report));
        let limited = self.as_limited(report);
        let [beside, second] = Spool::places(&self.path, &self.config.asterisk.spool);
        let kept = beside.keep(&limited).or_else(|error| second.keep(&limited).map_err(|_| error));
        kept.inspect_err(|error| {
            // The last resort: the system's log holds everything that is needed to post it by hand.
            tell(&format!("the end of a call is lost unless it is posted by hand: {error}; {report:?}"));
        })
        .ok()
    }

    /// Writes down a decision.
    pub(super) fn log(&self, at: Timestamp, line: &LogLine) {
        decisions::write(&self.config.log.decisions, at, line);
    }

    /// Adds to a report what the configuration knows of the call's limit.
    fn as_limited(&self, report: &CallReport) -> CallReport {
        CallReport { limit_is_heard: self.config.dial.limit == Limit::Warn, ..report.clone() }
    }

    /// Posts what was kept beside the books earlier; it waits on if that fails.
    pub(super) fn post_kept(&self, at: Timestamp) {
        match post_waiting(&Spool::beside(&self.path), || self.open(Role::Settle)) {
            Ok((posted, stay)) => {
                decisions::write_settled(&self.config.log.decisions, at, &posted);
                stay.iter().for_each(|reason| tell(reason));
            }
            Err(error) => tell(&format!("kept ends of calls still wait: {error}")),
        }
    }
}

/// Tells the operator.
pub(super) fn tell(message: &str) {
    host::tell_operator(PROGRAM, message);
}
