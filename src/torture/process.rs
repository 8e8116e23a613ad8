//! Simulated processes: each has the books open as a program of ours has, decides something, and brings it to the disk
//! before it is taken for decided.

use super::life::Life;
use super::scratch::access;
use crate::billing::BillingError;
use crate::domain::call::CallId;
use crate::store::{Books, FailingDisk, Fault, Role, Store, StoreError};

/// Processes at once, beside those that only come and go.
const MOST: usize = 6;
/// Steps of a hundred in which a fault is waiting.
const FAULTS_IN_HUNDRED: u64 = 4;

/// Processes of which another comes soon, so that there are always some at once.
const FEW: usize = 3;
/// Decisions of a hundred that fall in a process which has the books open already, where few have, and where more have.
/// To open them takes longer than to decide.
const WARM_IN_HUNDRED: [u64; 2] = [70, 99];

/// A process that has the books open.
#[derive(Debug)]
pub(super) struct Process {
    pub(super) store: Store,
    /// The calls that it dials: one, as the programs of calls, or many, as a service.
    pub(super) dials: Vec<CallId>,
    /// Whether it has decided something that is still to be synced.
    pub(super) owes: bool,
}

/// What a process does with the books when it has decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// Syncs, and has them open for what comes.
    Stays,
    /// Has them open and has not synced yet.
    Waits,
    /// Closes them.
    Closes,
    /// Ends as the programs of a call do.
    Leaves,
}

/// What became of a decision.
#[derive(Debug)]
pub(super) enum Decided<T> {
    /// It was taken; `true` once it is on the disk, so that somebody may be told.
    Done(T, bool),
    /// A rule refuses it.
    Refused,
    /// Nobody knows, and nobody is told.
    Failed,
}

/// Ends a process as a kill does: it writes nothing more.
pub(super) fn vanish(disk: &FailingDisk, process: impl Sized) {
    let was_dead = disk.is_dead();
    disk.kill();
    drop(process);
    if !was_dead {
        disk.revive();
    }
}

impl Life<'_> {
    fn open(&self, role: Role) -> Result<Process, StoreError> {
        let store = Store::open(&access(self.path(), role))?;
        store.keep_statements();
        Ok(Process { store, dials: Vec::new(), owes: false })
    }

    /// Looks at the books, through whoever has them open.
    pub(super) fn look<T, E: From<StoreError> + std::fmt::Display>(
        &mut self,
        look: impl FnOnce(&Books<'_>) -> Result<T, E>,
    ) -> Result<T, String> {
        self.observer()?.read(look).map_err(|error| format!("the books cannot be read: {error}"))
    }

    /// Returns books that are open, or opens them.
    pub(super) fn observer(&mut self) -> Result<&mut Store, String> {
        if self.processes.is_empty() {
            let opened = self.open(Role::Settle).map_err(|error| format!("the books cannot be opened: {error}"))?;
            self.processes.push(opened);
        }
        let first = self.processes.first_mut().ok_or("nobody has the books open")?;
        Ok(&mut first.store)
    }

    /// Lets a fault wait for what comes next, now and then.
    pub(super) fn expect_a_fault(&mut self) {
        if !self.chance.percent(FAULTS_IN_HUNDRED) {
            return;
        }
        let Some(&fault) = self.chance.one_of(self.faults) else { return };
        let soon = match fault {
            Fault::SyncError => 2,
            _ => 24,
        };
        let after = self.chance.below(soon);
        self.disk.arm(fault, after);
    }

    /// Has somebody decide and end in some way.
    pub(super) fn decide<T>(
        &mut self,
        role: Role,
        act: impl FnOnce(&mut Store) -> Result<T, BillingError>,
    ) -> Decided<T> {
        let ending = self.ending();
        self.decide_and((role, ending), act)
    }

    /// Has somebody decide what there is to decide, and owe nothing afterwards where that was `nothing`.
    pub(super) fn decide_unless<T>(
        &mut self,
        nothing: bool,
        role: Role,
        act: impl FnOnce(&mut Store) -> Result<T, BillingError>,
    ) -> Decided<T> {
        let ending = match self.ending() {
            Ending::Waits if nothing => Ending::Stays,
            drawn => drawn,
        };
        self.decide_and((role, ending), act)
    }

    fn ending(&mut self) -> Ending {
        match self.chance.below(200) {
            0..=151 => Ending::Stays,
            152..=197 => Ending::Waits,
            198 => Ending::Leaves,
            _ => Ending::Closes,
        }
    }

    /// Has somebody decide and end in this way: who has the books open already, or a new process.
    pub(super) fn decide_and<T>(
        &mut self,
        (role, ending): (Role, Ending),
        act: impl FnOnce(&mut Store) -> Result<T, BillingError>,
    ) -> Decided<T> {
        let open = self.processes.len();
        let warm = open >= MOST || self.chance.percent(WARM_IN_HUNDRED[usize::from(open >= FEW)]);
        let place = self.chance.below(self.processes.len() as u64);
        let place = usize::try_from(place).ok().filter(|place| warm && *place < self.processes.len());
        let chosen = place.map(|place| self.processes.swap_remove(place));
        self.expect_a_fault();
        let opened = match chosen {
            Some(mut process) => process.store.assume(role).map(|()| process),
            None => self.open(role),
        };
        match opened {
            Ok(process) => self.decide_in(process, ending, act),
            Err(_) => Decided::Failed,
        }
    }

    /// Has a process decide and end as it does.
    pub(super) fn decide_in<T>(
        &mut self,
        mut process: Process,
        ending: Ending,
        act: impl FnOnce(&mut Store) -> Result<T, BillingError>,
    ) -> Decided<T> {
        match act(&mut process.store) {
            Ok(decided) => {
                let durable = self.end(process, ending).is_ok() && ending != Ending::Waits && !self.disk.is_dead();
                Decided::Done(decided, durable)
            }
            Err(BillingError::Refused(_)) if !self.disk.is_dead() => {
                // A command ends so; a service goes on.
                if self.chance.percent(98) {
                    self.processes.push(process);
                }
                Decided::Refused
            }
            Err(_) => {
                // A program ends so; a service goes on, and may have a better disk next time.
                if !self.disk.is_dead() && self.chance.percent(90) {
                    self.processes.push(process);
                }
                Decided::Failed
            }
        }
    }

    /// Has a process end with the books, or go on.
    pub(super) fn end(&mut self, mut process: Process, ending: Ending) -> Result<(), StoreError> {
        match ending {
            Ending::Stays => {
                process.store.make_durable()?;
                process.owes = false;
                if !self.disk.is_dead() {
                    process.dials.iter().for_each(|call| self.note_grant(call));
                }
            }
            Ending::Waits => process.owes = true,
            Ending::Closes => return process.store.close(),
            Ending::Leaves => {
                let left = process.store.prepare_to_leave()?;
                vanish(&self.disk, left);
                return Ok(());
            }
        }
        if !self.disk.is_dead() {
            self.processes.push(process);
        }
        Ok(())
    }
}
