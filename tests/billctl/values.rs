//! Values that are none, as they were typed.

use crate::support::Ledger;

#[test]
fn bad_values_are_named_before_anything_is_touched() {
    let ledger = Ledger::with_ana_and_bob(10);
    for (value, why) in [
        ("abc", "`abc` is not an amount"),
        ("-5", "`-5` is not a positive amount"),
        ("1e9", "`1e9` is not an amount"),
        ("0.1234567", "`0.1234567` has more than six decimals"),
        ("0", "`0` is not a positive amount"),
    ] {
        let said = ledger.refused(2, &["balance", "add", "ana", value]);
        assert!(said.contains(why), "{said}");
    }
    let said = ledger.refused(2, &["user", "add", "eva", "--clid", "1", "--imsi", "123"]);
    assert!(said.contains("`123` is not an IMSI: expected 6 to 15 digits"), "{said}");
    let said = ledger.refused(2, &["user", "add", "eva", "--clid", "12a"]);
    assert!(said.contains("`12a` is not a phone number: expected 1 to 15 digits"), "{said}");
    assert_eq!(ledger.balance("ana"), ("10".to_owned(), "0".to_owned()));
}
