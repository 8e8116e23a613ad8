//! Asterisk's own records held against the books, and the holds that nobody reported.

use std::fs;
use std::time::Duration;

use celcombiller::billing::{self, Policy};
use celcombiller::domain::account::{Caller, IdentifyBy};
use celcombiller::domain::call::{Authorisation, CallRequest};
use celcombiller::domain::dialling::DialTemplate;
use celcombiller::domain::outcome::{CallReport, Disposition, Witness};
use celcombiller::domain::rate::TalkTime;
use celcombiller::domain::routing::RouteOrder;
use celcombiller::domain::time::Timestamp;
use celcombiller::store::{Access, Role, Store};
use serde_json::{Value, json};

use crate::support::Ledger;

/// When the calls of these tests begin, in seconds since 1970: 2030-01-07T09:00:00Z.
const NINE: i64 = 1_894_006_800;

/// Books in euros, where a call costs 0.05 and 0.01 a second, and Asterisk's records of it.
struct Exchange {
    ledger: Ledger,
    master: String,
}

impl Exchange {
    fn new() -> Self {
        let ledger = Ledger::in_euros();
        ledger.configure("[calls]\nmax_seconds = 60\n");
        // What the file is known to reach from and to: two calls between strangers.
        let mut exchange = Self { ledger, master: String::new() };
        exchange.sees("1795240000.1", ("5511", "5522"), (-3600, 10), ("ANSWERED", 5));
        exchange
    }

    fn decide<T>(&self, decide: impl FnOnce(&mut Store) -> T) -> T {
        let access = Access {
            path: self.ledger.database(),
            role: Role::Manage,
            busy_timeout: Duration::from_secs(5),
            queue: true,
        };
        let mut store = Store::open(&access).unwrap();
        let decided = decide(&mut store);
        store.close().unwrap();
        decided
    }

    /// Ana calls bob, so many seconds after nine.
    fn ana_calls(&self, call: &str, after: i64, answered_before: bool) {
        let request = CallRequest {
            call: call.parse().unwrap(),
            caller: Caller::from_channel("", "999999999"),
            dialled: "999999998".parse().unwrap(),
            answered_before,
            then: None,
            at: at(after),
        };
        let policy = Policy {
            identify_by: vec![IdentifyBy::CallerId],
            onnet: DialTemplate::openbts(),
            offnet: None,
            routes: RouteOrder::Priority,
            longest: TalkTime::new(60).unwrap(),
            announcement_seconds: 0,
            ring_seconds: 40,
        };
        let answer = self.decide(|store| billing::authorise(store, &request, &policy)).unwrap().0;
        assert!(matches!(answer, Authorisation::Granted(_)), "{answer:?}");
    }

    /// A call ends, so many seconds after nine; `talked` is `None` if nobody answered.
    fn ends(&self, call: &str, after: i64, talked: Option<u64>) {
        let report = CallReport {
            call: call.parse().unwrap(),
            disposition: talked.map_or(Disposition::Busy, |_| Disposition::Answered),
            answered_millis: talked.map(|seconds| seconds * 1000 + 200),
            answered_at: None,
            limit_is_heard: false,
            witness: Witness::Dialler { dial_millis: 3_600_000 },
            at: at(after),
        };
        self.decide(|store| billing::settle(store, &report)).unwrap();
    }

    /// Asterisk writes a record: from whom to whom, when it began and how long it was, and what became of it.
    fn sees(&mut self, uniqueid: &str, (src, dst): (&str, &str), (after, duration): (i64, i64), end: (&str, u32)) {
        let (disposition, billsec) = end;
        let time = |after| at(after).to_string().replace('T', " ").replace('Z', "");
        let answer = if billsec > 0 { time(after + duration - i64::from(billsec)) } else { String::new() };
        self.master.push_str(&format!(
            "\"\",\"{src}\",\"{dst}\",\"users\",\"\"\"A, B\"\" <{src}>\",\"PJSIP/{src}-1\",\"PJSIP/{dst}-2\",\"Dial\",\
             \"x,40,S(60)\",\"{}\",\"{answer}\",\"{}\",{duration},{billsec},\"{disposition}\",\"DOCUMENTATION\",\
             \"{uniqueid}\",\"\"\n",
            time(after),
            time(after + duration),
        ));
    }

    fn master(&mut self) -> String {
        self.sees("1795340000.1", ("5511", "5522"), (90_000, 10), ("ANSWERED", 5));
        self.write("Master.csv", &self.master)
    }

    fn write(&self, name: &str, text: &str) -> String {
        let path = self.ledger.folder.path().join(name);
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }

    /// Runs the comparison; returns its exit code, and of each difference what, which call, what was seen and charged,
    /// and whether it is settled.
    fn reconcile(&self, file: &str, flags: &[&str]) -> (i32, Vec<Value>) {
        let arguments = [&["--format", "json", "cdr", "reconcile", file, "--zone", "UTC"], flags].concat();
        let output = self.ledger.billctl(&arguments);
        let told = String::from_utf8_lossy(&output.stderr);
        let list: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{told}"));
        let row =
            |row: &Value| json!([row["difference"], row["call"], row["seen_seconds"], row["charge"], row["settled"]]);
        (output.status.code().unwrap(), list.as_array().unwrap().iter().map(row).collect())
    }
}

fn at(after: i64) -> Timestamp {
    Timestamp::from_millis((NINE + after) * 1000)
}

const ANA_TO_BOB: (&str, &str) = ("999999999", "999999998");

#[test]
fn what_both_sides_know_alike_is_no_difference() {
    let mut exchange = Exchange::new();
    for (call, after, talked) in [("1795251600.1", 0, Some(20)), ("1795251700.2", 100, None)] {
        exchange.ana_calls(&format!("{call}#1"), after, false);
        exchange.ends(&format!("{call}#1"), after + 25, talked);
    }
    exchange.sees("1795251600.1", ANA_TO_BOB, (0, 25), ("ANSWERED", 21));
    exchange.sees("1795251700.2", ANA_TO_BOB, (100, 5), ("BUSY", 0));
    let master = exchange.master();
    assert_eq!(exchange.reconcile(&master, &[]), (0, vec![]), "a second is within the tolerance");
    let (code, found) = exchange.reconcile(&master, &["--tolerance", "0"]);
    assert_eq!((code, found), (1, vec![json!(["seconds", "1795251600.1#1", 21, "0.25", false])]));
}

#[test]
fn every_kind_of_difference_is_told_and_what_can_be_is_settled_once() {
    let mut exchange = Exchange::new();
    let call = |number: i64| format!("1795251600.{number}#1");
    let uniqueid = |number: i64| call(number).replace("#1", "");
    for number in 1..=6 {
        exchange.ana_calls(&call(number), 100 * number, false);
    }
    // 1: nobody reported it. 2: its hold was given back before Asterisk's record is looked at. 3: busy, not reported.
    exchange.ledger.ok(&["hold", "release", &call(2), "--note", "a restart"]);
    exchange.sees(&uniqueid(1), ANA_TO_BOB, (100, 25), ("ANSWERED", 20));
    exchange.sees(&uniqueid(2), ANA_TO_BOB, (200, 25), ("ANSWERED", 10));
    exchange.sees(&uniqueid(3), ANA_TO_BOB, (300, 25), ("BUSY", 0));
    // 4: charged, and no record of it. 5: charged, and Asterisk says it was busy. 6: other seconds.
    for number in 4..=6 {
        exchange.ends(&call(number), 100 * number + 25, Some(20));
    }
    exchange.sees(&uniqueid(5), ANA_TO_BOB, (500, 25), ("BUSY", 0));
    exchange.sees(&uniqueid(6), ANA_TO_BOB, (600, 25), ("ANSWERED", 12));
    // Of ana, but the books know nothing of it.
    exchange.sees("1795252600.99", ("999999999", "5533"), (1000, 25), ("ANSWERED", 15));
    exchange.sees("1795252700.99", ("999999999", "5533"), (1100, 25), ("NO ANSWER", 0));
    let master = exchange.master();
    let differ = |settled: bool| {
        let (first, second) = if settled { (json!("0.25"), json!("0.15")) } else { (json!(null), json!(null)) };
        let third = if settled { json!("0") } else { json!(null) };
        vec![
            json!(["not_charged", call(1), 20, first, settled]),
            json!(["not_charged", call(2), 10, second, settled]),
            json!(["still_held", call(3), null, third, settled]),
            json!(["not_seen", call(5), null, "0.25", false]),
            json!(["seconds", call(6), 12, "0.25", false]),
            json!(["unknown", "1795252600.99#1", 15, null, false]),
            json!(["not_seen", call(4), null, "0.25", false]),
        ]
    };
    assert_eq!(exchange.reconcile(&master, &[]), (1, differ(false)));
    let before = exchange.ledger.balance("ana");
    assert_eq!(exchange.reconcile(&master, &["--settle", "--dry-run"]), (1, differ(true)));
    assert_eq!(exchange.ledger.balance("ana"), before, "a rehearsal posts nothing");
    assert_eq!(exchange.reconcile(&master, &["--settle"]), (1, differ(true)));
    assert_eq!(exchange.ledger.balance("ana"), ("8.85".to_owned(), "0".to_owned()));
    let left = differ(false).split_off(3);
    assert_eq!(exchange.reconcile(&master, &["--settle"]), (1, left.clone()), "nothing is charged again");
    assert_eq!(exchange.ledger.balance("ana"), ("8.85".to_owned(), "0".to_owned()));
    exchange.ledger.check();
    let since = &["--since", "2030-01-07T09:16:00Z"];
    assert_eq!(exchange.reconcile(&master, since), (1, vec![left[2].clone()]), "only the last was after that");
    assert_eq!(exchange.reconcile(&master, &[&since[..], &["--context", "elsewhere"]].concat()), (0, vec![]));
}

#[test]
fn a_charge_after_the_hold_was_given_back_takes_what_is_available_and_records_the_rest() {
    let mut exchange = Exchange::new();
    exchange.ana_calls("1795251600.1#1", 0, false);
    exchange.ledger.ok(&["hold", "expire", "--as-of", "2099-01-01"]);
    exchange.ledger.ok(&["balance", "remove", "ana", "9.9"]);
    exchange.sees("1795251600.1", ANA_TO_BOB, (0, 25), ("ANSWERED", 20));
    let master = exchange.master();
    assert_eq!(
        exchange.reconcile(&master, &["--settle"]),
        (0, vec![json!(["not_charged", "1795251600.1#1", 20, "0.1", true])])
    );
    assert_eq!(exchange.ledger.json(&["cdr", "show", "1795251600.1#1"])["unpaid"], "0.15");
    assert_eq!(exchange.ledger.json(&["cdr", "show", "1795251600.1#1"])["ended"], "2030-01-07T09:00:25Z");
    exchange.ledger.check();
}

#[test]
fn of_several_attempts_on_a_channel_each_has_its_own_record() {
    let mut exchange = Exchange::new();
    let (first, second) = ("1795251600.1#1", "1795251600.1#2");
    exchange.ana_calls(first, 0, false);
    exchange.ends(first, 10, None);
    exchange.ana_calls(second, 10, true);
    exchange.sees("1795251600.1", ANA_TO_BOB, (0, 10), ("BUSY", 0));
    exchange.sees("1795251600.1", ANA_TO_BOB, (10, 25), ("ANSWERED", 20));
    // The dialplan goes on after the call: no call of anybody.
    let tail = exchange.master.lines().last().unwrap().replace("\"PJSIP/999999998-2\"", "\"\"") + "\n";
    exchange.master.push_str(&tail);
    let master = exchange.master();
    assert_eq!(exchange.reconcile(&master, &[]), (1, vec![json!(["not_charged", second, 20, null, false])]));
    assert_eq!(exchange.reconcile(&master, &["--settle"]).0, 0);
    assert_eq!(exchange.ledger.json(&["cdr", "show", second])["billsec"], 20);
    exchange.ana_calls("1795251900.1#1", 300, true);
    exchange.ends("1795251900.1#1", 320, None);
    exchange.sees("1795251900.1", ANA_TO_BOB, (290, 30), ("ANSWERED", 30));
    let master = exchange.write("later.csv", &exchange.master);
    assert_eq!(exchange.reconcile(&master, &[]), (0, vec![]), "announcements on a channel that was up are no talk");
}

#[test]
fn records_are_read_from_a_csv_by_its_header_and_from_sqlite() {
    let exchange = Exchange::new();
    exchange.ana_calls("1795251600.1#1", 0, false);
    let csv = "calldate,clid,dst,duration,billsec,disposition,UniqueID,test\n\
               2030-01-07 06:00:00.250,\"\"\"Ana\"\" <999999999>\",999999998,25,20.9,ANSWERED,1795251600.1,x\n\
               2030-01-07 06:10:00.250,\"\"\"Ana\"\" <999999999>\",5533,25,20.9,ANSWERED,1795252200.1,x\n\
               not a record\n";
    let custom = exchange.write("Custom.csv", csv);
    let expected = |wrong| {
        (
            wrong,
            vec![
                json!(["not_charged", "1795251600.1#1", 20, null, false]),
                json!(["unknown", "1795252200.1#1", 20, null, false]),
            ],
        )
    };
    let arguments = ["--zone", "America/Sao_Paulo"];
    let run = |file: &str, flags: &[&str]| {
        let output = exchange.ledger.billctl(&[&["--format", "json", "cdr", "reconcile", file], flags].concat());
        (output.status.code().unwrap(), serde_json::from_slice::<Value>(&output.stdout).unwrap(), output.stderr)
    };
    let (code, list, told) = run(&custom, &arguments);
    let told = String::from_utf8(told).unwrap();
    assert_eq!((code, list.as_array().unwrap().len()), (1, 2));
    assert_eq!(list[0]["started"], "2030-01-07T09:00:00Z");
    assert!(
        told.contains("line 4: 1 values under 8 columns") && told.contains("2 records, 1 calls compared: 2 differ"),
        "{told}"
    );
    let path = exchange.ledger.folder.path().join("master.db");
    let theirs = rusqlite::Connection::open(&path).unwrap();
    theirs
        .execute_batch(
            "CREATE TABLE cdr (AcctId INTEGER PRIMARY KEY, calldate TEXT, clid TEXT, duration TEXT, billsec INTEGER,
                 disposition TEXT, uniqueid TEXT);
             INSERT INTO cdr VALUES (1, '2030-01-07 09:00:00', '\"Ana\" <999999999>', 25, 20, 'ANSWERED', '1795251600.1'),
                 (7, '2030-01-07 09:10:00', '\"Ana\" <999999999>', 25, 20, 'ANSWERED', '1795252200.1')",
        )
        .unwrap();
    assert_eq!(exchange.reconcile(path.to_str().unwrap(), &[]), expected(1));
    let said = exchange.ledger.refused(3, &["cdr", "reconcile", path.to_str().unwrap(), "--table", "calls"]);
    assert!(said.contains("no such table: calls"), "{said}");
    let without = exchange.write("Master.csv", &exchange.master.replace(",\"1795240000.1\",\"\"", ""));
    let said = exchange.ledger.refused(1, &["cdr", "reconcile", &without]);
    assert!(said.contains("has no column uniqueid\nhint: set loguniqueid=yes under [csv] in cdr.conf"), "{said}");
}

#[test]
fn holds_that_nobody_reported_are_released_charged_or_kept_as_the_operator_says() {
    for (policy, fates, code, balance) in [
        ("release", ["expired", "expired", "expired", "expired"], 0, ("10", "0")),
        ("keep", ["open", "open", "open", "open"], 1, ("10", "2.6")),
        ("charge", ["open", "expired", "settled", "settled"], 1, ("9.75", "0.65")),
    ] {
        let mut exchange = Exchange::new();
        exchange.ledger.configure(&format!("[holds]\nunreported = \"{policy}\"\n"));
        // 1 was before the records begin, 2 is not in them, 3 was busy, 4 was answered.
        for (number, after) in [(1, -7200), (2, 200), (3, 300), (4, 400)] {
            exchange.ana_calls(&format!("1795251600.{number}#1"), after, false);
        }
        exchange.sees("1795251600.3", ANA_TO_BOB, (300, 25), ("BUSY", 0));
        exchange.sees("1795251600.4", ANA_TO_BOB, (400, 25), ("ANSWERED", 20));
        let master = exchange.master();
        let expire = |flags: &[&str]| {
            let cdr = ["--cdr", &master, "--zone", "UTC"];
            let arguments =
                [&["--format", "json", "hold", "expire", "--as-of", "2099-01-01"], &cdr[..], flags].concat();
            let output = exchange.ledger.billctl(&arguments);
            (output.status.code().unwrap(), output.stdout)
        };
        expire(&["--dry-run"]);
        assert_eq!(exchange.ledger.balance("ana"), ("10".to_owned(), "2.6".to_owned()), "{policy}: a rehearsal");
        assert_eq!(expire(&[]).0, code, "{policy}");
        let all = exchange.ledger.json(&["hold", "list", "--all"]);
        let states: Vec<_> = all.as_array().unwrap().iter().rev().map(|hold| hold["state"].as_str().unwrap()).collect();
        assert_eq!(states, fates, "{policy}");
        let (left, held) = balance;
        assert_eq!(exchange.ledger.balance("ana"), (left.to_owned(), held.to_owned()), "{policy}");
        exchange.ledger.check();
        if policy == "charge" {
            let said = exchange.ledger.refused(1, &["hold", "expire"]);
            assert!(said.contains("no records of Asterisk are named\nhint: billctl hold expire --cdr "), "{said}");
        }
    }
}
