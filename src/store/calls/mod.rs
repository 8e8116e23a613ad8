//! Calls: holds, records, and what they add up to.

pub(super) mod call;
pub(super) mod cdr;
pub mod cdr_file;
pub(super) mod open_holds;
pub(super) mod past_call;
pub(super) mod seen;
pub(super) mod summary;
pub(super) mod usage;
