//! The doors by their names, and how an attempt is brought to one.

use std::process::Output;

use celcombiller::domain::visible::is_invisible;

use crate::support::Ledger;
use crate::{asterisk, call_files, configuration, dialling, names, notes};

/// Brings every attempt to a door; tells which ones it took as text.
type Door = fn(&[&str]) -> Vec<bool>;

pub(crate) const DOORS: &[(&str, Door)] = &[
    ("username", names::usernames),
    ("name", names::of_a_person),
    ("tariff", names::tariffs),
    ("group", names::groups),
    ("trunk", names::trunks),
    ("batch", names::batches),
    ("actor", names::actors),
    ("note", notes::notes),
    ("number", dialling::numbers),
    ("dialled", dialling::dialled),
    ("account-code", dialling::account_codes),
    ("dial", dialling::templates),
    ("phone", asterisk::phones),
    ("prefix", asterisk::prefixes),
    ("mail", asterisk::mail),
    ("data", call_files::data),
    ("variable", call_files::variables),
    ("caller-name", call_files::caller_names),
    ("channel", call_files::channels),
    ("id", call_files::ids),
    ("toml", configuration::dial_templates),
    ("sound", configuration::sounds),
];

/// Runs billctl with an attempt; tells whether it was taken. A refusal has one line that says why, and nothing that a
/// terminal would not show.
pub(crate) fn takes(ledger: &Ledger, arguments: &[&str]) -> bool {
    let output = ledger.billctl(arguments);
    match output.status.code() {
        Some(0) => is_seen(&String::from_utf8(output.stdout).unwrap()),
        Some(1 | 2) => is_refusal(arguments, &output),
        other => panic!("{arguments:?} ended with {other:?}: {}", String::from_utf8_lossy(&output.stderr)),
    }
    output.status.success()
}

fn is_refusal(arguments: &[&str], output: &Output) {
    let said = String::from_utf8(output.stderr.clone()).unwrap();
    is_seen(&said);
    assert!(said.starts_with("error: "), "{arguments:?}: {said}");
    let errors = said.lines().filter(|line| line.starts_with("error:") || line.starts_with("forged")).count();
    assert_eq!(errors, 1, "{arguments:?} forged a line of its own: {said}");
    assert!(output.stdout.is_empty(), "a refusal prints no result");
}

/// Asserts that a terminal shows a text and does nothing else.
pub(crate) fn is_seen(text: &str) {
    assert!(!text.contains(|c| c != '\n' && is_invisible(c)), "{}", text.escape_debug());
}
