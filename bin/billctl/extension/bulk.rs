//! `billctl extension import` and `export`

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;

use anyhow::{Context as _, Result};
use celcombiller::billing::{self, Entry};
use celcombiller::domain::extension::Extension;
use celcombiller::domain::refusal::Refusal;
use clap::Args;

use super::change::Set;
use super::{Fresh, KEYS, SECRET_KEYS, row, row_with_secrets};
use crate::context::Context;
use crate::csv_file::CsvFile;
use crate::render::Value;

/// Add and change extensions from a CSV table, all of them or none
///
/// Its columns are those of `export`, in any order; `extension` and `user` are enough. Where nothing stands, an
/// extension that is there stays as it is, and a new one has what `add` gives it, also its number and secret.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  billctl extension import phones.csv --dry-run")]
pub(crate) struct Import {
    /// The table, or - for standard input
    file: PathBuf,
    /// Tell what would be done
    #[arg(long)]
    dry_run: bool,
}

/// Write all extensions as CSV, or as JSON with --format json
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  billctl extension export --secrets > phones.csv")]
pub(crate) struct Export {
    /// With their secrets and PINs
    #[arg(long)]
    secrets: bool,
}

impl Import {
    pub(super) fn run(self, context: &Context) -> Result<()> {
        let name = self.file.display().to_string();
        let source: Box<dyn BufRead> = match name.as_str() {
            "-" => Box::new(std::io::stdin().lock()),
            _ => Box::new(BufReader::new(File::open(&self.file).with_context(|| format!("cannot read {name}"))?)),
        };
        let mut file = CsvFile::open(source, &name)?;
        file.name_columns(|column| Set::COLUMNS.iter().copied().find(|known| *known == column))?;
        let mut entries = Vec::new();
        while let Some(row) = file.next_row().with_context(|| format!("reading {name}"))? {
            let refused = |line: u64, fact: String| Refusal::new(format!("{name} line {line}: {fact}"));
            let row = row.map_err(|fault| refused(fault.line, fault.fact))?;
            let number = row.value("extension").map_err(|fact| refused(row.line, fact))?;
            let set = Set::of(row).map_err(|fact| refused(row.line, fact))?;
            let (fresh, user) = (Fresh::draw()?, set.user());
            let secret = fresh.secret.clone();
            entries.push(Entry {
                number,
                user,
                secret,
                change: move |extension: &mut Extension| set.apply(extension, &fresh),
            });
        }
        let numbering = context.numbering(context.config.extensions.first());
        let imported = context.decide(|store| billing::import_extensions(store, entries, numbering, self.dry_run))?;
        let new = imported.iter().filter(|(_, new)| *new).count();
        let count = |many: usize| Value::Number(i64::try_from(many).unwrap_or(i64::MAX));
        context
            .render
            .one(&["added", "changed", "dry_run"], vec![count(new), count(imported.len() - new), self.dry_run.into()])
    }
}

impl Export {
    pub(super) fn run(self, context: &Context) -> Result<()> {
        let extensions = context.look(|books| Ok(books.extensions()?))?;
        let (keys, row): (_, fn(&Extension) -> Vec<Value>) =
            if self.secrets { (SECRET_KEYS, row_with_secrets) } else { (KEYS, row) };
        context.render.stream(keys, |write| extensions.iter().try_for_each(|extension| write(row(extension))))
    }
}
