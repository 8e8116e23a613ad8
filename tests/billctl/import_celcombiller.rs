//! The three old files of celcombiller, made up here, come into new books.

use std::path::PathBuf;

use rusqlite::Connection;
use serde_json::Value;

use crate::keys;
use crate::support::Ledger;

/// A file with a column of balances.
const COLUMN: &str = "
    CREATE TABLE users (id_ INTEGER PRIMARY KEY, username TEXT, clid VARCHAR(9), imsi INTEGER, balance FLOAT);
    INSERT INTO users VALUES (1, 'ana', '999999999', 1010000000001, 1250.0), (2, NULL, '999999998', NULL, 0.5);";

/// A file with a table of balances.
const ROWS: &str = "
    CREATE TABLE users (id_ INTEGER PRIMARY KEY, username VARCHAR, password INTEGER, clid VARCHAR(9), admin BOOLEAN,
        imsi INTEGER);
    CREATE TABLE balance (id_ INTEGER PRIMARY KEY, usersId INTEGER, date DATETIME, type_ VARCHAR, value INTEGER,
        signal VARCHAR(1));
    CREATE TABLE cdr (id_ INTEGER PRIMARY KEY, answer DATETIME, billsec INTEGER, from_user_id INTEGER,
        to_user_id INTEGER);
    CREATE TABLE groups (id_ INTEGER PRIMARY KEY, name VARCHAR);
    CREATE TABLE association (User_id INTEGER, Groups_id INTEGER);
    CREATE TABLE dates (id_ INTEGER PRIMARY KEY, group_id INTEGER, date DATETIME);
    INSERT INTO users VALUES (1, 'ana', 'secret', '999999999', 1, 1010000000001), (2, 'bob', 12345, '999999998', 0, 724050000000002),
        (3, 'eva maria', 'x', '999999997', 0, 12), (4, 'leo', 'x', 'none', 0, NULL);
    INSERT INTO balance VALUES (1, 1, '2016-01-01', 'increase', 100, '+'), (2, 1, '2016-01-02', 'decrease', 40, '-'),
        (3, 2, '2016-01-02', 'decrease', 7, '-'), (4, 2, '2016-01-02', 'increase', 'abc', '+'),
        (5, NULL, '2016-01-02', 'increase', 9, '+'), (6, 1, '2016-01-02', 'increase', 5, '*'),
        (7, 4, '2016-01-02', 'increase', 30, '+');
    INSERT INTO cdr VALUES (1, '2016-01-02', 30, 1, 2), (2, '2016-01-02', 10, 1, 2);
    INSERT INTO groups VALUES (1, 'village'), (2, 'bell' || char(7));
    INSERT INTO association VALUES (1, 1), (2, 1), (2, 2);
    INSERT INTO dates VALUES (1, 1, '2016-01-02 00:00:00.000000'), (2, 1, '2999-01-02 00:00:00.000000');";

/// A file with plans.
const PLANS: &str = "
    CREATE TABLE users (_id INTEGER PRIMARY KEY, level INTEGER, name VARCHAR, address VARCHAR, cpf INTEGER,
        username VARCHAR, password VARCHAR, clid VARCHAR, imsi VARCHAR, voice_balance INTEGER, data_balance INTEGER);
    CREATE TABLE voice_balance (_id INTEGER PRIMARY KEY, from_user_id INTEGER, to_user_id INTEGER, value INTEGER,
        date DATETIME, origin VARCHAR);
    CREATE TABLE schedule (_id INTEGER PRIMARY KEY, name VARCHAR, day INTEGER, value INTEGER, kind INTEGER);
    CREATE TABLE schedule_user (_id INTEGER PRIMARY KEY, user_id INTEGER, schedule_id INTEGER, count INTEGER);
    INSERT INTO users VALUES (1, 0, 'Ana ' || char(27) || '[31mA', '', 1, 'ana', 'x', '999999999', '001010000000001', 60, 0),
        (2, 2, 'Bob', '', 2, 'bob', 'x', '999999998', '001010000000002', 25, 1000);
    INSERT INTO voice_balance VALUES (1, 1, NULL, 100, '2017-01-01', 'web'), (2, 1, 2, -40, '2017-01-01', 'call'),
        (3, 2, NULL, 20, '2017-01-01', 'web');
    INSERT INTO schedule VALUES (1, 'monthly', 1, 100, 1);
    INSERT INTO schedule_user VALUES (1, 1, 1, 3), (2, 2, 1, 0);";

fn old(ledger: &Ledger, sql: &str) -> String {
    let file: PathBuf = ledger.folder.path().join("old.db");
    Connection::open(&file).unwrap().execute_batch(sql).unwrap();
    file.to_str().unwrap().to_owned()
}

/// Returns the remarks as `row: remark`.
fn remarks(report: &Value) -> Vec<String> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let remarks = report["remarks"].as_array().unwrap().iter();
    remarks.map(|remark| format!("{}: {}", text(&remark["row"]), text(&remark["remark"]))).collect()
}

#[test]
fn a_file_with_a_column_of_balances_comes_once() {
    let ledger = Ledger::new("seconds");
    let file = old(&ledger, COLUMN);
    let report = ledger.json(&["import", "celcombiller", &file]);
    assert_eq!(
        keys(&report),
        [
            "file",
            "dry_run",
            "added",
            "before",
            "left_out",
            "balance_there",
            "balance_here",
            "balance_left_out",
            "history",
            "remarks"
        ]
    );
    assert_eq!((&report["added"], &report["left_out"]), (&2.into(), &0.into()));
    assert_eq!((&report["balance_there"], &report["balance_here"]), (&"1250.5".into(), &"1250.5".into()));
    assert_eq!(remarks(&report), ["user ana: the IMSI 1010000000001 had lost its zeros and is 001010000000001"]);
    assert_eq!(ledger.balance("ana").0, "1250");
    assert_eq!(ledger.balance("imsi:001010000000001").0, "1250");
    assert_eq!(ledger.balance("999999998").0, "0.5", "who had no name is called by their number");
    let entry = &ledger.json(&["balance", "history", "ana"])[0];
    assert_eq!((&entry["kind"], &entry["note"]), (&"opening".into(), &"balance in the old celcombiller".into()));

    ledger.ok(&["balance", "remove", "ana", "50"]);
    let again = ledger.json(&["import", "celcombiller", &file]);
    assert_eq!((&again["added"], &again["before"]), (&0.into(), &2.into()));
    assert_eq!(again["balance_here"], "1250.5", "what came then");
    assert_eq!(ledger.balance("ana").0, "1200", "nothing comes twice");
    ledger.check();
}

#[test]
fn a_file_with_a_table_of_balances_comes_but_for_what_cannot() {
    let ledger = Ledger::new("seconds");
    let file = old(&ledger, ROWS);
    let before = std::fs::read(&file).unwrap();
    let rehearsed = ledger.json(&["import", "celcombiller", &file, "--dry-run"]);
    assert_eq!(rehearsed["dry_run"], true);
    assert_eq!(ledger.json(&["user", "list"]), serde_json::json!([]), "a dry run changes nothing");
    let report = ledger.json(&["import", "celcombiller", &file]);
    assert_eq!(report["remarks"], rehearsed["remarks"]);
    assert_eq!(std::fs::read(&file).unwrap(), before, "the old file is only read");
    assert_eq!((&report["added"], &report["left_out"]), (&3.into(), &1.into()));
    assert_eq!(
        (&report["balance_there"], &report["balance_here"], &report["balance_left_out"]),
        (&"83".into(), &"53".into(), &"30".into())
    );
    assert_eq!(report["history"], serde_json::json!([{"left_there": "seconds of calls", "rows": 2, "sum": 40}]));
    assert_eq!(
        remarks(&report),
        [
            "balance row 4: `abc` is no number of seconds",
            "balance row 5: 9 belongs to nobody",
            "balance row 6: the signal `*` counts for nothing",
            "group `village`: 1 dates to come, the first on 2999-01-02",
            "user ana: the IMSI 1010000000001 had lost its zeros and is 001010000000001",
            "user bob: `bell\\u{7}` is not a group's name: expected 1 to 64 visible characters; the user is not in it",
            "user eva maria: `eva maria` is not a username: expected 1 to 64 letters, digits and . _ - @, the first a \
             letter or digit; the user is called 999999997",
            "user eva maria: the user has no IMSI: `12` is not an IMSI: expected 6 to 15 digits",
            "user bob: owes 7, more than the credit limit 0, which is raised to it",
            "user leo: not taken, balance 30: `none` is not a phone number: expected 1 to 15 digits",
        ]
    );
    let shown = |user: &str| ledger.json(&["user", "show", user]);
    assert_eq!((&shown("ana")["level"], &shown("ana")["groups"]), (&"admin".into(), &serde_json::json!(["village"])));
    assert_eq!(shown("bob")["imsi"], "724050000000002", "an IMSI of a country has lost nothing");
    assert_eq!((&shown("bob")["balance"], &shown("bob")["available"]), (&"-7".into(), &"0".into()));
    assert_eq!(shown("999999997")["name"], "eva maria");
    ledger.check();
}

#[test]
fn a_file_with_plans_comes_with_levels_and_names() {
    let ledger = Ledger::new("seconds");
    let report = ledger.json(&["import", "celcombiller", &old(&ledger, PLANS)]);
    assert_eq!((&report["balance_there"], &report["balance_here"]), (&"85".into(), &"85".into()));
    assert_eq!(report["history"], serde_json::json!([{"left_there": "seconds of calls", "rows": 1, "sum": 40}]));
    assert_eq!(
        remarks(&report),
        [
            "group `monthly`: `ana` has 3 months to come",
            "user `bob`: 1000 bytes of data are not taken",
            "user `bob`: the balance is 25 but its rows are 20",
        ]
    );
    let (ana, bob) = (ledger.json(&["user", "show", "ana"]), ledger.json(&["user", "show", "bob"]));
    assert_eq!((&ana["level"], &bob["level"]), (&"admin".into(), &"collaborator".into()));
    assert_eq!(ana["name"], "Ana [31mA", "no name can write on the operator's terminal");
    assert_eq!(ana["imsi"], "001010000000001");
    ledger.check();
}

#[test]
fn somebody_elses_number_or_name_is_not_taken_over() {
    let ledger = Ledger::new("seconds");
    ledger.ok(&["user", "add", "maria", "--clid", "999999999"]);
    let report = ledger.json(&["import", "celcombiller", &old(&ledger, COLUMN)]);
    assert_eq!((&report["added"], &report["left_out"]), (&1.into(), &1.into()));
    assert_eq!((&report["balance_here"], &report["balance_left_out"]), (&"0.5".into(), &"1250".into()));
    assert_eq!(
        remarks(&report).last().unwrap(),
        "user ana: not taken, balance 1250: number 999999999 belongs to maria"
    );
    ledger.refused(1, &["user", "show", "ana"]);
    ledger.check();
}

#[test]
fn what_is_no_old_file_is_refused() {
    let ledger = Ledger::new("seconds");
    let said = ledger.refused(1, &["import", "celcombiller", "/nowhere.db"]);
    assert!(said.contains("no file /nowhere.db"), "{said}");
    for file in [ledger.database(), ledger.config()] {
        std::fs::write(ledger.config(), "# not a database, but long enough to look at\n".repeat(40)).unwrap();
        let said = ledger.refused(1, &["import", "celcombiller", file.to_str().unwrap()]);
        assert!(said.contains("is no database of an old celcombiller"), "{said}");
    }
    let euros = Ledger::new("EUR");
    let said = euros.refused(1, &["import", "celcombiller", &old(&euros, COLUMN)]);
    assert!(said.contains("balances of celcombiller are seconds, and these books count EUR"), "{said}");
}
