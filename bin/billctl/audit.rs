//! `billctl audit`

use std::process::ExitCode;

use anyhow::Result;
use celcombiller::domain::time::Timestamp;
use celcombiller::store::{AuditQuery, AuditRow};
use clap::{Args, Subcommand};

use crate::context::Context;
use crate::render::{Rows, Value};

#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    List(List),
}

/// List who changed what with billctl, the oldest first; --actor NAME lists only what NAME did
///
/// Each row was written by the transaction that it tells of: what was not done left none.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  billctl audit list --verb tariff --since 2026-11-01
  billctl --format json audit list --actor ana --subject bob")]
pub(crate) struct List {
    /// From then on
    #[arg(long, value_name = "TIME")]
    since: Option<Timestamp>,
    /// Before then
    #[arg(long, value_name = "TIME")]
    until: Option<Timestamp>,
    /// Done to whom or what, such as a username
    #[arg(long, value_name = "NAME")]
    subject: Option<String>,
    /// One verb, such as tariff.add, or all of a noun, such as tariff
    #[arg(long, value_name = "VERB")]
    verb: Option<String>,
    /// At most so many, the newest
    #[arg(long, value_name = "N")]
    limit: Option<u32>,
}

const KEYS: &[&str] = &["id", "time", "actor", "verb", "subject", "change"];

fn row(row: &AuditRow) -> Vec<Value> {
    let deed = &row.deed;
    vec![
        row.id.into(),
        deed.time.into(),
        deed.actor.as_str().into(),
        deed.verb.as_str().into(),
        deed.subject.clone().into(),
        deed.change.as_str().into(),
    ]
}

impl Verb {
    pub(crate) fn run(self, context: &Context) -> Result<ExitCode> {
        let Self::List(List { since, until, subject, verb, limit }) = self;
        let actor = context.named_actor().map(str::to_owned);
        let query = AuditQuery { since, until, actor, subject, verb, limit };
        let rows = context.look(|books| Ok(books.deeds(&query)?))?;
        context.render.list(&Rows::of(KEYS, &rows, row))?;
        Ok(ExitCode::SUCCESS)
    }
}
