//! The life of some books: begun anew, used by many processes at once on a disk that fails, looked at after each step.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::calls::Call;
use super::change::newest;
use super::effect::Effect;
use super::operation::Operation;
use super::process::Process;
use super::report::{Broken, Report};
use super::scratch::{BEGINNING, BOOKS, Scratch};
use crate::domain::call::CallId;
use crate::domain::chance::Chance;
use crate::domain::money::Money;
use crate::domain::time::Timestamp;
use crate::domain::voucher::VoucherCode;
use crate::store::{FailingDisk, Fault, Glimpse, StoreError};

/// Steps between two proofs of every invariant from the rows, where no power cut asks for one.
const AUDIT_EVERY: u64 = 500;

/// How an operation ended, as its process sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum How {
    /// Decided, and `true` once it is acknowledged.
    Done(bool),
    Refused,
    Failed,
}

/// One operation of one process.
#[derive(Debug)]
pub(super) struct Step {
    pub(super) effect: Effect,
    pub(super) how: How,
}

impl Step {
    /// Takes nothing for acknowledged where nothing was written, so that nothing was synced.
    pub(super) fn unless_it_only_looked(self, only_looked: bool) -> Self {
        match self.how {
            How::Done(_) if only_looked => Self { how: How::Done(false), ..self },
            _ => self,
        }
    }
}

/// Books and their processes.
#[derive(Debug)]
pub(super) struct Life<'a> {
    // Dropped before the disk on which they have files open.
    pub(super) processes: Vec<Process>,
    pub(super) disk: FailingDisk,
    pub(super) scratch: &'a Scratch,
    pub(super) faults: &'a [Fault],
    pub(super) chance: Chance,
    pub(super) now: Timestamp,
    /// The books as they were at the last acknowledgement, and after each decision since. A power cut leaves one of
    /// these, whole; anything else leaves the last.
    states: Vec<Glimpse>,
    /// What led from each of them to the next.
    effects: Vec<Effect>,
    pub(super) calls: BTreeMap<CallId, Call>,
    pub(super) codes: Vec<VoucherCode>,
    pub(super) report: Report,
}

impl<'a> Life<'a> {
    /// Lives for so many steps; the folder is made and removed.
    pub(super) fn run(
        scratch: &'a Scratch,
        folder: &Path,
        (seed, steps): (u64, u64),
        (faults, lies): (&'a [Fault], bool),
    ) -> Result<Result<Report, Broken>, StoreError> {
        let mut chance = Chance::new(seed);
        let disk = FailingDisk::mount(folder, chance.draw())?;
        disk.put(BOOKS, &scratch.content)?;
        if lies {
            disk.lie();
        }
        let mut life = Self {
            processes: Vec::new(),
            disk,
            scratch,
            faults,
            chance,
            now: BEGINNING,
            states: Vec::new(),
            effects: Vec::new(),
            calls: BTreeMap::new(),
            codes: Vec::new(),
            report: Report { books: 1, ..Report::default() },
        };
        let lived = life.live(steps);
        // Whatever stands open has nothing more to say.
        life.disk.kill();
        life.processes.clear();
        let report = life.report.clone();
        Ok(lived.map(|()| report).map_err(|fact| Broken { seed, steps: life.report.steps, fact }))
    }

    fn live(&mut self, steps: u64) -> Result<(), String> {
        let first = self.look(|books| books.glimpse())?;
        self.states = vec![first];
        while self.report.steps < steps {
            self.report.steps += 1;
            self.step()?;
        }
        self.finish()?;
        self.audit()
    }

    pub(super) fn path(&self) -> PathBuf {
        self.disk.folder().join(BOOKS)
    }

    /// Returns the books as they are.
    pub(super) fn current(&self) -> &Glimpse {
        // There is always one: each step leaves the last.
        &self.states[self.states.len() - 1]
    }

    fn step(&mut self) -> Result<(), String> {
        self.pass_time();
        let full = self.disk.is_full();
        let (operation, step) = loop {
            let operation = Operation::draw(&mut self.chance);
            let told = |fact| format!("{operation}: {fact}");
            if let Some(step) = self.perform(operation).map_err(told)? {
                break (operation, step);
            }
        };
        let fault = self.disk.disarm();
        let ends = self.report.operations.entry(operation).or_default();
        match step.how {
            How::Done(_) => ends.done += 1,
            How::Refused => ends.refused += 1,
            How::Failed => ends.failed += 1,
        }
        if let Some(fault) = fault {
            *self.report.faults.entry(fault).or_default() += 1;
        }
        if step.how == How::Failed && fault.is_none() && !full {
            return Err(format!("{operation}: the books failed without a fault: {:?}", step.effect));
        }
        let because = fault.map_or_else(String::new, |fault| format!(" with {fault}"));
        self.judge(&step, fault).map_err(|fact| format!("{operation}{because}: {fact}"))?;
        if fault == Some(Fault::PowerCut) || self.report.steps.is_multiple_of(AUDIT_EVERY) {
            self.audit().map_err(|fact| format!("{operation}{because}: {fact}"))?;
        }
        Ok(())
    }

    /// Time passes, and now and then somebody sets the clock.
    fn pass_time(&mut self) {
        let millis = match self.chance.below(100) {
            0 => self.chance.below(2 * 86_400_000),
            1 => {
                let back = self.chance.below(3_600_000);
                self.now = self.now.minus_millis(back);
                return;
            }
            _ => self.chance.below(20_000),
        };
        self.now = Timestamp::from_millis(self.now.millis().saturating_add_unsigned(millis));
        if self.chance.percent(10) {
            self.disk.make_room();
        }
    }

    /// Holds the books against what they may be after a step.
    fn judge(&mut self, step: &Step, fault: Option<Fault>) -> Result<(), String> {
        let cut = fault == Some(Fault::PowerCut);
        if cut {
            self.processes.clear();
            self.disk.lose_power().map_err(|error| error.to_string())?;
            self.disk.make_room();
        } else {
            self.disk.revive();
        }
        let after = self.look(|books| books.glimpse())?;
        for (id, figures) in &after.accounts {
            if figures.available().is_none_or(|available| available < Money::ZERO) {
                return Err(format!("{id:?} is overdrawn: {figures:?}"));
            }
        }
        let before = self.current();
        let same = *before == after;
        let done = step.effect.explains(before, &after, step.how == How::Failed);
        let right = match step.how {
            How::Done(_) => done,
            How::Refused => same,
            How::Failed => same || done,
        };
        let kept = self.states.iter().rposition(|state| *state == after).or_else(|| self.lies_between(&after));
        let kept = kept.filter(|_| cut);
        if !right && kept.is_none() {
            return Err(self.told(step, &after));
        }
        if let Effect::Hold { call, .. } = &step.effect {
            self.note_hold(&call.clone(), &after);
        }
        if step.how == How::Failed && !same && kept.is_none() {
            self.report.found_done += 1;
        }
        if cut {
            let last = kept.filter(|_| !right || same);
            self.report.taken_back += last.map_or(0, |last| (self.states.len() - 1 - last) as u64);
        }
        if cut || step.how == How::Done(true) {
            self.states = vec![after];
            self.effects.clear();
        } else if !same {
            self.states.push(after);
            self.effects.push(step.effect.clone());
        }
        Ok(())
    }

    /// Returns after which of the states the books are on the way to the next, by an operation of several decisions.
    fn lies_between(&self, books: &Glimpse) -> Option<usize> {
        let leads = |(state, effect): (&Glimpse, &Effect)| effect.is_in_parts() && effect.explains(state, books, true);
        self.states.iter().zip(&self.effects).rposition(leads)
    }

    /// Says what is wrong: what was expected, and what is there instead.
    fn told(&self, step: &Step, after: &Glimpse) -> String {
        let change = super::change::Change::between(self.current(), after);
        format!(
            "{:?} with {:?} does not explain {change:?} after entry {}, with {} states since the last acknowledgement",
            step.how,
            step.effect,
            newest(self.current()),
            self.states.len()
        )
    }

    /// Proves every invariant from the rows.
    pub(super) fn audit(&mut self) -> Result<(), String> {
        self.report.audits += 1;
        let audit = self.look(|books| books.check(None))?;
        match audit.checks.iter().find(|check| !check.faults.is_empty()) {
            Some(broken) => Err(format!("{}: {}", broken.name, broken.faults.join("; "))),
            None => Ok(()),
        }
    }
}
