//! The demonstration.

use crate::support::Ledger;

#[test]
fn the_demonstration_plays_a_call_and_its_books_balance() {
    let ledger = Ledger::new("seconds");
    let told = ledger.ok(&["demo"]);
    assert!(told.contains("EXEC \"Dial\" \"SIP/IMSI001010000000002@127.0.0.1:5062,40,iS(3)\""), "{told}");
    assert!(told.contains("ana has 0 seconds, 0 held"), "{told}");
    assert!(told.contains("invariants hold"), "{told}");
}
