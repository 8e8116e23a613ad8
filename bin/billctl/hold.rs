//! `billctl hold`

use std::process::ExitCode;

use anyhow::Result;
use celcombiller::billing;
use celcombiller::domain::call::CallId;
use celcombiller::domain::time::Timestamp;
use celcombiller::store::spool::Spool;
use celcombiller::store::{CallQuery, CallRow, CallState};
use clap::{Args, Subcommand};

use crate::context::Context;
use crate::render::{Rows, Value};

#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    List(List),
    Release(Release),
    Expire(Expire),
}

/// List the funds that calls in progress hold
#[derive(Debug, Args)]
pub(crate) struct List {
    /// With those that were closed
    #[arg(long)]
    all: bool,
}

/// Give one hold back by hand, without a charge
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  billctl hold release '1763690000.12#1' --note 'Asterisk was restarted'")]
pub(crate) struct Release {
    call: CallId,
    /// Why
    #[arg(long)]
    note: String,
}

/// Post the ends of calls that were kept beside the database, then give back the holds that nobody can
/// still be talking on; for cron
#[derive(Debug, Args)]
#[command(
    after_help = "Example, every five minutes in /etc/cron.d/celcombiller:\n  */5 * * * * asterisk billctl hold expire >/dev/null"
)]
pub(crate) struct Expire {
    /// As if it were another time
    #[arg(long, value_name = "TIME")]
    as_of: Option<Timestamp>,
    /// Tell what would be given back
    #[arg(long)]
    dry_run: bool,
}

const KEYS: &[&str] = &["call", "username", "amount", "seconds", "state", "placed", "expires", "note"];

fn row(call: &CallRow) -> Vec<Value> {
    vec![
        Value::text(&call.call),
        Value::text(&call.username),
        call.amount.into(),
        call.seconds.seconds().into(),
        Value::text(call.state),
        call.placed.into(),
        call.expires.into(),
        call.note.clone().into(),
    ]
}

impl Verb {
    pub(crate) fn run(self, context: &Context) -> Result<ExitCode> {
        match self {
            Self::List(List { all }) => {
                let state = (!all).then_some(CallState::Open);
                let calls = context.look(|books| Ok(books.calls(&CallQuery { state, ..CallQuery::default() })?))?;
                context.render.list(&Rows::of(KEYS, &calls, row))?;
            }
            Self::Release(Release { call, note }) => {
                context.decide(|store| billing::release(store, &call, &note))?;
                let query = CallQuery { call: Some(call), ..CallQuery::default() };
                let calls = context.look(|books| Ok(books.calls(&query)?))?;
                context.render.list(&Rows::of(KEYS, &calls, row))?;
            }
            Self::Expire(expire) => return expire.run(context),
        }
        Ok(ExitCode::SUCCESS)
    }
}

impl Expire {
    /// Exits with 1 when something was kept that could not be posted: cron then mails it.
    fn run(&self, context: &Context) -> Result<ExitCode> {
        let spool = Spool::beside(context.database());
        let stay = if self.dry_run {
            for waiting in spool.waiting()? {
                eprintln!("would post {}", waiting.path.display());
            }
            Vec::new()
        } else {
            let (posted, stay) = billing::post_waiting(&spool, || context.open())?;
            for call in posted {
                eprintln!("posted the end of call {call}, which had been kept");
            }
            spool.set_ballast_aside()?;
            stay
        };
        let as_of = self.as_of.unwrap_or(context.now);
        let calls = context.decide(|store| Ok(billing::expire(store, as_of, self.dry_run)?))?;
        context.render.list(&Rows::of(KEYS, &calls, row))?;
        for reason in &stay {
            eprintln!("kept: {reason}");
        }
        Ok(if stay.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}
