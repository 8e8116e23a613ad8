//! Routes: where a call goes, and what it costs there.

pub(super) mod routing;
pub(super) mod trunk;
