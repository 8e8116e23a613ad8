//! `billctl call list`, `cancel` and `history`

use anyhow::Result;
use celcombiller::pbx::record::{Record, State};
use celcombiller::pbx::spool::SpoolError;
use celcombiller::pbx::value::FileName;
use clap::Args;

use crate::call::{Where, call_name};
use crate::context::Context;
use crate::render::{Rows, Value};

/// List the calls that wait for their time or for another attempt, and those that are being made, the next first
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  billctl --format json call list")]
pub(crate) struct List {
    #[command(flatten)]
    spool: Where,
}

/// Take calls back before they are made
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  billctl call cancel wake-up-2026-11-22")]
pub(crate) struct Cancel {
    /// The names that `call list` shows, or the IDs they were spooled with
    #[arg(required = true, value_name = "NAME")]
    names: Vec<FileName>,
    #[command(flatten)]
    spool: Where,
}

/// List how the calls ended that were spooled with --archive, the newest last
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  billctl --format csv call history --limit 100")]
pub(crate) struct History {
    /// At most so many, the newest
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    #[command(flatten)]
    spool: Where,
}

const KEYS: &[&str] = &["name", "state", "time", "attempts", "channel", "action", "account"];
pub(crate) const HISTORY_KEYS: &[&str] = &["name", "state", "ended", "attempts", "channel", "action", "account"];

pub(crate) fn row(record: &Record) -> Vec<Value> {
    vec![
        record.name().into(),
        Value::text(record.state),
        // Of a call that is being made, Asterisk keeps no time that tells anything.
        (record.state != State::Calling).then_some(record.time).into(),
        record.attempts.into(),
        record.channel.as_str().into(),
        record.action.as_str().into(),
        record.account.clone().into(),
    ]
}

impl List {
    pub(crate) fn run(&self, context: &Context) -> Result<()> {
        let waiting = self.spool.spool(context).waiting(context.now)?;
        context.render.list(&Rows::of(KEYS, &waiting, row))
    }
}

impl Cancel {
    pub(crate) fn run(&self, context: &Context) -> Result<()> {
        context.note()?;
        let spool = self.spool.spool(context);
        let take_back = |name: &FileName| match spool.take_back(name, context.now) {
            Err(missing @ SpoolError::Missing(_)) => {
                call_name(name.as_str()).map_or(Err(missing), |name| spool.take_back(&name, context.now))
            }
            taken => taken,
        };
        let taken = self.names.iter().map(take_back).collect::<Result<Vec<_>, _>>()?;
        context.render.list(&Rows::of(KEYS, &taken, row))
    }
}

impl History {
    pub(crate) fn run(&self, context: &Context) -> Result<()> {
        let ended = self.spool.spool(context).ended(context.now)?;
        let newest = self.limit.map_or(0, |limit| ended.len().saturating_sub(limit));
        context.render.list(&Rows::of(HISTORY_KEYS, &ended[newest..], row))
    }
}
