//! Accounts: their users, what they have, and what they are given.

pub(super) mod balance;
pub(super) mod bundle;
pub(super) mod caps;
pub(super) mod code_hash;
pub(super) mod gift;
pub(super) mod group;
pub(super) mod group_credit;
pub(super) mod payment;
pub(super) mod plan;
pub(super) mod user;
pub(super) mod voucher;
