//! Floor 1: what we hand to Asterisk as files, and whether it is there.

pub mod dialplan;
pub mod doctor;
