//! The one place that writes results: tables for people, JSON and CSV for programs.

use std::io::{self, BufWriter, IsTerminal, Write};

use anyhow::Result;
use celcombiller::domain::money::Money;
use celcombiller::domain::time::Timestamp;
use celcombiller::domain::visible;
use clap::ValueEnum;
use comfy_table::{Cell, CellAlignment, ContentArrangement, Table, presets};
use rust_decimal::Decimal;
use serde_json::{Map, Value as Json};

/// How results are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people
    Table,
    /// A list is an array, a single thing an object
    Json,
    /// The columns of the table, with a header
    Csv,
    /// Metrics, of stats alone
    Prometheus,
}

/// One value of a row.
#[derive(Clone, Debug)]
pub(crate) enum Value {
    Text(String),
    Number(i64),
    Decimal(Decimal),
    /// Seconds, which a table shows as hours, minutes and seconds.
    Talk(u64),
    Money(Money),
    Time(Timestamp),
    Truth(bool),
    Words(Vec<String>),
    Rows(Rows),
    Nothing,
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Nothing, Into::into)
    }
}

/// Defines how plain types become values.
macro_rules! value_from {
    ($($from:ty => |$value:ident| $into:expr),+ $(,)?) => {
        $(impl From<$from> for Value { fn from($value: $from) -> Self { $into } })+
    };
}

value_from! {
    &str => |text| Self::Text(text.to_owned()),
    String => |text| Self::Text(text),
    u32 => |number| Self::Number(i64::from(number)),
    i64 => |number| Self::Number(number),
    u64 => |number| Self::Number(i64::try_from(number).unwrap_or(i64::MAX)),
    Decimal => |decimal| Self::Decimal(decimal),
    bool => |truth| Self::Truth(truth),
    Money => |money| Self::Money(money),
    Timestamp => |time| Self::Time(time),
}

impl Value {
    /// Makes a text of whatever prints as one.
    pub(crate) fn text(value: impl ToString) -> Self {
        Self::Text(value.to_string())
    }

    /// Makes a text of whatever prints as one, where it is there.
    pub(crate) fn text_of(value: Option<impl ToString>) -> Self {
        value.map_or(Self::Nothing, Self::text)
    }

    fn json(&self) -> Json {
        match self {
            Self::Text(text) => Json::from(text.as_str()),
            Self::Number(number) => Json::from(*number),
            Self::Decimal(decimal) => Json::from(decimal.to_string()),
            Self::Talk(seconds) => Json::from(*seconds),
            Self::Money(money) => Json::from(money.to_string()),
            Self::Time(time) => Json::from(time.to_string()),
            Self::Truth(truth) => Json::from(*truth),
            Self::Words(words) => Json::from(words.clone()),
            Self::Rows(rows) => rows.json(),
            Self::Nothing => Json::Null,
        }
    }

    fn plain(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Number(number) => number.to_string(),
            Self::Decimal(decimal) => decimal.to_string(),
            Self::Talk(seconds) => seconds.to_string(),
            Self::Money(money) => money.to_string(),
            Self::Time(time) => time.to_string(),
            Self::Truth(true) => "yes".to_owned(),
            Self::Truth(false) => "no".to_owned(),
            Self::Words(words) => words.join(" "),
            Self::Rows(_) | Self::Nothing => String::new(),
        }
    }

    /// Returns it for a table that a spreadsheet may open.
    fn cell(&self) -> String {
        match self {
            Self::Text(text) => visible::cell(text).into_owned(),
            Self::Words(words) => visible::cell(&words.join(" ")).into_owned(),
            plain => plain.plain(),
        }
    }

    /// Returns it for people, on one line.
    fn seen(&self) -> String {
        visible::visible(&self.plain()).into_owned()
    }

    fn is_figure(&self) -> bool {
        matches!(self, Self::Number(_) | Self::Decimal(_) | Self::Talk(_) | Self::Money(_))
    }
}

/// Rows under the same keys.
#[derive(Clone, Debug)]
pub(crate) struct Rows {
    pub(crate) keys: Vec<&'static str>,
    pub(crate) rows: Vec<Vec<Value>>,
}

impl Rows {
    fn json(&self) -> Json {
        self.rows.iter().map(|row| object(&self.keys, row)).collect()
    }

    /// Puts rows under their keys; each row has a value for every key.
    pub(crate) fn of<T>(keys: &[&'static str], items: &[T], row: impl Fn(&T) -> Vec<Value>) -> Self {
        let rows: Vec<_> = items.iter().map(row).collect();
        assert!(rows.iter().all(|row| row.len() == keys.len()), "each row has a value for every key");
        Self { keys: keys.to_vec(), rows }
    }

    /// Returns the rows as lines of CSV, under a header if wanted.
    pub(crate) fn csv(&self, header: bool) -> Result<Vec<u8>> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        if header {
            writer.write_record(&self.keys)?;
        }
        for row in &self.rows {
            writer.write_record(row.iter().map(Value::cell))?;
        }
        Ok(writer.into_inner()?)
    }

    /// Returns the rows as lines of JSON, an object each.
    pub(crate) fn json_lines(&self) -> Result<Vec<u8>> {
        let mut lines = Vec::new();
        for row in &self.rows {
            serde_json::to_writer(&mut lines, &object(&self.keys, row))?;
            lines.push(b'\n');
        }
        Ok(lines)
    }
}

/// Returns a row as an object of JSON, with as many keys as it has values.
pub(crate) fn object(keys: &[&str], row: &[Value]) -> Json {
    keys.iter().zip(row).map(|(key, value)| ((*key).to_owned(), value.json())).collect::<Map<_, _>>().into()
}

/// Writes results to standard output in the wanted format.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Renderer {
    format: Format,
}

impl Renderer {
    pub(crate) const fn new(format: Format) -> Self {
        Self { format }
    }

    pub(crate) const fn format(self) -> Format {
        self.format
    }

    /// Tells whether people read what is written.
    pub(crate) fn is_for_people(self) -> bool {
        self.format == Format::Table
    }

    /// Tells whether a person looks on, to whom a picture says more than a figure.
    pub(crate) fn draws(self) -> bool {
        self.is_for_people() && io::stdout().is_terminal()
    }

    /// Writes a list.
    pub(crate) fn list(self, rows: &Rows) -> Result<()> {
        enough_read(self.list_to(&mut standard_output(), rows))
    }

    /// Writes a list somewhere, all of it.
    pub(crate) fn list_to(self, out: &mut impl Write, rows: &Rows) -> Result<()> {
        let text = match self.format {
            Format::Json => serde_json::to_string_pretty(&rows.json())?,
            Format::Csv => String::from_utf8_lossy(&rows.csv(true)?).trim_end_matches('\n').to_owned(),
            Format::Table | Format::Prometheus => {
                let mut table = empty_table();
                table.set_header(rows.keys.iter().map(|key| key.replace('_', " ")));
                for row in &rows.rows {
                    table.add_row(row.iter().map(cell));
                }
                table.trim_fmt()
            }
        };
        Ok(writeln!(out, "{text}")?)
    }

    /// Writes a list that is too long to be kept, row by row as `rows` hands them over: CSV, unless JSON is asked
    /// for.
    pub(crate) fn stream(
        self,
        keys: &'static [&'static str],
        rows: impl FnOnce(&mut dyn FnMut(Vec<Value>) -> Result<()>) -> Result<()>,
    ) -> Result<()> {
        let mut out = BufWriter::new(io::stdout().lock());
        let streamed = match self.format {
            Format::Json => {
                let mut comma = "[";
                rows(&mut |row| {
                    write!(out, "{comma}\n{}", object(keys, &row))?;
                    comma = ",";
                    Ok(())
                })
                .and_then(|()| Ok(writeln!(out, "{}\n]", if comma == "[" { "[" } else { "" })?))
            }
            Format::Csv | Format::Table | Format::Prometheus => {
                let mut writer = csv::Writer::from_writer(&mut out);
                let written = writer.write_record(keys).map_err(anyhow::Error::from);
                written
                    .and_then(|()| rows(&mut |row| Ok(writer.write_record(row.iter().map(Value::cell))?)))
                    .and_then(|()| Ok(writer.flush()?))
            }
        };
        enough_read(streamed.and_then(|()| Ok(out.flush()?)))
    }

    /// Writes a single thing.
    pub(crate) fn one(self, keys: &[&'static str], row: Vec<Value>) -> Result<()> {
        match self.format {
            Format::Json => write_json(&object(keys, &row)),
            Format::Csv => write_csv(&Rows { keys: keys.to_vec(), rows: vec![row] }),
            Format::Table | Format::Prometheus => {
                let (mut table, mut lists) = (empty_table(), Vec::new());
                for (key, value) in keys.iter().zip(&row) {
                    match value {
                        Value::Rows(rows) => lists.push(rows),
                        value => drop(table.add_row([Cell::new(key.replace('_', " ")), Cell::new(value.seen())])),
                    }
                }
                writeln_out(&table.trim_fmt())?;
                for rows in lists {
                    writeln_out("")?;
                    self.list(rows)?;
                }
                Ok(())
            }
        }
    }

    /// Writes a text as it is, whatever the format.
    pub(crate) fn text(self, text: &str) -> Result<()> {
        writeln_out(text.trim_end())
    }
}

fn empty_table() -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    table
}

fn cell(value: &Value) -> Cell {
    let cell = match value {
        Value::Talk(seconds) => Cell::new(format!("{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)),
        value => Cell::new(value.seen()),
    };
    if value.is_figure() { cell.set_alignment(CellAlignment::Right) } else { cell }
}

fn write_json(json: &Json) -> Result<()> {
    writeln_out(&serde_json::to_string_pretty(json)?)
}

fn write_csv(rows: &Rows) -> Result<()> {
    writeln_out(String::from_utf8_lossy(&rows.csv(true)?).trim_end_matches('\n'))
}

/// Standard output, for what does not fit in memory.
pub(crate) fn standard_output() -> impl Write {
    io::stdout().lock()
}

/// Writes to standard output.
fn writeln_out(text: &str) -> Result<()> {
    enough_read(writeln!(io::stdout().lock(), "{text}").map_err(anyhow::Error::from))
}

/// Overlooks that a reader has seen enough (`| head`).
pub(crate) fn enough_read(written: Result<()>) -> Result<()> {
    let broken = |error: &io::Error| error.kind() == io::ErrorKind::BrokenPipe;
    match written {
        Err(error) if error.downcast_ref().is_some_and(broken) => Ok(()),
        Err(error) => match error.downcast_ref::<csv::Error>().map(csv::Error::kind) {
            Some(csv::ErrorKind::Io(cause)) if broken(cause) => Ok(()),
            _ => Err(error),
        },
        written => written,
    }
}
