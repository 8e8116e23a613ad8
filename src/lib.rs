//! Prepaid calling on Asterisk over an exact ledger.
//!
//! ```text
//! 3  bin/  dialogue/  torture/         may use anything; the programs, their talk with Asterisk, what tries the books
//! 2  billing/                          may use store, domain: one transaction a decision
//! 1  agi/  store/  pbx/  config  host  may use domain; never each other
//! 0  domain/                           values and rules; no I/O, no clock, no SQL
//! ```
//! Arrows point down and never sideways on floor 1. `billing` has not heard of AGI: it takes a
//! [`domain::call::CallRequest`] and gives an [`domain::call::Authorisation`]. All SQL is in `store`.
//! Only `host` looks at the clock, the environment and the signals of this process.

pub mod agi;
pub mod billing;
pub mod config;
pub mod dialogue;
pub mod domain;
pub mod host;
pub mod pbx;
pub mod store;
pub mod torture;
