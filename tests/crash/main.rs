//! Whatever is killed, wherever, and whatever becomes of the database meanwhile: a call that took place is
//! charged once, one that did not costs nothing, and nothing stays held.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that fails says where")]

mod books;
mod cuts;
mod kept_ends;
mod kills;
mod moments;
mod outages;
mod overtaken;
mod page;
mod programs;
mod replaced;
mod restore;
mod script;
mod system_calls;
mod vouchers;

#[path = "../support/mod.rs"]
mod support;
