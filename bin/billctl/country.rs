//! `billctl country`

use std::process::ExitCode;

use anyhow::Result;
use celcombiller::domain::country::Country;
use celcombiller::domain::numbering::Prefix;
use celcombiller::domain::refusal::Refusal;
use clap::{Args, Subcommand};

use crate::context::Context;
use crate::render::{Rows, Value};

#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    List(List),
    Show(Show),
}

/// List the countries with their ISO codes and dialling prefixes
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  billctl --format csv country list")]
pub(crate) struct List;

/// Show a country: by its code, or the one that a prefix or a number belongs to
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  billctl country show BR\n  billctl country show 5511999990002")]
pub(crate) struct Show {
    /// An ISO code in letters (BR, BRA), or the beginning of a number, or all of it (55, 5511999990002)
    #[arg(value_name = "CODE|PREFIX")]
    country: String,
}

const KEYS: &[&str] = &["code", "alpha3", "numeric", "name", "prefixes"];

impl Verb {
    pub(crate) fn run(self, context: &Context) -> Result<ExitCode> {
        match self {
            Self::List(List) => context.render.list(&Rows::of(KEYS, Country::all(), row))?,
            Self::Show(Show { country }) => context.render.one(KEYS, row(find(&country)?))?,
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Finds by digits as they are dialled, else by code. Digits are never a numeric code: 380 is Ukraine's prefix
/// and Italy's code, and whoever types it here thinks of telephones.
pub(crate) fn find(country: &str) -> Result<&'static Country, Refusal> {
    let found = match country.parse::<Prefix>() {
        Ok(prefix) => Country::by_prefix(&prefix),
        Err(_) => Country::by_code(country),
    };
    found.ok_or_else(|| Refusal::new(format!("no country \"{country}\"")).hint("billctl country list"))
}

fn row(country: &Country) -> Vec<Value> {
    let prefixes = country.prefixes.iter().map(ToString::to_string).collect();
    vec![
        country.code.into(),
        country.alpha3.into(),
        country.numeric.into(),
        country.name.into(),
        Value::Words(prefixes),
    ]
}
