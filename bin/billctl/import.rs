//! `billctl import`: users, balances and prices from the systems that were there before.

mod a2billing;
mod call_plan;
mod dump;
mod old_celcombiller;

use std::collections::HashSet;
use std::path::Path;
use std::process::ExitCode;

use anyhow::Result;
use celcombiller::billing::{self, Arrival, Arrived, Circumstances, PastTaken, Remark};
use celcombiller::domain::money::Money;
use celcombiller::store::{Books, Past};
use clap::Subcommand;
use rust_decimal::Decimal;

use crate::context::Context;
use crate::progress::progress;
use crate::render::{Rows, Value};

#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    Celcombiller(old_celcombiller::Import),
    A2billing(a2billing::Import),
}

impl Verb {
    pub(crate) fn run(self, context: &Context) -> Result<ExitCode> {
        match self {
            Self::Celcombiller(import) => import.run(context),
            Self::A2billing(import) => import.run(context),
        }
    }
}

/// What a file of another system has.
struct Source<'a> {
    file: &'a Path,
    arrivals: Vec<Arrival>,
    /// The sum of its balances.
    total: Money,
    /// What of it stays there, and what changed on the way.
    remarks: Vec<Remark>,
    /// What happened to its accounts, as far as it is to be taken.
    past: Past,
    /// What its history adds up to.
    history: Vec<History>,
}

/// How much of one kind the other system's history has, and how much of it was taken.
struct History {
    kind: &'static str,
    rows: i64,
    sum: Decimal,
    taken: fn(&PastTaken) -> (u32, Decimal),
}

const KEYS: &[&str] = &[
    "file",
    "dry_run",
    "added",
    "before",
    "left_out",
    "balance_there",
    "balance_here",
    "balance_left_out",
    "history",
    "remarks",
];
const HISTORY_KEYS: &[&str] = &["kind", "rows", "sum", "taken", "taken_sum"];
const REMARK_KEYS: &[&str] = &["row", "remark"];

impl Source<'_> {
    /// Takes all of it in, in one transaction, and reports it; a dry run takes it back. `first` does what must
    /// be there before the users.
    fn take_in(
        mut self,
        context: &Context,
        note: &str,
        dry_run: bool,
        first: impl Fn(&Books<'_>, Circumstances<'_>) -> Result<Vec<Remark>, billing::BillingError>,
    ) -> Result<ExitCode> {
        let keys: HashSet<_> = self.arrivals.iter().map(|arrival| arrival.key.as_str()).collect();
        let (came, lost): (Vec<_>, Vec<_>) =
            self.past.sort()?.into_iter().partition(|(key, _)| keys.contains(key.as_str()));
        let events = |of: &[(String, u32)]| of.iter().map(|(_, events)| u64::from(*events)).sum::<u64>();
        if !lost.is_empty() {
            let fact = format!("{} refills and calls are of {} who are not there", events(&lost), lost.len());
            self.remarks.push(Remark { row: "history".to_owned(), fact });
        }
        let bar = progress("taking in", u64::try_from(self.arrivals.len()).ok().map(|users| users + events(&came)));
        let circumstances = context.circumstances(Some(note));
        let act = |books: &Books<'_>| -> Result<Arrived, billing::BillingError> {
            let remarks = first(books, circumstances)?;
            let mut arrived =
                billing::take_in(books, &self.arrivals, &self.past, self.total, circumstances, || bar.inc(1))?;
            arrived.remarks.splice(..0, remarks);
            Ok(arrived)
        };
        let arrived =
            context.decide(|store| store.write(|books| if dry_run { books.rehearse(act) } else { act(books) }))?;
        bar.finish_and_clear();
        let remarks = [self.remarks, arrived.remarks].concat();
        let history = Rows::of(HISTORY_KEYS, &self.history, |of| {
            let (taken, taken_sum) = (of.taken)(&arrived.past);
            vec![of.kind.into(), of.rows.into(), of.sum.normalize().into(), taken.into(), taken_sum.normalize().into()]
        });
        context.render.one(
            KEYS,
            vec![
                Value::text(self.file.display()),
                dry_run.into(),
                arrived.added.into(),
                arrived.before.into(),
                arrived.left.into(),
                self.total.into(),
                arrived.balance.into(),
                arrived.left_balance.into(),
                Value::Rows(history),
                Value::Rows(Rows::of(REMARK_KEYS, &remarks, |remark| {
                    vec![Value::text(&remark.row), Value::text(&remark.fact)]
                })),
            ],
        )?;
        Ok(ExitCode::SUCCESS)
    }
}
