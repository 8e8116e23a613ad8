//! `billctl bundle`

use std::process::ExitCode;

use anyhow::Result;
use celcombiller::billing;
use celcombiller::domain::bundle::{
    Bundle, BundleError, End, Reach, Worth, parse_bundle_days, parse_bundle_minutes, parse_bundle_seconds,
};
use celcombiller::domain::money::{Amount, Money};
use celcombiller::domain::time::Timestamp;
use celcombiller::store::{BundleQuery, BundleRow};
use clap::{ArgGroup, Args, Subcommand};

use crate::context::Context;
use crate::render::{Rows, Value};

#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    Add(Add),
    List(List),
}

/// Give a user talk time or credit for some destinations, which calls use before the balance
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("worth").required(true))]
#[command(after_help = "Examples:
  billctl bundle add ana --minutes 100 --to 34,49 --days 30
  billctl bundle add ana --bonus 2 --to onnet --priority 1 --note 'for the trouble on Monday'")]
pub(crate) struct Add {
    user: String,
    /// Seconds of talk
    #[arg(long, value_name = "N", group = "worth", value_parser = parse_bundle_seconds)]
    seconds: Option<Worth>,
    /// Minutes of talk
    #[arg(long, value_name = "N", group = "worth", value_parser = parse_bundle_minutes)]
    minutes: Option<Worth>,
    /// Credit, in the ledger's unit
    #[arg(long, value_name = "AMOUNT", group = "worth", allow_negative_numbers = true)]
    bonus: Option<Amount>,
    /// Prefixes of the destinations that it is for, and onnet for calls between users [default: every destination]
    #[arg(long, value_name = "DIGITS|onnet,...")]
    to: Option<Reach>,
    /// Its place among the user's bundles: the lowest is used first, then the one that ends first
    #[arg(long, value_name = "N", default_value_t = Bundle::PRIORITY)]
    priority: u32,
    /// It ends so many days after now [default: never]
    #[arg(long, value_name = "DAYS", value_parser = parse_bundle_days, conflicts_with = "ends")]
    days: Option<End>,
    /// It ends at a date or time
    #[arg(long, value_name = "TIME")]
    ends: Option<Timestamp>,
    /// Why
    #[arg(long)]
    note: Option<String>,
}

/// List the bundles that can be used now, in the order in which a call uses them
#[derive(Debug, Args)]
pub(crate) struct List {
    /// Of one user only
    user: Option<String>,
    /// With those that ended or are used up
    #[arg(long)]
    all: bool,
}

const KEYS: &[&str] =
    &["id", "username", "kind", "given", "left", "held", "to", "priority", "expires", "state", "created"];

fn row(bundle: &BundleRow, now: Timestamp) -> Vec<Value> {
    let Bundle { worth, reach, priority, .. } = &bundle.bundle;
    let state = match bundle.has_ended(now) {
        true => "ended",
        false if bundle.left == Money::ZERO && bundle.held == Money::ZERO => "used up",
        false => "usable",
    };
    vec![
        bundle.id.0.into(),
        Value::text(&bundle.owner),
        if worth.is_time() { "seconds" } else { "bonus" }.into(),
        worth.amount().money().into(),
        bundle.left.into(),
        bundle.held.into(),
        (!reach.is_everywhere()).then(|| reach.to_string()).into(),
        (*priority).into(),
        bundle.expires.into(),
        state.into(),
        bundle.created.into(),
    ]
}

impl Verb {
    pub(crate) fn run(self, context: &Context) -> Result<ExitCode> {
        match self {
            Self::Add(add) => add.run(context)?,
            Self::List(List { user, all }) => {
                let bundles = context.look(|books| {
                    let owner = user.map(|user| billing::find_user(books, &user)).transpose()?.map(|user| user.id);
                    let usable_at = (!all).then_some(context.now);
                    Ok(books.bundles(BundleQuery { owner, usable_at, ..BundleQuery::default() })?)
                })?;
                context.render.list(&Rows::of(KEYS, &bundles, |bundle| row(bundle, context.now)))?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

impl Add {
    fn run(self, context: &Context) -> Result<()> {
        let Self { user, seconds, minutes, bonus, to, priority, days, ends, note } = self;
        let worth = seconds.or(minutes).or(bonus.map(Worth::Bonus)).ok_or(BundleError::Nothing)?;
        let bundle = Bundle { worth, reach: to.unwrap_or_default(), priority, end: days.or(ends.map(End::At)) };
        let circumstances = context.circumstances(note.as_deref());
        let added = context.decide(|store| billing::add_bundle(store, &user, &bundle, circumstances))?;
        context.render.one(KEYS, row(&added, context.now))
    }
}
