//! Calls that ended: which are listed, how they are exported, and what they add up to.

use std::collections::HashSet;
use std::fs;

use rusqlite::{Connection, named_params};
use serde_json::{Value, json};

use crate::keys;
use crate::support::{Ledger, executable};

/// Six calls around the day on which Berlin's clocks are set back, from 03:00 to 02:00 at 01:00 UTC.
const CALLS: &str = "
    payer | dialled       | callee | authorised           | disposition | s  | charge | cost | trunk
    ana   | 5511999990002 |        | 2026-10-24T21:59:59Z | ANSWERED    | 60 | 0.65   | 0.20 | gold
    ana   | 493012345678  |        | 2026-10-24T22:00:00Z | ANSWERED    | 90 | 0.95   | 0.50 | gold
    bob   | 5511999990002 |        | 2026-10-25T00:30:00Z | BUSY        | 0  | 0      | 0    | tin
    ana   | 5511999990003 |        | 2026-10-25T01:30:00Z | NO ANSWER   | 0  | 0      | 0    | gold
    ana   | 5511999990009 | bob    | 2026-10-25T22:59:59Z | ANSWERED    | 30 | 0.35   |      |
    ana   | 18765550123   |        | 2026-10-25T23:00:00Z | ANSWERED    | 10 | 0.15   | 0.25 | tin";

const BERLIN: [&str; 2] = ["--zone", "Europe/Berlin"];

/// Makes a ledger where ana and bob made the calls of a table, and holds that are no CDRs stand among them.
fn ledger(calls: &str) -> Ledger {
    let ledger = Ledger::in_euros();
    ledger.ok(&["rate", "add", "--prefix", "55", "--price-per-minute", "0.60", "--connect-fee", "0.05"]);
    let books = Connection::open(ledger.database()).unwrap();
    books
        .execute_batch(
            "INSERT INTO trunk (name, dial) VALUES ('gold', 'PJSIP/{number}@gold'), ('tin', 'PJSIP/{number}@tin')",
        )
        .unwrap();
    let insert =
        "INSERT INTO call (uniqueid, attempt, account_id, rate_id, clid, dialled, dial, callee_id, answered_before,
                      amount, seconds, placed, expires, state, trunk_id)
                  SELECT :uniqueid, 1, a.id, (SELECT max(id) FROM rate WHERE prefix = :prefix), a.clid, :dialled, 'x',
                      (SELECT id FROM account WHERE username = :callee), 0, :amount, 7200,
                      unixepoch(:placed) * 1000, 4000000000000, 'open', (SELECT id FROM trunk WHERE name = :trunk)
                  FROM account a WHERE a.username = :payer";
    let settle = "UPDATE call SET state = 'settled', disposition = :disposition, ended = placed, billsec = :billsec,
                      overrun = 0, charge = amount, unpaid = 0, cost = :cost WHERE uniqueid = :uniqueid";
    let millionths = |amount: &str| amount.parse::<celcombiller::domain::money::Money>().unwrap().millionths();
    for (number, line) in calls.trim().lines().skip(1).enumerate() {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let [payer, dialled, callee, placed, disposition, billsec, charge, cost, trunk] = cells[..] else {
            panic!("{line}")
        };
        let uniqueid = format!("1790000000.{number}");
        let prefix = match callee {
            "" if dialled.starts_with("55") => "55",
            "" => "",
            _ => "onnet",
        };
        let row = named_params! {
            ":uniqueid": uniqueid, ":prefix": prefix, ":dialled": dialled, ":callee": callee, ":placed": placed,
            ":amount": millionths(charge), ":trunk": trunk, ":payer": payer,
        };
        assert_eq!(books.execute(insert, row).unwrap(), 1, "{line}");
        let cost = (!cost.is_empty()).then(|| millionths(cost));
        let ending = named_params! {
            ":uniqueid": uniqueid, ":disposition": disposition, ":billsec": billsec, ":cost": cost,
        };
        assert_eq!(books.execute(settle, ending).unwrap(), 1, "{line}");
    }
    for (uniqueid, state) in [("1790000001.1", "open"), ("1790000001.2", "released")] {
        let row = named_params! {
            ":uniqueid": uniqueid, ":prefix": "", ":dialled": "5511", ":callee": "", ":placed": "2026-10-25T12:00:00Z",
            ":amount": 0, ":trunk": "gold", ":payer": "ana",
        };
        books.execute(insert, row).unwrap();
        books
            .execute(
                "UPDATE call SET state = :state WHERE uniqueid = :id AND :state <> 'open'",
                &[(":state", state), (":id", uniqueid)],
            )
            .unwrap();
    }
    ledger
}

fn column(rows: &Value, key: &str) -> Vec<String> {
    rows.as_array().unwrap().iter().map(|row| row[key].as_str().unwrap_or("none").to_owned()).collect()
}

/// Returns a summary, a line a row, with its values in the order of its keys.
fn summary(ledger: &Ledger, flags: &[&str]) -> Vec<String> {
    let rows = ledger.json(&[&["cdr", "summary", "--by"], flags].concat());
    let word = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let line = |row: &Value| row.as_object().unwrap().values().map(word).collect::<Vec<_>>().join(" | ");
    rows.as_array().unwrap().iter().map(line).collect()
}

#[test]
fn a_record_has_its_country_trunk_cost_and_margin_behind_the_keys_that_were_there() {
    let ledger = ledger(CALLS);
    let rows = ledger.json(&["cdr", "list"]);
    let expected = "call username clid dialled callee started answered ended disposition billsec granted overrun tariff \
                    prefix charge unpaid country trunk cost margin free_seconds bonus";
    assert_eq!(keys(&rows[0]).join(" "), expected);
    assert_eq!(column(&rows, "country"), ["JM", "none", "BR", "BR", "DE", "BR"]);
    assert_eq!(column(&rows, "trunk"), ["tin", "none", "gold", "tin", "gold", "gold"]);
    assert_eq!(column(&rows, "cost"), ["0.25", "none", "0", "0", "0.5", "0.2"]);
    assert_eq!(column(&rows, "margin"), ["-0.1", "none", "0", "0", "0.45", "0.45"]);
    assert_eq!(ledger.json(&["cdr", "show", "1790000000.5#1"]), rows[0]);
    let open = ledger.json(&["cdr", "show", "1790000001.1#1"]);
    assert_eq!([&open["cost"], &open["margin"], &open["trunk"]], [&Value::Null, &Value::Null, &json!("gold")]);
}

#[test]
fn calls_are_found_by_every_filter() {
    let ledger = ledger(CALLS);
    for (flags, found) in [
        ("", "5 4 3 2 1 0"),
        ("--user bob", "2"),
        ("--user clid:999999999 --limit 2", "5 4"),
        ("--callee bob", "4"),
        ("--dialled 551199999", "4 3 2 0"),
        ("--dialled +5511999990003", "3"),
        ("--country BR", "3 2 0"),
        ("--country bra --limit 1", "3"),
        ("--country 1876", "5"),
        ("--country US", ""),
        ("--trunk gold", "3 1 0"),
        ("--disposition no-answer", "3"),
        ("--disposition ANSWERED --user ana --trunk gold", "1 0"),
        ("--min-seconds 60", "1 0"),
        ("--since 2026-10-25T00:30:00Z --until 2026-10-25T22:59:59Z", "3 2"),
        ("--since 2026-10-25 --zone UTC", "5 4 3 2"),
        ("--since 2026-10-25 --until 2026-10-26 --zone Europe/Berlin", "4 3 2 1"),
        ("--until 2026-10-25 --zone Europe/Berlin --user ana", "0"),
    ] {
        let rows = ledger.json(&[&["cdr", "list"], &flags.split_whitespace().collect::<Vec<_>>()[..]].concat());
        let calls: Vec<_> = column(&rows, "call");
        let numbers: Vec<_> =
            calls.iter().map(|call| call.trim_start_matches("1790000000.").trim_end_matches("#1")).collect();
        assert_eq!(numbers.join(" "), found, "{flags}");
    }
}

#[test]
fn filters_that_name_nothing_are_refused_with_the_value() {
    let ledger = ledger(CALLS);
    for (code, flags, error) in [
        (1, ["--user", "eve"], "error: no user with username \"eve\"\nhint: billctl user list\n"),
        (1, ["--callee", "eve"], "error: no user with username \"eve\"\nhint: billctl user list\n"),
        (1, ["--trunk", "lead"], "error: no trunk \"lead\"\nhint: billctl trunk list\n"),
        (2, ["--country", "QQ"], "no country \"QQ\""),
        (2, ["--zone", "Mars/Base"], "`Mars/Base` is not a time zone"),
        (2, ["--since", "yesterday"], "`yesterday` is not a time"),
        (2, ["--dialled", "5x"], "`5x` is not a prefix"),
        (2, ["--disposition", "lost"], "`LOST` is not a disposition: expected ANSWERED, BUSY"),
    ] {
        for verb in [&["cdr", "list"][..], &["cdr", "export"], &["cdr", "summary", "--by", "day"]] {
            let said = ledger.refused(code, &[verb, &flags].concat());
            assert!(said.contains(error), "{flags:?}: {said}");
        }
    }
}

#[test]
fn days_are_those_of_a_zone_also_when_its_clocks_are_set() {
    let ledger = ledger(CALLS);
    let berlin = [
        "2026-10-24 | 1 | 1 | 60 | 100.0 | 60.0 | 0.65 | 0.2 | 0.45",
        "2026-10-25 | 4 | 2 | 120 | 50.0 | 60.0 | 1.3 | 0.5 | 0.8",
        "2026-10-26 | 1 | 1 | 10 | 100.0 | 10.0 | 0.15 | 0.25 | -0.1",
    ];
    assert_eq!(summary(&ledger, &[&["day"][..], &BERLIN].concat()), berlin);
    let utc = [
        "2026-10-24 | 2 | 2 | 150 | 100.0 | 75.0 | 1.6 | 0.7 | 0.9",
        "2026-10-25 | 4 | 2 | 40 | 50.0 | 20.0 | 0.5 | 0.25 | 0.25",
    ];
    assert_eq!(summary(&ledger, &["day", "--zone", "UTC"]), utc);
    for (place, days) in [("Europe/Berlin", &berlin[..]), ("UTC", &utc)] {
        let mut command = ledger.command("billctl");
        let here = command.env("TZ", place).args(["--format", "csv", "cdr", "summary", "--by", "day"]);
        let told = String::from_utf8(here.output().unwrap().stdout).unwrap().replace(',', " | ");
        assert_eq!(told.lines().skip(1).collect::<Vec<_>>(), days, "the zone of the machine is {place}");
    }
    let hours = [
        "2026-10-24T23:00+02:00 | 1",
        "2026-10-25T00:00+02:00 | 1",
        "2026-10-25T02:00+02:00 | 1",
        "2026-10-25T02:00+01:00 | 1",
        "2026-10-25T23:00+01:00 | 1",
        "2026-10-26T00:00+01:00 | 1",
    ];
    for user in [&[][..], &["--min-seconds", "0"]] {
        let found = summary(&ledger, &[&["hour"][..], &BERLIN, user].concat());
        assert!(found.iter().zip(hours).all(|(row, hour)| row.starts_with(hour)), "{found:?}");
        assert_eq!(found.len(), hours.len());
    }
}

#[test]
fn a_day_without_a_midnight_begins_when_its_clock_does() {
    let ledger = ledger(
        "payer | dialled | callee | authorised           | disposition | s | charge | cost | trunk
         ana   | 5511    |        | 2018-11-04T02:59:59Z | BUSY        | 0 | 0      |      |
         ana   | 5511    |        | 2018-11-04T03:00:00Z | BUSY        | 0 | 0      |      |
         ana   | 5511    |        | 2018-11-05T01:59:59Z | BUSY        | 0 | 0      |      |
         ana   | 5511    |        | 2018-11-05T02:00:00Z | BUSY        | 0 | 0      |      |",
    );
    let days = |more: &[&str]| -> Vec<String> {
        let found = summary(&ledger, &[&["day", "--zone", "America/Sao_Paulo"], more].concat());
        found.iter().map(|row| row[..14].to_owned()).collect()
    };
    let expected = ["2018-11-03 | 1", "2018-11-04 | 2", "2018-11-05 | 1"];
    assert_eq!(days(&[]), expected);
    assert_eq!(days(&["--user", "ana"]), expected);
    assert_eq!(days(&["--since", "2018-11-04", "--until", "2018-11-05"]), expected[1..2]);
}

#[test]
fn calls_add_up_by_what_they_have_in_common_the_largest_revenue_first() {
    let ledger = ledger(CALLS);
    assert_eq!(
        summary(&ledger, &["country"]),
        [
            "DE | 1 | 1 | 90 | 100.0 | 90.0 | 0.95 | 0.5 | 0.45",
            "BR | 3 | 1 | 60 | 33.3 | 60.0 | 0.65 | 0.2 | 0.45",
            "null | 1 | 1 | 30 | 100.0 | 30.0 | 0.35 | 0 | 0.35",
            "JM | 1 | 1 | 10 | 100.0 | 10.0 | 0.15 | 0.25 | -0.1",
        ]
    );
    assert_eq!(
        summary(&ledger, &["trunk"]),
        [
            "gold | 3 | 2 | 150 | 66.7 | 75.0 | 1.6 | 0.7 | 0.9",
            "null | 1 | 1 | 30 | 100.0 | 30.0 | 0.35 | 0 | 0.35",
            "tin | 2 | 1 | 10 | 50.0 | 10.0 | 0.15 | 0.25 | -0.1",
        ]
    );
    assert_eq!(
        summary(&ledger, &["user"]),
        ["ana | 5 | 4 | 190 | 80.0 | 47.5 | 2.1 | 0.95 | 1.15", "bob | 1 | 0 | 0 | 0.0 | null | 0 | 0 | 0",]
    );
    assert_eq!(
        summary(&ledger, &["prefix"]),
        [
            " | 2 | 2 | 100 | 100.0 | 50.0 | 1.1 | 0.75 | 0.35",
            "55 | 3 | 1 | 60 | 33.3 | 60.0 | 0.65 | 0.2 | 0.45",
            "onnet | 1 | 1 | 30 | 100.0 | 30.0 | 0.35 | 0 | 0.35",
        ]
    );
    assert_eq!(
        summary(&ledger, &["disposition"]),
        [
            "ANSWERED | 4 | 4 | 190 | 100.0 | 47.5 | 2.1 | 0.95 | 1.15",
            "BUSY | 1 | 0 | 0 | 0.0 | null | 0 | 0 | 0",
            "NO ANSWER | 1 | 0 | 0 | 0.0 | null | 0 | 0 | 0",
        ]
    );
}

#[test]
fn a_summary_is_of_the_calls_that_the_filters_leave() {
    let ledger = ledger(CALLS);
    let october = "2026-10 | 4 | 2 | 120 | 50.0 | 60.0 | 1.3 | 0.5 | 0.8";
    let of_a_day = ["--since", "2026-10-25", "--until", "2026-10-26"];
    assert_eq!(summary(&ledger, &[&["month"][..], &of_a_day, &BERLIN].concat()), [october]);
    let of_ana = "2026-10-25 | 3 | 2 | 120 | 66.7 | 60.0 | 1.3 | 0.5 | 0.8";
    assert_eq!(summary(&ledger, &[&["day", "--user", "ana"][..], &of_a_day, &BERLIN].concat()), [of_ana]);
    let to_brazil = ["gold | 2 | 1 | 60 | 50.0 | 60.0 | 0.65 | 0.2 | 0.45", "tin | 1 | 0 | 0 | 0.0 | null | 0 | 0 | 0"];
    assert_eq!(summary(&ledger, &["trunk", "--country", "BR"]), to_brazil);
    assert_eq!(summary(&ledger, &["day", "--since", "2027-01-01"]), [""; 0]);
    let first = &ledger.json(&["cdr", "summary", "--by", "user"])[0];
    let expected = ["username", "calls", "answered", "seconds", "asr", "acd", "revenue", "cost", "margin"];
    assert_eq!(keys(first), expected);
    assert_eq!([&first["seconds"], &first["asr"]], [&json!(190), &json!("80.0")]);
}

#[test]
fn a_table_ends_with_the_total_and_draws_the_revenue_on_a_terminal() {
    let ledger = ledger(CALLS);
    let words = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
    let day = [&["cdr", "summary", "--by", "day"][..], &BERLIN].concat();
    let table = ledger.ok(&day);
    let lines: Vec<_> = table.lines().map(words).collect();
    assert_eq!(lines.first().unwrap(), "day calls answered seconds asr acd revenue cost margin");
    assert_eq!(lines.last().unwrap(), "total 6 4 0:03:10 66.7 47.5 2.1 0.95 1.15");
    assert_eq!(lines.len(), 5);
    assert_eq!(ledger.ok(&[&["--format", "csv"], &day[..]].concat()).lines().count(), 4, "CSV has no total");
    let last: Vec<_> = ledger.ok(&[&day[..], &["--limit", "1"]].concat()).lines().map(words).collect();
    assert_eq!([&last[1], &last[2]], [&lines[3], &lines[4]], "the latest day, and the total of all");
    assert!(summary(&ledger, &["trunk", "--limit", "1"])[0].starts_with("gold | 3 |"), "the largest revenue");
    let nothing = ledger.ok(&["cdr", "summary", "--by", "trunk", "--dialled", "0"]);
    assert_eq!(words(nothing.lines().last().unwrap()), "total 0 0 0:00:00 0 0 0");
    let shown = on_a_terminal(&ledger, "billctl cdr summary --by day --zone Europe/Berlin");
    let bars: Vec<_> =
        shown.lines().map(|line| line.trim_start_matches(|c| !('▀'..='▟').contains(&c)).trim()).collect();
    // Of 24 columns: 1.3 has all, 0.65 the half, 0.15 two and six eighths.
    let (all, half) = ("█".repeat(24), "█".repeat(12));
    assert_eq!(bars, ["", &half, &all, "██▊", ""], "{shown}");
    assert!(!table.contains('█'), "no picture is drawn where nobody looks");
}

/// Runs a command where its standard output is a terminal.
fn on_a_terminal(ledger: &Ledger, command: &str) -> String {
    let command = command.replace("billctl", executable("billctl").to_str().unwrap());
    let output = ledger.command_of("script").args(["-qec", &command, "/dev/null"]).output().expect("script(1) runs");
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn an_export_is_the_list_as_csv_or_an_object_a_line() {
    let ledger = ledger(CALLS);
    for filter in [&[][..], &["--user", "ana"], &["--country", "BR", "--limit", "2"], &["--dialled", "0"]] {
        let list = [&["cdr", "list"], filter].concat();
        let export = [&["cdr", "export"], filter].concat();
        assert_eq!(ledger.ok(&export), ledger.ok(&[&["--format", "csv"], &list[..]].concat()));
        let lines = ledger.ok(&[&["--format", "json"], &export[..]].concat());
        let objects: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(json!(objects), ledger.json(&list));
    }
}

#[test]
fn an_exported_file_is_whole_and_new() {
    let ledger = ledger(CALLS);
    let file = ledger.folder.path().join("calls.csv");
    let name = file.to_str().unwrap();
    assert_eq!(ledger.ok(&["cdr", "export", "--output", name]), "");
    assert_eq!(fs::read_to_string(&file).unwrap(), ledger.ok(&["cdr", "export"]));
    let again = ledger.refused(1, &["cdr", "export", "--user", "bob", "--output", name]);
    let hint = "hint: name a new file: an export never takes the place of another\n";
    assert_eq!(again, format!("error: {name} exists\n{hint}"));
    assert_eq!(fs::read_to_string(&file).unwrap().lines().count(), 7, "it is as it was");
    let other = ledger.folder.path().join("other.csv");
    ledger.refused(1, &["cdr", "export", "--user", "eve", "--output", other.to_str().unwrap()]);
    ledger.refused(3, &["cdr", "export", "--output", "/nowhere/calls.csv"]);
    let names = fs::read_dir(ledger.folder.path()).unwrap().map(|entry| entry.unwrap().file_name());
    let left: Vec<_> = names.filter(|name| name.to_string_lossy().contains("csv")).collect();
    assert_eq!(left, ["calls.csv"], "nothing half-written is left");
}

#[test]
fn an_export_of_many_pages_has_each_call_once() {
    let ledger = ledger(CALLS);
    let books = Connection::open(ledger.database()).unwrap();
    // Thousands at the same millisecond, so that the pages are cut between them.
    books.execute_batch(
        "BEGIN;
         WITH RECURSIVE number (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < 25000)
         INSERT INTO call (uniqueid, attempt, account_id, rate_id, clid, dialled, dial, answered_before, amount, seconds,
             placed, expires, state)
         SELECT '1800000000.' || n, 1, account_id, rate_id, clid, dialled, dial, 0, 0, 9, 1793000000000 + n / 9000, 0, 'open'
         FROM call, number WHERE uniqueid = '1790000000.0';
         UPDATE call SET state = 'settled', disposition = 'BUSY', ended = 0, billsec = 0, overrun = 0, charge = 0, unpaid = 0
         WHERE uniqueid LIKE '1800000000.%';
         COMMIT;",
    ).unwrap();
    for filter in [&[][..], &["--user", "ana"]] {
        let csv = ledger.ok(&[&["cdr", "export"], filter].concat());
        let calls: Vec<&str> = csv.lines().skip(1).map(|line| line.split(',').next().unwrap()).collect();
        let others = if filter.is_empty() { 6 } else { 5 };
        assert_eq!((calls.len(), calls.iter().collect::<HashSet<_>>().len()), (25_000 + others, 25_000 + others));
    }
    let limited = ledger.ok(&["cdr", "export", "--limit", "20001"]);
    assert_eq!(limited.lines().count(), 20_002);
    let head = ledger
        .command_of("sh")
        .args(["-c", "\"$0\" cdr export | head -n 1"])
        .arg(executable("billctl"))
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&head.stderr), "", "a reader that has seen enough is no failure");
}
