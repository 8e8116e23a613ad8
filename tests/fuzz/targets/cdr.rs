//! Whatever callers call themselves, Asterisk's record of a call says the same of its channel, its time and its
//! length.

#![no_main]

#[allow(dead_code, unreachable_pub, reason = "billctl uses the rest of it")]
#[path = "../../../bin/billctl/csv_file.rs"]
mod csv_file;

use celcombiller::domain::calendar::Calendar;
use celcombiller::domain::cdr::{self, AsteriskCdr};
use celcombiller::domain::outcome::Disposition;
use celcombiller::domain::visible::is_invisible;
use celcombiller::{refused, values};
use csv_file::CsvFile;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    each(bytes, |record| {
        let talked = record.disposition == Disposition::Answered;
        assert!(talked || record.billsec == 0, "only who answers talks: {record:?}");
        assert!(!record.caller.to_string().contains(is_invisible), "{record:?}");
    });
    if let Ok(text) = str::from_utf8(bytes) {
        hostile_names(values(text));
    }
});

/// Reads `Master.csv`.
fn each(bytes: &[u8], mut tell: impl FnMut(AsteriskCdr)) {
    let Ok(calendar) = Calendar::named("Europe/Berlin") else { panic!("the zone is there") };
    let Ok(table) = CsvFile::open(bytes, "Master.csv") else { return };
    let mut table = table.without_header(cdr::MASTER_CSV);
    if table.name_columns(|name| Some(cdr::column(name))).is_err() {
        return;
    }
    while let Ok(Some(row)) = table.next_row() {
        let Ok(row) = row else { continue };
        match AsteriskCdr::read(|name| row.named(name), &calendar) {
            Ok(record) => tell(record),
            Err(error) => refused(&error),
        }
    }
}

/// A record as `cdr_csv.c` writes it: every text in quotes, a quote twice.
fn hostile_names([account, source, destination, clid, data]: [&str; 5]) {
    // Asterisk's texts end at a NUL.
    let quoted = |text: &str| format!("\"{}\"", text.replace('\0', "").replace('"', "\"\""));
    let texts = [account, source, destination, "users", clid, "SIP/1-1", "SIP/2-2", "Dial", data].map(quoted);
    let times = ["2026-11-21 10:00:00", "2026-11-21 10:00:05", "2026-11-21 10:01:05"].map(quoted);
    let line = format!(
        "{},{},65,60,\"ANSWERED\",\"DOCUMENTATION\",\"1763690000.12\",\"\"\n",
        texts.join(","),
        times.join(",")
    );
    let mut found = Vec::new();
    each(line.as_bytes(), |record| found.push((record.uniqueid.to_string(), record.billsec, record.started.millis())));
    assert_eq!(found, [("1763690000.12".to_owned(), 60, 1_795_251_600_000)], "{line}");
}
