//! Asterisk's records of calls, where callers choose what they are called and what they dial.

use std::fs;

use celcombiller::agi::stand_in::Channel;
use rusqlite::Connection;

use crate::doors::{is_seen, takes};
use crate::exits::cells;
use crate::support::Ledger;

/// What callers might be called, and what they might dial.
const NAMES: &[&str] = &[
    ";;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;",
    "\"",
    "\",\"ANSWERED\",\"1\",\"",
    "x\nforged",
    "\u{1b}[2J",
    "\u{202e}",
    "=cmd|' /C calc'!A0",
    "'; DROP TABLE call; --",
];

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}

/// Returns a record of a call of ana's that these books never granted.
fn record(counter: usize, name: &str) -> String {
    let clid = format!("\"{name}\" <999999999>");
    let texts = [name, "999999999", name, "users", &clid, "SIP/1-1", "SIP/2-2", "Dial", name].map(quoted);
    let times = "\"2026-11-21 10:00:00\",\"2026-11-21 10:00:05\",\"2026-11-21 10:01:05\"";
    format!("{},{times},65,60,\"ANSWERED\",\"DOCUMENTATION\",\"1795240000.{counter}\",\"\"\n", texts.join(","))
}

#[test]
fn a_name_in_a_record_moves_no_column_and_steers_no_terminal() {
    for first in 0..NAMES.len() {
        let ledger = Ledger::with_ana_and_bob(60);
        let mut names = NAMES.to_vec();
        // Whatever the first line is, it is not taken for another kind of table.
        names.rotate_left(first);
        let master = ledger.folder.path().join("Master.csv");
        let records: String = names.iter().enumerate().map(|(counter, name)| record(counter + 1, name)).collect();
        fs::write(&master, records).unwrap();
        let reconcile = |format: &str| {
            let arguments = ["--format", format, "cdr", "reconcile", master.to_str().unwrap(), "--zone", "UTC"];
            let output = ledger.billctl(&arguments);
            is_seen(&String::from_utf8(output.stderr.clone()).unwrap());
            String::from_utf8(output.stdout).unwrap()
        };
        let table = reconcile("table");
        is_seen(&table);
        assert_eq!(table.lines().count(), 1 + NAMES.len(), "{table}");
        let calls = cells(&reconcile("csv"), "call");
        assert!((1..=NAMES.len()).all(|counter| calls.contains(&format!("1795240000.{counter}#1"))), "{calls:?}");
        ledger.check();
    }
}

#[test]
fn a_record_with_an_escape_in_what_is_no_number_is_told_in_a_line() {
    let ledger = Ledger::with_ana_and_bob(60);
    let master = ledger.folder.path().join("Ma\u{1b}[2Jster.csv");
    fs::write(&master, record(1, "x").replace("60,\"ANS", "6\u{1b}0,\"ANS") + &record(2, "x")).unwrap();
    let output = ledger.billctl(&["cdr", "reconcile", master.to_str().unwrap()]);
    let said = String::from_utf8(output.stderr).unwrap();
    is_seen(&said);
    assert!(said.starts_with("/") && said.contains("line 1: billsec: `6\\u{1b}0` is no number of seconds"), "{said}");
}

#[test]
fn the_name_of_a_table_is_a_name_in_sql() {
    let ledger = Ledger::with_ana_and_bob(60);
    let records = ledger.folder.path().join("cdr.db");
    let file = Connection::open(&records).unwrap();
    file.execute_batch("CREATE TABLE cdr (uniqueid, start, billsec, disposition); CREATE TABLE kept (x)").unwrap();
    for table in ["cdr; DROP TABLE kept", "cdr\" WHERE 1; DROP TABLE kept; --", "cdr'--", "(SELECT 1)", "\""] {
        let output = ledger.billctl(&["cdr", "reconcile", records.to_str().unwrap(), &format!("--table={table}")]);
        assert_eq!(output.status.code(), Some(3), "{table}: {}", String::from_utf8_lossy(&output.stdout));
        is_seen(&String::from_utf8(output.stderr).unwrap());
    }
    let tables: i64 = file.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0)).unwrap();
    assert_eq!(tables, 2);
}

#[test]
fn who_is_looked_for_by_a_statement_is_not_found() {
    let ledger = Ledger::with_ana_and_bob(60);
    for user in ["' OR '1'='1", "ana' --", "ana\"; DROP TABLE account; --", "%", "_", "*", "clid:' OR 1=1 --", "imsi:%"]
    {
        assert!(!takes(&ledger, &["user", "show", user]), "{user}");
        assert!(!takes(&ledger, &["tariff", "show", user]), "{user}");
        assert!(!takes(&ledger, &["cdr", "list", "--user", user]), "{user}");
        assert!(!takes(&ledger, &["voucher", "redeem", user, "ana"]), "{user}");
    }
    ledger.check();
}

#[test]
fn a_call_that_dials_an_attempt_leaves_no_trace_that_is_not_text() {
    let ledger = Ledger::with_ana_and_bob(60);
    ledger.configure("[identify]\nby = [\"accountcode\", \"callerid\"]\n");
    for (counter, name) in NAMES.iter().filter(|name| !name.contains('\n')).enumerate() {
        let mut channel = Channel::new(&format!("1763690000.{counter}"), "999999999", "999999998");
        channel.accountcode = (*name).to_owned();
        is_seen(&ledger.play("celcombiller-caller", &mut channel, &[]).stderr);
    }
    is_seen(&ledger.ok(&["cdr", "list"]));
    is_seen(&ledger.ok(&["call", "list", "--spool-dir", ledger.folder.path().to_str().unwrap()]));
}

#[test]
fn a_dump_whose_names_have_no_end_is_read_to_its_end() {
    let ledger = Ledger::new("EUR");
    let dump = ledger.folder.path().join("dump.sql");
    fs::write(&dump, format!("INSERT INTO {}x VALUES (1);\n", "`a`.".repeat(500_000))).unwrap();
    assert!(!takes(&ledger, &["import", "a2billing", dump.to_str().unwrap(), "--dry-run"]));
    ledger.check();
}
