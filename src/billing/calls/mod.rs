//! Calls: what may be spoken, what was spoken, and what is held meanwhile.

pub(super) mod authorise;
pub(super) mod callback;
pub(super) mod hold;
pub(super) mod settle;
