//! `billctl stats`

mod prometheus;

use anyhow::{Context as _, Result};
use celcombiller::billing::{self, BillingError, SummaryLine};
use celcombiller::config::log::Decisions;
use celcombiller::dialogue::decisions;
use celcombiller::domain::calendar::{Calendar, Period};
use celcombiller::domain::refusal::Refusal;
use celcombiller::domain::time::Timestamp;
use celcombiller::domain::traffic::Traffic;
use celcombiller::host;
use celcombiller::store::{CallFilter, Facet, Info, OpenHolds};
use clap::Args;

use crate::context::Context;
use crate::render::{Format, Rows, Value};
use crate::span::calendar;

/// Show how the books do: today's calls, what is held, what waits, how old the last backup is
///
/// Refusals are in it where `[log] decisions` names a file: the books do not have them. With --format prometheus, as
/// node_exporter's textfile collector reads it.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  billctl stats
  billctl --format prometheus stats > /var/lib/node_exporter/celcombiller.new")]
pub(crate) struct Stats {
    /// Where today is [default: where this machine is]
    #[arg(long, value_name = "ZONE", value_parser = calendar)]
    zone: Option<Calendar>,
}

/// The figures.
struct Figures {
    since: Timestamp,
    by_disposition: Vec<SummaryLine>,
    today: Traffic,
    /// By reason; `None` where no file tells.
    refusals: Option<Vec<(String, u64)>>,
    holds: OpenHolds,
    ends_waiting: u64,
    backed_up: Option<Timestamp>,
    info: Info,
}

impl Stats {
    pub(crate) fn run(self, context: &Context) -> Result<()> {
        let figures = self.figures(context)?;
        match context.render.format() {
            Format::Prometheus => context.render.text(&prometheus::exposition(&figures)),
            Format::Table | Format::Json | Format::Csv => context.render.one(KEYS, figures.row(context.now)),
        }
    }

    fn figures(self, context: &Context) -> Result<Figures> {
        let calendar = self.zone.unwrap_or_else(host::local_calendar);
        let since = calendar.begin(Period::Day, context.now).map_err(|error| Refusal::new(error.to_string()))?;
        let refusals = match &context.config.log.decisions {
            Decisions::File(log) => {
                let refusals = decisions::refusals(log, since).with_context(|| format!("reading {}", log.display()))?;
                Some(refusals.into_iter().collect())
            }
            Decisions::Syslog | Decisions::Off => None,
        };
        let ends_waiting = context.waiting()?.len() as u64;
        let mut store = context.open()?;
        let info = store.info()?;
        let figures = store.read(|books| -> Result<_, BillingError> {
            let filter = CallFilter { since: Some(since), ..CallFilter::default() };
            Ok(Figures {
                since,
                by_disposition: billing::summary_by(books, &filter, Facet::Disposition)?,
                today: books.traffic_between(since, Timestamp::MAX)?,
                refusals,
                holds: books.open_holds(context.now)?,
                ends_waiting,
                backed_up: books.backed_up()?,
                info,
            })
        })?;
        store.close()?;
        Ok(figures)
    }
}

const KEYS: &[&str] = &[
    "since",
    "calls",
    "answered",
    "seconds",
    "revenue",
    "holds_open",
    "held",
    "holds_overdue",
    "ends_waiting",
    "entries",
    "last_backup",
    "backup_age_seconds",
    "bytes",
    "log_bytes",
    "dispositions",
    "refusals",
];

impl Figures {
    fn row(&self, now: Timestamp) -> Vec<Value> {
        let age = self.backed_up.and_then(|at| now.millis_since(at)).map(|millis| millis / 1000);
        let dispositions = Rows::of(&["disposition", "calls"], &self.by_disposition, |(name, traffic)| {
            vec![name.as_deref().into(), traffic.calls.into()]
        });
        let refusals = self.refusals.as_ref().map(|refusals| {
            Rows::of(&["reason", "calls"], refusals, |(reason, calls)| vec![reason.as_str().into(), (*calls).into()])
        });
        vec![
            self.since.into(),
            self.today.calls.into(),
            self.today.answered.into(),
            self.today.seconds.into(),
            self.today.revenue.into(),
            self.holds.count.into(),
            self.holds.amount.into(),
            self.holds.overdue.into(),
            self.ends_waiting.into(),
            self.info.head.map_or(0, |head| head.entry.0).into(),
            self.backed_up.into(),
            age.into(),
            self.info.bytes.into(),
            self.info.log_bytes.into(),
            Value::Rows(dispositions),
            refusals.map_or(Value::Nothing, Value::Rows),
        ]
    }
}
