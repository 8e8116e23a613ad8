//! Asterisk's own records of calls: `Master.csv`, CSV with a header, or SQLite.

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::Path;

use anyhow::{Context as _, Result};
use celcombiller::billing::BillingError;
use celcombiller::domain::calendar::Calendar;
use celcombiller::domain::cdr::{self, AsteriskCdr};
use celcombiller::domain::refusal::Refusal;
use celcombiller::store::cdr_file;

use crate::csv_file::CsvFile;
use crate::failure::tell;
use crate::progress::progress;

/// Lines of a file that are no records.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    pub(crate) count: u64,
}

impl Faults {
    fn add(&mut self, file: &str, line: u64, fact: &str) {
        const SHOWN: u64 = 10;
        self.count += 1;
        if self.count <= SHOWN {
            tell(format!("{file} line {line}: {fact}"));
        }
        if self.count == SHOWN + 1 {
            eprintln!("{file}: further lines that are no records are counted and not shown");
        }
    }
}

/// Tells every record with its place in the file, which may be of any size; `-` is standard input. Times are those of
/// `calendar`, and `table` is that of a SQLite file. What is no
/// record is told on standard error and counted.
pub(crate) fn each_record(
    file: &str,
    table: &str,
    calendar: &Calendar,
    mut tell: impl FnMut(u64, AsteriskCdr) -> Result<(), BillingError>,
) -> Result<Faults> {
    let mut faults = Faults::default();
    let reading = || format!("reading {file}");
    let mut source: Box<dyn BufRead> = match file {
        "-" => Box::new(io::stdin().lock()),
        path => {
            let opened = File::open(path).with_context(reading)?;
            let bar = progress("reading", Some(opened.metadata().map_or(0, |found| found.len())));
            Box::new(BufReader::with_capacity(1 << 16, bar.wrap_read(opened)))
        }
    };
    let mut take = |line, record: Result<AsteriskCdr, String>| match record {
        Ok(record) => tell(line, record),
        Err(fact) => {
            faults.add(file, line, &fact);
            Ok(())
        }
    };
    if source.fill_buf().with_context(reading)?.starts_with(cdr_file::MAGIC) {
        let mut line = 0;
        cdr_file::each_record(Path::new(file), table, |texts| {
            line += 1;
            take(line, AsteriskCdr::read(|name| texts.get(name).map(String::as_str), calendar))
        })?;
        return Ok(faults);
    }
    let mut csv = CsvFile::open(source, file)?;
    if !csv.header().iter().any(|name| name == "billsec") {
        csv = csv.without_header(cdr::MASTER_CSV);
    }
    csv.name_columns(|name| Some(cdr::column(name)))?;
    if let Some(missing) = cdr::NEEDED.iter().find(|name| !csv.has(name)) {
        let refusal = Refusal::new(format!("{file} has no column {missing}"));
        return Err(refusal.hint("set loguniqueid=yes under [csv] in cdr.conf").into());
    }
    while let Some(row) = csv.next_row().with_context(reading)? {
        match row {
            Err(fault) => take(fault.line, Err(fault.fact))?,
            // What is not UTF-8 stands in a name that is not read, or in a column that is then missing.
            Ok(row) => take(row.line, AsteriskCdr::read(|name| row.named(name), calendar))?,
        }
    }
    Ok(faults)
}
