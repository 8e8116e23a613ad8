//! `billctl tariff import`

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use celcombiller::billing::{self, Change, ImportTerms, ListedRate, Plan, PlannedRate, RateList};
use celcombiller::domain::rate::Rate;
use celcombiller::domain::rating::Validity;
use celcombiller::domain::refusal::{Fault, Refusal};
use celcombiller::domain::time::Timestamp;
use clap::Args;

use super::{columns, ratecard};
use crate::context::Context;
use crate::csv_file::{CsvFile, Row};
use crate::failure::tell;
use crate::progress::progress;
use crate::render::{Rows, Value};

/// Take a table of rates into a price list: every line, or none if one is wrong
///
/// A rate that is in force as the table says is left alone; others take the place of what has the same prefix
/// and hours. Calls that hold a rate keep it.
#[derive(Debug, Args)]
#[command(after_help = "Columns, in any order: prefix and price_per_minute, and where needed connect_fee, \
increment (A+B), hours, starts, ends,
disconnect_fee, disconnect_after, minimum_seconds, minimum_charge, maximum_charge, free_below, free_seconds,
surcharge and bands, each as `billctl rate add --help` has it. Separators are commas, semicolons or tabs.
A2Billing's and MagnusBilling's columns (dialprefix, rateinitial, initblock, billingblock ...) are known too.

Examples:
  billctl tariff import shop rates.csv --dry-run
  billctl tariff export shop | billctl tariff import copy -
  billctl tariff import shop 2027.csv --replace --starts 2027-01-01")]
pub(crate) struct Import {
    name: String,
    /// The table; - for standard input
    file: String,
    /// Withdraw every rate that is not in the table
    #[arg(long)]
    replace: bool,
    /// From a date or time on [default: now, and each rate from its own start]
    #[arg(long, value_name = "TIME")]
    starts: Option<Timestamp>,
    /// Take what calls cost (buyrate) from an A2Billing or MagnusBilling table, not what they are sold for
    #[arg(long)]
    cost: bool,
    /// Only print what would change
    #[arg(long)]
    dry_run: bool,
}

const KEYS: &[&str] = &["tariff", "file", "added", "replaced", "withdrawn", "unchanged", "over"];
const DRY_KEYS: &[&str] = &["tariff", "file", "added", "replaced", "withdrawn", "unchanged", "over", "changes"];
const CHANGE_KEYS: &[&str] = &["change", "prefix", "hours", "price_per_minute", "was", "starts", "ends"];

/// How many wrong lines, or changes, people are shown.
const SHOWN: usize = 20;

/// Every line that is wrong: the first few, and how many.
#[derive(Default)]
struct Faults {
    first: BTreeSet<Fault>,
    count: usize,
}

impl Faults {
    fn add(&mut self, fault: Fault) {
        self.first.insert(fault);
        self.count += 1;
        if self.first.len() > SHOWN {
            self.first.pop_last();
        }
    }

    fn refuse(&self, file: &str) -> Refusal {
        for Fault { line, fact } in &self.first {
            tell(format!("error: {file} line {line}: {fact}"));
        }
        let more = match self.count - self.first.len() {
            0 => String::new(),
            more => format!(", {more} of them not shown"),
        };
        let lines = if self.count == 1 { "1 line is".to_owned() } else { format!("{} lines are", self.count) };
        Refusal::new(format!("nothing was imported: {lines} wrong{more}")).hint("billctl tariff import --help")
    }
}

/// What a table was written for.
#[derive(Clone, Copy)]
enum Columns {
    Ours,
    RateCard { cost: bool },
}

impl Columns {
    fn of(header: &[String], cost: bool) -> Self {
        let is_ours = header.iter().any(|column| column == "price_per_minute");
        let is_theirs = header
            .iter()
            .any(|column| ["dialprefix", "rateinitial", "buyrate", "sell price"].contains(&column.as_str()));
        if is_theirs && !is_ours { Self::RateCard { cost } } else { Self::Ours }
    }

    fn known(self, column: &str) -> Option<&'static str> {
        match self {
            Self::Ours => columns::known(column),
            Self::RateCard { .. } => ratecard::known(column),
        }
    }

    fn needed(self) -> [&'static str; 2] {
        match self {
            Self::Ours => ["prefix", "price_per_minute"],
            Self::RateCard { cost: false } => ["dialprefix", "rateinitial"],
            Self::RateCard { cost: true } => ["dialprefix", "buyrate"],
        }
    }

    fn read(self, row: Row<'_>, starts: Timestamp) -> Result<(Rate, Validity), String> {
        match self {
            Self::Ours => columns::read(row, starts),
            Self::RateCard { cost } => ratecard::read(row, starts, cost),
        }
    }
}

impl Import {
    pub(crate) fn run(self, context: &Context) -> Result<ExitCode> {
        context.look(|books| billing::find_tariff(books, &self.name))?;
        let list = self.list(context)?;
        let terms = ImportTerms { replace: self.replace, at: self.starts.unwrap_or(context.now).max(context.now) };
        let plan = if self.dry_run {
            context.look(|books| billing::plan_import(books, &self.name, &list, terms))?
        } else {
            let bar = progress("writing", Some(list.len() as u64));
            let plan = context.decide(|store| billing::import(store, &self.name, &list, terms, || bar.inc(1)))?;
            bar.finish_and_clear();
            plan
        };
        if plan.rates.is_empty() {
            eprintln!("nothing to change: tariff \"{}\" is as {} says", self.name, self.file);
        }
        self.report(context, &plan)?;
        Ok(ExitCode::SUCCESS)
    }

    /// Reads the whole table.
    fn list(&self, context: &Context) -> Result<RateList> {
        let source: Box<dyn BufRead> = match self.file.as_str() {
            "-" => Box::new(io::stdin().lock()),
            path => {
                let file = File::open(path).with_context(|| format!("reading {path}"))?;
                let bar = progress("reading", Some(file.metadata().map_or(0, |found| found.len())));
                Box::new(BufReader::with_capacity(1 << 16, bar.wrap_read(file)))
            }
        };
        let mut file = CsvFile::open(source, &self.file)?;
        let columns = Columns::of(file.header(), self.cost);
        let refused = |refusal: Refusal| refusal.hint("billctl tariff import --help");
        file.name_columns(|column| columns.known(column)).map_err(refused)?;
        if let Some(missing) = columns.needed().into_iter().find(|column| !file.has(column)) {
            return Err(refused(Refusal::new(format!("{} has no column {missing}", self.file))).into());
        }
        if self.cost && matches!(columns, Columns::Ours) {
            return Err(Refusal::new(format!("{} has no column buyrate, which --cost is about", self.file)).into());
        }
        let (mut rates, mut faults) = (Vec::new(), Faults::default());
        while let Some(row) = file.next_row().with_context(|| format!("reading {}", self.file))? {
            match row.and_then(|row| self.listed(row, columns, context.now)) {
                Ok(rate) => rates.push(rate),
                Err(fault) => faults.add(fault),
            }
        }
        let list = RateList::of(rates).unwrap_or_else(|contradictions| {
            contradictions.into_iter().for_each(|fault| faults.add(fault));
            RateList::default()
        });
        match faults.count {
            0 if list.is_empty() => Err(Refusal::new(format!("{} has no rates", self.file)).into()),
            0 => Ok(list),
            _ => Err(faults.refuse(&self.file).into()),
        }
    }

    fn listed(&self, row: Row<'_>, columns: Columns, now: Timestamp) -> Result<ListedRate, Fault> {
        let line = row.line;
        let fault = |fact| Fault { line, fact };
        let (rate, mut validity) = columns.read(row, self.starts.unwrap_or(now)).map_err(fault)?;
        let Validity { starts, ends, .. } = validity;
        if let Some(ends) = ends.filter(|&ends| ends <= starts && starts > now && Some(starts) != self.starts) {
            return Err(fault(format!("the rate would end at {ends}, not after its start at {starts}")));
        }
        validity.starts = starts.max(self.starts.unwrap_or(starts));
        Ok(ListedRate { line, rate, validity })
    }

    fn report(&self, context: &Context, plan: &Plan<'_>) -> Result<()> {
        let count = |change| Value::Number(plan.count(change) as i64);
        let mut row = vec![
            self.name.as_str().into(),
            self.file.as_str().into(),
            count(Change::Added),
            count(Change::Replaced),
            count(Change::Withdrawn),
            Value::Number(plan.unchanged as i64),
            Value::Number(plan.over as i64),
        ];
        if !self.dry_run {
            return context.render.one(KEYS, row);
        }
        let shown = if context.render.is_for_people() { plan.rates.len().min(SHOWN) } else { plan.rates.len() };
        row.push(Value::Rows(Rows::of(CHANGE_KEYS, &plan.rates[..shown], changed)));
        context.render.one(DRY_KEYS, row)?;
        if shown < plan.rates.len() {
            eprintln!("the first {shown} changes of {} are shown; --format json has them all", plan.rates.len());
        }
        Ok(())
    }
}

fn changed(planned: &PlannedRate<'_>) -> Vec<Value> {
    let PlannedRate { change, rate, validity, was } = planned;
    let hours = validity.hours.to_string();
    let withdrawn = *change == Change::Withdrawn;
    vec![
        Value::text(change),
        Value::text(&rate.destinations),
        (!hours.is_empty()).then_some(hours).into(),
        (!withdrawn).then_some(rate.price_per_minute.money()).into(),
        was.map(|price| price.money()).into(),
        validity.starts.into(),
        validity.ends.filter(|_| !withdrawn).into(),
    ]
}
