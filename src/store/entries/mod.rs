//! Entries of the ledger, and the proof that they are right.

pub(super) mod chain;
pub(super) mod checks;
pub(super) mod glimpse;
pub(super) mod ledger;
pub(super) mod payment;
pub(super) mod statement;
