//! `billctl import`: users, balances and prices from the systems that were there before.

mod a2billing;
mod call_plan;
mod dump;
mod old_celcombiller;

use std::path::Path;
use std::process::ExitCode;

use anyhow::Result;
use celcombiller::billing::{self, Arrival, Arrived, Circumstances, Remark};
use celcombiller::domain::money::Money;
use celcombiller::store::Books;
use clap::Subcommand;

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
    /// What its history adds up to, which stays there.
    history: Vec<History>,
}

/// How much of one kind the other system's history has.
struct History {
    kind: &'static str,
    rows: i64,
    sum: Value,
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
const HISTORY_KEYS: &[&str] = &["left_there", "rows", "sum"];
const REMARK_KEYS: &[&str] = &["row", "remark"];

impl Source<'_> {
    /// Takes all of it in, in one transaction, and reports it; a dry run takes it back. `first` does what must
    /// be there before the users.
    fn take_in(
        self,
        context: &Context,
        note: &str,
        dry_run: bool,
        first: impl Fn(&Books<'_>, Circumstances<'_>) -> Result<Vec<Remark>, billing::BillingError>,
    ) -> Result<ExitCode> {
        let bar = progress("users", u64::try_from(self.arrivals.len()).ok());
        let circumstances = context.circumstances(Some(note));
        let act = |books: &Books<'_>| -> Result<Arrived, billing::BillingError> {
            let remarks = first(books, circumstances)?;
            let mut arrived = billing::take_in(books, &self.arrivals, self.total, circumstances, || bar.inc(1))?;
            arrived.remarks.splice(..0, remarks);
            Ok(arrived)
        };
        let arrived =
            context.decide(|store| store.write(|books| if dry_run { books.rehearse(act) } else { act(books) }))?;
        bar.finish_and_clear();
        let remarks = [self.remarks, arrived.remarks].concat();
        let history = Rows::of(HISTORY_KEYS, &self.history, |of| vec![of.kind.into(), of.rows.into(), of.sum.clone()]);
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
