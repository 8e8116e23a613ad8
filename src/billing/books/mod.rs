//! The books as a whole: compared, put back, added up.

pub(super) mod reconcile;
pub(super) mod restore;
pub(super) mod summary;
