//! `billctl balance statement`

use std::io::{self, Write};
use std::panic::resume_unwind;
use std::sync::mpsc::{channel, sync_channel};
use std::thread;

use anyhow::Result;
use celcombiller::billing;
use celcombiller::domain::calendar::{Calendar, Month};
use celcombiller::domain::money::Money;
use celcombiller::domain::refusal::Refusal;
use celcombiller::domain::time::Timestamp;
use celcombiller::domain::visible::visible;
use celcombiller::store::{AccountRow, Extent, StatementLine, StatementPage, Store, StoreError, Unit};
use clap::Args;

use super::statement_line::{HEADER, Shown, Written};
use super::statement_page::Page;
use crate::context::Context;
use crate::pieces::Pieces;
use crate::render::{Format, enough_read, standard_output};
use crate::span::Span;

/// Entries that are read at once: each page by itself, so that a slow reader keeps nobody from tidying the books up.
const PAGE: usize = 10_000;

/// Show what a user had, what moved and what was left, oldest first
///
/// The entries are those of `balance history`. Statements that follow each other have every entry once, and one
/// opens with what the other closed with.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  billctl balance statement ana --month 2026-11 --zone America/Sao_Paulo
  billctl balance statement ana --month 2026-11 --html > ana.html    # for paper: A4, no scripts
  billctl --format csv balance statement ana --since 2026-11-01 --until 2026-11-15")]
pub(crate) struct Statement {
    user: String,
    /// Of a month
    #[arg(long, value_name = "YEAR-MONTH", conflicts_with_all = ["since", "until"],
        required_unless_present_any = ["since", "until"])]
    month: Option<Month>,
    #[command(flatten)]
    span: Span,
    /// As a page for a browser or a printer, whatever --format says
    #[arg(long)]
    html: bool,
}

/// What a statement says besides its entries.
pub(crate) struct Head {
    pub(crate) account: AccountRow,
    pub(crate) unit: Unit,
    pub(crate) calendar: Calendar,
    pub(crate) since: Option<Timestamp>,
    pub(crate) until: Option<Timestamp>,
    pub(crate) extent: Extent,
    pub(crate) made: Timestamp,
}

/// Writes billed seconds as hours, minutes and seconds.
pub(crate) fn talk(seconds: u32) -> String {
    format!("{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

/// What came and what went.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Turnover {
    pub(crate) credited: Money,
    pub(crate) debited: Money,
}

impl Turnover {
    fn add(&mut self, amount: Money) {
        let sum = if amount < Money::ZERO { &mut self.debited } else { &mut self.credited };
        *sum = sum.checked_add(amount).unwrap_or(*sum);
    }
}

impl Statement {
    pub(crate) fn run(self, context: &Context) -> Result<()> {
        let calendar = self.span.calendar();
        let (since, until) = match self.month {
            Some(month) => {
                let (begin, end) = calendar.month(month).map_err(|error| Refusal::new(error.to_string()))?;
                (Some(begin), Some(end))
            }
            None => self.span.instants()?,
        };
        if since.zip(until).is_some_and(|(since, until)| since >= until) {
            return Err(Refusal::new("the statement ends before it begins").hint("--since before --until").into());
        }
        let mut store = context.open()?;
        let head = store.read(|books| {
            let account = billing::find_user(books, &self.user)?;
            let extent = books.extent(account.id, since, until)?;
            let unit = books.unit()?;
            Ok::<_, billing::BillingError>(Head { account, unit, calendar, since, until, extent, made: context.now })
        })?;
        let mut out = Pieces::new(standard_output());
        let written = match context.render.format() {
            _ if self.html => write_page(&mut store, &head, &mut out),
            Format::Json => write_json(&mut store, &head, &mut out),
            Format::Csv => write_csv(&mut store, &head, &mut out),
            Format::Table | Format::Prometheus => write_table(&mut store, &head, &mut out),
        };
        let flushed = out.flush();
        enough_read(written.and_then(|()| Ok(flushed?)))?;
        Ok(store.close()?)
    }
}

/// Hands over every entry, and returns what came and went. While a page of them is written, the next is read; what is
/// written goes back to be read onto again.
fn each_line(
    store: &mut Store,
    head: &Head,
    mut hand_over: impl FnMut(&StatementLine<&str>) -> Result<()>,
) -> Result<Turnover> {
    let (mut rest, mut turnover) = (head.extent, Turnover::default());
    let (to_write, pages) = sync_channel::<StatementPage>(1);
    let (written, to_read) = channel::<StatementPage>();
    thread::scope(|scope| {
        let reader = scope.spawn(move || {
            loop {
                let mut page = to_read.try_recv().unwrap_or_default();
                store.read(|books| books.statement_page(head.account.id, &rest, PAGE, &mut page))?;
                let Some(last) = page.last() else { return Ok::<_, StoreError>(()) };
                rest.after = last;
                // Nobody takes it where writing has failed.
                if to_write.send(page).is_err() {
                    return Ok(());
                }
            }
        });
        for page in pages {
            for line in page.lines() {
                turnover.add(line.amount);
                hand_over(&line)?;
            }
            // After the last, nobody takes it.
            drop(written.send(page));
        }
        reader.join().unwrap_or_else(|panic| resume_unwind(panic))?;
        Ok(turnover)
    })
}

fn write_json(store: &mut Store, head: &Head, out: &mut impl Write) -> Result<()> {
    let json = |value: Option<String>| serde_json::Value::from(value);
    let text = |value: &dyn ToString| json(Some(value.to_string()));
    let times = [head.since, head.until].map(|time| json(time.map(|time| time.to_string())));
    write!(
        out,
        "{{\n  \"username\": {},\n  \"name\": {},\n  \"unit\": {},\n  \"since\": {},\n  \"until\": {},\n  \
         \"opening\": {},\n  \"entries\": [",
        text(&head.account.username),
        json(head.account.name.clone()),
        text(&head.unit.as_str()),
        times[0],
        times[1],
        text(&head.extent.opening),
    )?;
    let mut line_feed = "\n    ";
    let turnover = each_line(store, head, |line| {
        out.write_all(line_feed.as_bytes())?;
        serde_json::to_writer(&mut *out, &Written::entry(line)).map_err(io::Error::from)?;
        line_feed = ",\n    ";
        Ok(())
    })?;
    let (credited, debited) = (text(&turnover.credited), text(&turnover.debited));
    let closing = text(&head.extent.closing);
    Ok(writeln!(out, "\n  ],\n  \"credited\": {credited},\n  \"debited\": {debited},\n  \"closing\": {closing}\n}}")?)
}

fn write_csv(store: &mut Store, head: &Head, out: &mut impl Write) -> Result<()> {
    writeln!(out, "{HEADER}")?;
    Written::opening(head).csv(out)?;
    each_line(store, head, |line| Written::entry(line).csv(out))?;
    Written::closing(head).csv(out)
}

fn write_page(store: &mut Store, head: &Head, out: &mut impl Write) -> Result<()> {
    let mut page = Page::of(head);
    page.begin(out)?;
    let turnover = each_line(store, head, |line| page.line(out, line))?;
    page.end(out, turnover)
}

/// Writes a table as it comes, because it may be as long as a life: the widths are those of what is usual.
fn write_table(store: &mut Store, head: &Head, out: &mut impl Write) -> Result<()> {
    let mut write = |cells: [&str; 10]| -> Result<()> {
        let [id, time, kind, amount, balance, dialled, talk, actor, call, note] = cells;
        let line = format!(
            "{id:>9}  {time:<20}  {kind:<15}  {amount:>14}  {balance:>14}  {dialled:<16}  {talk:>8}  {actor:<12}  \
             {call:<18}  {note}"
        );
        Ok(writeln!(out, "{}", visible(line.trim_end()))?)
    };
    write(["id", "time", "kind", "amount", "balance after", "dialled", "talk", "actor", "call", "note"])?;
    let mut write = |line: Written<'_>| {
        write([
            &Shown(line.id).to_string(),
            &line.time.to_string(),
            line.kind,
            &line.amount.to_string(),
            &line.balance_after.to_string(),
            line.dialled.unwrap_or_default(),
            &line.billsec.map(talk).unwrap_or_default(),
            line.actor.unwrap_or_default(),
            &line.call.to_string(),
            line.note.unwrap_or_default(),
        ])
    };
    write(Written::opening(head))?;
    each_line(store, head, |line| write(Written::entry(line)))?;
    write(Written::closing(head))
}
