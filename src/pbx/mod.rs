//! Floor 1: what we hand to Asterisk as files, and whether it is there.

pub mod callfile;
pub mod dialplan;
pub mod doctor;
pub mod install;
pub mod owner;
pub mod record;
pub mod reload;
pub mod render;
mod ring;
pub mod spool;
pub mod template;
pub mod value;
