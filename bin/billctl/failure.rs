//! What went wrong, in one line with the way out, and its exit code.

use std::process::ExitCode;

use celcombiller::billing::BillingError;
use celcombiller::config::ConfigError;
use celcombiller::domain::refusal::Refusal;
use celcombiller::domain::visible::visible;
use celcombiller::pbx::spool::SpoolError;
use celcombiller::store::StoreError;

/// Refused, not found, or a check that found something.
const REFUSED: u8 = 1;
/// The command line or the configuration is wrong.
const USAGE: u8 = 2;
/// The world failed.
const WORLD: u8 = 3;

/// Says what went wrong on standard error and returns the exit code.
pub(crate) fn report(error: &anyhow::Error) -> ExitCode {
    let (code, hint) = judge(error);
    tell(format!("error: {error:#}"));
    if let Some(hint) = hint {
        tell(format!("hint: {hint}"));
    }
    ExitCode::from(code)
}

/// Tells people one line on standard error, whatever it repeats of a file, of the books or of what was typed.
pub(crate) fn tell(line: impl AsRef<str>) {
    eprintln!("{}", visible(line.as_ref()));
}

fn judge(error: &anyhow::Error) -> (u8, Option<String>) {
    let refused = |refusal: &Refusal| (REFUSED, refusal.hint.clone());
    let world = |store: &StoreError| (WORLD, store.hint().map(str::to_owned));
    if let Some(refusal) = error.downcast_ref() {
        refused(refusal)
    } else if let Some(store) = error.downcast_ref() {
        world(store)
    } else if let Some(billing) = error.downcast_ref() {
        match billing {
            BillingError::Refused(refusal) => refused(refusal),
            BillingError::Store(store) => world(store),
        }
    } else if let Some(spool) = error.downcast_ref::<SpoolError>() {
        (if spool.is_refusal() { REFUSED } else { WORLD }, spool.hint().map(str::to_owned))
    } else if error.is::<ConfigError>() {
        (USAGE, Some("the keys and their defaults are in README.md, under Configuration".to_owned()))
    } else {
        (WORLD, None)
    }
}
