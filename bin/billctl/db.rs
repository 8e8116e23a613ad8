//! `billctl db`

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use celcombiller::billing::{self, Restoration, Restored};
use celcombiller::store::{Proof, Store};
use clap::{Args, Subcommand};

use crate::context::Context;
use crate::render::{Rows, Value};

#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    Migrate(Migrate),
    Check(Check),
    Info(Info),
    Backup(Backup),
    Restore(Restore),
}

/// Bring the database to this program's schema
#[derive(Debug, Args)]
pub(crate) struct Migrate;

/// Prove every invariant of the books from their rows; exits with 1 if one fails
#[derive(Debug, Args)]
pub(crate) struct Check;

/// Show facts about the database
#[derive(Debug, Args)]
pub(crate) struct Info;

/// Write a copy of the books into a new file, while calls go on, and prove every invariant of the copy
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  billctl db backup /var/backups/celcombiller-$(date +%F).db")]
pub(crate) struct Backup {
    file: PathBuf,
}

/// Put a copy in the place of the books, all of it or nothing, while calls go on
///
/// The copy is proven first, and brought to this program's schema. It is refused if it is of other books, or if it
/// lacks anything that the books have. The books that it replaces are kept beside it, named with the time.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  billctl db restore /var/backups/celcombiller-2026-11-21.db --dry-run
  billctl db restore /var/backups/celcombiller-2026-11-21.db --force")]
pub(crate) struct Restore {
    file: PathBuf,
    /// Also where the books have what the copy lacks, or cannot be read
    #[arg(long)]
    force: bool,
    /// Prove the copy and tell what would be lost
    #[arg(long)]
    dry_run: bool,
}

/// What a copy was proven to be.
const PROOF: [&str; 7] = ["checked", "checks", "entries", "last_entry", "calls", "users", "balances"];

fn proven(proof: &Proof) -> [Value; 7] {
    let Proof { checks, entries, last_entry, calls, users, balances } = proof.clone();
    [true.into(), checks.into(), entries.into(), last_entry.into(), calls.into(), users.into(), balances.into()]
}

impl Restore {
    fn run(&self, context: &Context) -> Result<()> {
        const KEYS: &[&str] = &[
            "restored",
            PROOF[0],
            PROOF[1],
            PROOF[2],
            PROOF[3],
            PROOF[4],
            PROOF[5],
            PROOF[6],
            "lost_entries",
            "lost_calls",
            "lost_accounts",
            "replaced",
        ];
        let terms = Restoration { force: self.force, dry_run: self.dry_run, at: context.now };
        let Restored { proof, lacking, replaced } = billing::restore(&context.access(), &self.file, terms)?;
        let mut row = vec![Value::text(self.file.display())];
        row.extend(proven(&proof));
        row.extend([
            lacking.map(|lost| lost.entries).into(),
            lacking.map(|lost| lost.calls).into(),
            lacking.map(|lost| lost.accounts).into(),
            Value::text_of(replaced.as_ref().map(|path| path.display())),
        ]);
        context.render.one(KEYS, row)
    }
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
            Self::Check(Check) => check(context),
            Self::Info(Info) => info(context),
            Self::Backup(Backup { file }) => {
                const KEYS: &[&str] = &["backup", PROOF[0], PROOF[1], PROOF[2], PROOF[3], PROOF[4], PROOF[5], PROOF[6]];
                let mut store = context.open()?;
                let proof = store.back_up(&file)?;
                store.write(|books| books.note_backup(context.now))?;
                store.close()?;
                let mut row = vec![Value::text(file.display())];
                row.extend(proven(&proof));
                context.render.one(KEYS, row)?;
                Ok(ExitCode::SUCCESS)
            }
            Self::Restore(restore) => {
                restore.run(context)?;
                Ok(ExitCode::SUCCESS)
            }
        }
    }
}

fn check(context: &Context) -> Result<ExitCode> {
    let checks = context.look(|books| Ok(books.check()?))?;
    let ok = checks.iter().all(|check| check.faults.is_empty());
    let rows = Rows::of(&["name", "ok", "detail"], &checks, |check| {
        let detail = (!check.faults.is_empty()).then(|| check.faults.join("; "));
        vec![check.name.into(), check.faults.is_empty().into(), detail.into()]
    });
    context.render.one(&["checks", "ok"], vec![Value::Rows(rows), ok.into()])?;
    Ok(if ok { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn info(context: &Context) -> Result<ExitCode> {
    let mut store = context.open()?;
    let info = store.info()?;
    store.close()?;
    context.render.one(
        &["path", "schema", "unit", "bytes", "log_bytes", "journal_mode", "sqlite"],
        vec![
            Value::text(info.path.display()),
            info.schema.into(),
            info.unit.as_str().into(),
            i64::try_from(info.bytes)?.into(),
            i64::try_from(info.log_bytes)?.into(),
            info.journal_mode.into(),
            info.sqlite.into(),
        ],
    )?;
    Ok(ExitCode::SUCCESS)
}
