//! Accounts that come from another system, with their past.

pub(super) mod a2billing;
pub(super) mod a2billing_past;
pub(super) mod arrival;
pub(super) mod celcombiller;
pub(super) mod past;
