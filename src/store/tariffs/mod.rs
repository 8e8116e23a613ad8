//! Tariffs, and the trunks and routes that calls take.

pub(super) mod prefixes;
pub(super) mod rate;
pub(super) mod route;
pub(super) mod tariff_use;
pub(super) mod trunk;
