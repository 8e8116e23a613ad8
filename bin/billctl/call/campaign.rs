//! `billctl call campaign`

mod report;
mod table;

use std::collections::HashSet;
use std::fs;
use std::num::NonZeroU32;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result};
use celcombiller::billing::BillingError;
use celcombiller::domain::campaign::{Next, Pacing};
use celcombiller::domain::hours::Hours;
use celcombiller::domain::numbering::PhoneNumber;
use celcombiller::domain::refusal::{Fault, Refusal};
use celcombiller::domain::time::Timestamp;
use celcombiller::host::{self, Clock, SystemClock};
use celcombiller::pbx::record::State;
use celcombiller::pbx::spool::{Put, Spool, SpoolError, Stage};
use celcombiller::pbx::template::Template;
use celcombiller::pbx::value::FileName;
use chrono::{DateTime, Local, NaiveDateTime};
use clap::Args;
use indicatif::ProgressBar;

use crate::call::campaign::report::Report;
use crate::call::campaign::table::{Plan, Row, Table};
use crate::call::flags::Planned;
use crate::call::{Placing, bill};
use crate::context::Context;
use crate::failure::tell;
use crate::progress::progress;

/// Have Asterisk call every row of a table, each once, at a pace
///
/// A row is known by the campaign's name and its number. Whatever stops this, at any moment, the same command goes
/// on where it was: it calls no number twice in a campaign, not even where the table was changed meanwhile. Asterisk
/// keeps the files of the calls, so that the report tells how they ended.
#[derive(Debug, Args)]
#[command(
    after_help = "The template is the flags of `billctl call spool` from --channel to --always-delete, with the \
table's columns in
braces, {number} and others; what is in a column stays within its value. Separators are commas, semicolons or tabs.

Examples:
  billctl call campaign people.csv --dry-run --template --channel 'PJSIP/{number}@carrier' --context survey \
--extension s
  billctl call campaign people.csv --pace 20 --ceiling 5 --hours 'mon-fri 09:00-18:00' --blocklist never.txt \\
    --template --channel 'Local/{number}@celcombiller/n' --user {account} --variable NAME={name} --max-retries 2 \\
    --application Playback --data hello-world
  billctl --format csv call campaign people.csv --report"
)]
pub(crate) struct Campaign {
    /// The table, with a header; - for standard input
    file: String,
    /// What each call is; must come last
    #[arg(long, value_name = "FLAGS", num_args = 1.., allow_hyphen_values = true, required_unless_present = "report")]
    template: Vec<String>,
    /// The campaign's name: up to 40 letters, digits and . _ - [default: the file's name without its end]
    #[arg(long)]
    name: Option<String>,
    /// The column of the number that is called
    #[arg(long, value_name = "COLUMN", default_value = "number")]
    number: String,
    /// Calls a minute
    #[arg(long, value_name = "N", default_value = "30")]
    pace: NonZeroU32,
    /// Calls at once: whatever is in the spool counts, unless its time lies ahead
    #[arg(long, value_name = "N", default_value = "10")]
    ceiling: NonZeroU32,
    /// When to call, by the clock of this machine: 'mon-fri 09:00-18:00; sat 10:00-12:00' [default: always]
    #[arg(long, default_value = "", hide_default_value = true)]
    hours: Hours,
    /// Numbers that are not called, one a line
    #[arg(long, value_name = "FILE")]
    blocklist: Option<String>,
    /// At most so many calls in this run
    #[arg(long, value_name = "N")]
    limit: Option<u64>,
    /// Leave out rows that are wrong, and report them, instead of calling nobody
    #[arg(long)]
    skip_wrong: bool,
    #[command(flatten)]
    place: Placing,
    /// Only print what became of each row
    #[arg(long, conflicts_with_all = ["template", "dry_run"])]
    report: bool,
    /// Only print what would be spooled
    #[arg(long)]
    dry_run: bool,
}

/// How long nobody looks whether to stop, in milliseconds.
const NAP: u64 = 200;

impl Campaign {
    pub(crate) fn run(self, context: &Context) -> Result<()> {
        if self.hours.has_holidays() {
            return Err(Refusal::new(format!("--hours {}: no holidays are known here", self.hours)).into());
        }
        let name = self.campaign_name()?;
        let blocked = self.blocklist.as_deref().map(blocklist).transpose()?.unwrap_or_default();
        let template = Template::of(&self.template).map_err(|error| Refusal::new(error.to_string()))?;
        let template = (!self.report).then_some(&template);
        let mut rows = Table { file: &self.file, number: &self.number, campaign: &name, template, blocked }.rows()?;
        let faults = rows.iter().filter_map(Row::fault).collect::<Vec<_>>();
        if !faults.is_empty() && !self.skip_wrong && !self.report {
            return Err(refuse(&self.file, &faults).into());
        }
        let spool = self.place.spool(context);
        let spooled = if self.report || self.dry_run { 0 } else { self.call(context, &spool, &mut rows)? };
        report::print(context, &Report { spool: &spool, campaign: &name, rows: &rows, spooled, files: self.dry_run })
    }

    /// Returns the campaign's name.
    fn campaign_name(&self) -> Result<String, Refusal> {
        let name = match (&self.name, self.file.as_str()) {
            (Some(name), _) => name.clone(),
            (None, "-") => return Err(Refusal::new("a table on standard input has no name").hint("--name NAME")),
            (None, file) => Path::new(file).file_stem().unwrap_or_default().to_string_lossy().into_owned(),
        };
        match name.parse::<FileName>() {
            Ok(_) if name.len() <= 40 => Ok(name),
            _ => Err(Refusal::new(format!(
                "`{}` is not the name of a campaign: expected 1 to 40 letters, digits and . _ -, the first not a dot",
                name.escape_debug()
            ))
            .hint("--name NAME")),
        }
    }

    /// Makes the calls that were not made, and returns how many.
    fn call(&self, context: &Context, spool: &Spool, rows: &mut [Row]) -> Result<u64> {
        let stop = host::wish_to_stop().context("catching Ctrl-C")?;
        let stage = self.place.stage(spool)?;
        let mut caller = Caller {
            pacing: Pacing { pace: self.pace, ceiling: self.ceiling, hours: self.hours.clone() },
            clock: SystemClock::start(),
            bar: progress("calling", Some(rows.len() as u64)),
            last: None,
            context,
            stage,
            spool,
            stop: &stop,
        };
        let mut spooled = 0;
        for row in rows {
            if self.limit.is_none_or(|limit| spooled < limit) {
                spooled += u64::from(caller.call(row)?);
            }
            caller.bar.inc(1);
        }
        caller.bar.finish_and_clear();
        if stop.load(Ordering::Relaxed) {
            eprintln!("stopped; the same command goes on");
        }
        Ok(spooled)
    }
}

/// Whoever makes the calls of a campaign one after the other.
struct Caller<'a> {
    pacing: Pacing,
    clock: SystemClock,
    bar: ProgressBar,
    last: Option<Timestamp>,
    context: &'a Context,
    spool: &'a Spool,
    stage: Stage<'a>,
    stop: &'a AtomicBool,
}

impl Caller<'_> {
    /// Calls a row unless it was called before, and tells whether it is in the spool now because of that.
    fn call(&mut self, row: &mut Row) -> Result<bool> {
        // Asked before any waiting, so that a campaign that goes on is soon where it was.
        let (Some(name), Plan::Call(planned)) = (&row.name, &mut row.plan) else { return Ok(false) };
        if self.spool.once(name, self.clock.now())?.is_some() || !self.wait()? {
            return Ok(false);
        }
        match self.put(name, planned) {
            Ok(Put::Before) => Ok(false),
            Ok(Put::Now) => {
                self.last = Some(self.clock.now());
                Ok(true)
            }
            Err(error) => {
                row.plan = Plan::Refused(refusal_of(error)?);
                Ok(false)
            }
        }
    }

    fn put(&self, name: &FileName, Planned { file, user }: &mut Planned) -> Result<Put> {
        bill(self.context, file, user.as_deref(), self.clock.now())?;
        let put = self.stage.put_once(name, &file.render(), None)?;
        self.stage.settle()?;
        Ok(put)
    }

    /// Waits until the next call may begin; tells whether it may, or whether somebody wishes to stop.
    fn wait(&self) -> Result<bool> {
        while !self.stop.load(Ordering::Relaxed) {
            let now = self.clock.now();
            let calls = self.spool.waiting(now)?;
            let in_progress = calls.iter().filter(|call| call.state != State::Waiting).count();
            match self.pacing.next(now, local(now), self.last, in_progress) {
                Next::Call => {
                    self.bar.set_message("calling");
                    return Ok(true);
                }
                Next::Wait(reason, millis) => {
                    self.bar.set_message(format!("waiting for {reason}"));
                    self.sleep(millis);
                }
            }
        }
        Ok(false)
    }

    /// Sleeps, unless somebody wishes to stop.
    fn sleep(&self, millis: u64) {
        let mut left = millis;
        while left > 0 && !self.stop.load(Ordering::Relaxed) {
            let nap = left.min(NAP);
            thread::sleep(Duration::from_millis(nap));
            left -= nap;
        }
    }
}

/// Returns what the clock on the wall shows.
fn local(now: Timestamp) -> NaiveDateTime {
    DateTime::from_timestamp_millis(now.millis()).unwrap_or_default().with_timezone(&Local).naive_local()
}

/// Returns why one call was refused, or the error that concerns them all.
fn refusal_of(error: anyhow::Error) -> Result<String> {
    let refused = match (error.downcast_ref::<BillingError>(), error.downcast_ref::<SpoolError>()) {
        (Some(BillingError::Refused(_)), _) => true,
        (_, Some(spool)) => spool.is_refusal(),
        _ => false,
    };
    if refused { Ok(error.to_string()) } else { Err(error) }
}

/// Reads numbers, one a line; what follows a # is a comment.
fn blocklist(path: &str) -> Result<HashSet<PhoneNumber>> {
    let text = fs::read_to_string(path).with_context(|| format!("reading {path}"))?;
    let mut numbers = HashSet::new();
    for (line, text) in (1_u64..).zip(text.lines()) {
        let number = text.split('#').next().unwrap_or_default().trim();
        if !number.is_empty() {
            let parsed = number.parse().map_err(|error| Refusal::new(format!("{path} line {line}: {error}")))?;
            numbers.insert(parsed);
        }
    }
    Ok(numbers)
}

/// How many wrong lines people are shown.
const SHOWN: usize = 20;

fn refuse(file: &str, faults: &[Fault]) -> Refusal {
    for Fault { line, fact } in faults.iter().take(SHOWN) {
        tell(format!("error: {file} line {line}: {fact}"));
    }
    let lines = if faults.len() == 1 { "1 line is".to_owned() } else { format!("{} lines are", faults.len()) };
    Refusal::new(format!("nobody was called: {lines} wrong")).hint("--skip-wrong leaves them out")
}
