//! `billctl bundle`

use std::process::ExitCode;

use anyhow::Result;
use celcombiller::billing;
use celcombiller::domain::bundle::{
    Bundle, BundleError, BundleId, End, Reach, Worth, parse_bundle_days, parse_bundle_minutes, parse_bundle_seconds,
};
use celcombiller::domain::money::{Amount, Money};
use celcombiller::domain::time::Timestamp;
use celcombiller::store::{AccountId, Books, BundleQuery, BundleRow, EntryQuery, StoreError};
use clap::{ArgGroup, Args, Subcommand};

use crate::balance;
use crate::context::Context;
use crate::render::{Rows, Value};

#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    Add(Add),
    List(List),
    Show(Show),
    End(EndArguments),
    Expire(Expire),
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

/// Show a bundle and its ledger entries
#[derive(Debug, Args)]
pub(crate) struct Show {
    /// The bundle's id, as the list shows it
    id: i64,
    /// At most so many entries, the newest
    #[arg(long, value_name = "N")]
    limit: Option<u32>,
}

/// End a bundle now and take back what is left of it; calls in progress keep what they hold
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  billctl bundle list ana\n  billctl bundle end 17 --note 'given by mistake'")]
pub(crate) struct EndArguments {
    /// The bundle's id, as the list shows it
    id: i64,
    /// Why
    #[arg(long)]
    note: String,
}

/// Take back what is left of bundles that ended; for cron. No call uses it before either
#[derive(Debug, Args)]
#[command(
    after_help = "Example, every night in /etc/cron.d/celcombiller:\n  10 3 * * * asterisk billctl bundle expire >/dev/null"
)]
pub(crate) struct Expire {
    /// As if it were another time
    #[arg(long, value_name = "TIME")]
    as_of: Option<Timestamp>,
    /// Tell what would be taken back
    #[arg(long)]
    dry_run: bool,
}

const KEYS: &[&str] =
    &["id", "username", "kind", "given", "left", "held", "to", "priority", "expires", "state", "created"];

fn row(bundle: &BundleRow, now: Timestamp) -> Vec<Value> {
    let state = match bundle.has_ended(now) {
        true => "ended",
        false if bundle.left == Money::ZERO && bundle.held == Money::ZERO => "used up",
        false => "usable",
    };
    vec![
        bundle.id.0.into(),
        Value::text(&bundle.owner),
        kind(bundle).into(),
        bundle.bundle.worth.amount().money().into(),
        bundle.left.into(),
        bundle.held.into(),
        reach(bundle),
        bundle.bundle.priority.into(),
        bundle.expires.into(),
        state.into(),
        bundle.created.into(),
    ]
}

const BRIEF_KEYS: &[&str] = &["id", "kind", "left", "held", "to", "priority", "expires"];
const EXPIRED_KEYS: &[&str] = &["id", "username", "kind", "taken", "expires"];

/// Lists the bundles of a user that can be used now.
pub(crate) fn usable(books: &Books<'_>, owner: AccountId, now: Timestamp) -> Result<Vec<BundleRow>, StoreError> {
    books.bundles(BundleQuery { owner: Some(owner), usable_at: Some(now), ..BundleQuery::default() })
}

/// Shows the bundles of one user among what else they have.
pub(crate) fn brief(bundles: &[BundleRow]) -> Value {
    if bundles.is_empty() {
        // For people a blank, not the head of a table.
        return Value::Words(Vec::new());
    }
    Value::Rows(Rows::of(BRIEF_KEYS, bundles, |bundle| {
        vec![
            bundle.id.0.into(),
            kind(bundle).into(),
            bundle.left.into(),
            bundle.held.into(),
            reach(bundle),
            bundle.bundle.priority.into(),
            bundle.expires.into(),
        ]
    }))
}

fn kind(bundle: &BundleRow) -> &'static str {
    if bundle.bundle.worth.is_time() { "seconds" } else { "bonus" }
}

fn reach(bundle: &BundleRow) -> Value {
    let reach = &bundle.bundle.reach;
    (!reach.is_everywhere()).then(|| reach.to_string()).into()
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
            Self::Show(Show { id, limit }) => {
                let id = BundleId(id);
                let (bundle, entries) = context.look(|books| {
                    let bundle = billing::find_bundle(books, id)?;
                    let entries = books.entries(id.account(), EntryQuery { limit, ..EntryQuery::default() })?;
                    Ok((bundle, entries))
                })?;
                let shown = [row(&bundle, context.now), vec![Value::Rows(balance::rows(&entries))]].concat();
                context.render.one(&[KEYS, &["entries"]].concat(), shown)?;
            }
            Self::End(EndArguments { id, note }) => {
                let circumstances = context.circumstances(Some(&note));
                let ended = context.decide(|store| billing::end_bundle(store, BundleId(id), circumstances))?;
                context.render.one(KEYS, row(&ended, context.now))?;
            }
            Self::Expire(Expire { as_of, dry_run }) => {
                let as_of = as_of.unwrap_or(context.now);
                let circumstances = context.circumstances(None);
                let taken = context.decide(|store| billing::expire_bundles(store, as_of, dry_run, circumstances))?;
                context.render.list(&Rows::of(EXPIRED_KEYS, &taken, |bundle| {
                    vec![
                        bundle.id.0.into(),
                        Value::text(&bundle.owner),
                        kind(bundle).into(),
                        bundle.left.into(),
                        bundle.expires.into(),
                    ]
                }))?;
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
