//! Tables as spreadsheets and other billing systems write them: any of three separators, a byte-order mark,
//! either end of line, values in quotes.

use std::collections::HashMap;
use std::fmt::Display;
use std::io::{BufRead, Chain, Cursor, Read};
use std::mem;
use std::str::FromStr;

use anyhow::{Context as _, Result};
use celcombiller::domain::refusal::{Fault, Refusal};
use celcombiller::domain::visible::cell_text;
use csv::{ByteRecord, ReaderBuilder, Terminator};

/// A table with a header.
pub(crate) struct CsvFile<R> {
    reader: csv::Reader<R>,
    header: Vec<String>,
    places: HashMap<&'static str, usize>,
    record: ByteRecord,
    /// Whether the record is a row already: the first line of a table without a header.
    is_row: bool,
    /// The line on which the record begins.
    line: u64,
    /// Whether the record is what stands behind every table: a value that a quote left open has swallowed that.
    is_end: bool,
}

/// The first line, what follows it, and the end: that of the last line, which not every table has, and a record of a
/// line feed alone, by which it is known that no quote was left open.
type Lines<R> = Chain<Chain<Cursor<Vec<u8>>, R>, &'static [u8]>;

impl<R: BufRead> CsvFile<Lines<R>> {
    /// Reads the header of a table; `name` is what refusals call it.
    pub(crate) fn open(mut source: R, name: &str) -> Result<Self> {
        let mut first = Vec::new();
        source.read_until(b'\n', &mut first).with_context(|| format!("reading {name}"))?;
        if first.starts_with(b"\xef\xbb\xbf") {
            first.drain(..3);
        }
        if first.is_empty() {
            return Err(Refusal::new(format!("{name} is empty")).into());
        }
        // What stands in quotes may be a caller's in the first record of a file without a header.
        let bare: Vec<u8> = first.split(|&byte| byte == b'"').step_by(2).flatten().copied().collect();
        if std::str::from_utf8(&bare).is_err() || bare.contains(&0) {
            let refusal = Refusal::new(format!("{name} is not text in UTF-8"));
            return Err(refusal.hint("save it as CSV in UTF-8, or: iconv -f UTF-16 -t UTF-8").into());
        }
        let count = |separator: u8| bare.iter().filter(|&&byte| byte == separator).count();
        let separator = [b',', b';', b'\t'].into_iter().rev().max_by_key(|&separator| count(separator));
        let mut reader = ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(separator.unwrap_or(b','))
            // A carriage return is a blank at the end of the last value, so that lines can be counted.
            .terminator(Terminator::Any(b'\n'))
            .from_reader(Cursor::new(first).chain(source).chain(b"\n\"\n".as_slice()));
        let mut record = ByteRecord::new();
        reader.read_byte_record(&mut record).with_context(|| format!("reading {name}"))?;
        let header = record.iter().map(|field| String::from_utf8_lossy(field).trim().to_ascii_lowercase()).collect();
        Ok(Self { reader, header, places: HashMap::new(), record, is_row: false, line: 1, is_end: false })
    }
}

impl<R: Read> CsvFile<R> {
    /// Returns the names of the columns, in lower case.
    pub(crate) fn header(&self) -> &[String] {
        &self.header
    }

    /// Takes the first line for a row of a table without a header, whose columns are the first of `known`.
    pub(crate) fn without_header(mut self, known: &[&str]) -> Self {
        self.header = known.iter().take(self.header.len()).map(|&name| name.to_owned()).collect();
        self.is_row = true;
        self
    }

    /// Gives each column the name by which it is read, or the empty one if it is not read.
    ///
    /// # Errors
    /// A column that `known` does not know, or two of one name.
    pub(crate) fn name_columns(&mut self, known: impl Fn(&str) -> Option<&'static str>) -> Result<(), Refusal> {
        for (place, column) in self.header.iter().enumerate() {
            let name = known(column).ok_or_else(|| Refusal::new(format!("nothing is known of column \"{column}\"")))?;
            if !name.is_empty() && self.places.insert(name, place).is_some() {
                return Err(Refusal::new(format!("column \"{name}\" stands twice in the header")));
            }
        }
        Ok(())
    }

    /// Tells whether there is a column that is read by a name.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.places.contains_key(name)
    }

    /// Reads the next row; `None` after the last one.
    pub(crate) fn next_row(&mut self) -> Result<Option<Result<Row<'_>, Fault>>, csv::Error> {
        loop {
            if !mem::take(&mut self.is_row) {
                if !self.reader.read_byte_record(&mut self.record)? {
                    let fact = "a value begins with a quote that does not end".to_owned();
                    let is_open = !mem::replace(&mut self.is_end, true);
                    return Ok(is_open.then_some(Err(Fault { line: self.line, fact })));
                }
                self.is_end = self.record.as_slice() == b"\n";
            }
            let within = self.record.as_slice().iter().filter(|&&byte| byte == b'\n').count() as u64;
            self.line = self.reader.position().line() - 1 - within;
            if self.record.as_slice().trim_ascii() != b"" || self.record.len() > 1 {
                break;
            }
        }
        let line = self.line;
        let (found, expected) = (self.record.len(), self.header.len());
        if found != expected {
            let fact = format!(
                "{found} values under {expected} columns; a value with the separator in it stands in quotes, \
                 and decimals have a point"
            );
            return Ok(Some(Err(Fault { line, fact })));
        }
        Ok(Some(Ok(Row { line, header: &self.header, places: &self.places, record: &self.record })))
    }
}

/// A row of a table.
#[derive(Clone, Copy)]
pub(crate) struct Row<'a> {
    pub(crate) line: u64,
    header: &'a [String],
    places: &'a HashMap<&'static str, usize>,
    record: &'a ByteRecord,
}

impl<'a> Row<'a> {
    /// Reads what stands in a column; `None` where there is no such column or nothing stands in it.
    pub(crate) fn read<T, E: Display>(
        self,
        column: &str,
        parse: impl FnOnce(&'a str) -> Result<T, E>,
    ) -> Result<Option<T>, String> {
        let Some(&place) = self.places.get(column) else { return Ok(None) };
        let text = self.text(place)?;
        if text.is_empty() {
            return Ok(None);
        }
        parse(text).map(Some).map_err(|error| format!("{}: {error}", self.header[place]))
    }

    /// Returns what stands in a column; `None` where there is no such column or it is no text.
    pub(crate) fn named(self, column: &str) -> Option<&'a str> {
        self.places.get(column).and_then(|&place| self.text(place).ok())
    }

    /// Returns what stands in the column at a place of the header, without the blanks around it and without the
    /// apostrophe that keeps a spreadsheet from taking it for a formula.
    pub(crate) fn text(self, place: usize) -> Result<&'a str, String> {
        let text = std::str::from_utf8(self.record.get(place).unwrap_or_default());
        Ok(cell_text(text.map_err(|_| format!("{} is not text in UTF-8", self.header[place]))?.trim()))
    }

    /// Reads an amount, a prefix or whatever else has one way to be written.
    pub(crate) fn value<T: FromStr<Err: Display>>(self, column: &str) -> Result<Option<T>, String> {
        self.read(column, |text| {
            text.parse().map_err(|error: T::Err| match text.replace(',', ".") {
                pointed if pointed != text && pointed.parse::<T>().is_ok() => {
                    format!("{error}; decimals have a point: {pointed}")
                }
                _ => error.to_string(),
            })
        })
    }
}
