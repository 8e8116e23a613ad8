//! `billctl cdr export`

use std::io::{self, ErrorKind, Write};
use std::path::PathBuf;

use anyhow::Result;
use celcombiller::store::{CallQuery, CallState};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};

use crate::cdr::{self, Filter};
use crate::context::Context;
use crate::new_file::Draft;
use crate::render::{Format, Rows, standard_output};

/// Calls that are read at once: ten megabytes, and a moment in which the log beside the books cannot shrink.
const PAGE: u64 = 10_000;

/// Write calls that ended, however many, newest first: CSV, or with --format json an object a line
///
/// The columns are those of `cdr list`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  billctl cdr export --since 2026-11-01 --until 2026-12-01 --output november.csv
  billctl --format json cdr export --country BR | gzip > brazil.jsonl.gz")]
pub(crate) struct Export {
    #[command(flatten)]
    filter: Filter,
    /// At most so many, the newest
    #[arg(long, value_name = "N")]
    limit: Option<u32>,
    /// A new file, which is there when it is complete [default: standard output]
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

impl Export {
    pub(crate) fn run(self, context: &Context) -> Result<()> {
        let Some(file) = &self.output else {
            return match self.write(context, &mut standard_output()) {
                // A reader that has seen enough is no failure.
                Err(error) if is_broken_pipe(&error) => Ok(()),
                written => written,
            };
        };
        Draft::begin(file, 0o666)?.finish(|out| self.write(context, out))
    }

    /// Reads page by page, each by itself: a slow reader keeps nobody from tidying the books up.
    fn write(&self, context: &Context, out: &mut impl Write) -> Result<()> {
        let mut store = context.open()?;
        let filter = store.read(|books| self.filter.resolve(books))?;
        let mut query = CallQuery { filter, state: Some(CallState::Settled), ..CallQuery::default() };
        let mut left = self.limit.map_or(u64::MAX, u64::from);
        let progress = progress();
        let mut header = true;
        loop {
            let most = left.min(PAGE);
            query.limit = Some(u32::try_from(most)?);
            let calls = store.read(|books| books.calls(&query))?;
            let rows = Rows::of(cdr::KEYS, &calls, cdr::row);
            out.write_all(&match context.render.format() {
                Format::Json => rows.json_lines()?,
                Format::Csv | Format::Table | Format::Prometheus => rows.csv(header)?,
            })?;
            header = false;
            query.after = calls.last().map(|call| call.place);
            let count = u64::try_from(calls.len())?;
            progress.inc(count);
            left -= count;
            if count < most || left == 0 {
                break;
            }
        }
        out.flush()?;
        progress.finish_and_clear();
        Ok(store.close()?)
    }
}

/// Shows on standard error, if that is a terminal, how far it is.
fn progress() -> ProgressBar {
    let style = ProgressStyle::with_template("{spinner} {human_pos} calls in {elapsed}, {per_sec}");
    let bar = ProgressBar::new_spinner();
    match style {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == ErrorKind::BrokenPipe)
}
