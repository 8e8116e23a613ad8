//! What an operator and their programs see of `billctl`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that fails says where")]

mod announcements;
mod balances;
mod books;
mod bundles;
mod calls;
mod campaigns;
mod cdrs;
mod chain;
mod config;
mod contacts;
mod countries;
mod database;
mod demo;
mod doctor;
mod extensions;
mod group_credit;
mod groups;
mod host;
mod import_a2billing;
mod import_celcombiller;
mod init;
mod notifications;
mod output;
mod rates;
mod reconcile;
mod refills;
mod rendered;
mod restore;
mod ring_groups;
mod routes;
mod statements;
mod stats;
mod tariff_changes;
mod tariff_files;
mod tariff_lint;
mod users;
mod values;
mod vouchers;

#[path = "../support/program.rs"]
mod program;
#[path = "../support/mod.rs"]
mod support;
#[path = "../support/table.rs"]
mod table;

use serde_json::Value;

/// Returns the keys of an object, in order.
pub(crate) fn keys(object: &Value) -> Vec<&str> {
    object.as_object().expect("an object").keys().map(String::as_str).collect()
}
