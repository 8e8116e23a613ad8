//! Floor 1: Asterisk's pipe. `wire` is what stands on it, `session` is the dialogue over it, and
//! `stand_in` plays Asterisk's end where there is none.

pub mod session;
pub mod stand_in;
pub mod wire;
