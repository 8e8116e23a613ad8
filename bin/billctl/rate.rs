//! `billctl rate`

use std::process::ExitCode;

use anyhow::Result;
use celcombiller::billing::{self, Considered, Priced, Quote, QuoteRequest};
use celcombiller::domain::hours::Hours;
use celcombiller::domain::money::{Money, Price, Rounding};
use celcombiller::domain::numbering::{Dialled, PhoneNumber};
use celcombiller::domain::rate::{Destinations, Increment, Rate};
use celcombiller::domain::rating::{Validity, Verdict};
use celcombiller::domain::refusal::Refusal;
use celcombiller::domain::terms::{Bands, Surcharge, Terms, parse_seconds};
use celcombiller::domain::time::Timestamp;
use celcombiller::store::{RateRow, STANDARD_TARIFF};
use clap::{Args, Subcommand};

use crate::context::Context;
use crate::render::{Rows, Value};

#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    Add(Box<Add>),
    List(List),
    Remove(Remove),
    Quote(QuoteArguments),
}

/// Put a rate in force; from its start on it takes the place of the one with the same prefix and hours,
/// and calls that hold that one keep it
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  billctl rate add --prefix 55 --price-per-minute 0.12 --connect-fee 0.05 --increment 60+60
  billctl rate add --prefix 55 --price-per-minute 0.06 --hours 'mon-fri 20:00-07:00; sat,sun,holiday'
  billctl rate add --prefix 44 --price-per-minute 0.10 --bands 60:0.05,600:0.02:60+60:0.01 --starts 2027-01-01")]
pub(crate) struct Add {
    /// The price list
    #[arg(long, default_value = STANDARD_TARIFF)]
    tariff: String,
    /// The leading digits of the destinations, empty for all others; or onnet for calls between users
    #[arg(long, value_name = "DIGITS|onnet")]
    prefix: Destinations,
    /// What sixty seconds cost
    #[arg(long, value_name = "AMOUNT", allow_negative_numbers = true)]
    price_per_minute: Price,
    /// What being answered costs
    #[arg(long, value_name = "AMOUNT", allow_negative_numbers = true, default_value = "0")]
    connect_fee: Price,
    /// Seconds of the first and of each further block that is paid; 0 for exact seconds
    #[arg(long, value_name = "A+B", default_value = "1+1")]
    increment: Increment,
    #[command(flatten)]
    terms: TermArguments,
    /// Only at these days and hours of the tariff's time zone
    #[arg(long, value_name = "HOURS", default_value = "", hide_default_value = true)]
    hours: Hours,
    /// From a date or time on [default: now]
    #[arg(long, value_name = "TIME")]
    starts: Option<Timestamp>,
    /// Before a date or time [default: for good]
    #[arg(long, value_name = "TIME")]
    ends: Option<Timestamp>,
}

#[derive(Debug, Args)]
struct TermArguments {
    /// What ending costs
    #[arg(long, value_name = "AMOUNT", allow_negative_numbers = true, default_value = "0", hide_default_value = true)]
    disconnect_fee: Price,
    /// The seconds from which the disconnect fee is due
    #[arg(long, value_name = "SECONDS", value_parser = parse_seconds, default_value = "0", hide_default_value = true)]
    disconnect_after: u32,
    /// The seconds that a shorter call counts as
    #[arg(long, value_name = "SECONDS", value_parser = parse_seconds, default_value = "0", hide_default_value = true)]
    minimum_seconds: u32,
    /// What an answered call costs at least
    #[arg(long, value_name = "AMOUNT", allow_negative_numbers = true, default_value = "0", hide_default_value = true)]
    minimum_charge: Price,
    /// What a call costs at most
    #[arg(long, value_name = "AMOUNT", allow_negative_numbers = true)]
    maximum_charge: Option<Price>,
    /// The seconds below which a call costs nothing at all
    #[arg(long, value_name = "SECONDS", value_parser = parse_seconds, default_value = "0", hide_default_value = true)]
    free_below: u32,
    /// The first seconds that cost nothing
    #[arg(long, value_name = "SECONDS", value_parser = parse_seconds, default_value = "0", hide_default_value = true)]
    free_seconds: u32,
    /// A fee for each full block of so many seconds, such as 0.02/180
    #[arg(long, value_name = "FEE/SECONDS")]
    surcharge: Option<Surcharge>,
    /// Other prices later in the call: SECONDS:PRICE[:INCREMENT[:FEE]], with commas between them
    #[arg(long, value_name = "BANDS")]
    bands: Option<Bands>,
}

impl From<TermArguments> for Terms {
    fn from(given: TermArguments) -> Self {
        Self {
            disconnect_fee: given.disconnect_fee,
            disconnect_after: given.disconnect_after,
            minimum_seconds: given.minimum_seconds,
            minimum_charge: given.minimum_charge,
            maximum_charge: given.maximum_charge,
            free_below: given.free_below,
            free_seconds: given.free_seconds,
            surcharge: given.surcharge,
            bands: given.bands.unwrap_or_default(),
        }
    }
}

/// List the rates of a price list that are in force or will be
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  billctl rate list --tariff standard --prefix 55")]
pub(crate) struct List {
    /// The price list
    #[arg(long, default_value = STANDARD_TARIFF)]
    tariff: String,
    /// Only of prefixes that begin with these digits
    #[arg(long, value_name = "DIGITS|onnet")]
    prefix: Option<Destinations>,
    /// Also those that ended or were replaced
    #[arg(long)]
    all: bool,
}

/// Withdraw a rate; calls that hold it keep it
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  billctl rate remove --prefix 55 --starts 2027-01-01")]
pub(crate) struct Remove {
    /// The price list
    #[arg(long, default_value = STANDARD_TARIFF)]
    tariff: String,
    /// The destinations of the rate
    #[arg(long, value_name = "DIGITS|onnet")]
    prefix: Destinations,
    /// The hours of the rate
    #[arg(long, value_name = "HOURS", default_value = "", hide_default_value = true)]
    hours: Hours,
    /// From a date or time on [default: now]
    #[arg(long, value_name = "TIME")]
    starts: Option<Timestamp>,
}

/// Explain what a call costs: which rates match, which one wins, each line of the price
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  billctl rate quote 5511999990000 --seconds 95
  billctl --format json rate quote 5511999990000 --user ana --at 2026-12-24T23:30:00Z")]
pub(crate) struct QuoteArguments {
    /// The number that would be dialled
    number: PhoneNumber,
    /// The price list [default: standard]
    #[arg(long, conflicts_with = "user")]
    tariff: Option<String>,
    /// The price list, the bundles and the funds of a user
    #[arg(long)]
    user: Option<String>,
    /// The length of the call
    #[arg(long, value_name = "SECONDS", value_parser = parse_seconds, default_value = "60")]
    seconds: u32,
    /// When it would be made, a date or a time [default: now]
    #[arg(long, value_name = "TIME")]
    at: Option<Timestamp>,
    /// What there is to spend [default: what the user has available]
    #[arg(long, value_name = "AMOUNT", allow_negative_numbers = true)]
    balance: Option<Price>,
}

const KEYS: &[&str] =
    &["tariff", "prefix", "price_per_minute", "connect_fee", "increment", "hours", "starts", "ends", "terms", "state"];

fn row(tariff: &str, rate: &Rate, validity: &Validity, state: &str) -> Vec<Value> {
    let some = |text: String| (!text.is_empty()).then_some(text);
    vec![
        tariff.into(),
        Value::text(&rate.destinations),
        rate.price_per_minute.money().into(),
        rate.connect_fee.money().into(),
        Value::text(rate.increment),
        some(validity.hours.to_string()).into(),
        validity.starts.into(),
        validity.ends.into(),
        some(rate.terms.to_string()).into(),
        state.into(),
    ]
}

fn state(validity: &Validity, verdict: Verdict) -> &'static str {
    match verdict {
        _ if validity.is_withdrawal() => "withdrawal",
        Verdict::Won => "in force",
        Verdict::OtherHours => "at its hours",
        Verdict::LessSpecific | Verdict::ShorterPrefix => "at other hours",
        Verdict::NotYet => "later",
        Verdict::Replaced => "replaced",
        Verdict::Ended => "ended",
    }
}

impl Verb {
    pub(crate) fn run(self, context: &Context) -> Result<ExitCode> {
        match self {
            Self::Add(add) => {
                let Add { tariff, prefix, price_per_minute, connect_fee, increment, terms, hours, starts, ends } = *add;
                let rate = Rate { destinations: prefix, price_per_minute, connect_fee, increment, terms: terms.into() };
                let validity = Validity { starts: starts.unwrap_or(context.now), ends, hours };
                context.decide(|store| billing::add_rate(store, &tariff, &rate, &validity))?;
                let state = if validity.starts > context.now { "later" } else { "in force" };
                context.render.one(KEYS, row(&tariff, &rate, &validity, state))?;
            }
            Self::List(List { tariff, prefix, all }) => {
                let mut rates = context.look(|books| billing::list_rates(books, &tariff, context.now))?;
                rates.retain(|(row, verdict)| {
                    let past = matches!(verdict, Verdict::Replaced | Verdict::Ended);
                    let asked =
                        prefix.as_ref().is_none_or(|asked| row.rate.destinations.as_str().starts_with(asked.as_str()));
                    asked && (all || !past)
                });
                context.render.list(&Rows::of(KEYS, &rates, |(found, verdict)| {
                    row(&tariff, &found.rate, &found.validity, state(&found.validity, *verdict))
                }))?;
            }
            Self::Remove(Remove { tariff, prefix, hours, starts }) => {
                let validity = Validity { starts: starts.unwrap_or(context.now), ends: None, hours };
                let removed = context.decide(|store| billing::withdraw_rate(store, &tariff, &prefix, &validity))?;
                let RateRow { rate, validity: held, .. } = removed;
                context.render.one(KEYS, row(&tariff, &rate, &held, "withdrawn"))?;
            }
            Self::Quote(quote) => return quote.run(context),
        }
        Ok(ExitCode::SUCCESS)
    }
}

const QUOTE_KEYS: &[&str] = &[
    "number",
    "prefix",
    "tariff",
    "price_per_minute",
    "connect_fee",
    "initial",
    "increment",
    "seconds",
    "charge",
    "max_seconds",
    "hold",
    "at",
    "zone",
    "rounding",
    "rates",
    "lines",
    "free_seconds",
    "bonus",
];
const CONSIDERED_KEYS: &[&str] = &["prefix", "price_per_minute", "hours", "starts", "ends", "verdict", "reason"];
const LINE_KEYS: &[&str] = &["line", "text", "amount"];

fn considered(considered: &Considered) -> Vec<Value> {
    let Considered { row: RateRow { rate, validity, .. }, verdict } = considered;
    let hours = validity.hours.to_string();
    vec![
        Value::text(&rate.destinations),
        rate.price_per_minute.money().into(),
        (!hours.is_empty()).then_some(hours).into(),
        validity.starts.into(),
        validity.ends.into(),
        verdict.word().into(),
        verdict.reason().into(),
    ]
}

impl QuoteArguments {
    fn run(self, context: &Context) -> Result<ExitCode> {
        let cap = context.config.calls.max_talk_time().ok_or_else(|| Refusal::new("[calls] max_seconds is zero"))?;
        let at = self.at.unwrap_or(context.now);
        let quote = context.look(|books| {
            let user = self.user.as_deref().map(|user| billing::find_user(books, user)).transpose()?;
            let name = user.as_ref().map(|user| user.tariff.as_str()).or(self.tariff.as_deref());
            let tariff = billing::find_tariff(books, name.unwrap_or(STANDARD_TARIFF))?;
            let on_net = books.callee(&Dialled::Number(self.number.clone()))?.is_some();
            let funds = match (self.balance, &user) {
                (Some(balance), _) => Some(balance.money()),
                (None, Some(user)) => Some(user.available()?),
                (None, None) => None,
            };
            let priced = Priced { number: &self.number, on_net, at };
            let user = user.map(|user| user.id);
            billing::quote(books, tariff, &QuoteRequest { priced, seconds: self.seconds, user, funds, cap })
        })?;
        context.render.one(QUOTE_KEYS, self.row(&quote, at))?;
        Ok(ExitCode::SUCCESS)
    }

    fn row(&self, quote: &Quote, at: Timestamp) -> Vec<Value> {
        let rate = &quote.rate.rate;
        vec![
            Value::text(&self.number),
            Value::text(&rate.destinations),
            quote.tariff.tariff.name.as_str().into(),
            rate.price_per_minute.money().into(),
            rate.connect_fee.money().into(),
            rate.increment.initial().into(),
            rate.increment.subsequent().into(),
            quote.seconds.into(),
            quote.charge.into(),
            Value::from(quote.max_talk_time.map_or(0, |talk_time| talk_time.seconds())),
            Value::from(quote.hold.unwrap_or(Money::ZERO)),
            at.into(),
            Value::text(&quote.tariff.tariff.zone),
            Value::text(quote.tariff.tariff.rounding),
            Value::Rows(Rows::of(CONSIDERED_KEYS, &quote.considered, considered)),
            Value::Rows(Rows::of(LINE_KEYS, &quote.lines, |(line, amount)| {
                vec![line.word().into(), Value::text(line), Money::rounded(*amount, Rounding::FINEST).into()]
            })),
            quote.free_seconds.into(),
            quote.bonus.into(),
        ]
    }
}
