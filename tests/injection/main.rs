//! Injection: whatever a value would rather be (a second destination, a directive, a formula, markup, a command), each
//! door takes it as the text that it is, or refuses it in one line.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that fails says where")]

mod asterisk;
mod attempts;
mod call_files;
mod configuration;
mod dialling;
mod doors;
mod exits;
mod kept_ends;
mod names;
mod notes;
mod records;
mod shell;

#[path = "../support/mod.rs"]
mod support;
#[path = "../support/table.rs"]
mod table;
