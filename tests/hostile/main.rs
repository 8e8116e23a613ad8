//! Hostile input: whatever comes out of the pipe in the place of an environment block, a reply or a channel's
//! variable, and whatever is dialled, nothing is dialled that the books have not granted.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that fails says where")]

mod another_block;
mod blocks;
mod forgery;
mod numbers;
mod odd_callers;
mod replies;
mod script;
mod variables;

#[path = "../support/mod.rs"]
mod support;
