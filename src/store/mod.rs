//! Floor 1: the books in SQLite. One place opens the file, and no SQL stands anywhere else.

mod accounts;
mod audit;
mod calls;
mod convert;
mod entries;
mod error;
mod extension;
mod file;
mod migration;
mod statements;
mod tariffs;
mod transaction;
mod unit;

use std::cell::Cell;
use std::time::Instant;

use statements::Statements;
use transaction::Transaction;

pub use accounts::account::{AccountId, AccountRow, NewAccount};
pub use accounts::bundle::{BundleQuery, BundleRow};
pub use accounts::group::{GroupId, GroupRow};
pub use accounts::low::{Crossing, Low};
pub use accounts::party::{Callee, Payer};
pub use accounts::plan::GroupDate;
pub use accounts::voucher::{BatchRow, NewBatch, Redemption, VoucherFilter, VoucherId, VoucherRow};
pub use audit::{AuditQuery, AuditRow};
pub use calls::call::{CallState, Ending, NewHold, StoredCall};
pub use calls::cdr::{CallFilter, CallPlace, CallQuery, CallRow};
pub use calls::cdr_file;
pub use calls::open_holds::OpenHolds;
pub use calls::past_call::PastCall;
pub use calls::seen::{KnownCall, SeenChannel, SeenRecord};
pub use calls::summary::Facet;
pub use calls::usage::Usage;
pub use entries::chain::Head;
pub use entries::checks::{Audit, Check};
pub use entries::glimpse::{Figures, Glimpse};
pub use entries::ledger::{
    Cause, Circumstances, EntryId, EntryQuery, EntryRow, Movement, NamedParty, Party, StoredEntry,
};
pub use entries::payment::{MovementRow, PaymentId, PaymentRow};
pub use entries::statement::{Extent, StatementLine, StatementPage};
pub use error::StoreError;
pub use file::disk::Fault;
pub use file::failing_disk::FailingDisk;
pub use file::heap::{share_heap, share_heap_for_one_call};
pub use file::open::{Access, Info, Role, Store};
pub use file::proof::Proof;
pub use file::restore::{Lacking, Origin, Staged};
pub use file::rights::{give_to_group, make_folder_of};
pub use file::spool;
pub use migration::old_celcombiller::{OldBooks, OldUser, read_old_celcombiller};
pub use migration::past::{EndedCall, Happened, PAST_ACTOR, Past, PastSums};
pub use tariffs::prefixes::Prefixes;
pub use tariffs::rate::{RateId, RateRow, STANDARD_TARIFF, TariffId, TariffRow, TariffSummary};
pub use tariffs::route::RouteRow;
pub use tariffs::tariff_use::{TariffUse, Uses};
pub use tariffs::trunk::{TrunkId, TrunkRow};
pub use unit::{Unit, UnitError};

/// The books inside one transaction.
#[derive(Debug)]
pub struct Books<'a> {
    transaction: Transaction<'a>,
    /// How many rows were changed and put back as they were.
    taken_back: Cell<u64>,
}

impl<'a> Books<'a> {
    const fn of(transaction: Transaction<'a>) -> Self {
        Self { transaction, taken_back: Cell::new(0) }
    }
}

impl Books<'_> {
    fn connection(&self) -> Statements<'_> {
        Statements(&self.transaction)
    }

    /// Looks something up without which the rest can be decided; a failure counts as nothing found.
    ///
    /// # Errors
    /// The failure ended the transaction too, as that of a disk does.
    pub fn look_up<T>(
        &self,
        look: impl FnOnce(&Self) -> Result<Option<T>, StoreError>,
    ) -> Result<Option<T>, StoreError> {
        look(self).or_else(|error| if self.transaction.is_autocommit() { Err(error) } else { Ok(None) })
    }

    /// Does something and takes it back: what would happen is told by what would do it.
    ///
    /// # Errors
    /// What `act` returns, or the database failing.
    pub fn rehearse<T, E: From<StoreError>>(&self, act: impl FnOnce(&Self) -> Result<T, E>) -> Result<T, E> {
        let savepoint = |sql| self.connection().execute_batch(sql).map_err(StoreError::from);
        let before = self.changed();
        savepoint("SAVEPOINT rehearsal")?;
        let done = act(self);
        savepoint("ROLLBACK TO rehearsal; RELEASE rehearsal")?;
        self.take_back_to(before);
        done
    }

    /// Does something, or nothing of it where it fails; what was done before it stays either way.
    ///
    /// # Errors
    /// What `act` returns, or the database failing.
    pub fn attempt<T, E: From<StoreError>>(&self, act: impl FnOnce(&Self) -> Result<T, E>) -> Result<T, E> {
        let savepoint = |sql| self.connection().execute_batch(sql).map_err(StoreError::from);
        let before = self.changed();
        savepoint("SAVEPOINT attempt")?;
        let done = act(self);
        savepoint(if done.is_ok() { "RELEASE attempt" } else { "ROLLBACK TO attempt; RELEASE attempt" })?;
        if done.is_err() {
            self.take_back_to(before);
        }
        done
    }

    /// Returns how many rows were changed since the file was opened and not put back.
    fn changed(&self) -> u64 {
        self.connection().total_changes().saturating_sub(self.taken_back.get())
    }

    fn take_back_to(&self, before: u64) {
        self.taken_back.set(self.taken_back.get() + self.changed().saturating_sub(before));
    }
}

impl Store {
    /// Looks at the books: one consistent state, nobody waits.
    ///
    /// # Errors
    /// What `look` returns, or the database failing.
    pub fn read<T, E: From<StoreError>>(&mut self, look: impl FnOnce(&Books<'_>) -> Result<T, E>) -> Result<T, E> {
        let transaction = Transaction::to_read(&self.connection).map_err(StoreError::from)?;
        let seen = look(&Books::of(transaction));
        self.opening_since = None;
        seen
    }

    /// Decides something: one IMMEDIATE transaction, whose changes are all there, or none of them if
    /// `decide` fails. When this returns, they have been handed to the kernel; [`Store::close`] makes
    /// them survive a power cut, and nothing may be acknowledged before. Where somebody answers for it, and
    /// anything was changed, the audit says so.
    ///
    /// # Errors
    /// What `decide` returns, or the database failing.
    pub fn write<T, E: From<StoreError>>(&mut self, decide: impl FnOnce(&Books<'_>) -> Result<T, E>) -> Result<T, E> {
        let since = self.opening_since.take().unwrap_or_else(Instant::now);
        let left = || self.busy_timeout.saturating_sub(since.elapsed());
        let turn = self.queue.wait(left())?;
        self.connection.busy_timeout(left()).map_err(StoreError::from)?;
        let books = Books::of(Transaction::to_write(&self.connection).map_err(StoreError::from)?);
        let before = books.changed();
        let decided = decide(&books)?;
        if let Some(deed) = self.deed.as_ref().filter(|_| books.changed() > before) {
            books.note(deed)?;
        }
        books.transaction.commit().map_err(StoreError::from)?;
        drop(turn);
        // Also when nothing was changed: what was decided may rest on a commit of somebody who was killed
        // before its sync, and would be acknowledged without it.
        self.unsynced = true;
        Ok(decided)
    }
}
