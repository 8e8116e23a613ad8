//! Users who have little left are told once each time.

use std::fs;
use std::io::{BufReader, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Stdio;

use celcombiller::agi::stand_in::Channel;
use serde_json::{Value, json};

use crate::keys;
use crate::support::{Ledger, commands, signal};

fn euros() -> Ledger {
    let ledger = Ledger::in_euros();
    ledger.ok(&["user", "update", "ana", "--warn-below", "2", "--email", "ana@example.org"]);
    ledger
}

fn spend(ledger: &Ledger, amount: &str) {
    ledger.ok(&["charge", "add", "ana", amount, "--note", "spent"]);
}

/// Returns who is told now.
fn told(ledger: &Ledger, flags: &[&str]) -> Vec<String> {
    let listed = ledger.json(&[&["notify"], flags].concat());
    listed.as_array().unwrap().iter().map(|user| user["username"].as_str().unwrap().to_owned()).collect()
}

/// Writes a program that keeps what it is given, and then goes on as told.
fn program(ledger: &Ledger, then: &str) -> PathBuf {
    let path = ledger.folder.path().join("tell");
    let heard = ledger.folder.path().join("heard");
    // A shell reads it: nobody runs a file that another test's child may still have open for writing.
    fs::write(&path, format!("cat >> {}\n{then}\n", heard.display())).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path
}

fn heard(ledger: &Ledger) -> Vec<Value> {
    let text = fs::read_to_string(ledger.folder.path().join("heard")).unwrap_or_default();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn who_goes_below_is_told_once_each_time() {
    let ledger = euros();
    assert_eq!(told(&ledger, &[]), [""; 0], "ana has 10");
    spend(&ledger, "8");
    assert_eq!(told(&ledger, &[]), [""; 0], "2 is not below 2");
    spend(&ledger, "0.5");
    assert_eq!(told(&ledger, &["--dry-run"]), ["ana"]);
    assert_eq!(told(&ledger, &["--dry-run"]), ["ana"], "a dry run tells nobody");
    assert_eq!(told(&ledger, &[]), ["ana"]);
    assert_eq!(told(&ledger, &[]), [""; 0]);
    spend(&ledger, "0.5");
    ledger.ok(&["refill", "add", "ana", "0.7"]);
    assert_eq!(told(&ledger, &[]), [""; 0], "1.7 is still the same crossing");
    ledger.ok(&["refill", "add", "ana", "5"]);
    assert_eq!(told(&ledger, &[]), [""; 0]);
    spend(&ledger, "6");
    assert_eq!(told(&ledger, &[]), ["ana"]);
    ledger.ok(&["refill", "add", "ana", "5"]);
    spend(&ledger, "5");
    assert_eq!(told(&ledger, &[]), ["ana"], "up and down again between two runs");
    assert_eq!(told(&ledger, &[]), [""; 0]);
    ledger.check();
}

#[test]
fn the_bound_is_the_users_own_or_the_highest_of_their_groups() {
    let ledger = Ledger::in_euros();
    ledger.ok(&["group", "add", "village", "--user", "ana", "--user", "bob"]);
    ledger.ok(&["group", "add", "town", "--user", "ana"]);
    assert_eq!(told(&ledger, &["--dry-run"]), [""; 0], "nobody has a bound");
    assert_eq!(ledger.json(&["group", "update", "village", "--warn-below", "5"])["warn_below"], "5");
    assert_eq!(told(&ledger, &["--dry-run"]), ["bob"]);
    ledger.ok(&["group", "update", "town", "--warn-below", "11"]);
    assert_eq!(told(&ledger, &["--dry-run"]), ["ana", "bob"]);
    ledger.ok(&["user", "update", "ana", "--warn-below", "3"]);
    assert_eq!(told(&ledger, &["--dry-run"]), ["bob"], "ana's own bound wins");
    ledger.ok(&["user", "update", "bob", "--warn-below", "0"]);
    assert_eq!(told(&ledger, &["--dry-run"]), [""; 0], "0 is for never");
    ledger.ok(&["user", "update", "bob", "--warn-below", "none"]);
    assert_eq!(told(&ledger, &["--dry-run"]), ["bob"]);
    ledger.ok(&["user", "update", "bob", "--credit-limit", "5"]);
    assert_eq!(told(&ledger, &["--dry-run"]), [""; 0], "what may be owed can be spent too");
    ledger.ok(&["user", "update", "bob", "--credit-limit", "0"]);
    ledger.ok(&["user", "suspend", "bob"]);
    assert_eq!(told(&ledger, &["--dry-run"]), [""; 0]);
    ledger.ok(&["user", "resume", "bob"]);
    ledger.ok(&["group", "update", "village", "--warn-below", "none"]);
    assert_eq!(told(&ledger, &["--dry-run"]), [""; 0]);
    assert!(ledger.refused(2, &["user", "update", "ana", "--warn-below", "-1"]).contains("`-1` is negative"));
    ledger.check();
}

#[test]
fn a_program_is_given_each_user_as_json() {
    let ledger = euros();
    spend(&ledger, "9");
    let program = program(&ledger, "echo it says something");
    let command = format!("sh {}", program.display());
    let listed = ledger.json(&["notify", "--command", &command]);
    let given = heard(&ledger);
    assert_eq!(
        keys(&given[0]),
        [
            "username",
            "name",
            "clid",
            "language",
            "email",
            "phone",
            "unit",
            "balance",
            "available",
            "credit_limit",
            "warn_below",
            "crossing"
        ]
    );
    assert_eq!(
        json!(["username", "email", "balance", "warn_below"].map(|key| given[0][key].clone())),
        json!(["ana", "ana@example.org", "1", "2"])
    );
    assert_eq!((&listed[0]["told"], &listed[0]["crossing"]), (&json!(true), &given[0]["crossing"]));
    ledger.ok(&["notify", "--command", &command]);
    assert_eq!(heard(&ledger).len(), 1, "once");
    ledger.ok(&["refill", "add", "ana", "5"]);
    spend(&ledger, "5");
    ledger.ok(&["notify", "--shell", "--command", &format!("{command} && true")]);
    assert_ne!(heard(&ledger)[0]["crossing"], heard(&ledger)[1]["crossing"]);
}

#[test]
fn whom_a_program_fails_for_is_told_by_the_next_run() {
    let ledger = euros();
    spend(&ledger, "9");
    let fails = |flags: &[&str]| {
        let output = ledger.billctl(&[&["--format", "json", "notify"], flags].concat());
        assert_eq!(output.status.code(), Some(1));
        let listed: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(listed[0]["told"], false);
        String::from_utf8(output.stderr).unwrap()
    };
    assert!(fails(&["--command", "/nonexistent"]).contains("error: ana was not told: /nonexistent: No such file"));
    assert!(fails(&["--command", "false"]).contains("error: ana was not told: false: exit status: 1"));
    let slow = fails(&["--timeout", "1", "--shell", "--command", "sleep 600 & sleep 600"]);
    assert!(slow.contains("error: ana was not told: /bin/sh took longer than 1 s"), "{slow}");
    assert_eq!(told(&ledger, &["--command", "true"]), ["ana"], "a program need not read");
    assert_eq!(told(&ledger, &["--command", "true"]), [""; 0]);
    ledger.refused(2, &["notify", "--command", ""]);
    ledger.refused(2, &["notify", "--shell"]);
}

#[test]
fn a_run_that_is_killed_leaves_nobody_out_and_a_second_one_waits_for_its_turn() {
    let ledger = euros();
    ledger.ok(&["user", "update", "bob", "--warn-below", "2"]);
    spend(&ledger, "9");
    // The first user is told; the program hangs at the second.
    let program = program(
        &ledger,
        "[ \"$(wc -l < \"$1\")\" -lt 2 ] || { echo here >&2; while [ -e \"$1\" ]; do sleep 0.1; done; }",
    );
    let command = format!("sh {} {}", program.display(), ledger.folder.path().join("heard").display());
    let mut run = ledger.command("billctl");
    let mut child = run.args(["notify", "--command", &command]).stderr(Stdio::piped()).spawn().unwrap();
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    stderr.read_exact(&mut [0; 5]).unwrap();
    let said = ledger.refused(1, &["notify"]);
    assert!(said.starts_with("error: another billctl notify is at it\n"), "{said}");
    signal("KILL", child.id());
    child.wait().unwrap();
    assert_eq!(told(&ledger, &[]), ["bob"], "ana was told before");
    assert_eq!(told(&ledger, &[]), [""; 0]);
}

#[test]
fn a_call_is_spooled_once_that_says_the_balance_and_is_billed_to_nobody() {
    let ledger = euros();
    let spool = ledger.folder.path().join("spool");
    fs::create_dir_all(spool.join("outgoing")).unwrap();
    ledger.configure(&format!("[asterisk]\nspool = \"{}\"\n", spool.display()));
    ledger.ok(&["user", "add", "eva", "--clid", "1", "--warn-below", "2"]);
    spend(&ledger, "9");
    let output = ledger.billctl(&["--format", "json", "notify", "--call", "--prompt", "low-balance"]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.starts_with("error: eva was not told: eva has not what [dial] onnet"), "{said}");
    let files = || -> Vec<PathBuf> {
        fs::read_dir(spool.join("outgoing")).unwrap().map(|entry| entry.unwrap().path()).collect()
    };
    assert_eq!(files().len(), 1);
    assert_eq!(
        fs::read_to_string(&files()[0]).unwrap(),
        "Channel: SIP/IMSI001010000000001@127.0.0.1:5062\nWaitTime: 40\nMaxRetries: 2\nApplication: AGI\n\
         Data: celcombiller_caller,balance=ana,prompt=low-balance\n"
    );
    // As if the run had been killed between the call and the note of it.
    let forget = "UPDATE account SET warned = NULL";
    rusqlite::Connection::open(ledger.database()).unwrap().execute(forget, []).unwrap();
    ledger.billctl(&["notify", "--call"]);
    assert_eq!(files().len(), 1);

    let mut channel = Channel::new("1763690000.1", "", "");
    ledger.ok(&["user", "update", "ana", "--language", "pt_BR"]);
    spend(&ledger, "0.25");
    let arguments = ["balance=ana", "prompt=low-balance"];
    ledger.play("celcombiller-caller", &mut channel, &arguments).quietly();
    assert_eq!(
        commands(&channel.dialogue).collect::<Vec<_>>(),
        [
            "SET VARIABLE \"CHANNEL(language)\" \"pt_BR\"",
            "EXEC \"Progress\" \"\"",
            "EXEC \"Playback\" \"low-balance,noanswer\"",
            "EXEC \"Playback\" \"vm-youhave,noanswer\"",
            "SAY NUMBER \"0\" \"\"",
            "EXEC \"Playback\" \"vm-and,noanswer\"",
            "SAY NUMBER \"75\" \"\"",
        ],
        "the balance of the moment"
    );
    assert_eq!(ledger.json(&["hold", "list", "--all"]), json!([]));
    assert_eq!(ledger.balance("ana"), ("0.75".to_owned(), "0".to_owned()));
    ledger.check();
}

#[test]
fn a_balance_that_is_not_to_be_had_is_not_told() {
    let ledger = euros();
    let mut channel = Channel::new("1763690000.1", "", "");
    let ended = ledger.play("celcombiller-caller", &mut channel, &["balance=eve"]);
    assert!(ended.stderr.contains("no user with username \"eve\""), "{}", ended.stderr);
    let said: Vec<_> = commands(&channel.dialogue).collect();
    assert!(said.len() == 1 && said[0].starts_with("VERBOSE"), "{said:?}");
}
