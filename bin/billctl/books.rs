//! Running one decision or one look against the books.

use celcombiller::billing::BillingError;
use celcombiller::store::{Books, Role, Store, StoreError};

use crate::context::Context;

impl Context {
    /// Looks at the books.
    pub(crate) fn look<T>(&self, look: impl FnOnce(&Books<'_>) -> Result<T, BillingError>) -> anyhow::Result<T> {
        let mut store = self.open()?;
        let seen = store.read(look)?;
        store.close()?;
        Ok(seen)
    }

    /// Writes down in the books what is about to be done beside them, or could not be noted while it was done. Where
    /// there are no books there is nothing to write it in.
    pub(crate) fn note(&self) -> anyhow::Result<()> {
        let mut store = match Store::open(&self.access()) {
            Err(StoreError::Missing(_)) => return Ok(()),
            opened => opened?,
        };
        store.write(|books| books.note(&self.deed()))?;
        // Where this is all that is done to them, a short log is left to whoever comes next, as calls leave it: to copy
        // it back would be three syncs more than the note is.
        store.assume(Role::Settle)?;
        Ok(store.close()?)
    }

    /// Decides something; it is durable when this returns.
    pub(crate) fn decide<T>(&self, decide: impl FnOnce(&mut Store) -> Result<T, BillingError>) -> anyhow::Result<T> {
        let mut store = self.open()?;
        let decided = decide(&mut store)?;
        store.close()?;
        Ok(decided)
    }
}
