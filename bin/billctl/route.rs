//! `billctl route`

use std::process::ExitCode;

use anyhow::Result;
use celcombiller::billing::{self, RouteWay};
use celcombiller::domain::dialling::{DialFacts, DialString};
use celcombiller::domain::numbering::{Dialled, LeadingDigits, PhoneNumber, Prefix};
use celcombiller::domain::refusal::Refusal;
use celcombiller::domain::routing::{MinuteCost, Route, TrunkName};
use celcombiller::store::RouteRow;
use clap::{Args, Subcommand};

use crate::context::Context;
use crate::render::{Rows, Value};

#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    Add(Add),
    List(List),
    Remove(Remove),
    Test(Test),
}

/// Send the numbers of a prefix over a trunk
#[derive(Debug, Args)]
#[command(after_help = "Example, which dials 5511999990002 as 011999990002 over carrier:\n  \
    billctl route add --prefix 55 --trunk carrier --strip 2 --prepend 0")]
pub(crate) struct Add {
    /// How the numbers begin; \"\" for all
    #[arg(long)]
    prefix: Prefix,
    /// Over which trunk
    #[arg(long)]
    trunk: TrunkName,
    /// Its place among the routes of the same prefix: the lowest goes first
    #[arg(long, value_name = "N", default_value_t = 10)]
    priority: u32,
    /// How many digits of the prefix are not dialled
    #[arg(long, value_name = "N", default_value_t = 0)]
    strip: u32,
    /// What is dialled before the rest
    #[arg(long, value_name = "DIGITS", default_value = "")]
    prepend: LeadingDigits,
}

/// List the routes by prefix and priority
#[derive(Debug, Args)]
pub(crate) struct List;

/// Remove a trunk's route for a prefix; calls that took it go on
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  billctl route remove --prefix 55 --trunk carrier")]
pub(crate) struct Remove {
    /// How the numbers begin; \"\" for all
    #[arg(long)]
    prefix: Prefix,
    /// Over which trunk
    #[arg(long)]
    trunk: TrunkName,
}

/// Show which trunks a number would take, in the order in which they are tried, without calling it
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  billctl route test 5511999990002")]
pub(crate) struct Test {
    number: PhoneNumber,
}

const KEYS: &[&str] = &["prefix", "trunk", "priority", "strip", "prepend"];
const TEST_KEYS: &[&str] = &["trunk", "prefix", "priority", "dial", "minute_cost", "open_calls", "max_calls", "full"];

fn row(RouteRow { route, trunk }: &RouteRow) -> Vec<Value> {
    vec![
        Value::text(&route.prefix),
        Value::text(&trunk.trunk.name),
        route.priority.into(),
        route.strip.into(),
        Value::text(&route.prepend),
    ]
}

impl Verb {
    pub(crate) fn run(self, context: &Context) -> Result<ExitCode> {
        match self {
            Self::List(List) => {
                let routes = context.look(|books| Ok(books.routes()?))?;
                context.render.list(&Rows::of(KEYS, &routes, row))?;
            }
            Self::Add(Add { prefix, trunk, priority, strip, prepend }) => {
                let route = Route { prefix, priority, strip, prepend };
                let added = context.decide(|store| billing::add_route(store, &trunk, &route))?;
                context.render.one(KEYS, row(&added))?;
            }
            Self::Remove(Remove { prefix, trunk }) => {
                let removed = context.decide(|store| billing::remove_route(store, &trunk, &prefix))?;
                context.render.one(KEYS, row(&removed))?;
            }
            Self::Test(test) => test.run(context)?,
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// A way to the number that is tested, with what is known of it now.
struct Tried {
    way: RouteWay,
    cost: Option<MinuteCost>,
    open_calls: u32,
}

impl Tried {
    fn row(&self) -> Vec<Value> {
        let RouteRow { route, trunk } = &self.way.row;
        let most = trunk.trunk.max_calls.map(std::num::NonZeroU32::get);
        vec![
            Value::text(&trunk.trunk.name),
            Value::text(&route.prefix),
            route.priority.into(),
            self.way.dial.as_str().into(),
            self.cost.map(|cost| cost.minute).into(),
            self.open_calls.into(),
            most.into(),
            most.is_some_and(|most| self.open_calls >= most).into(),
        ]
    }
}

impl Test {
    fn run(&self, context: &Context) -> Result<()> {
        let number = &self.number;
        let tried = context.look(|books| {
            if let Some(user) = books.callee(&Dialled::Number(number.clone()))? {
                let fact = format!("{number} is user {}, who is called without a route", user.username);
                return Err(Refusal::new(fact).hint("[dial] onnet says how users are reached").into());
            }
            let ways = billing::ways(books, number, context.config.dial.routes, context.now)?;
            let known = |way: RouteWay| {
                let cost = billing::minute_cost(books, &way.row.trunk, number, context.now)?;
                let open_calls = books.open_calls_on(way.row.trunk.id)?;
                Ok(Tried { way, cost, open_calls })
            };
            ways.into_iter().map(known).collect::<Result<Vec<_>, _>>()
        })?;
        let mut rows = Rows::of(TEST_KEYS, &tried, Tried::row);
        if tried.is_empty() {
            let Some(dial) = self.without_a_route(context) else {
                let fact = format!("nothing reaches {number}");
                return Err(Refusal::new(fact).hint("billctl route add, or [dial] offnet").into());
            };
            let nothing = || Value::Nothing;
            rows.rows.push(
                TEST_KEYS.iter().map(|&key| if key == "dial" { dial.as_str().into() } else { nothing() }).collect(),
            );
        }
        context.render.list(&rows)
    }

    /// Returns what is dialled where no route is for the number.
    fn without_a_route(&self, context: &Context) -> Option<DialString> {
        let facts = DialFacts { number: Some(self.number.as_str()), ..DialFacts::default() };
        context.config.dial.offnet.as_ref()?.dial_string(&facts)
    }
}
