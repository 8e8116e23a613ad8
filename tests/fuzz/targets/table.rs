//! Whatever bytes a table is, its rows are rows of its lines; and what is exported is imported as the same texts,
//! while a spreadsheet sees no formula in it.

#![no_main]

#[allow(dead_code, unreachable_pub, reason = "billctl uses the rest of it")]
#[path = "../../../bin/billctl/csv_file.rs"]
mod csv_file;

use celcombiller::BETWEEN;
use celcombiller::domain::visible::cell;
use csv_file::CsvFile;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    any_table(bytes);
    if let Ok(text) = str::from_utf8(bytes) {
        round_trip(text);
    }
});

fn any_table(bytes: &[u8]) {
    let Ok(mut table) = CsvFile::open(bytes, "table") else { return };
    let columns = table.header().len();
    let lines = bytes.iter().filter(|&&byte| byte == b'\n').count() as u64 + 1;
    let mut last = 1;
    while let Ok(Some(row)) = table.next_row() {
        let line = match row {
            Ok(row) => {
                for place in 0..columns {
                    assert!(row.text(place).map_or(true, |text| text.len() <= bytes.len()));
                }
                assert!(row.line > last, "line {} after {last}", row.line);
                row.line
            }
            // A quote that is left open is found where the file ends, after the row that it stands in.
            Err(fault) => fault.line,
        };
        assert!((last..=lines).contains(&line), "line {line} of {lines}, after {last}");
        last = line;
    }
}

/// Texts as `billctl` writes them, three a row.
fn round_trip(text: &str) {
    let texts: Vec<_> = text.split(BETWEEN).map(str::trim).collect();
    let rows: Vec<_> = texts.chunks_exact(3).filter(|row| row.iter().any(|text| !text.is_empty())).collect();
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(["a", "b", "c"]).expect("memory takes it");
    for row in &rows {
        writer.write_record(row.iter().map(|text| cell(text).into_owned())).expect("memory takes it");
    }
    let written = writer.into_inner().expect("memory takes it");
    let mut table = CsvFile::open(written.as_slice(), "table").expect("it has a header");
    for expected in rows {
        let row = table.next_row().expect("it is read").expect("every row comes").expect("it has three columns");
        let found = [0, 1, 2].map(|place| row.text(place).expect("it is UTF-8"));
        assert_eq!(found, expected);
    }
    assert!(table.next_row().expect("it is read").is_none(), "no text becomes a row");
}
