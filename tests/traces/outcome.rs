//! What a call leaves in the books.

use celcombiller::agi::stand_in::Channel;

use crate::support::{Ledger, commands};
use crate::transcript::{ENDING, plain};

/// Returns a call's disposition, seconds and price.
fn record(ledger: &Ledger, call: &str) -> (String, u64, String) {
    let cdr = ledger.json(&["cdr", "show", call]);
    let text = |key: &str| cdr[key].as_str().unwrap_or("none").to_owned();
    (text("disposition"), cdr["billsec"].as_u64().unwrap_or(u64::MAX), text("charge"))
}

pub(crate) fn is_record(ledger: &Ledger, call: &str, expected: (&str, u64, &str)) {
    let (disposition, billsec, charge) = record(ledger, call);
    assert_eq!((disposition.as_str(), billsec, charge.as_str()), expected);
}

/// Asserts ana's balance, that nothing is held, and every invariant of the books.
pub(crate) fn is_closed_at(ledger: &Ledger, balance: &str) {
    assert_eq!(ledger.balance("ana"), (balance.to_owned(), "0".to_owned()));
    ledger.check();
}

/// Asserts that the reducer has nothing to do.
pub(crate) fn nothing_to_settle(ledger: &Ledger, channel: &mut Channel) {
    channel.dialogue.clear();
    ledger.hang_up(channel).quietly();
    assert_eq!(commands(&channel.dialogue).map(plain).collect::<Vec<_>>(), [ENDING]);
}
