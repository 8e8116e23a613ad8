//! `billctl cdr summary`

use anyhow::{Context as _, Result};
use celcombiller::billing::{self, SummaryLine};
use celcombiller::domain::calendar::Period;
use celcombiller::domain::traffic::Traffic;
use celcombiller::store::Facet;
use clap::{Args, ValueEnum};

use crate::cdr::Filter;
use crate::context::Context;
use crate::render::{Format, Rows, Value};

/// Add up calls that ended: attempts, answers, billed time, revenue, cost and margin
///
/// Periods come in their order; everything else by revenue, the largest first. A row without a name is of the
/// calls that have none: no trunk carried them, or no country was called because a user of the books was. `asr`
/// is the percentage of the attempts that were answered, `acd` the average seconds of an answered call. A call
/// whose carrier's price is not known counts as one that costs nothing. A table ends with the total, and on a
/// terminal draws the revenue; JSON and CSV have the rows alone, which programs add up themselves.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  billctl cdr summary --by day --since 2026-11-01 --zone America/Sao_Paulo
  billctl cdr summary --by user --limit 20
  billctl --format csv cdr summary --by country --since 2026-11-01 --until 2026-12-01")]
pub(crate) struct Summary {
    /// What the calls of a row have in common
    #[arg(long, value_enum)]
    by: By,
    #[command(flatten)]
    filter: Filter,
    /// At most so many rows: the latest periods, or the largest revenues; the total is still of all calls
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum By {
    Day,
    Month,
    Hour,
    User,
    Prefix,
    Country,
    Trunk,
    Disposition,
}

/// What the rows are by.
enum Group {
    Period(Period),
    Facet(Facet),
}

impl By {
    /// Returns the key of its names, and what it is to the books.
    const fn group(self) -> (&'static str, Group) {
        match self {
            Self::Day => ("day", Group::Period(Period::Day)),
            Self::Month => ("month", Group::Period(Period::Month)),
            Self::Hour => ("hour", Group::Period(Period::Hour)),
            Self::User => ("username", Group::Facet(Facet::User)),
            Self::Prefix => ("prefix", Group::Facet(Facet::Prefix)),
            Self::Country => ("country", Group::Facet(Facet::Country)),
            Self::Trunk => ("trunk", Group::Facet(Facet::Trunk)),
            Self::Disposition => ("disposition", Group::Facet(Facet::Disposition)),
        }
    }
}

fn row(name: Option<&str>, traffic: &Traffic) -> Vec<Value> {
    vec![
        name.into(),
        traffic.calls.into(),
        traffic.answered.into(),
        Value::Talk(traffic.seconds),
        traffic.answer_seizure_ratio().into(),
        traffic.average_call_duration().into(),
        traffic.revenue.into(),
        traffic.cost.into(),
        traffic.margin().into(),
    ]
}

impl Summary {
    pub(crate) fn run(self, context: &Context) -> Result<()> {
        let (key, group) = self.by.group();
        let mut lines = context.look(|books| {
            let filter = self.filter.resolve(books)?;
            match group {
                Group::Period(period) => billing::summary_by_period(books, &filter, &self.filter.calendar(), period),
                Group::Facet(facet) => billing::summary_by(books, &filter, facet),
            }
        })?;
        let total = total(&lines)?;
        let beyond = self.limit.map_or(0, |limit| lines.len().saturating_sub(limit));
        match group {
            Group::Period(_) => drop(lines.drain(..beyond)),
            Group::Facet(_) => lines.truncate(lines.len() - beyond),
        }
        let keys = [key, "calls", "answered", "seconds", "asr", "acd", "revenue", "cost", "margin"];
        let mut rows = Rows::of(&keys, &lines, |(name, traffic)| row(name.as_deref(), traffic));
        if context.render.draws() {
            draw(&mut rows, &lines);
        }
        if context.render.format() == Format::Table {
            rows.rows.push(row(Some("total"), &total));
        }
        context.render.list(&rows)
    }
}

fn total(lines: &[SummaryLine]) -> Result<Traffic> {
    let sum = lines.iter().try_fold(Traffic::default(), |sum, (_, traffic)| sum.checked_add(*traffic));
    sum.context("the total is beyond what money can be")
}

/// Adds a bar to each row: its revenue beside the largest.
fn draw(rows: &mut Rows, lines: &[SummaryLine]) {
    let revenue = |(_, traffic): &SummaryLine| i128::from(traffic.revenue.millionths());
    let largest = lines.iter().map(revenue).max().unwrap_or(0);
    rows.keys.push("");
    for (row, line) in rows.rows.iter_mut().zip(lines) {
        row.push(bar(revenue(line), largest).into());
    }
}

/// Draws a part of a whole in eighths of a character.
fn bar(part: i128, whole: i128) -> String {
    const WIDTH: i128 = 24;
    const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    let eighths = usize::try_from((part * WIDTH * 8).checked_div(whole).unwrap_or(0)).unwrap_or(0);
    let full = "█".repeat(eighths / 8);
    format!("{full}{}", EIGHTHS.get(eighths % 8).copied().unwrap_or_default())
}
