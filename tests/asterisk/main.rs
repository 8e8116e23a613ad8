//! Real calls: Asterisk 16 and 22 in roots of their own (made by `tests/asterisk/setup`), SIP phones played by SIPp, and the
//! executables as they are shipped.
//!
//! Every case runs on both versions, as `…::asterisk_16::NAME` and `…::asterisk_22::NAME`. Calls take seconds and next to no
//! processor time: `cargo test --test asterisk -- --test-threads=16` runs them side by side. `CELCOMBILLER_EXECUTABLES`
//! names the folder of the executables under test, `CELCOMBILLER_LAB` the folder of the roots; `CELCOMBILLER_KEEP=1` leaves
//! the files of each Asterisk behind.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test stops where it fails")]

/// Makes one test per Asterisk version out of each `fn(Version)` of the module.
macro_rules! on_both_versions {
    ($($case:ident),+ $(,)?) => {
        mod asterisk_16 {
            $(#[test] fn $case() { crate::version::run(crate::version::Version::V16, super::$case) })+
        }
        mod asterisk_22 {
            $(#[test] fn $case() { crate::version::run(crate::version::Version::V22, super::$case) })+
        }
    };
}

mod call;
mod cases;
mod configuration;
mod dialogue;
mod eventually;
mod extension;
mod hunt;
mod lab;
mod ledger;
mod load;
#[path = "../support/lab.rs"]
mod made;
mod phone;
mod port;
mod process;
#[path = "../support/program.rs"]
mod program;
mod scenario;
mod subscriber;
mod version;
