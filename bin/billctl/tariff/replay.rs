//! `billctl tariff replay`

use std::process::ExitCode;

use anyhow::Result;
use celcombiller::billing::{self, ReplayBy, Totals};
use celcombiller::domain::time::Timestamp;
use clap::Args;

use crate::context::Context;
use crate::progress::progress;
use crate::render::{Rows, Value};

/// Price past calls by another price list, each as that was when the call was placed; nothing is written
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  billctl tariff replay shop-2027 --since 2026-11-01 --by prefix")]
pub(crate) struct Replay {
    name: String,
    /// Placed from a date or time on
    #[arg(long, value_name = "TIME")]
    since: Timestamp,
    /// Placed before a date or time [default: now]
    #[arg(long, value_name = "TIME")]
    until: Option<Timestamp>,
    /// What the calls are added up by: user or prefix
    #[arg(long, default_value = ReplayBy::User.as_str())]
    by: ReplayBy,
}

const BY_USER: &[&str] = &["user", "calls", "seconds", "charged", "would_be", "difference", "without_rate"];
const BY_PREFIX: &[&str] = &["prefix", "calls", "seconds", "charged", "would_be", "difference", "without_rate"];

impl Replay {
    pub(crate) fn run(self, context: &Context) -> Result<ExitCode> {
        let time = (self.since, self.until.unwrap_or(context.now));
        let bar = progress("calls priced:", None);
        let replay = context.look(|books| billing::replay(books, &self.name, time, self.by, || bar.inc(1)))?;
        bar.finish_and_clear();
        let mut rows: Vec<_> = replay.by.iter().map(|(key, totals)| (key.as_deref(), totals)).collect();
        rows.push((Some("total"), &replay.total));
        let keys = match self.by {
            ReplayBy::User => BY_USER,
            ReplayBy::Prefix => BY_PREFIX,
        };
        context.render.list(&Rows::of(keys, &rows, |(key, totals)| row(*key, totals)))?;
        Ok(ExitCode::SUCCESS)
    }
}

fn row(key: Option<&str>, totals: &Totals) -> Vec<Value> {
    vec![
        key.into(),
        Value::Number(totals.calls as i64),
        Value::Number(totals.seconds as i64),
        totals.charged.into(),
        totals.would_be.into(),
        totals.difference().into(),
        Value::Number(totals.without_rate as i64),
    ]
}
