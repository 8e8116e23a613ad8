//! The table of a campaign: a call for each row.

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io::{self, BufRead, BufReader};

use anyhow::{Context as _, Result};
use celcombiller::domain::numbering::PhoneNumber;
use celcombiller::domain::refusal::{Fault, Refusal};
use celcombiller::pbx::template::Template;
use celcombiller::pbx::value::{FileName, ValueError};
use clap::{Args, Command, FromArgMatches};

use crate::call::SUFFIX;
use crate::call::flags::{CallFlags, Planned};
use crate::csv_file::{self, CsvFile};

/// A row of the table.
pub(super) struct Row {
    pub(super) line: u64,
    pub(super) number: String,
    /// What its call is named; none where it is wrong.
    pub(super) name: Option<FileName>,
    pub(super) plan: Plan,
}

/// What is to become of a row.
pub(super) enum Plan {
    /// It is called, with what the template makes of it.
    Call(Box<Planned>),
    /// It is asked about only.
    Asked,
    /// Its number is not to be called.
    Blocked,
    /// It is wrong, or was refused when its turn came.
    Refused(String),
}

impl Row {
    /// Returns what is wrong with it.
    pub(super) fn fault(&self) -> Option<Fault> {
        match &self.plan {
            Plan::Refused(fact) => Some(Fault { line: self.line, fact: fact.clone() }),
            Plan::Call(_) | Plan::Asked | Plan::Blocked => None,
        }
    }
}

/// Where the rows come from, and what they become.
pub(super) struct Table<'a> {
    pub(super) file: &'a str,
    pub(super) number: &'a str,
    pub(super) campaign: &'a str,
    /// None where nothing is called.
    pub(super) template: Option<&'a Template>,
    pub(super) blocked: HashSet<PhoneNumber>,
}

impl Table<'_> {
    /// Reads every row.
    pub(super) fn rows(&self) -> Result<Vec<Row>> {
        let source: Box<dyn BufRead> = match self.file {
            "-" => Box::new(io::stdin().lock()),
            path => Box::new(BufReader::new(File::open(path).with_context(|| format!("reading {path}"))?)),
        };
        let mut table = CsvFile::open(source, self.file)?;
        let header = table.header().to_vec();
        let place = |column: &str| header.iter().position(|name| name == column);
        let missing = |column: &str| {
            Refusal::new(format!("{} has no column {column}", self.file)).hint(format!("it has {}", header.join(", ")))
        };
        let number = self.number.to_ascii_lowercase();
        let number = place(&number).ok_or_else(|| missing(self.number))?;
        if let Some(unknown) =
            self.template.and_then(|template| template.columns().find(|column| place(column).is_none()))
        {
            return Err(missing(unknown).into());
        }
        let mut maker = Maker { table: self, header: &header, number, flags: flags(), lines: HashMap::new() };
        let mut rows = Vec::new();
        while let Some(row) = table.next_row().with_context(|| format!("reading {}", self.file))? {
            rows.push(match row {
                Ok(row) => maker.row(row),
                Err(Fault { line, fact }) => Row { line, number: String::new(), name: None, plan: Plan::Refused(fact) },
            });
        }
        if rows.is_empty() {
            return Err(Refusal::new(format!("{} has no rows", self.file)).into());
        }
        Ok(rows)
    }
}

struct Maker<'a> {
    table: &'a Table<'a>,
    header: &'a [String],
    number: usize,
    flags: Command,
    /// Where each number stands.
    lines: HashMap<PhoneNumber, u64>,
}

impl Maker<'_> {
    fn row(&mut self, row: csv_file::Row<'_>) -> Row {
        let line = row.line;
        let made = self.number(row).map_err(|fact| (String::new(), fact)).and_then(|number| {
            let name = self.name(&number, line).map_err(|fact| (number.to_string(), fact))?;
            let plan = self.plan(row, &number).unwrap_or_else(Plan::Refused);
            Ok(Row { line, number: number.to_string(), name: Some(name), plan })
        });
        made.unwrap_or_else(|(number, fact)| Row { line, number, name: None, plan: Plan::Refused(fact) })
    }

    fn number(&self, row: csv_file::Row<'_>) -> Result<PhoneNumber, String> {
        row.text(self.number)?.parse().map_err(|error| format!("{}: {error}", self.header[self.number]))
    }

    fn name(&mut self, number: &PhoneNumber, line: u64) -> Result<FileName, String> {
        if let Some(first) = self.lines.get(number) {
            return Err(format!("{number} stands on line {first} already"));
        }
        self.lines.insert(number.clone(), line);
        format!("{}-{number}{SUFFIX}", self.table.campaign).parse().map_err(|error: ValueError| error.to_string())
    }

    fn plan(&mut self, row: csv_file::Row<'_>, number: &PhoneNumber) -> Result<Plan, String> {
        if self.table.blocked.contains(number) {
            return Ok(Plan::Blocked);
        }
        let Some(template) = self.table.template else { return Ok(Plan::Asked) };
        let values = (0..self.header.len()).map(|place| row.text(place)).collect::<Result<Vec<_>, _>>()?;
        let words = template.fill(|column| match self.header.iter().position(|name| name == column) {
            // As the blocklist and the call's name have it.
            Some(place) if place == self.number => number.as_str(),
            place => place.map_or("", |place| values[place]),
        });
        let matches = self.flags.try_get_matches_from_mut(words).map_err(|error| said(&error))?;
        let flags = CallFlags::from_arg_matches(&matches).map_err(|error| said(&error))?;
        let mut planned = flags.call().map_err(|refusal| refusal.to_string())?;
        // Or nobody could tell how it ended.
        planned.file.archive = true;
        Ok(Plan::Call(Box::new(planned)))
    }
}

/// Returns the flags that a template has.
fn flags() -> Command {
    CallFlags::augment_args(Command::new("template").no_binary_name(true).disable_help_flag(true))
}

/// Returns what clap says, without its advice and in one line.
fn said(error: &clap::Error) -> String {
    let text = error.to_string();
    let fact = text.split("\n\n").next().unwrap_or_default();
    fact.strip_prefix("error: ").unwrap_or(fact).split_whitespace().collect::<Vec<_>>().join(" ")
}
