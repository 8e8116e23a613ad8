//! Dialogue traces: the executables against a stand-in for Asterisk, exact bytes both ways. The stand-in
//! hears every byte of standard output, so whatever a trace does not show was not said.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that fails says where")]

mod announce;
mod authorise;
mod bundles;
mod callback;
mod caps;
mod decisions;
mod destinations;
mod evidence;
mod exposed;
mod free_numbers;
mod granted;
mod identity;
mod outcome;
mod rates;
mod reducer;
mod refusals;
mod replies;
mod routes;
mod script;
mod second_dial;
mod second_net;
mod signals;
mod transcript;

#[path = "../support/mod.rs"]
mod support;
