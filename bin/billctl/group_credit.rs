//! `billctl group credit`

use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use anyhow::Result;
use celcombiller::billing::{self, CreditRun, Credited};
use celcombiller::domain::calendar::When;
use celcombiller::domain::group::GroupName;
use clap::Args;

use crate::context::Context;
use crate::progress::progress;
use crate::render::{Rows, Value};

/// For how long others have the books to themselves between two transactions: where writers do not queue, they
/// look every few milliseconds whether it is their turn.
const PAUSE: Duration = Duration::from_millis(2);

/// Give members what their groups' dates are worth, once each; for cron
///
/// Everything is given that is due and was not given yet, in the order of dates, to whoever is a member and joined
/// on the date or before it, suspended or not. However often this runs and wherever it is killed, nothing is given
/// twice. With a NAME and without --as-of, the group's next date is given too, before it is due, and not again then.
#[derive(Debug, Args)]
#[command(after_help = "Example, each night in /etc/cron.d/celcombiller:
  5 0 * * * asterisk billctl group credit >/dev/null
By hand, before the date:
  billctl group credit village --dry-run")]
pub(crate) struct Credit {
    /// One group only
    name: Option<GroupName>,
    /// Everything that is due up to a date [default: up to today]
    #[arg(long, value_name = "DATE")]
    as_of: Option<When>,
    /// Tell what would be given
    #[arg(long)]
    dry_run: bool,
}

const KEYS: &[&str] = &["group", "date", "gives", "members", "total"];

fn row(credited: &Credited) -> Vec<Value> {
    vec![
        Value::text(&credited.group),
        Value::text(credited.date),
        Value::text(&credited.gift),
        credited.members.into(),
        credited.total().into(),
    ]
}

impl Credit {
    pub(crate) fn run(self, context: &Context) -> Result<ExitCode> {
        let run = CreditRun { group: self.name, as_of: self.as_of, now: context.now };
        let credited = if self.dry_run {
            context.look(|books| billing::foresee_credit(books, &run))?
        } else {
            let bar = progress("members credited:", None);
            let credited = context.decide(|store| {
                billing::credit_groups(store, &run, context.circumstances(None), |members| {
                    bar.inc(members);
                    thread::sleep(PAUSE);
                })
            })?;
            bar.finish_and_clear();
            credited
        };
        if credited.is_empty() {
            eprintln!("nothing is due");
        }
        context.render.list(&Rows::of(KEYS, &credited, row))?;
        Ok(ExitCode::SUCCESS)
    }
}
