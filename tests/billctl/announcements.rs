//! What a user would be told before a call.

use serde_json::json;

use crate::support::Ledger;

#[test]
fn what_a_user_would_be_told_is_listed_in_order() {
    let ledger = Ledger::in_euros();
    let listed = || ledger.json(&["asterisk", "announce", "ana", "999999998"]);
    assert_eq!(listed(), json!([]), "nothing is told unless the operator says so");
    ledger.configure("[announce]\nbalance = true\nminutes = true\nunit_many = \"euros\"\n");
    assert_eq!(
        listed(),
        json!([
            { "sound": "vm-youhave", "number": null },
            { "sound": null, "number": 10 },
            { "sound": "euros", "number": null },
            { "sound": "vm-youhave", "number": null },
            { "sound": null, "number": 16 },
            { "sound": "minutes", "number": null },
        ])
    );
    let said = ledger.refused(1, &["asterisk", "announce", "bob", "999999999"]);
    assert_eq!(
        said,
        "error: bob has 0 available, which pays for no call to 999999999\nhint: billctl balance add bob AMOUNT\n"
    );
}
