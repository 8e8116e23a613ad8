//! Statements: what a user had, what moved, and what was left.

use std::io::Read;

use rusqlite::Connection;
use serde_json::{Value, json};

use crate::keys;
use crate::support::Ledger;

fn post(ledger: &Ledger, time: &str, amount: i64, note: &str) {
    post_to(&Connection::open(ledger.database()).unwrap(), time, amount, note);
}

/// Posts to ana, as at a time, what `billctl` posts now: an amount below zero is taken away.
fn post_to(books: &Connection, time: &str, amount: i64, note: &str) {
    let millis = time.parse::<celcombiller::domain::time::Timestamp>().unwrap().millis();
    books
        .execute(
            "INSERT INTO ledger_entry (time, kind, debit_account, credit_account, amount, debit_balance, credit_balance,
                 actor, note)
             SELECT :time, CASE WHEN :amount < 0 THEN 'fee' ELSE 'topup' END,
                 CASE WHEN :amount < 0 THEN a.id ELSE 1 END, CASE WHEN :amount < 0 THEN 2 ELSE a.id END,
                 abs(:amount) * 1000000,
                 CASE WHEN :amount < 0 THEN a.balance + :amount * 1000000 END,
                 CASE WHEN :amount > 0 THEN a.balance + :amount * 1000000 END, 'till', :note
             FROM account a WHERE a.username = 'ana'",
            rusqlite::named_params! { ":time": millis, ":amount": amount, ":note": note },
        )
        .unwrap();
}

fn november() -> Ledger {
    let ledger = Ledger::new("EUR");
    ledger.ok(&["user", "add", "ana", "--clid", "999999999", "--name", "Ana <Souza>"]);
    ledger.ok(&["user", "add", "bob", "--clid", "999999998"]);
    post(&ledger, "2026-10-31T22:30:00Z", 10, "october in UTC");
    post(&ledger, "2026-11-01T00:00:00Z", 5, "the first");
    post(&ledger, "2026-11-15T12:00:00Z", -3, "<script>alert(1)</script> & \"so\"");
    post(&ledger, "2026-12-01T00:00:00Z", -1, "december in UTC");
    ledger
}

fn amounts(statement: &Value) -> Vec<&str> {
    statement["entries"].as_array().unwrap().iter().map(|entry| entry["amount"].as_str().unwrap()).collect()
}

#[test]
fn a_statement_goes_from_the_opening_to_the_closing_balance() {
    let ledger = november();
    let statement = ledger.json(&["balance", "statement", "ana", "--month", "2026-11", "--zone", "UTC"]);
    assert_eq!(
        keys(&statement),
        ["username", "name", "unit", "since", "until", "opening", "entries", "credited", "debited", "closing"]
    );
    assert_eq!(amounts(&statement), ["5", "-3"], "oldest first");
    assert_eq!(
        json!(["opening", "credited", "debited", "closing", "since", "until"].map(|key| statement[key].clone())),
        json!(["10", "5", "-3", "12", "2026-11-01T00:00:00Z", "2026-12-01T00:00:00Z"])
    );
    assert_eq!(
        keys(&statement["entries"][0]),
        ["id", "time", "kind", "amount", "balance_after", "note", "call", "dialled", "billsec", "actor"]
    );
    let csv = ledger.ok(&["--format", "csv", "balance", "statement", "ana", "--month", "2026-11", "--zone", "UTC"]);
    let lines: Vec<_> = csv.lines().collect();
    assert_eq!(lines[0], "id,time,kind,amount,balance_after,note,call,dialled,billsec,actor");
    assert_eq!(lines[1], ",2026-11-01T00:00:00Z,opening balance,,10,,,,,");
    assert_eq!(lines[2], "2,2026-11-01T00:00:00Z,topup,5,15,the first,,,,till");
    assert_eq!(lines[4], ",2026-12-01T00:00:00Z,closing balance,,12,,,,,");
    let table = ledger.ok(&["balance", "statement", "ana", "--month", "2026-11", "--zone", "UTC"]);
    assert!(table.contains("opening balance") && table.contains("closing balance"), "{table}");
}

#[test]
fn a_month_begins_and_ends_where_the_zone_says() {
    let ledger = november();
    let month =
        |month: &str, zone: &str| ledger.json(&["balance", "statement", "ana", "--month", month, "--zone", zone]);
    // 22:30 in UTC is the next day in Berlin, and 00:00 the day before in Brazil.
    assert_eq!(amounts(&month("2026-11", "Europe/Berlin")), ["5", "-3"]);
    assert_eq!(amounts(&month("2026-11", "Asia/Tokyo")), ["10", "5", "-3"]);
    assert_eq!(amounts(&month("2026-11", "America/Sao_Paulo")), ["-3", "-1"]);
    let history = |zone: &str| {
        let listed = ledger.json(&["balance", "history", "ana", "--since", "2026-12-01", "--zone", zone]);
        listed.as_array().unwrap().len()
    };
    assert_eq!((history("UTC"), history("America/Sao_Paulo")), (1, 0), "a history goes by the same zone");
}

#[test]
fn statements_that_follow_each_other_have_every_entry_once_also_when_the_clock_was_set_back() {
    let ledger = november();
    post(&ledger, "2026-11-30T23:59:00Z", 100, "by a clock that was set back");
    post(&ledger, "2026-12-02T00:00:00Z", 7, "december again");
    let months: Vec<_> = ["2026-10", "2026-11", "2026-12"]
        .map(|month| ledger.json(&["balance", "statement", "ana", "--month", month, "--zone", "UTC"]))
        .to_vec();
    let all: Vec<_> = months.iter().flat_map(amounts).collect();
    assert_eq!(all, ["10", "5", "-3", "-1", "100", "7"]);
    assert_eq!(months[0]["opening"], "0");
    for pair in months.windows(2) {
        assert_eq!(pair[0]["closing"], pair[1]["opening"]);
    }
    assert_eq!(months[2]["closing"], ledger.balance("ana").0);
    for month in &months {
        let sum = |key: &str| month[key].as_str().unwrap().parse::<i64>().unwrap();
        assert_eq!(sum("opening") + sum("credited") + sum("debited"), sum("closing"));
    }
}

#[test]
fn a_page_for_paper_is_whole_and_nothing_in_it_is_markup() {
    let ledger = november();
    ledger.ok(&["user", "update", "ana", "--address", "Rua <i>1</i>", "--notes", "pays late"]);
    let page = ledger.ok(&["balance", "statement", "ana", "--month", "2026-11", "--zone", "UTC", "--html"]);
    for text in [
        "<!doctype html>",
        "Ana &lt;Souza&gt;<br>Rua &lt;i&gt;1&lt;/i&gt;<br>ana<br>999999999",
        "&lt;script&gt;alert(1)&lt;/script&gt; &amp; &quot;so&quot;",
        "from 2026-11-01 00:00 to 2026-12-01 00:00",
        "Opening balance<td><td class=\"figure\">10.00",
        "\u{2212}3.00",
        "Closing balance<td><td class=\"figure\">12.00",
        "size: A4",
    ] {
        assert!(page.contains(text), "{text}: {page}");
    }
    assert!(!page.contains("<script") && !page.contains("<i>"), "{page}");
    assert!(!page.contains("pays late") && !page.contains("till"), "notes and tills are the operator's own: {page}");
}

/// Longer than what is read at once, with texts of every length up to one longer than what is written at once.
#[test]
fn a_statement_as_long_as_a_life_has_every_entry_whole() {
    let ledger = Ledger::new("EUR");
    ledger.ok(&["user", "add", "ana", "--clid", "999999999"]);
    let note = |number: usize| match number {
        12_000 => "x".repeat(100_000),
        _ if number.is_multiple_of(7) => format!("{}, \"so\"\r\n", "é".repeat(number % 90)),
        _ => "y".repeat(number % 90),
    };
    let amount = |number: usize| if number % 3 == 2 { -1 } else { 2 };
    let books = Connection::open(ledger.database()).unwrap();
    books.execute_batch("BEGIN").unwrap();
    (0..21_000).for_each(|number| post_to(&books, "2026-11-21T12:00:00Z", amount(number), &note(number)));
    books.execute_batch("COMMIT").unwrap();
    let statement = |format| ledger.ok(&["--format", format, "balance", "statement", "ana", "--since", "2026-01-01"]);

    let csv = statement("csv");
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let lines: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    let entries = &lines[1..lines.len() - 1];
    let json: Value = serde_json::from_str(&statement("json")).unwrap();
    let objects = json["entries"].as_array().unwrap();
    assert_eq!((entries.len(), objects.len()), (21_000, 21_000));
    let mut balance = 0;
    for (number, (entry, object)) in entries.iter().zip(objects).enumerate() {
        balance += amount(number);
        let (id, amount, balance) = ((number + 1).to_string(), amount(number).to_string(), balance.to_string());
        let kind = if amount == "2" { "topup" } else { "fee" };
        let expected = [&id, "2026-11-21T12:00:00Z", kind, &amount, &balance, &note(number), "", "", "", "till"];
        assert_eq!(entry.iter().collect::<Vec<_>>(), expected, "entry {id}");
        let texts = ["time", "kind", "amount", "balance_after", "note"].map(|key| object[key].as_str().unwrap());
        assert_eq!((object["id"].as_u64(), &texts[..]), (Some(number as u64 + 1), &expected[1..6]), "entry {id}");
    }

    for format in [&["--format", "csv"][..], &["--format", "json"], &["--format", "table"], &["--html"]] {
        let arguments = [&["balance", "statement", "ana", "--since", "2026-01-01"], format].concat();
        let mut reading = ledger.start("billctl", &arguments);
        reading.stdout.take().unwrap().read_exact(&mut [0; 100]).unwrap();
        let output = reading.wait_with_output().unwrap();
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), told.as_str()), (Some(0), ""), "who has seen enough: {format:?}");
    }
}

#[test]
fn a_statement_of_what_is_no_call_says_what_is_wrong_with_it() {
    let ledger = november();
    let books = Connection::open(ledger.database()).unwrap();
    books
        .execute_batch(
            "INSERT INTO call (uniqueid, attempt, account_id, rate_id, clid, dialled, dial, answered_before, amount,
                 seconds, placed, expires, state)
             SELECT '1.1', 1, id, (SELECT min(id) FROM rate), '999999999', '5511', 'SIP/5511', 0, 0, 60, 0, 0, 'open'
             FROM account WHERE username = 'ana';
             INSERT INTO ledger_entry (time, kind, debit_account, credit_account, amount, debit_balance, call_id, actor)
             SELECT 1795000000000, 'charge', id, 2, 1, 1, 1, 'asterisk' FROM account WHERE username = 'ana'",
        )
        .unwrap();
    for (column, value, said) in [
        ("uniqueid", "'a b'", "`a b` is not a channel's uniqueid"),
        ("dialled", "'55x'", "`55x` is not a phone number"),
        ("attempt", "0", "Integer 0 out of range at index 8"),
    ] {
        books.execute_batch(&format!("UPDATE call SET {column} = {value}")).unwrap();
        let output = ledger.billctl(&["balance", "statement", "ana", "--since", "2026-11-01"]);
        let told = String::from_utf8(output.stderr).unwrap();
        assert!(told.contains(said), "{told}");
        assert_eq!(output.status.code(), Some(3), "{told}");
        books.execute_batch("UPDATE call SET uniqueid = '1.1', dialled = '5511', attempt = 1").unwrap();
    }
}

#[test]
fn nothing_moved_is_a_statement_too() {
    let ledger = november();
    let empty = ledger.json(&["balance", "statement", "bob", "--since", "2026-11-01"]);
    assert_eq!(json!([empty["opening"], empty["entries"], empty["closing"]]), json!(["0", [], "0"]));
    let later = ledger.json(&["balance", "statement", "ana", "--since", "2027-01-01"]);
    assert_eq!(json!([later["opening"], later["entries"], later["closing"]]), json!(["11", [], "11"]));
    let before = ledger.json(&["balance", "statement", "ana", "--until", "2020-01-01"]);
    assert_eq!(json!([before["opening"], before["entries"], before["closing"]]), json!(["0", [], "0"]));
}

#[test]
fn what_is_no_stretch_of_time_is_refused() {
    let ledger = november();
    let statement = ["balance", "statement", "ana"];
    let refused = |code: i32, flags: &[&str]| ledger.refused(code, &[&statement[..], flags].concat());
    for month in ["2026-13", "2026", "11/2026", "2026-1", "2026-00", "+026-11", "2026-11-01"] {
        assert!(refused(2, &["--month", month]).contains("is not a month: expected YEAR-MONTH"), "{month}");
    }
    refused(2, &[]);
    refused(2, &["--month", "2026-11", "--since", "2026-11-01"]);
    assert!(refused(2, &["--month", "2026-11", "--zone", "Mars"]).contains("`Mars` is not a time zone"));
    assert_eq!(
        refused(1, &["--since", "2026-12-01", "--until", "2026-11-01"]),
        "error: the statement ends before it begins\nhint: --since before --until\n"
    );
}
