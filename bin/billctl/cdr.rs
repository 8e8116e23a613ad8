//! `billctl cdr`

use std::process::ExitCode;

use anyhow::Result;
use celcombiller::billing;
use celcombiller::domain::call::CallId;
use celcombiller::domain::refusal::Refusal;
use celcombiller::domain::time::Timestamp;
use celcombiller::store::{CallQuery, CallRow, CallState};
use clap::{Args, Subcommand};

use crate::context::Context;
use crate::render::{Rows, Value};

#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    List(List),
    Show(Show),
}

/// List calls that ended, oldest last
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  billctl --format csv cdr list --user ana --since 2026-11-01")]
pub(crate) struct List {
    /// Paid by one user only
    #[arg(long)]
    user: Option<String>,
    /// From a date or time on
    #[arg(long, value_name = "TIME")]
    since: Option<Timestamp>,
    /// Before a date or time
    #[arg(long, value_name = "TIME")]
    until: Option<Timestamp>,
    /// At most so many, the newest
    #[arg(long, value_name = "N")]
    limit: Option<u32>,
}

/// Show one call
#[derive(Debug, Args)]
pub(crate) struct Show {
    call: CallId,
}

const KEYS: &[&str] = &[
    "call",
    "username",
    "clid",
    "dialled",
    "callee",
    "started",
    "answered",
    "ended",
    "disposition",
    "billsec",
    "granted",
    "overrun",
    "tariff",
    "prefix",
    "charge",
    "unpaid",
    "trunk",
    "cost",
];

fn row(call: &CallRow) -> Vec<Value> {
    let ending = call.ending;
    vec![
        Value::text(&call.call),
        Value::text(&call.username),
        call.clid.as_str().into(),
        Value::text(&call.dialled),
        Value::text_of(call.callee.as_ref()),
        call.placed.into(),
        ending.and_then(|ending| ending.answered).into(),
        ending.map(|ending| ending.ended).into(),
        Value::text_of(ending.map(|ending| ending.disposition)),
        ending.map(|ending| ending.billsec).into(),
        call.seconds.seconds().into(),
        ending.map(|ending| ending.overrun).into(),
        call.tariff.as_str().into(),
        Value::text(&call.prefix),
        ending.map(|ending| ending.charge).into(),
        ending.map(|ending| ending.unpaid).into(),
        Value::text_of(call.trunk.as_ref()),
        ending.and_then(|ending| ending.cost).into(),
    ]
}

impl Verb {
    pub(crate) fn run(self, context: &Context) -> Result<ExitCode> {
        match self {
            Self::List(list) => {
                let calls = context.look(|books| {
                    let account = list.user.as_deref().map(|user| billing::find_user(books, user)).transpose()?;
                    Ok(books.calls(&CallQuery {
                        account: account.map(|account| account.id),
                        state: Some(CallState::Settled),
                        since: list.since,
                        until: list.until,
                        limit: list.limit,
                        ..CallQuery::default()
                    })?)
                })?;
                context.render.list(&Rows::of(KEYS, &calls, row))?;
            }
            Self::Show(Show { call }) => {
                let query = CallQuery { call: Some(call.clone()), ..CallQuery::default() };
                let found = context.look(|books| Ok(books.calls(&query)?))?;
                let Some(found) = found.first() else {
                    return Err(Refusal::new(format!("no call {call}")).hint("billctl cdr list").into());
                };
                context.render.one(KEYS, row(found))?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}
