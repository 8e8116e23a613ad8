//! Extensions, as the operator adds, changes, imports and removes them.

use std::fs;

use serde_json::{Value, json};

use crate::keys;
use crate::support::Ledger;

fn with_extensions(numbers: &[&str]) -> Ledger {
    let ledger = Ledger::with_ana_and_bob(60);
    for number in numbers {
        ledger.ok(&["extension", "add", number, "--user", "ana"]);
    }
    ledger
}

#[test]
fn an_extension_gets_the_next_free_number_and_a_secret_that_lists_do_not_show() {
    let ledger = with_extensions(&["1001"]);
    ledger.ok(&["callerid", "add", "bob", "1002"]);
    let mut numbers = Vec::new();
    let mut secrets = Vec::new();
    for _ in 0..2 {
        let added = ledger.json(&["extension", "add", "--user", "bob", "--voicemail", "yes"]);
        numbers.push(added["extension"].as_str().unwrap().to_owned());
        secrets.push(added["secret"].as_str().unwrap().to_owned());
        assert_eq!(added["pin"].as_str().unwrap().len(), 6);
    }
    assert_eq!(numbers, ["1000", "1003"], "1001 is an extension, 1002 a number of bob");
    assert!(secrets.iter().all(|secret| secret.len() == 32) && secrets[0] != secrets[1], "{secrets:?}");
    for format in ["table", "json", "csv"] {
        let told = [&["extension", "list"][..], &["extension", "show", "1000"], &["extension", "export"]]
            .map(|arguments| ledger.ok(&[&["--format", format], arguments].concat()))
            .concat();
        assert!(!told.contains(&secrets[0]) && !told.contains("secret") && !told.contains("pin"), "{told}");
    }
    assert_eq!(ledger.json(&["extension", "show", "1000", "--secret"])["secret"], secrets[0].as_str());
    ledger.check();
}

#[test]
fn an_extension_is_shown_under_fixed_keys_and_what_is_not_named_stays() {
    let ledger = with_extensions(&["1000"]);
    ledger.ok(&[
        "extension",
        "update",
        "1000",
        "--name",
        "Silva; Ana",
        "--tech",
        "sip",
        "--ring-time",
        "30",
        "--email",
        "ana@example.org",
        "--recording-in-external",
        "always",
        "--caller-id",
        "5511999990000",
        "--call-waiting",
        "no",
        "--forward-busy",
        "1001",
    ]);
    ledger.ok(&["extension", "update", "1000", "--do-not-disturb", "yes"]);
    let shown = ledger.json(&["extension", "show", "1000"]);
    assert_eq!(
        keys(&shown),
        [
            "extension",
            "name",
            "tech",
            "user",
            "account_code",
            "ring_time",
            "voicemail",
            "email",
            "recording_in_internal",
            "recording_in_external",
            "recording_out_internal",
            "recording_out_external",
            "caller_id",
            "call_waiting",
            "do_not_disturb",
            "forward_busy",
            "forward_no_answer",
            "forward_always",
        ]
    );
    assert_eq!(
        shown,
        json!({
            "extension": "1000", "name": "Silva; Ana", "tech": "sip", "user": "ana", "account_code": "ana",
            "ring_time": 30, "voicemail": true, "email": "ana@example.org", "recording_in_internal": "dontcare",
            "recording_in_external": "always", "recording_out_internal": "dontcare",
            "recording_out_external": "dontcare", "caller_id": "5511999990000", "call_waiting": false,
            "do_not_disturb": true, "forward_busy": "1001", "forward_no_answer": null, "forward_always": null,
        })
    );
    ledger.ok(&["extension", "update", "1000", "--forward-busy", "none", "--voicemail", "no"]);
    let shown = ledger.json(&["extension", "show", "1000"]);
    assert_eq!((&shown["forward_busy"], &shown["voicemail"]), (&Value::Null, &json!(false)));
    ledger.check();
}

#[test]
fn what_is_no_extension_is_refused_with_the_value() {
    let ledger = with_extensions(&["1000"]);
    ledger.ok(&["ringgroup", "add", "600", "--members", "1000"]);
    ledger.configure("[free]\nnumbers = [\"112\"]\n");
    let refused = |arguments: &[&str]| ledger.refused(1, &[&["extension", "add"], arguments].concat());
    assert_eq!(
        refused(&["1000", "--user", "ana"]),
        "error: number 1000 is an extension\nhint: billctl extension show 1000\n"
    );
    assert_eq!(
        refused(&["600", "--user", "ana"]),
        "error: number 600 is a ring group\nhint: billctl ringgroup show 600\n"
    );
    assert_eq!(
        refused(&["999999998", "--user", "ana"]),
        "error: number 999999998 belongs to bob\nhint: billctl user show bob\n"
    );
    assert_eq!(refused(&["112", "--user", "ana"]), "error: number 112 is a free number\nhint: [free] numbers\n");
    assert_eq!(
        refused(&["1001"]),
        "error: nobody would pay for extension 1001\nhint: --user USER; billctl user list\n"
    );
    assert_eq!(refused(&["1001", "--user", "eve"]), "error: no user with username \"eve\"\nhint: billctl user list\n");
    assert_eq!(
        refused(&["1001", "--user", "ana", "--forward-always", "1001"]),
        "error: extension 1001 would be forwarded to itself\n"
    );
    for (flag, value, says) in [
        ("--ring-time", "301", "`301` is not a ring time: expected 1 to 300 seconds"),
        ("--ring-time", "0", "`0` is not a ring time"),
        ("--name", "a\nb", "is not a name"),
        ("--name", "\" <1>", "is not a name"),
        ("--email", "ana@example.org,|sh", "is not an e-mail address"),
        ("--tech", "iax2", "is not a technology"),
        ("--forward-busy", "1001&SIP/x", "is not a phone number"),
        ("--recording-in-internal", "maybe", "is not a recording setting"),
    ] {
        let said = ledger.refused(2, &["extension", "add", "1001", "--user", "ana", flag, value]);
        assert!(said.contains(says), "{said}");
    }
    assert!(ledger.refused(2, &["extension", "add", "10a", "--user", "ana"]).contains("`10a` is not a phone number"));
    let long = "n".repeat(300);
    assert!(ledger.refused(2, &["extension", "update", "1000", "--name", &long]).contains("is not a name"));
    assert_eq!(ledger.json(&["extension", "list"]).as_array().unwrap().len(), 1);
    ledger.check();
}

#[test]
fn a_secret_is_read_from_standard_input_and_a_weak_one_refused_without_repeating_it() {
    let ledger = with_extensions(&["1000"]);
    let typed = |text: &str| {
        let mut child = ledger
            .command("billctl")
            .args(["extension", "update", "1000", "--secret-stdin"])
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        std::io::Write::write_all(&mut child.stdin.take().unwrap(), text.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    assert_eq!(typed("correct-horse\n"), (Some(0), String::new()));
    let (code, said) = typed("abc\n");
    assert_eq!(code, Some(1));
    assert_eq!(said, "error: 3 characters are not a secret: expected 8 to 64 letters, digits and . _ ~ -\n");
    let (_, said) = typed("p;[x]\"#include\n");
    assert!(said.contains("are not a secret") && !said.contains("include"), "{said}");
    assert_eq!(ledger.json(&["extension", "show", "1000", "--secret"])["secret"], "correct-horse");
}

#[test]
fn an_extension_is_one_of_its_payers_numbers_and_moves_with_the_payer() {
    let ledger = with_extensions(&["1000"]);
    let taken = ledger.refused(1, &["user", "add", "eva", "--clid", "1000"]);
    assert_eq!(taken, "error: number 1000 belongs to ana\nhint: billctl user show ana\n");
    let kept = ledger.refused(1, &["callerid", "remove", "1000"]);
    assert_eq!(kept, "error: 1000 is an extension that ana pays for\nhint: billctl extension remove 1000\n");
    let kept = ledger.refused(1, &["user", "remove", "ana"]);
    assert!(kept.starts_with("error: ana pays for 1000\n"), "{kept}");
    ledger.ok(&["extension", "update", "1000", "--user", "bob"]);
    assert_eq!(ledger.json(&["user", "show", "clid:1000"])["username"], "bob");
    ledger.check();
    // Also where it is the main number, which may change.
    ledger.ok(&["user", "update", "bob", "--clid", "1000"]);
    ledger.ok(&["user", "update", "bob", "--clid", "2000"]);
    ledger.check();
    ledger.ok(&["extension", "remove", "1000"]);
    assert!(ledger.refused(1, &["user", "show", "clid:1000"]).contains("no user"));
    ledger.check();
}

#[test]
fn extensions_are_removed_all_or_none_and_not_while_a_group_rings_them() {
    let ledger = with_extensions(&["1005", "1006", "1007"]);
    ledger.ok(&["ringgroup", "add", "--name", "Sales", "--members", "1005,1006", "--destination", "1005"]);
    let refused = |arguments: &[&str]| ledger.refused(1, &[&["extension", "remove"], arguments].concat());
    assert_eq!(refused(&["1007,1008"]), "error: no extension 1008\nhint: billctl extension list\n");
    assert_eq!(
        refused(&["1007,1005"]),
        "error: extension 1005 is rung by ring group 600 (Sales)\nhint: --cascade takes it out of them\n"
    );
    assert_eq!(
        refused(&["1005,1006", "--cascade"]),
        "error: ring group 600 (Sales) would ring nobody\nhint: billctl ringgroup remove 600\n"
    );
    assert_eq!(ledger.json(&["extension", "list"]).as_array().unwrap().len(), 3);
    ledger.ok(&["extension", "remove", "1005,1007", "--cascade"]);
    let group = ledger.json(&["ringgroup", "show", "600"]);
    assert_eq!((&group["extension_list"], &group["destination_if_no_answer"]), (&json!(["1006"]), &json!("hangup")));
    ledger.check();
}

#[test]
fn extensions_are_exported_and_imported_all_or_none() {
    let ledger = with_extensions(&["1000"]);
    let table = ledger.folder.path().join("phones.csv");
    let at = table.to_str().unwrap();
    fs::write(&table, "extension,user,name,voicemail,pin\n1000,,\"Silva, Ana\",yes,4711\n,bob,Bob,,\n").unwrap();
    assert_eq!(ledger.json(&["extension", "import", at, "--dry-run"])["added"], 1);
    assert_eq!(ledger.json(&["extension", "list"]).as_array().unwrap().len(), 1);
    let imported = ledger.json(&["extension", "import", at]);
    assert_eq!((&imported["added"], &imported["changed"]), (&json!(1), &json!(1)));
    let list = ledger.json(&["extension", "list"]);
    assert_eq!((&list[0]["name"], &list[0]["user"]), (&json!("Silva, Ana"), &json!("ana")));
    assert_eq!((&list[1]["extension"], &list[1]["user"]), (&json!("1001"), &json!("bob")));
    let exported = ledger.ok(&["extension", "export", "--secrets"]);
    fs::write(&table, &exported).unwrap();
    ledger.ok(&["extension", "import", at]);
    assert_eq!(ledger.ok(&["extension", "export", "--secrets"]), exported, "what was exported changes nothing");
    assert!(!ledger.ok(&["extension", "export"]).contains("4711"));
    for (rows, says) in [
        ("extension,user\n1002,bob\n10x,bob\n", "line 3: extension: `10x` is not a phone number"),
        ("extension,user\n1002,bob\n1003,eve\n", "no user with username \"eve\""),
        ("extension,user,ring_time\n1002,bob,301\n", "line 2: ring_time: `301` is not a ring time"),
        ("extension,colour\n1002,red\n", "nothing is known of column \"colour\""),
    ] {
        fs::write(&table, rows).unwrap();
        let said = ledger.refused(1, &["extension", "import", at]);
        assert!(said.contains(says), "{said}");
    }
    assert_eq!(ledger.json(&["extension", "list"]).as_array().unwrap().len(), 2);
    ledger.check();
}

#[test]
fn the_check_tells_what_no_command_would_have_written() {
    let ledger = with_extensions(&["1000", "1001"]);
    ledger.ok(&["ringgroup", "add", "--members", "1000,1001"]);
    let books = rusqlite::Connection::open(ledger.database()).unwrap();
    books
        .execute_batch(
            "DELETE FROM identity WHERE value = '1000';
             UPDATE extension SET settings = replace(settings, '20', '301') WHERE number = '1001';
             UPDATE extension SET settings = replace(settings, '1000', '1009') WHERE number = '600';
             INSERT INTO identity SELECT 'number', '600', id FROM account WHERE username = 'bob';",
        )
        .unwrap();
    let output = ledger.billctl(&["--format", "json", "db", "check"]);
    assert_eq!(output.status.code(), Some(1));
    let told = String::from_utf8(output.stdout).unwrap();
    for fault in ["extension 1000", "`301` is not a ring time", "ring group 600 rings 1009", "600 is a number of bob"] {
        assert!(told.contains(fault), "{fault} in {told}");
    }
}
