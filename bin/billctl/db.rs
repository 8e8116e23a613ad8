//! `billctl db`

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use celcombiller::domain::entry_hash::EntryHash;
use celcombiller::store::{Head, Store};
use clap::{Args, Subcommand};

use crate::context::Context;
use crate::render::{Rows, Value};

#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    Migrate(Migrate),
    Check(Check),
    Info(Info),
    Backup(Backup),
}

/// Bring the database to this program's schema
#[derive(Debug, Args)]
pub(crate) struct Migrate;

/// Prove every invariant of the books from their rows; exits with 1 if one fails
///
/// Prints the head: the newest entry and its hash, which stands for all that was posted so far. Note it where
/// who can write the database cannot.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  billctl db check --head \"$(cat /mnt/elsewhere/celcombiller.head)\"")]
pub(crate) struct Check {
    /// Prove also that nothing was changed up to the entry that has this hash, a head that was noted before
    #[arg(long, value_name = "HASH")]
    head: Option<EntryHash>,
}

/// Show facts about the database
#[derive(Debug, Args)]
pub(crate) struct Info;

/// Write a copy of the books into a new file, while calls go on, and prove every invariant of the copy
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  billctl db backup /var/backups/celcombiller-$(date +%F).db")]
pub(crate) struct Backup {
    file: PathBuf,
}

impl Verb {
    pub(crate) fn run(self, context: &Context) -> Result<ExitCode> {
        match self {
            Self::Migrate(Migrate) => {
                let steps = Store::migrate(&context.access())?;
                let steps = i64::try_from(steps)?;
                context
                    .render
                    .one(&["database", "migrations"], vec![Value::text(context.database().display()), steps.into()])?;
                Ok(ExitCode::SUCCESS)
            }
            Self::Check(Check { head }) => check(context, head),
            Self::Info(Info) => info(context),
            Self::Backup(Backup { file }) => {
                let store = context.open()?;
                store.back_up(&file)?;
                store.close()?;
                context.render.one(&["backup", "checked"], vec![Value::text(file.display()), true.into()])?;
                Ok(ExitCode::SUCCESS)
            }
        }
    }
}

fn check(context: &Context, noted: Option<EntryHash>) -> Result<ExitCode> {
    let audit = context.look(|books| Ok(books.check(noted)?))?;
    let ok = audit.holds();
    let rows = Rows::of(&["name", "ok", "detail"], &audit.checks, |check| {
        let detail = (!check.faults.is_empty()).then(|| check.faults.join("; "));
        vec![check.name.into(), check.faults.is_empty().into(), detail.into()]
    });
    let [entry, head] = head(audit.head);
    context.render.one(&["checks", "ok", "head_entry", "head"], vec![Value::Rows(rows), ok.into(), entry, head])?;
    Ok(if ok { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Returns the newest entry and its hash.
fn head(head: Option<Head>) -> [Value; 2] {
    [head.map(|head| head.entry.0).into(), Value::text_of(head.and_then(|head| head.hash))]
}

fn info(context: &Context) -> Result<ExitCode> {
    let mut store = context.open()?;
    let info = store.info()?;
    store.close()?;
    let [entry, head] = head(info.head);
    context.render.one(
        &["path", "schema", "unit", "bytes", "log_bytes", "journal_mode", "sqlite", "head_entry", "head"],
        vec![
            Value::text(info.path.display()),
            info.schema.into(),
            info.unit.as_str().into(),
            i64::try_from(info.bytes)?.into(),
            i64::try_from(info.log_bytes)?.into(),
            info.journal_mode.into(),
            info.sqlite.into(),
            entry,
            head,
        ],
    )?;
    Ok(ExitCode::SUCCESS)
}
