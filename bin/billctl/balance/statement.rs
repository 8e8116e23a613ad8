//! `billctl balance statement`

use std::fmt::{Display, Write as _};
use std::io::{BufWriter, Write};
use std::panic::resume_unwind;
use std::sync::mpsc::sync_channel;
use std::thread;

use anyhow::Result;
use celcombiller::billing;
use celcombiller::domain::calendar::{Calendar, Month};
use celcombiller::domain::money::Money;
use celcombiller::domain::refusal::Refusal;
use celcombiller::domain::time::Timestamp;
use celcombiller::domain::visible::{cell, visible};
use celcombiller::store::{AccountRow, Extent, StatementLine, Store, StoreError, Unit};
use clap::Args;
use serde::Serialize;

use super::statement_page::Page;
use crate::context::Context;
use crate::render::{Format, enough_read, standard_output};
use crate::span::Span;

/// Entries that are read at once: each page by itself, so that a slow reader keeps nobody from tidying the books up.
const PAGE: u32 = 10_000;

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

/// A line as programs read it.
#[derive(Debug, Serialize)]
struct Written<'a> {
    id: Option<i64>,
    time: Option<&'a str>,
    kind: &'a str,
    amount: Option<&'a str>,
    balance_after: &'a str,
    note: Option<&'a str>,
    call: Option<&'a str>,
    dialled: Option<&'a str>,
    billsec: Option<u32>,
    actor: Option<&'a str>,
}

/// The texts of a line, in memory that serves one line after the other.
#[derive(Debug, Default)]
struct Texts {
    time: String,
    amount: String,
    balance: String,
    call: String,
    dialled: String,
}

/// Writes a value over a text.
fn over<'a>(text: &'a mut String, value: &impl Display) -> Result<&'a str> {
    text.clear();
    write!(text, "{value}")?;
    Ok(text)
}

impl Texts {
    fn entry<'a>(&'a mut self, line: &'a StatementLine) -> Result<Written<'a>> {
        let StatementLine { entry, dialled, billsec } = line;
        Ok(Written {
            id: Some(entry.id.0),
            time: Some(over(&mut self.time, &entry.time)?),
            kind: entry.kind.as_str(),
            amount: Some(over(&mut self.amount, &entry.amount)?),
            balance_after: over(&mut self.balance, &entry.balance_after)?,
            note: entry.note.as_deref(),
            call: entry.call.as_ref().map(|call| over(&mut self.call, call)).transpose()?,
            dialled: dialled.as_ref().map(|dialled| over(&mut self.dialled, dialled)).transpose()?,
            billsec: *billsec,
            actor: Some(&entry.actor),
        })
    }

    /// The line above or below the entries.
    fn balance<'a>(&'a mut self, kind: &'a str, time: Option<Timestamp>, balance: Money) -> Result<Written<'a>> {
        Ok(Written {
            id: None,
            time: time.map(|time| over(&mut self.time, &time)).transpose()?,
            kind,
            amount: None,
            balance_after: over(&mut self.balance, &balance)?,
            note: None,
            call: None,
            dialled: None,
            billsec: None,
            actor: None,
        })
    }

    fn opening(&mut self, head: &Head) -> Result<Written<'_>> {
        self.balance("opening balance", head.since, head.extent.opening)
    }

    fn closing(&mut self, head: &Head) -> Result<Written<'_>> {
        self.balance("closing balance", head.until, head.extent.closing)
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
        let mut out = BufWriter::new(standard_output());
        let written = match context.render.format() {
            _ if self.html => write_page(&mut store, &head, &mut out),
            Format::Json => write_json(&mut store, &head, &mut out),
            Format::Csv => write_csv(&mut store, &head, &mut out),
            Format::Table | Format::Prometheus => write_table(&mut store, &head, &mut out),
        };
        enough_read(written.and_then(|()| Ok(out.flush()?)))?;
        Ok(store.close()?)
    }
}

/// Hands over every entry, and returns what came and went. While a page of them is written, the next is read.
fn each_line(
    store: &mut Store,
    head: &Head,
    mut hand_over: impl FnMut(&StatementLine) -> Result<()>,
) -> Result<Turnover> {
    let (mut rest, mut turnover) = (head.extent, Turnover::default());
    let (pages, written) = sync_channel(1);
    thread::scope(|scope| {
        let reader = scope.spawn(move || {
            loop {
                let lines = store.read(|books| books.statement_lines(head.account.id, &rest, PAGE))?;
                let Some(last) = lines.last() else { return Ok::<_, StoreError>(()) };
                rest.after = last.entry.id;
                // Nobody takes it where writing has failed.
                if pages.send(lines).is_err() {
                    return Ok(());
                }
            }
        });
        for lines in written {
            for line in &lines {
                turnover.add(line.entry.amount);
                hand_over(line)?;
            }
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
    let (mut texts, mut line_feed, mut bytes) = (Texts::default(), "\n    ", Vec::new());
    let turnover = each_line(store, head, |line| {
        bytes.clear();
        serde_json::to_writer(&mut bytes, &texts.entry(line)?)?;
        out.write_all(line_feed.as_bytes())?;
        out.write_all(&bytes)?;
        line_feed = ",\n    ";
        Ok(())
    })?;
    let (credited, debited) = (text(&turnover.credited), text(&turnover.debited));
    let closing = text(&head.extent.closing);
    Ok(writeln!(out, "\n  ],\n  \"credited\": {credited},\n  \"debited\": {debited},\n  \"closing\": {closing}\n}}")?)
}

fn write_csv(store: &mut Store, head: &Head, out: &mut impl Write) -> Result<()> {
    let mut writer = csv::Writer::from_writer(out);
    let mut texts = Texts::default();
    writer.serialize(texts.opening(head)?)?;
    each_line(store, head, |line| {
        let (note, actor) = (line.entry.note.as_deref().map(cell), cell(&line.entry.actor));
        let written = Written { note: note.as_deref(), actor: Some(&actor), ..texts.entry(line)? };
        Ok(writer.serialize(written)?)
    })?;
    writer.serialize(texts.closing(head)?)?;
    Ok(writer.flush()?)
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
            &line.id.map(|id| id.to_string()).unwrap_or_default(),
            line.time.unwrap_or_default(),
            line.kind,
            line.amount.unwrap_or_default(),
            line.balance_after,
            line.dialled.unwrap_or_default(),
            &line.billsec.map(talk).unwrap_or_default(),
            line.actor.unwrap_or_default(),
            line.call.unwrap_or_default(),
            line.note.unwrap_or_default(),
        ])
    };
    let mut texts = Texts::default();
    write(texts.opening(head)?)?;
    each_line(store, head, |line| write(texts.entry(line)?))?;
    write(texts.closing(head)?)
}
