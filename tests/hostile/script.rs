//! Who calls whom, what is written with escapes, and books that must stay as they were.

use celcombiller::agi::stand_in::Channel;
use serde_json::json;

use crate::support::Ledger;

pub(crate) const CALLER: &str = "celcombiller-caller";
pub(crate) const REDUCER: &str = "celcombiller-reducer";
pub(crate) const UNIQUEID: &str = "1763690000.12";
pub(crate) const CALL: &str = "1763690000.12#1";
pub(crate) const ANA: &str = "999999999";
pub(crate) const BOB: &str = "999999998";

pub(crate) fn ana_calls_bob() -> Channel {
    Channel::new(UNIQUEID, ANA, BOB)
}

pub(crate) fn is_untouched(ledger: &Ledger) {
    assert_eq!(ledger.json(&["hold", "list", "--all"]), json!([]));
    assert_eq!(ledger.balance("ana"), ("600".to_owned(), "0".to_owned()));
    ledger.check();
}

pub(crate) fn unescaped(line: &str) -> String {
    let pairs = [(r"\n", "\n"), (r"\r", "\r"), (r"\0", "\0"), (r"\t", "\t"), (r"\x20", " ")];
    pairs.iter().fold(line.to_owned(), |text, (escape, character)| text.replace(escape, character))
}
