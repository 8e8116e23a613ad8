//! `billctl tariff diff`

use std::process::ExitCode;

use anyhow::Result;
use celcombiller::billing::{self, Differing};
use celcombiller::domain::rate::Rate;
use celcombiller::domain::time::Timestamp;
use clap::Args;

use crate::context::Context;
use crate::render::{Rows, Value};

/// Show what costs something else in another price list
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  billctl tariff diff shop shop-2027 --at 2027-01-01")]
pub(crate) struct Diff {
    a: String,
    b: String,
    /// What is in force at a date or time [default: now]
    #[arg(long, value_name = "TIME")]
    at: Option<Timestamp>,
}

const KEYS: &[&str] = &["prefix", "hours", "difference", "a", "b"];

impl Diff {
    pub(crate) fn run(self, context: &Context) -> Result<ExitCode> {
        let at = self.at.unwrap_or(context.now);
        let differing = context.look(|books| billing::compare_tariffs(books, &self.a, &self.b, at))?;
        context.render.list(&Rows::of(KEYS, &differing, |Differing { prefix, hours, difference, a, b }| {
            let hours = hours.to_string();
            let hours = (!hours.is_empty()).then_some(hours);
            let price = |rate: &Option<Rate>| Value::text_of(rate.as_ref().map(price));
            vec![Value::text(prefix), hours.into(), Value::text(difference), price(a), price(b)]
        }))?;
        Ok(ExitCode::SUCCESS)
    }
}

/// Writes all that makes a price: `0.1 a minute, connect fee 0.05, 60+6, bands=...`.
fn price(rate: &Rate) -> String {
    let fee = format!("connect fee {}, ", rate.connect_fee);
    let fee = if rate.connect_fee.money().millionths() == 0 { "" } else { &fee };
    let terms = if rate.terms.is_plain() { String::new() } else { format!(", {}", rate.terms) };
    format!("{} a minute, {fee}{}{terms}", rate.price_per_minute, rate.increment)
}
