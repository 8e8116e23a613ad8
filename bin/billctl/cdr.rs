//! `billctl cdr`

mod export;
mod reconcile;
mod summary;

use std::process::ExitCode;

use anyhow::Result;
use celcombiller::billing::{self, BillingError};
use celcombiller::domain::calendar::Calendar;
use celcombiller::domain::call::CallId;
use celcombiller::domain::numbering::Prefix;
use celcombiller::domain::outcome::Disposition;
use celcombiller::domain::refusal::Refusal;
use celcombiller::domain::routing::TrunkName;
use celcombiller::store::{Books, CallFilter, CallQuery, CallRow, CallState};
use clap::{Args, Subcommand};

use crate::context::Context;
use crate::country;
use crate::render::{Rows, Value};
use crate::span::Span;
use export::Export;
use reconcile::Reconcile;
use summary::Summary;

#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    List(List),
    Show(Show),
    Export(Export),
    Summary(Summary),
    Reconcile(Reconcile),
}

/// List calls that ended, oldest last
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  billctl cdr list --user ana --limit 50
  billctl --format csv cdr list --since 2026-11-01 --until 2026-12-01 --country BR --min-seconds 60")]
pub(crate) struct List {
    #[command(flatten)]
    filter: Filter,
    /// At most so many, the newest
    #[arg(long, value_name = "N")]
    limit: Option<u32>,
}

/// Show one call
#[derive(Debug, Args)]
pub(crate) struct Show {
    call: CallId,
}

/// Which calls.
#[derive(Debug, Args)]
pub(crate) struct Filter {
    /// Paid by one user only
    #[arg(long)]
    user: Option<String>,
    /// To one user only
    #[arg(long, value_name = "USER")]
    callee: Option<String>,
    #[command(flatten)]
    span: Span,
    /// To numbers that begin with these digits
    #[arg(long, value_name = "DIGITS")]
    dialled: Option<Prefix>,
    /// To one country, by its code or a prefix
    #[arg(long, value_name = "CODE|PREFIX", value_parser = country::find)]
    country: Option<&'static celcombiller::domain::country::Country>,
    /// Carried by one trunk
    #[arg(long, value_name = "NAME")]
    trunk: Option<TrunkName>,
    /// That ended so: answered, busy, no-answer, cancel, congestion or failed
    #[arg(long, value_name = "WORD", value_parser = disposition)]
    disposition: Option<Disposition>,
    /// Of at least so many billed seconds
    #[arg(long, value_name = "SECONDS")]
    min_seconds: Option<u32>,
}

/// Reads a disposition as it stands in a CDR, or as it is easier to type.
fn disposition(word: &str) -> Result<Disposition, String> {
    let spelt = word.to_ascii_uppercase().replace(['-', '_'], " ");
    spelt.parse().map_err(|error: celcombiller::domain::words::WordError| error.to_string())
}

impl Filter {
    /// Returns the calendar by which dates are told.
    pub(crate) fn calendar(&self) -> Calendar {
        self.span.calendar()
    }

    /// Finds whom and what it names.
    pub(crate) fn resolve(&self, books: &Books<'_>) -> Result<CallFilter, BillingError> {
        let account = |user: &Option<String>| match user {
            Some(user) => billing::find_user(books, user).map(|found| Some(found.id)),
            None => Ok(None),
        };
        let (since, until) = self.span.instants()?;
        if let Some(trunk) = &self.trunk {
            billing::find_trunk(books, trunk)?;
        }
        Ok(CallFilter {
            account: account(&self.user)?,
            callee: account(&self.callee)?,
            since,
            until,
            dialled: self.dialled.clone(),
            country: self.country,
            trunk: self.trunk.clone(),
            disposition: self.disposition,
            min_seconds: self.min_seconds,
        })
    }
}

pub(crate) const KEYS: &[&str] = &[
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
    "country",
    "trunk",
    "cost",
    "margin",
    "free_seconds",
    "bonus",
];

pub(crate) fn row(call: &CallRow) -> Vec<Value> {
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
        call.country().and_then(|country| country.code).into(),
        Value::text_of(call.trunk.as_ref()),
        ending.and_then(|ending| ending.cost).into(),
        call.margin().into(),
        ending.and_then(|ending| ending.free_seconds).into(),
        ending.and(call.bonus).into(),
    ]
}

impl Verb {
    pub(crate) fn run(self, context: &Context) -> Result<ExitCode> {
        match self {
            Self::List(List { filter, limit }) => {
                let calls = context.look(|books| {
                    let filter = filter.resolve(books)?;
                    let state = Some(CallState::Settled);
                    Ok(books.calls(&CallQuery { filter, state, limit, ..CallQuery::default() })?)
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
            Self::Export(export) => export.run(context)?,
            Self::Summary(summary) => summary.run(context)?,
            Self::Reconcile(reconcile) => return reconcile.run(context),
        }
        Ok(ExitCode::SUCCESS)
    }
}
