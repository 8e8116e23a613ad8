//! `billctl call prune`

use anyhow::Result;
use clap::Args;

use crate::call::Where;
use crate::call::list::{HISTORY_KEYS, row};
use crate::context::Context;
use crate::render::Rows;

/// Forget calls that were spooled once only and are over: whoever spools their id again calls again
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  billctl call prune --days 400 --dry-run")]
pub(crate) struct Prune {
    /// Those that have been over for so many days
    #[arg(long, value_name = "N")]
    days: u16,
    /// Only print what would be forgotten
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    spool: Where,
}

const DAY: u64 = 86_400_000;

impl Prune {
    pub(crate) fn run(&self, context: &Context) -> Result<()> {
        let before = context.now.minus_millis(u64::from(self.days) * DAY);
        if !self.dry_run {
            context.note()?;
        }
        let forgotten = self.spool.spool(context).forget(before, context.now, self.dry_run)?;
        context.render.list(&Rows::of(HISTORY_KEYS, &forgotten, row))
    }
}
