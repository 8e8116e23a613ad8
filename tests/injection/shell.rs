//! What programs of the operator's are given, and what others left in the spool.

use std::fs;

use rusqlite::Connection;
use serde_json::Value;

use crate::doors::is_seen;
use crate::exits::field;
use crate::support::Ledger;

/// Names that a shell, or a program that reads lines, would take for more.
const NAMES: &[&str] =
    &["$(touch pwned)", "`touch pwned`", "; touch pwned", "| touch pwned", "\",\"told\":true,\"x\":\"", "'", "\\"];

#[test]
fn a_program_is_given_a_name_as_json_on_its_standard_input_and_never_as_a_command() {
    for (name, shell) in NAMES.iter().flat_map(|name| [(name, None), (name, Some("--shell"))]) {
        let ledger = Ledger::in_euros();
        ledger.ok(&["user", "update", "ana", "--warn-below", "20", &format!("--name={name}")]);
        let here = |file: &str| ledger.folder.path().join(file);
        fs::write(here("tell"), "cat > heard; echo $# > arguments\n").unwrap();
        let mut notify = ledger.command("billctl");
        notify.current_dir(ledger.folder.path()).args(["notify", "--command=sh tell"]).args(shell);
        let output = notify.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let heard: Value = serde_json::from_str(&fs::read_to_string(here("heard")).unwrap()).unwrap();
        assert_eq!((field(&heard, "username"), field(&heard, "name")), ("ana", *name));
        assert_eq!(fs::read_to_string(here("arguments")).unwrap(), "0\n");
        assert!(!here("pwned").exists(), "{name}");
    }
}

#[test]
fn names_that_older_books_let_in_are_seen_and_do_nothing() {
    let ledger = Ledger::with_ana_and_bob(60);
    let books = Connection::open(ledger.database()).unwrap();
    let name = "\u{1b}]0;x\u{7}\nforged\u{9b}2J\u{202e}\r";
    books.execute("UPDATE account SET name = ?1 WHERE username = 'ana'", [name]).unwrap();
    drop(books);
    assert_eq!(field(&ledger.json(&["user", "show", "ana"]), "name"), name, "programs are given what it is");
    for list in [&["user", "list"][..], &["user", "show", "ana"], &["balance", "show", "ana"]] {
        let table = ledger.ok(list);
        is_seen(&table);
        assert!(!table.lines().any(|line| line.starts_with("forged")), "{table}");
    }
}

#[test]
fn what_others_put_into_the_spool_is_listed_and_steers_no_terminal() {
    let ledger = Ledger::with_ana_and_bob(60);
    let outgoing = ledger.folder.path().join("spool/outgoing");
    fs::create_dir_all(&outgoing).unwrap();
    fs::write(
        outgoing.join("a\u{1b}[2J\nforged.call"),
        "Channel: PJSIP/1\u{1b}[2J\rx\nAccount: \u{202e}x\nApplication: =cmd\u{9b}\nData: \u{7}\nCallerID: \"\n",
    )
    .unwrap();
    ledger.configure(&format!("[asterisk]\nspool = \"{}\"\n", ledger.folder.path().join("spool").display()));
    let table = ledger.ok(&["call", "list"]);
    is_seen(&table);
    assert_eq!(table.lines().count(), 2, "{table}");
}
