//! `billctl hold`

use std::collections::HashSet;
use std::process::ExitCode;

use anyhow::Result;
use celcombiller::billing::{self, Evidence};
use celcombiller::dialogue::decisions;
use celcombiller::domain::calendar::Calendar;
use celcombiller::domain::call::{CallId, UniqueId};
use celcombiller::domain::refusal::Refusal;
use celcombiller::domain::time::Timestamp;
use celcombiller::domain::unreported::Unreported;
use celcombiller::host;
use celcombiller::store::spool::Spool;
use celcombiller::store::{CallQuery, CallRow, CallState, SeenRecord};
use clap::{Args, Subcommand};

use crate::asterisk_cdr::each_record;
use crate::context::Context;
use crate::failure::tell;
use crate::render::{Rows, Value};
use crate::span::calendar;

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
///
/// With [holds] unreported = "charge" they are charged what Asterisk's records say, and given back where those say
/// nothing; with "keep" they are listed and stay.
#[derive(Debug, Args)]
#[command(
    after_help = "Example, every five minutes in /etc/cron.d/celcombiller:\n  */5 * * * * asterisk billctl hold expire >/dev/null"
)]
pub(crate) struct Expire {
    /// As if it were another time
    #[arg(long, value_name = "TIME")]
    as_of: Option<Timestamp>,
    /// Asterisk's records, which [holds] unreported = "charge" goes by; - is standard input
    #[arg(long, value_name = "FILE")]
    cdr: Option<String>,
    /// Where their times are told; UTC where cdr.conf says usegmtime=yes [default: where this machine is]
    #[arg(long, value_name = "ZONE", value_parser = calendar)]
    zone: Option<Calendar>,
    /// Their table in a SQLite file
    #[arg(long, value_name = "NAME", default_value = "cdr")]
    table: String,
    /// Tell what would be given back or charged
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
    /// Exits with 1 when something was kept that could not be posted, or for review: cron then mails it.
    fn run(&self, context: &Context) -> Result<ExitCode> {
        let mut stay = Vec::new();
        if self.dry_run {
            for waiting in context.waiting()? {
                tell(format!("would post {}", waiting.path.display()));
            }
        } else {
            for spool in context.spools() {
                let (posted, left) = billing::post_waiting(&spool, || context.open())?;
                decisions::write_settled(&context.config.log.decisions, context.now, &posted);
                for (call, _) in posted {
                    eprintln!("posted the end of call {call}, which had been kept");
                }
                stay.extend(left);
            }
        }
        let calls = self.close(context)?;
        context.render.list(&Rows::of(KEYS, &calls, row))?;
        let kept = match context.config.holds.unreported {
            Unreported::Release => 0,
            Unreported::Charge | Unreported::Keep => calls.iter().filter(|call| call.state == CallState::Open).count(),
        };
        if kept > 0 {
            eprintln!("{kept} overdue holds are kept for review: billctl cdr reconcile, or billctl hold release");
        }
        for reason in &stay {
            tell(format!("kept: {reason}"));
        }
        if !self.dry_run {
            // Last, because no hold waits for it.
            Spool::beside(context.database()).set_ballast_aside()?;
        }
        Ok(if stay.is_empty() && kept == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    /// Closes the overdue holds as the configuration says.
    fn close(&self, context: &Context) -> Result<Vec<CallRow>> {
        let as_of = self.as_of.unwrap_or(context.now);
        match (context.config.holds.unreported, &self.cdr) {
            (Unreported::Release, _) => context.decide(|store| Ok(billing::expire(store, as_of, self.dry_run)?)),
            (Unreported::Keep, _) => context.decide(|store| Ok(billing::expire(store, as_of, true)?)),
            (Unreported::Charge, None) => {
                let refusal = Refusal::new("[holds] unreported is \"charge\", and no records of Asterisk are named");
                Err(refusal.hint("billctl hold expire --cdr /var/log/asterisk/cdr-csv/Master.csv").into())
            }
            (Unreported::Charge, Some(file)) => {
                let overdue = context.decide(|store| Ok(billing::expire(store, as_of, true)?))?;
                let mut evidence = Evidence::default();
                if overdue.is_empty() {
                    return Ok(overdue);
                }
                let channels: HashSet<UniqueId> = overdue.into_iter().map(|held| held.call.uniqueid).collect();
                let calendar = self.zone.clone().unwrap_or_else(host::local_calendar);
                each_record(file, &self.table, &calendar, |_, cdr| {
                    let from = evidence.covers_from.map_or(cdr.started, |from| from.min(cdr.started));
                    evidence.covers_from = Some(from);
                    if channels.contains(&cdr.uniqueid) {
                        let record = SeenRecord::from(&cdr);
                        evidence.records.entry(cdr.uniqueid).or_default().push(record);
                    }
                    Ok(())
                })?;
                context.decide(|store| Ok(billing::charge_overdue(store, as_of, &evidence, self.dry_run)?))
            }
        }
    }
}
