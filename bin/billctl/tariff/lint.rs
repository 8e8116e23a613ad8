//! `billctl tariff lint`

use std::process::ExitCode;

use anyhow::Result;
use celcombiller::billing::{self, Finding};
use clap::Args;

use crate::context::Context;
use crate::render::{Rows, Value};

/// Look for what is odd in a price list; exit 1 if there is something
///
/// duplicate: a rate to come is the one that is in force before it. redundant: a prefix costs what the next
/// shorter one costs. unreachable: closer rates cover all of its hours. gap: hours without a rate, neither of the
/// prefix nor of a shorter one. overlap: two rates of one prefix of which neither is closer.
/// maximum_below_minimum: of the charges. below_cost: sold for less than the cost tariff has.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  billctl tariff lint shop --cost carrier")]
pub(crate) struct Lint {
    name: String,
    /// The price list of what is paid for these calls
    #[arg(long, value_name = "TARIFF")]
    cost: Option<String>,
}

const KEYS: &[&str] = &["prefix", "hours", "finding", "detail"];

impl Lint {
    pub(crate) fn run(self, context: &Context) -> Result<ExitCode> {
        let findings =
            context.look(|books| billing::lint_tariff(books, &self.name, self.cost.as_deref(), context.now))?;
        context.render.list(&Rows::of(KEYS, &findings, |Finding { prefix, hours, oddity, detail }| {
            let hours = (!hours.is_empty()).then_some(hours.as_str());
            vec![Value::text(prefix), hours.into(), Value::text(oddity), detail.as_str().into()]
        }))?;
        Ok(if findings.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}
