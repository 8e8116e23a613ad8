//! `billctl rate`

use std::process::ExitCode;

use anyhow::Result;
use celcombiller::billing;
use celcombiller::domain::money::Money;
use celcombiller::domain::numbering::Prefix;
use celcombiller::domain::tariff::{Increment, Rate};
use celcombiller::store::STANDARD_TARIFF;
use clap::{Args, Subcommand};

use crate::context::Context;
use crate::render::{Rows, Value};
use crate::user::not_negative;

#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    Add(Add),
    List(List),
}

/// Put a rate in force; the one that had its prefix is retired, and calls that hold it keep it
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  billctl rate add --prefix 55 --price-per-minute 0.12 --connect-fee 0.05 --increment 60+60"
)]
pub(crate) struct Add {
    /// The price list
    #[arg(long, default_value = STANDARD_TARIFF)]
    tariff: String,
    /// The leading digits of the destinations; empty for all others
    #[arg(long, value_name = "DIGITS")]
    prefix: Prefix,
    /// What sixty seconds cost
    #[arg(long, value_name = "AMOUNT", value_parser = not_negative, allow_negative_numbers = true)]
    price_per_minute: Money,
    /// What being answered costs
    #[arg(long, value_name = "AMOUNT", value_parser = not_negative, allow_negative_numbers = true, default_value = "0")]
    connect_fee: Money,
    /// Seconds of the first and of each further block that is paid
    #[arg(long, value_name = "A+B", default_value = "1+1")]
    increment: Increment,
}

/// List the rates in force of a price list
#[derive(Debug, Args)]
pub(crate) struct List {
    /// The price list
    #[arg(long, default_value = STANDARD_TARIFF)]
    tariff: String,
}

const KEYS: &[&str] = &["tariff", "prefix", "price_per_minute", "connect_fee", "increment"];

fn row(tariff: &str, rate: &Rate) -> Vec<Value> {
    vec![
        tariff.into(),
        Value::text(&rate.prefix),
        Money::rounded(rate.price_per_minute).into(),
        Money::rounded(rate.connect_fee).into(),
        Value::text(rate.increment),
    ]
}

impl Verb {
    pub(crate) fn run(self, context: &Context) -> Result<ExitCode> {
        match self {
            Self::Add(add) => {
                let rate = Rate {
                    prefix: add.prefix,
                    price_per_minute: add.price_per_minute.to_decimal(),
                    connect_fee: add.connect_fee.to_decimal(),
                    increment: add.increment,
                };
                context.decide(|store| billing::replace_rate(store, &add.tariff, &rate, context.now))?;
                context.render.one(KEYS, row(&add.tariff, &rate))?;
            }
            Self::List(List { tariff }) => {
                let rates = context.look(|books| Ok(books.rates(&tariff)?))?;
                context.render.list(&Rows::of(KEYS, &rates, |found| row(&found.tariff, &found.rate)))?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}
