//! The phones of the house.

pub(super) mod extension;
pub(super) mod ring_group;
