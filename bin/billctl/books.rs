//! Running one decision or one look against the books.

use celcombiller::billing::BillingError;
use celcombiller::store::{Books, Store};

use crate::context::Context;

impl Context {
    /// Looks at the books.
    pub(crate) fn look<T>(&self, look: impl FnOnce(&Books<'_>) -> Result<T, BillingError>) -> anyhow::Result<T> {
        let mut store = self.open()?;
        let seen = store.read(look)?;
        store.close()?;
        Ok(seen)
    }

    /// Decides something; it is durable when this returns.
    pub(crate) fn decide<T>(&self, decide: impl FnOnce(&mut Store) -> Result<T, BillingError>) -> anyhow::Result<T> {
        let mut store = self.open()?;
        let decided = decide(&mut store)?;
        store.close()?;
        Ok(decided)
    }
}
