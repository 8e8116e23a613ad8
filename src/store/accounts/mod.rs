//! Accounts, and who and what belongs to them.

pub(super) mod account;
pub(super) mod bundle;
pub(super) mod group;
pub(super) mod identity;
pub(super) mod low;
pub(super) mod party;
pub(super) mod plan;
pub(super) mod voucher;
