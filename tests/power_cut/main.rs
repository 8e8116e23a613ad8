//! Power cuts: what was acknowledged is on the disk, whatever else the cut takes.
//!
//! Real calls run under strace, which records what they write, sync and say. The record is then replayed up to
//! many moments: of what no sync has covered by then, chance decides what the disk has.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that fails says where")]

mod cuts;
mod disk;
mod promises;
mod record;
mod scenes;
mod seed;
mod trace;

#[path = "../support/mod.rs"]
mod support;
