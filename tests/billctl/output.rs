//! What is printed: tables, JSON, CSV and help.

use serde_json::json;

use crate::support::Ledger;

#[test]
fn lists_come_as_tables_json_and_csv() {
    let ledger = Ledger::with_ana_and_bob(5);
    let csv = ledger.ok(&["--format", "csv", "callerid", "list"]);
    assert_eq!(csv, "number,username,main\n999999999,ana,yes\n999999998,bob,yes\n");
    assert_eq!(ledger.ok(&["--format", "csv", "hold", "list"]).lines().count(), 1, "an empty list has its header");
    assert_eq!(ledger.json(&["hold", "list"]), json!([]));
    let table = ledger.ok(&["callerid", "list"]);
    assert!(table.lines().next().unwrap().contains("username"), "{table}");
}

#[test]
fn every_verb_explains_itself() {
    let ledger = Ledger::new("seconds");
    for verb in [
        &["init"][..],
        &["demo"],
        &["user", "add"],
        &["user", "update"],
        &["callerid", "add"],
        &["balance", "add"],
        &["balance", "reverse"],
        &["voucher", "generate"],
        &["voucher", "redeem"],
        &["voucher", "revoke"],
        &["rate", "add"],
        &["trunk", "add"],
        &["trunk", "update"],
        &["route", "add"],
        &["route", "test"],
        &["country", "list"],
        &["country", "show"],
        &["tariff", "import"],
        &["tariff", "export"],
        &["tariff", "lint"],
        &["tariff", "diff"],
        &["tariff", "replay"],
        &["tariff", "remove"],
        &["cdr", "list"],
        &["cdr", "export"],
        &["cdr", "summary"],
        &["hold", "release"],
        &["hold", "expire"],
        &["call", "spool"],
        &["call", "cancel"],
        &["asterisk", "dialplan"],
        &["asterisk", "doctor"],
    ] {
        let help = ledger.ok(&[verb, &["--help"]].concat());
        assert!(help.contains("Usage: billctl"), "{help}");
    }
    let completions = ledger.ok(&["completions", "bash"]);
    for verb in ["billctl__subcmd__user,add", "billctl__subcmd__help__subcmd__user,add"] {
        assert!(completions.contains(verb), "{verb}");
    }
    assert!(ledger.ok(&["man"]).contains(".TH billctl 1"));
}
