//! What the books report of themselves.

use std::collections::BTreeSet;
use std::fs;

use celcombiller::agi::stand_in::{CalleeBehaviour, Channel};
use serde_json::json;

use crate::support::Ledger;

/// Books in euros on which ana called bob three times today: once answered, once busy, once going on.
fn busy_books() -> Ledger {
    let ledger = Ledger::in_euros();
    ledger.configure("[calls]\nmax_seconds = 60\n");
    let mut answered = Channel::new("1763690000.1", "999999999", "999999998");
    ledger.play("celcombiller-caller", &mut answered, &[]).quietly();
    let mut busy = Channel::new("1763690000.2", "999999999", "999999998");
    busy.callee = CalleeBehaviour::Fails("BUSY");
    ledger.play("celcombiller-caller", &mut busy, &[]).quietly();
    ledger
        .play("celcombiller-caller", &mut Channel::new("1763690000.3", "999999999", "999999998"), &["authorise"])
        .quietly();
    fs::create_dir_all(ledger.folder.path().join("celcombiller.db-spool")).unwrap();
    fs::write(ledger.folder.path().join("celcombiller.db-spool/1763690000.9#1.end"), "").unwrap();
    ledger
}

#[test]
fn the_figures_are_those_of_the_books() {
    let ledger = busy_books();
    let stats = ledger.json(&["stats"]);
    for (key, value) in [
        ("calls", json!(2)),
        ("answered", json!(1)),
        ("revenue", json!("0.05")),
        ("holds_open", json!(1)),
        ("held", json!("0.65")),
        ("holds_overdue", json!(0)),
        ("ends_waiting", json!(1)),
        ("entries", json!(2)),
        ("last_backup", json!(null)),
        ("backup_age_seconds", json!(null)),
        ("dispositions", json!([{"disposition": "ANSWERED", "calls": 1}, {"disposition": "BUSY", "calls": 1}])),
    ] {
        assert_eq!(stats[key], value, "{key}");
    }
    ledger.ok(&["db", "backup", ledger.folder.path().join("copy.db").to_str().unwrap()]);
    assert!(ledger.json(&["stats"])["backup_age_seconds"].as_i64().is_some_and(|age| age < 60));
}

#[test]
fn refusals_are_counted_by_reason_where_a_file_has_the_decisions() {
    let ledger = Ledger::in_euros();
    assert_eq!(ledger.json(&["stats"])["refusals"], json!(null), "the system's log is not read");
    let log = ledger.folder.path().join("decisions.log");
    ledger.configure(&format!("[calls]\nmax_seconds = 60\n[log]\ndecisions = \"{}\"\n", log.display()));
    assert_eq!(ledger.json(&["stats"])["refusals"], json!([]), "there is no file yet");
    // Yesterday's, and a caller that would count itself as refused.
    fs::write(&log, "time=2020-01-01T00:00:00Z decision=refused channel=1 caller=2 dialled=3 reason=NO_CREDIT\n")
        .unwrap();
    for (call, caller, dialled) in [
        ("1763690001.1", "999999998", "999999999"),
        ("1763690001.2", "999999998", "999999999"),
        ("1763690001.3", "x\" decision=refused reason=NO_CREDIT", "999999998"),
        ("1763690001.4", "999999999", "999999998"),
    ] {
        ledger.play("celcombiller-caller", &mut Channel::new(call, caller, dialled), &[]).quietly();
    }
    let refused = json!([{"reason": "NO_CREDIT", "calls": 2}, {"reason": "UNKNOWN_CALLER", "calls": 1}]);
    assert_eq!(ledger.json(&["stats"])["refusals"], refused);
    let text = ledger.ok(&["stats", "--format", "prometheus"]);
    assert!(text.contains("celcombiller_refusals_today{reason=\"NO_CREDIT\"} 2\n"), "{text}");
}

#[test]
fn prometheus_reads_the_same_figures() {
    let ledger = busy_books();
    ledger.ok(&["db", "backup", ledger.folder.path().join("copy.db").to_str().unwrap()]);
    let text = ledger.ok(&["stats", "--format", "prometheus"]);
    for line in [
        "celcombiller_calls_today{disposition=\"ANSWERED\"} 1",
        "celcombiller_calls_today{disposition=\"BUSY\"} 1",
        "celcombiller_revenue_today 0.05",
        "celcombiller_holds_open 1",
        "celcombiller_holds_amount 0.65",
        "celcombiller_ends_waiting 1",
        "celcombiller_ledger_entries 2",
    ] {
        assert!(text.lines().any(|found| found == line), "{line} in\n{text}");
    }
    assert!(text.contains("\ncelcombiller_books_info{unit=\"EUR\",schema=\""), "{text}");
    // Every sample follows the help and the type of its metric, which stand once.
    let mut described = BTreeSet::new();
    let mut open = String::new();
    for line in text.lines() {
        if let Some(help) = line.strip_prefix("# HELP ") {
            open = help.split(' ').next().unwrap().to_owned();
            assert!(described.insert(open.clone()), "{line}");
        } else if let Some(kind) = line.strip_prefix("# TYPE ") {
            assert_eq!(kind, format!("{open} gauge"));
        } else {
            let (sample, value) = line.rsplit_once(' ').unwrap();
            assert_eq!(sample.split('{').next().unwrap(), open, "{line}");
            assert!(value.parse::<rust_decimal::Decimal>().is_ok(), "{line}");
        }
    }
    assert!(described.contains("celcombiller_last_backup_timestamp_seconds"));
    let said = ledger.refused(1, &["user", "list", "--format", "prometheus"]);
    assert!(said.contains("only stats is written as prometheus\nhint: "), "{said}");
}
