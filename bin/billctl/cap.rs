//! `billctl cap`

use std::process::ExitCode;

use anyhow::Result;
use celcombiller::billing::{self, CapOwner, CapReport};
use celcombiller::domain::caps::Caps;
use celcombiller::domain::group::GroupName;
use clap::{Args, Subcommand};

use crate::context::Context;
use crate::render::Value;

#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    Set(Box<Set>),
    Show(Show),
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct Owner {
    /// Of a user
    #[arg(long)]
    user: Option<String>,
    /// Of all members of a group together
    #[arg(long)]
    group: Option<GroupName>,
}

impl Owner {
    fn owner(self) -> CapOwner {
        match (self.user, self.group) {
            (_, Some(group)) => CapOwner::Group(group),
            (user, None) => CapOwner::User(user.unwrap_or_default()),
        }
    }
}

/// Set caps, or lift them with none; what is not named stays
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  billctl cap set --user ana --day-spend 5 --price 0.50 --blocked 900,901
  billctl cap set --group village --calls 4 --month-minutes 3000 --day-spend none")]
pub(crate) struct Set {
    #[command(flatten)]
    owner: Owner,
    /// Calls at once
    #[arg(long, value_name = "N|none")]
    calls: Option<String>,
    /// What may be spent on calls in a day
    #[arg(long, value_name = "AMOUNT|none", allow_negative_numbers = true)]
    day_spend: Option<String>,
    /// What may be spent on calls in a month
    #[arg(long, value_name = "AMOUNT|none", allow_negative_numbers = true)]
    month_spend: Option<String>,
    /// Minutes of talk in a day
    #[arg(long, value_name = "N|none")]
    day_minutes: Option<String>,
    /// Minutes of talk in a month
    #[arg(long, value_name = "N|none")]
    month_minutes: Option<String>,
    /// The most that a minute may cost
    #[arg(long, value_name = "AMOUNT|none", allow_negative_numbers = true)]
    price: Option<String>,
    /// What outside numbers may not begin with, with commas between
    #[arg(long, value_name = "PREFIXES|none")]
    blocked: Option<String>,
    /// What outside numbers must begin with, with commas between
    #[arg(long, value_name = "PREFIXES|none")]
    allowed: Option<String>,
}

/// Show caps and what is used of them
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  billctl cap show --user ana")]
pub(crate) struct Show {
    #[command(flatten)]
    owner: Owner,
}

const KEYS: &[&str] = &[
    "owner",
    "calls",
    "day_spend",
    "month_spend",
    "day_minutes",
    "month_minutes",
    "price",
    "blocked",
    "allowed",
    "calls_now",
    "day_spent",
    "month_spent",
    "day_seconds",
    "month_seconds",
];

fn row(report: CapReport) -> Vec<Value> {
    let CapReport { owner, caps, used } = report;
    let most = |cap: Option<celcombiller::domain::caps::Most>| Value::from(cap.map(|most| most.number()));
    let price = |cap: Option<celcombiller::domain::money::Price>| Value::from(cap.map(|price| price.money()));
    let seconds = |seconds: u64| Value::from(i64::try_from(seconds).unwrap_or(i64::MAX));
    vec![
        owner.into(),
        most(caps.calls),
        price(caps.day_spend),
        price(caps.month_spend),
        most(caps.day_minutes),
        most(caps.month_minutes),
        price(caps.price),
        Value::text_of(caps.blocked),
        Value::text_of(caps.allowed),
        used.open.open_calls.into(),
        used.day.spent.into(),
        used.month.spent.into(),
        seconds(used.day.seconds),
        seconds(used.month.seconds),
    ]
}

impl Verb {
    pub(crate) fn run(self, context: &Context) -> Result<ExitCode> {
        let report = match self {
            Self::Set(set) => {
                let values = [
                    set.calls,
                    set.day_spend,
                    set.month_spend,
                    set.day_minutes,
                    set.month_minutes,
                    set.price,
                    set.blocked,
                    set.allowed,
                ];
                let changes: Vec<_> = Caps::NAMES
                    .into_iter()
                    .zip(values)
                    .filter_map(|(name, value)| Some((name, value?)))
                    .map(|(name, value)| (name, (value != "none").then_some(value)))
                    .collect();
                let owner = set.owner.owner();
                context.decide(|store| billing::set_caps(store, &owner, &changes, context.now))?
            }
            Self::Show(Show { owner }) => {
                let owner = owner.owner();
                context.look(|books| billing::report_caps(books, &owner, context.now))?
            }
        };
        context.render.one(KEYS, row(report))?;
        Ok(ExitCode::SUCCESS)
    }
}
