//! What comes from other systems.

pub(super) mod old_celcombiller;
pub(super) mod past;
