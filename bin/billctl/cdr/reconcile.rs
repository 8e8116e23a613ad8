//! `billctl cdr reconcile`

use std::process::ExitCode;

use anyhow::{Context as _, Result};
use celcombiller::billing::{self, Comparison, Mismatch, Settlement};
use celcombiller::domain::time::Timestamp;
use celcombiller::store::{CallQuery, CallRow};
use clap::Args;

use crate::asterisk_cdr::each_record;
use crate::context::Context;
use crate::render::{Rows, Value};
use crate::span::Span;

/// Hold Asterisk's own records against the books; exits with 1 if they differ
///
/// FILE is Master.csv with its uniqueid (loguniqueid=yes in cdr.conf), a CSV whose header names uniqueid, start or
/// calldate, billsec and disposition, or a SQLite file of cdr_sqlite3_custom; - is standard input. A call is the same
/// on both sides by its channel's uniqueid. They differ where Asterisk saw an answered call that was not charged
/// (not_charged) or that the books do not know although a user made it (unknown), an end of a call whose funds are
/// still held (still_held), no answer to a call that was charged (not_seen), or other seconds than those charged
/// (seconds). Both sides cut to whole seconds, and look at the end some milliseconds apart: one second is no
/// difference. Where a channel was up before its dial, Asterisk counts announcements and ringing too, so more seconds
/// than charged are none either. Only a call that ended while the file was written can be not_seen. The file's times are
/// told in --zone as well: UTC where cdr.conf says usegmtime=yes.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  billctl cdr reconcile /var/log/asterisk/cdr-csv/Master.csv --since 2026-11-01 --zone UTC
  billctl cdr reconcile /var/log/asterisk/master.db --settle --dry-run")]
pub(crate) struct Reconcile {
    /// Asterisk's records
    file: String,
    #[command(flatten)]
    span: Span,
    /// The table of a SQLite file
    #[arg(long, value_name = "NAME", default_value = "cdr")]
    table: String,
    /// The seconds by which the two sides may differ
    #[arg(long, value_name = "SECONDS", default_value_t = 1)]
    tolerance: u32,
    /// Calls that the books do not know are missed only in this context of the dialplan; may be repeated
    #[arg(long, value_name = "NAME")]
    context: Vec<String>,
    /// Charge what Asterisk saw and was not charged, and give back what is still held of calls that nobody answered
    #[arg(long)]
    settle: bool,
    /// Tell what --settle would charge
    #[arg(long, requires = "settle")]
    dry_run: bool,
}

const KEYS: &[&str] = &[
    "call",
    "difference",
    "username",
    "dialled",
    "started",
    "state",
    "seen_seconds",
    "billsec",
    "charge",
    "unpaid",
    "settled",
];

/// A difference, and what is left of it.
struct Line {
    mismatch: Mismatch,
    call: Option<CallRow>,
    settlement: Option<Settlement>,
}

impl Line {
    fn row(&self) -> Vec<Value> {
        let Self { mismatch, call, settlement } = self;
        let call = call.as_ref();
        let user = call.map(|call| &call.username).or(mismatch.stranger.as_ref());
        let ending = call.and_then(|call| call.ending);
        let (billsec, charge, unpaid) = match settlement {
            Some(Settlement::Posted { billsec, charge, unpaid, .. }) => (Some(*billsec), Some(*charge), Some(*unpaid)),
            _ => (
                ending.map(|ending| ending.billsec),
                ending.map(|ending| ending.charge),
                ending.map(|ending| ending.unpaid),
            ),
        };
        vec![
            Value::text(&mismatch.call),
            Value::text(mismatch.disagreement),
            Value::text_of(user),
            Value::text_of(call.map(|call| &call.dialled)),
            mismatch.started.or(call.map(|call| call.placed)).into(),
            Value::text_of(call.map(|call| call.state)),
            mismatch.seen.into(),
            billsec.into(),
            charge.into(),
            unpaid.into(),
            self.is_settled().into(),
        ]
    }

    fn is_settled(&self) -> bool {
        matches!(self.settlement, Some(Settlement::Posted { .. } | Settlement::Before { .. }))
    }
}

impl Reconcile {
    pub(crate) fn run(self, context: &Context) -> Result<ExitCode> {
        let (since, until) = self.span.instants()?;
        let mut store = context.open()?;
        let (mut records, mut wrong) = (0, 0);
        let (mismatches, compared) = store.read(|books| -> Result<_> {
            books.begin_seen()?;
            let mut file = (Timestamp::MAX, Timestamp::MIN);
            let faults = each_record(&self.file, &self.table, &self.span.calendar(), |line, cdr| {
                records += 1;
                file = (file.0.min(cdr.ended), file.1.max(cdr.ended));
                let elsewhere = cdr.context.as_ref().is_some_and(|name| !self.context.contains(name));
                let free = cdr.destination.parse().is_ok_and(|number| context.config.free.numbers.contains(&number));
                let excused = free || elsewhere && !self.context.is_empty();
                Ok(books.add_seen(line, &cdr, excused)?)
            })?;
            wrong = faults.count;
            let comparison = Comparison { since, until, tolerance: self.tolerance, file };
            Ok(billing::compare_seen(books, &comparison)?)
        })?;
        let mut settlements = Vec::new();
        if self.settle {
            let reports: Vec<_> = mismatches.iter().filter_map(|mismatch| mismatch.report.clone()).collect();
            settlements = billing::settle_seen(&mut store, &reports, self.dry_run)?;
        }
        let mut settlements = settlements.into_iter();
        let lines = store.read(|books| -> Result<_> {
            let line = |mismatch: Mismatch| {
                let query = CallQuery { call: Some(mismatch.call.clone()), ..CallQuery::default() };
                let call = books.calls(&query)?.pop();
                let settlement = mismatch.report.as_ref().and_then(|_| settlements.next());
                Ok(Line { mismatch, call, settlement })
            };
            mismatches.into_iter().map(line).collect::<Result<Vec<_>>>()
        });
        let lines = lines.context("listing the differences")?;
        store.close()?;
        context.render.list(&Rows::of(KEYS, &lines, Line::row))?;
        let left = lines.iter().filter(|line| self.dry_run || !line.is_settled()).count();
        let settled = lines.len() - left;
        eprintln!("{records} records, {compared} calls compared: {} differ, {settled} of them settled", lines.len());
        Ok(if left == 0 && wrong == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}
