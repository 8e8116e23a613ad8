//! Vouchers: issued once, redeemed once, taken back, never shown again.

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::process::{Output, Stdio};

use serde_json::{Value, json};

use crate::keys;
use crate::support::{Ledger, piped};

/// A code whose check digit is right, and which was never issued.
const WRONG: &str = "0000 0000 5724";

/// Issues vouchers and returns their codes.
fn issue(ledger: &Ledger, arguments: &[&str]) -> Vec<String> {
    let issued = ledger.json(&[&["voucher", "generate"], arguments].concat());
    issued.as_array().unwrap().iter().map(|voucher| voucher["code"].as_str().unwrap().to_owned()).collect()
}

/// Returns what became of the vouchers of each batch.
fn totals(ledger: &Ledger) -> Vec<String> {
    let batches = ledger.json(&["voucher", "batches"]);
    let total = |batch: &Value| {
        let [issued, redeemed, revoked, unused] = ["issued", "redeemed", "revoked", "unused"].map(|key| &batch[key]);
        let name = batch["batch"].as_str().unwrap();
        format!("{name}: {issued} issued {redeemed} redeemed {revoked} revoked {unused} unused {}", batch["worth"])
    };
    batches.as_array().unwrap().iter().map(total).collect()
}

fn error(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn codes_are_written_once_and_only_their_hashes_are_kept() {
    let ledger = Ledger::with_ana_and_bob(0);
    let file = ledger.folder.path().join("codes.csv");
    let arguments = ["--count", "20", "--amount", "5", "--expires", "2099-01-01", "--batch", "spring", "--output"];
    let generate = [&["--format", "csv", "voucher", "generate"], &arguments[..], &[file.to_str().unwrap()]].concat();
    let said = ledger.ok(&generate);
    assert_eq!(said, "batch,gives,expires,count,worth\nspring,credit=5,2099-01-01T00:00:00Z,20,100\n");
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600, "nobody else reads them");
    let written = fs::read_to_string(&file).unwrap();
    let mut lines = written.lines();
    assert_eq!(lines.next(), Some("serial,code,amount,gives,expires,batch"));
    let codes: Vec<&str> = lines.map(|line| line.split(',').nth(1).unwrap()).collect();
    assert_eq!(codes.len(), 20);
    assert!(codes.iter().all(|code| code.split(' ').map(str::len).eq([4; 4])), "{codes:?}");
    for kept in fs::read_dir(ledger.folder.path()).unwrap().map(|entry| entry.unwrap().path()) {
        assert!(!kept.to_str().unwrap().contains("draft"), "{} is left", kept.display());
        if kept.is_file() && kept != file {
            let text = String::from_utf8_lossy(&fs::read(&kept).unwrap()).into_owned();
            let has = |code: &&str| text.contains(*code) || text.contains(&code.replace(' ', ""));
            assert!(!codes.iter().any(has), "{} has a code", kept.display());
        }
    }
    let again = ledger.refused(1, &generate);
    assert!(again.contains("exists"), "{again}");
    let listed = ledger.json(&["voucher", "list", "--batch", "spring"]);
    assert_eq!(listed.as_array().unwrap().len(), 20);
    assert_eq!(
        keys(&listed[0]),
        ["serial", "batch", "gives", "expires", "state", "username", "redeemed", "entry", "revoked", "actor", "note"]
    );
    assert_eq!(totals(&ledger), ["spring: 20 issued 0 redeemed 0 revoked 20 unused \"100\""]);
}

#[test]
fn a_voucher_gives_what_it_is_worth_once() {
    let ledger = Ledger::with_ana_and_bob(0);
    let codes = issue(&ledger, &["--count", "2", "--amount", "5"]);
    let redeemed = ledger.json(&["voucher", "redeem", &codes[0].replace(' ', "-"), "ana", "--note", "counter 2"]);
    assert_eq!(keys(&redeemed), ["entry", "serial", "batch", "gives", "username", "balance"]);
    assert_eq!((&redeemed["serial"], &redeemed["balance"]), (&json!(1), &json!("5")));
    let entry = &ledger.json(&["balance", "history", "ana"])[0];
    assert_eq!(
        (&entry["kind"], &entry["amount"], &entry["note"]),
        (&json!("voucher"), &json!("5"), &json!("counter 2"))
    );
    for user in ["ana", "bob"] {
        let said = ledger.refused(1, &["voucher", "redeem", &codes[0], user]);
        assert!(said.starts_with("error: voucher 1 was redeemed by ana on 20"), "{said}");
        assert!(said.contains(&format!("by entry {}\n", redeemed["entry"])), "{said}");
        assert_eq!(ledger.json(&["user", "show", user])["wrong_codes"], 0, "a used code is no guess");
    }
    let shown = ledger.json(&["voucher", "show", &codes[0]]);
    assert_eq!(
        (&shown["state"], &shown["username"], &shown["gives"]),
        (&json!("redeemed"), &json!("ana"), &json!("credit=5"))
    );
    assert_eq!(totals(&ledger), ["batch-1: 2 issued 1 redeemed 0 revoked 1 unused \"5\""]);
    assert_eq!(ledger.json(&["voucher", "list", "--state", "unused"])[0]["serial"], 2);
    ledger.ok(&["balance", "reverse", &redeemed["entry"].to_string(), "--note", "wrong user"]);
    assert!(ledger.refused(1, &["voucher", "redeem", &codes[0], "ana"]).contains("was redeemed by ana"));
    assert_eq!(ledger.balance("ana").0, "0");
    ledger.check();
}

#[test]
fn a_code_can_come_from_standard_input() {
    let ledger = Ledger::with_ana_and_bob(0);
    let codes = issue(&ledger, &["--count", "1", "--amount", "0.5", "--digits", "20"]);
    let mut command = ledger.command("billctl");
    let mut child = piped(command.args(["voucher", "redeem", "--code-stdin", "clid:999999999"]));
    writeln!(child.stdin.take().unwrap(), "{}", codes[0]).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", error(&output));
    assert_eq!(ledger.balance("ana").0, "0.5");
    ledger.refused(2, &["voucher", "redeem", "ana"]);
}

#[test]
fn a_mistyped_code_is_no_guess_and_a_wrong_one_is() {
    let ledger = Ledger::with_ana_and_bob(0);
    let said = ledger.refused(1, &["voucher", "redeem", WRONG, "ana"]);
    assert_eq!(said, "error: no voucher has this code; ana may try 4 more\n", "also where there is no voucher at all");
    let codes = issue(&ledger, &["--count", "1", "--amount", "5"]);
    for mistyped in ["0000 0000 5742", "0000", "abcd efgh ijkl"] {
        ledger.refused(1, &["voucher", "redeem", mistyped, "ana"]);
    }
    assert_eq!(ledger.json(&["user", "show", "ana"])["wrong_codes"], 1);
    ledger.refused(1, &["voucher", "show", WRONG]);
    assert_eq!(ledger.json(&["user", "show", "ana"])["wrong_codes"], 1, "nobody asked");
    for _ in 0..4 {
        ledger.refused(1, &["voucher", "show", WRONG, "--user", "ana"]);
    }
    let shown = ledger.json(&["user", "show", "ana"]);
    let until = shown["locked_until"].as_str().unwrap();
    assert_eq!(shown["wrong_codes"], 5);
    let said = ledger.refused(1, &["voucher", "redeem", &codes[0], "ana"]);
    let expected = format!(
        "error: ana tried 5 wrong codes and may try no other until {until}\nhint: billctl voucher unlock ana\n"
    );
    assert_eq!(said, expected);
    assert_eq!(ledger.refused(1, &["voucher", "show", &codes[0], "--user", "ana"]), expected);
    ledger.ok(&["voucher", "unlock", "ana"]);
    assert_eq!(ledger.json(&["voucher", "redeem", &codes[0], "ana"])["balance"], "5");
    ledger.check();
}

#[test]
fn vouchers_are_taken_back_with_a_reason() {
    let ledger = Ledger::with_ana_and_bob(0);
    let codes = issue(&ledger, &["--count", "5", "--amount", "2", "--batch", "fair"]);
    ledger.ok(&["voucher", "redeem", &codes[0], "ana"]);
    let said = ledger.refused(1, &["voucher", "revoke", "--serial", "2", "1", "--note", "lost"]);
    assert!(said.starts_with("error: voucher 1 was redeemed by ana") && said.contains("balance reverse"), "{said}");
    let said = ledger.refused(1, &["voucher", "revoke", "--serial", "2", "77", "88", "--note", "lost"]);
    assert!(said.contains("no voucher with serial number 77, 88"), "{said}");
    assert_eq!(totals(&ledger), ["fair: 5 issued 1 redeemed 0 revoked 4 unused \"8\""], "all of them or none");
    let revoked = ledger.json(&["--actor", "eva", "voucher", "revoke", "--serial", "2", "2", "--note", "lost"]);
    assert_eq!((&revoked["revoked"], &revoked["worth"]), (&json!(1), &json!("2")));
    let said = ledger.refused(1, &["voucher", "redeem", &codes[1], "ana"]);
    assert!(said.starts_with("error: voucher 2 was revoked on 20") && said.ends_with(": lost\n"), "{said}");
    let listed = &ledger.json(&["voucher", "list", "--state", "revoked"])[0];
    assert_eq!((&listed["serial"], &listed["actor"], &listed["note"]), (&json!(2), &json!("eva"), &json!("lost")));
    ledger.ok(&["voucher", "revoke", &codes[2], "--note", "torn"]);
    let of_the_batch = ["voucher", "revoke", "--batch", "fair", "--note", "stolen"];
    let would = ledger.json(&[&of_the_batch[..], &["--dry-run"]].concat());
    assert_eq!(would, json!({"revoked": 2, "worth": "4", "redeemed_before": 1, "revoked_before": 2, "dry_run": true}));
    assert_eq!(totals(&ledger), ["fair: 5 issued 1 redeemed 2 revoked 2 unused \"4\""]);
    ledger.ok(&of_the_batch);
    assert_eq!(totals(&ledger), ["fair: 5 issued 1 redeemed 4 revoked 0 unused \"0\""]);
    ledger.refused(1, &["voucher", "redeem", &codes[4], "ana"]);
    ledger.refused(1, &["voucher", "revoke", "--batch", "fare", "--note", "typed"]);
    ledger.refused(2, &["voucher", "revoke", "--batch", "fair"]);
    assert_eq!(ledger.balance("ana").0, "2");
    ledger.check();
}

#[test]
fn a_batch_whose_codes_cannot_be_written_is_worth_nothing() {
    let ledger = Ledger::with_ana_and_bob(0);
    let mut child = ledger.command("billctl");
    child.args(["--format", "csv", "voucher", "generate", "--count", "3000", "--amount", "5"]);
    let mut child = child.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let closed = child.wait_with_output().unwrap();
    let said = error(&closed);
    assert_eq!(closed.status.code(), Some(3), "{said}");
    assert!(
        said.starts_with("error: batch \"batch-1\" is revoked, because its codes could not be written: "),
        "{said}"
    );
    let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let mut command = ledger.command("billctl");
    let full = command.args(["voucher", "generate", "--count", "3", "--amount", "5"]).stdout(full).output().unwrap();
    assert_eq!(full.status.code(), Some(3), "{}", error(&full));
    assert_eq!(
        totals(&ledger),
        [
            "batch-1: 3000 issued 0 redeemed 3000 revoked 0 unused \"0\"",
            "batch-2: 3 issued 0 redeemed 3 revoked 0 unused \"0\"",
        ]
    );
    ledger.refused(3, &["voucher", "generate", "--count", "3", "--amount", "5", "--output", "/nowhere/codes.csv"]);
    assert_eq!(totals(&ledger).len(), 2, "a file that cannot be made is noticed before");
    let file = ledger.folder.path().join("codes.csv");
    let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let mut command = ledger.command("billctl");
    command.args(["voucher", "generate", "--count", "3", "--amount", "5", "--output"]).arg(&file).stdout(full);
    assert_eq!(command.output().unwrap().status.code(), Some(3));
    assert!(file.exists() && totals(&ledger)[2].contains("3 unused"), "only what was said about them was lost");
    ledger.check();
}

#[test]
fn what_cannot_be_issued_is_refused_and_leaves_nothing() {
    let ledger = Ledger::with_ana_and_bob(0);
    for (code, arguments) in [
        (2, &["--count", "0", "--amount", "5"][..]),
        (2, &["--count", "-1", "--amount", "5"]),
        (2, &["--count", "1000000", "--amount", "5"]),
        (2, &["--count", "1", "--amount", "0"]),
        (2, &["--count", "1", "--amount", "-5"]),
        (2, &["--count", "1", "--amount", "5", "--digits", "11"]),
        (2, &["--count", "1", "--amount", "5", "--digits", "25"]),
        (2, &["--count", "1", "--amount", "5", "--gift", "credit=5"]),
        (2, &["--count", "1", "--gift", "a car"]),
        (2, &["--count", "1"]),
        (1, &["--count", "1", "--amount", "5", "--expires", "2020-01-01"]),
    ] {
        ledger.refused(code, &[&["voucher", "generate"], arguments].concat());
    }
    let file = ledger.folder.path().join("codes.csv");
    let file = file.to_str().unwrap();
    assert_eq!(issue(&ledger, &["--count", "1", "--gift", "credit=5", "--batch", "one"]).len(), 1);
    let taken = ["voucher", "generate", "--count", "1", "--amount", "5", "--batch", "one", "--output", file];
    assert_eq!(ledger.refused(1, &taken), "error: batch \"one\" exists\nhint: billctl voucher batches\n");
    let would = ledger.json(&["voucher", "generate", "--count", "50", "--amount", "5", "--dry-run"]);
    assert_eq!((&would["count"], &would["worth"]), (&json!(50), &json!("250")));
    assert_eq!(totals(&ledger), ["one: 1 issued 0 redeemed 0 revoked 1 unused \"5\""]);
    let left = fs::read_dir(ledger.folder.path()).unwrap().map(|entry| entry.unwrap().file_name());
    assert!(left.into_iter().all(|name| !name.to_str().unwrap().starts_with("codes")), "no draft is left");
}

#[test]
fn a_voucher_may_give_a_bundle() {
    let ledger = Ledger::with_ana_and_bob(0);
    let codes = issue(&ledger, &["--count", "2", "--gift", "minutes=60 to=55 days=30"]);
    let redeemed = ledger.json(&["voucher", "redeem", &codes[0], "ana"]);
    assert_eq!((&redeemed["balance"], &redeemed["gives"]), (&json!("0"), &json!("seconds=3600 to=55 days=30")));
    let bundles = ledger.json(&["bundle", "list", "ana"]);
    assert_eq!((bundles.as_array().unwrap().len(), &bundles[0]["left"]), (1, &json!("3600")));
    let said = ledger.refused(1, &["voucher", "redeem", &codes[0], "bob"]);
    assert!(said.contains("was redeemed by ana"), "{said}");
    assert_eq!(totals(&ledger), ["batch-1: 2 issued 1 redeemed 0 revoked 1 unused null"]);
    let ends = ledger.json(&[
        "voucher",
        "generate",
        "--count",
        "1",
        "--gift",
        "bonus=2 ends=2098-01-01",
        "--expires",
        "2099-01-01",
    ]);
    assert_eq!(ends[0]["expires"], "2098-01-01T00:00:00Z", "nobody buys what has ended");
    ledger.check();
}
