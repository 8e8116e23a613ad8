//! `billctl import celcombiller`

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use celcombiller::billing::{self, Remark};
use celcombiller::domain::refusal::Refusal;
use celcombiller::store::{StoreError, read_old_celcombiller};
use clap::Args;

use super::{History, Source};
use crate::context::Context;
use crate::render::Value;

/// Take the users of an old celcombiller in, with balances and groups, from its SQLite file
///
/// All three kinds of file are read: that with a balance column, that with a balance table, and that with plans.
/// Who came before is left as they are, so it can be repeated. Passwords were not hashed there and are not taken.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  billctl import celcombiller /tmp/alph.db --dry-run")]
pub(crate) struct Import {
    file: PathBuf,
    /// Tell what would come of it
    #[arg(long)]
    dry_run: bool,
}

impl Import {
    pub(super) fn run(self, context: &Context) -> Result<ExitCode> {
        let unit = context.look(|books| Ok(books.unit()?))?;
        if !unit.is_seconds() {
            let fact = format!("balances of celcombiller are seconds, and these books count {}", unit.as_str());
            return Err(Refusal::new(fact).hint("billctl --db OTHER.db init --unit seconds").into());
        }
        let old = read_old_celcombiller(&self.file, context.now).map_err(|error| match error {
            StoreError::Foreign(file) => {
                Refusal::new(format!("{} is no database of an old celcombiller", file.display())).into()
            }
            StoreError::Missing(file) => Refusal::new(format!("no file {}", file.display())).into(),
            error => anyhow::Error::from(error),
        })?;
        let (arrivals, on_the_way) = billing::arrivals_of_celcombiller(&old.users);
        let mut remarks: Vec<_> = old.remarks.into_iter().map(|(row, fact)| Remark { row, fact }).collect();
        remarks.extend(on_the_way);
        let history = vec![History { kind: "seconds of calls", rows: old.calls, sum: Value::Number(old.call_seconds) }];
        let source = Source { file: &self.file, arrivals, total: old.total, remarks, history };
        source.take_in(context, "balance in the old celcombiller", self.dry_run, |_, _| Ok(Vec::new()))
    }
}
