//! `billctl db`

mod torture;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use celcombiller::billing::{self, Restoration, Restored};
use celcombiller::domain::entry_hash::EntryHash;
use celcombiller::store::{Head, Proof, Store};
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
    Torture(torture::Scenario),
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
const PROOF: [&str; 8] = ["checked", "checks", "head_entry", "head", "last_entry", "calls", "users", "balances"];

fn proven(proof: &Proof) -> [Value; 8] {
    let Proof { checks, head: newest, last_entry, calls, users, balances } = proof.clone();
    let [entry, head] = head(newest);
    [true.into(), checks.into(), entry, head, last_entry.into(), calls.into(), users.into(), balances.into()]
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
            PROOF[7],
            "lost_entries",
            "lost_calls",
            "lost_accounts",
            "replaced",
        ];
        let terms = Restoration { force: self.force, dry_run: self.dry_run, at: context.now };
        let Restored { proof, lacking, replaced } =
            billing::restore(&context.access(), &self.file, terms, context.deed())?;
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
                if steps > 0 {
                    context.note()?;
                }
                let steps = i64::try_from(steps)?;
                context
                    .render
                    .one(&["database", "migrations"], vec![Value::text(context.database().display()), steps.into()])?;
                Ok(ExitCode::SUCCESS)
            }
            Self::Check(Check { head }) => check(context, head),
            Self::Info(Info) => info(context),
            Self::Backup(Backup { file }) => {
                const KEYS: &[&str] =
                    &["backup", PROOF[0], PROOF[1], PROOF[2], PROOF[3], PROOF[4], PROOF[5], PROOF[6], PROOF[7]];
                let mut store = context.open()?;
                let proof = store.back_up(&file)?;
                let noted = store.write(|books| books.note_backup(context.now)).and_then(|()| store.close());
                if let Err(error) = noted {
                    eprintln!("the copy is sound and on the disk, but stats will not tell of it: {error}");
                }
                let mut row = vec![Value::text(file.display())];
                row.extend(proven(&proof));
                context.render.one(KEYS, row)?;
                Ok(ExitCode::SUCCESS)
            }
            Self::Torture(scenario) => scenario.run(context),
            Self::Restore(restore) => {
                restore.run(context)?;
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
