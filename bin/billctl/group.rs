//! `billctl group`

use std::process::ExitCode;

use anyhow::Result;
use celcombiller::billing;
use celcombiller::domain::group::GroupName;
use celcombiller::domain::money::Price;
use celcombiller::store::GroupRow;
use clap::{Args, Subcommand};

use crate::context::Context;
use crate::render::{Rows, Value};
use crate::user::{OrNone, or_none};

#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    Add(Add),
    List(List),
    Show(Show),
    Join(Join),
    Leave(Leave),
    Update(Update),
    Remove(Remove),
}

/// Add a group
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  billctl group add village --user ana --user bob")]
pub(crate) struct Add {
    name: GroupName,
    /// A first member; may be given several times
    #[arg(long = "user", value_name = "USER")]
    users: Vec<String>,
}

/// List the groups
#[derive(Debug, Args)]
pub(crate) struct List;

/// Show a group and its members
#[derive(Debug, Args)]
pub(crate) struct Show {
    name: GroupName,
}

/// Make users members of a group
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  billctl group join village ana clid:999999998")]
pub(crate) struct Join {
    name: GroupName,
    #[arg(required = true, value_name = "USER")]
    users: Vec<String>,
}

/// Take users out of a group
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  billctl group leave village ana")]
pub(crate) struct Leave {
    name: GroupName,
    #[arg(required = true, value_name = "USER")]
    users: Vec<String>,
}

/// Change a group
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  billctl group update village --warn-below 2")]
pub(crate) struct Update {
    name: GroupName,
    /// Tell members who have less than so much, unless they have a bound of their own; or none
    #[arg(long, value_name = "AMOUNT|none", value_parser = or_none::<Price>, allow_negative_numbers = true)]
    warn_below: OrNone<Price>,
}

/// Remove a group; its members stay users
#[derive(Debug, Args)]
pub(crate) struct Remove {
    name: GroupName,
}

const KEYS: &[&str] = &["name", "members", "caps", "created", "warn_below"];
const SHOW_KEYS: &[&str] = &["name", "caps", "created", "members", "warn_below"];
const MEMBER_KEYS: &[&str] = &["username", "joined"];

fn caps(group: &GroupRow) -> Value {
    (!group.caps.is_empty()).then(|| group.caps.to_string()).into()
}

fn row(group: &GroupRow) -> Vec<Value> {
    vec![Value::text(&group.name), group.members.into(), caps(group), group.created.into(), group.warn_below.into()]
}

impl Verb {
    pub(crate) fn run(self, context: &Context) -> Result<ExitCode> {
        let group = match self {
            Self::List(List) => {
                let groups = context.look(|books| Ok(books.groups(None)?))?;
                context.render.list(&Rows::of(KEYS, &groups, row))?;
                return Ok(ExitCode::SUCCESS);
            }
            Self::Show(Show { name }) => {
                let (group, members) = context.look(|books| {
                    let group = billing::find_group(books, &name)?;
                    let members = books.members(group.id)?;
                    Ok((group, members))
                })?;
                let members = Rows::of(MEMBER_KEYS, &members, |(_, username, joined)| {
                    vec![Value::text(username), (*joined).into()]
                });
                let row = vec![
                    Value::text(&group.name),
                    caps(&group),
                    group.created.into(),
                    Value::Rows(members),
                    group.warn_below.into(),
                ];
                context.render.one(SHOW_KEYS, row)?;
                return Ok(ExitCode::SUCCESS);
            }
            Self::Add(Add { name, users }) => {
                context.decide(|store| billing::add_group(store, &name, &users, context.now))?
            }
            Self::Join(Join { name, users }) => {
                context.decide(|store| billing::join_group(store, &name, &users, context.now))?
            }
            Self::Leave(Leave { name, users }) => context.decide(|store| billing::leave_group(store, &name, &users))?,
            Self::Update(Update { name, warn_below }) => {
                let below = warn_below.0.map(Price::money);
                context.decide(|store| billing::warn_group(store, &name, below))?
            }
            Self::Remove(Remove { name }) => context.decide(|store| billing::remove_group(store, &name))?,
        };
        context.render.one(KEYS, row(&group))?;
        Ok(ExitCode::SUCCESS)
    }
}
