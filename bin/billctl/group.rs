//! `billctl group`

use std::process::ExitCode;

use anyhow::Result;
use celcombiller::billing::{self, BillingError, Coming, GroupChange, PlanChange};
use celcombiller::domain::group::GroupName;
use celcombiller::domain::money::Price;
use celcombiller::store::{Books, GroupRow};
use clap::{Args, Subcommand};
use jiff::civil::Date;

use crate::context::Context;
use crate::group_credit::Credit;
use crate::group_plan::{self, PlanOptions};
use crate::render::{Rows, Value};
use crate::user::{OrNone, or_none};

#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    Add(Add),
    List(List),
    Show(Show),
    Update(Box<Update>),
    Join(Join),
    Leave(Leave),
    Credit(Credit),
    Remove(Remove),
}

/// Add a group, which may credit its members on dates
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  billctl group add village --user ana --user bob
  billctl group add pensions --day 31 --month 1 --year 2027 --count 12 --amount 5 --user ana
  billctl group add crew --every week --open-ended --amount 600")]
pub(crate) struct Add {
    name: GroupName,
    /// A first member; may be given several times
    #[arg(long = "user", value_name = "USER")]
    users: Vec<String>,
    #[command(flatten)]
    plan: PlanOptions,
}

/// List the groups
#[derive(Debug, Args)]
pub(crate) struct List;

/// Show a group and its members
#[derive(Debug, Args)]
pub(crate) struct Show {
    name: GroupName,
}

/// Change a group: what is not named stays, and what was given stays given
///
/// A new period or end counts from the next date on which nothing was given yet.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  billctl group update pensions --amount 6
  billctl group update pensions --extend 12")]
pub(crate) struct Update {
    name: GroupName,
    /// Another name
    #[arg(long, value_name = "NAME")]
    rename: Option<GroupName>,
    #[command(flatten)]
    plan: PlanOptions,
    /// So many dates more
    #[arg(long, value_name = "N", group = "end", value_parser = group_plan::dates(), allow_negative_numbers = true)]
    extend: Option<u32>,
    /// Give nothing any more
    #[arg(long, conflicts_with_all = ["end", "day", "every", "amount", "gives", "expires", "no_expires", "zone"])]
    no_plan: bool,
    /// Tell members who have less than so much, unless they have a bound of their own; or none
    #[arg(long, value_name = "AMOUNT|none", value_parser = or_none::<Price>, allow_negative_numbers = true)]
    warn_below: Option<OrNone<Price>>,
}

/// Make users members of a group
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  billctl group join village ana clid:999999998")]
pub(crate) struct Join {
    name: GroupName,
    #[arg(required = true, value_name = "USER")]
    users: Vec<String>,
}

/// Take users out of a group, with what is due to them
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  billctl group leave village ana")]
pub(crate) struct Leave {
    name: GroupName,
    #[arg(required = true, value_name = "USER")]
    users: Vec<String>,
}

/// Remove a group; its members stay users, and what it has not given is not given any more
#[derive(Debug, Args)]
pub(crate) struct Remove {
    name: GroupName,
}

const KEYS: &[&str] = &["name", "members", "caps", "created", "gives", "every", "next", "left", "warn_below"];
const SHOW_KEYS: &[&str] = &[
    "name",
    "caps",
    "created",
    "members",
    "gives",
    "amount",
    "expires",
    "every",
    "day",
    "first",
    "count",
    "until",
    "zone",
    "next",
    "left",
    "dates",
    "warn_below",
];
const MEMBER_KEYS: &[&str] = &["username", "joined"];

fn caps(group: &GroupRow) -> Value {
    (!group.caps.is_empty()).then(|| group.caps.to_string()).into()
}

fn row((group, coming): &(GroupRow, Option<Coming>)) -> Vec<Value> {
    let coming = coming.as_ref();
    vec![
        Value::text(&group.name),
        group.members.into(),
        caps(group),
        group.created.into(),
        Value::text_of(coming.map(|coming| coming.plan.gift())),
        Value::text_of(coming.map(|coming| coming.plan.every())),
        Value::text_of(coming.and_then(|coming| coming.dates.first())),
        coming.and_then(|coming| coming.left).into(),
        group.warn_below.into(),
    ]
}

/// Adds to a group what is to come of its plan.
fn with_plan(
    context: &Context,
    books: &Books<'_>,
    group: GroupRow,
) -> Result<(GroupRow, Option<Coming>), BillingError> {
    let coming = billing::coming(books, &group, context.now)?;
    Ok((group, coming))
}

impl Verb {
    pub(crate) fn run(self, context: &Context) -> Result<ExitCode> {
        let group = match self {
            Self::List(List) => {
                let groups = context.look(|books| {
                    let groups = books.groups(None)?.into_iter();
                    groups.map(|group| with_plan(context, books, group)).collect::<Result<Vec<_>, _>>()
                })?;
                context.render.list(&Rows::of(KEYS, &groups, row))?;
                return Ok(ExitCode::SUCCESS);
            }
            Self::Show(show) => return show.run(context),
            Self::Credit(credit) => return credit.run(context),
            Self::Add(Add { name, users, plan }) => {
                let plan = plan.change(None);
                context.decide(|store| billing::add_group(store, &name, &users, &plan, context.now))?
            }
            Self::Update(update) => {
                let Update { name, rename, plan, extend, no_plan, warn_below } = *update;
                let plan = if no_plan { PlanChange::Ends } else { plan.change(extend) };
                let change =
                    GroupChange { name: rename, plan, warn_below: warn_below.map(|below| below.0.map(Price::money)) };
                context.decide(|store| billing::update_group(store, &name, &change, context.now))?
            }
            Self::Join(Join { name, users }) => {
                context.decide(|store| billing::join_group(store, &name, &users, context.now))?
            }
            Self::Leave(Leave { name, users }) => {
                context.decide(|store| billing::leave_group(store, &name, &users, context.circumstances(None)))?
            }
            Self::Remove(Remove { name }) => context.decide(|store| billing::remove_group(store, &name))?,
        };
        let group = context.look(|books| with_plan(context, books, group))?;
        if group.1.as_ref().is_some_and(|coming| coming.dates.is_empty()) {
            eprintln!("no date is to come: nobody will be credited");
        }
        context.render.one(KEYS, row(&group))?;
        Ok(ExitCode::SUCCESS)
    }
}

impl Show {
    fn run(self, context: &Context) -> Result<ExitCode> {
        let (group, coming, members) = context.look(|books| {
            let (group, coming) = with_plan(context, books, billing::find_group(books, &self.name)?)?;
            let members = books.members(group.id)?;
            Ok((group, coming, members))
        })?;
        let members =
            Rows::of(MEMBER_KEYS, &members, |(_, username, joined)| vec![Value::text(username), (*joined).into()]);
        let mut row = vec![Value::text(&group.name), caps(&group), group.created.into(), Value::Rows(members)];
        row.extend(group_plan::row(coming.as_ref()));
        row.push(Value::Words(
            coming.map_or_else(Vec::new, |coming| coming.dates.iter().map(Date::to_string).collect()),
        ));
        row.push(group.warn_below.into());
        context.render.one(SHOW_KEYS, row)?;
        Ok(ExitCode::SUCCESS)
    }
}
