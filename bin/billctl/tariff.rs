//! `billctl tariff`

mod columns;
mod diff;
mod export;
mod import;
mod lint;
pub(crate) mod ratecard;
mod replay;

use std::process::ExitCode;

use anyhow::Result;
use celcombiller::billing;
use celcombiller::domain::money::Rounding;
use celcombiller::domain::refusal::Refusal;
use celcombiller::domain::tariff::{Holidays, Tariff};
use celcombiller::domain::zone::Zone;
use chrono::NaiveDate;
use clap::{Args, Subcommand};

use crate::context::Context;
use crate::render::{Rows, Value};

#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    Add(Add),
    Update(Update),
    List(List),
    Show(Show),
    Remove(Remove),
    Import(import::Import),
    Export(export::Export),
    Lint(lint::Lint),
    Diff(diff::Diff),
    Replay(replay::Replay),
}

fn zone(name: &str) -> Result<Zone, String> {
    Zone::named(name).map_err(|error| error.to_string())
}

fn date(text: &str) -> Result<NaiveDate, String> {
    NaiveDate::parse_from_str(text, "%Y-%m-%d")
        .map_err(|_| format!("`{}` is not a date: expected one such as 2026-12-25", text.escape_debug()))
}

/// Add a price list without rates
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  billctl tariff add shop --zone Europe/Berlin --round 2:up --holiday 2026-12-25")]
pub(crate) struct Add {
    name: String,
    /// How a charge is rounded, once, at the end: decimals (0 to 6) and nearest, up or down
    #[arg(long, value_name = "DECIMALS:DIRECTION", default_value_t)]
    round: Rounding,
    /// Where the hours of its rates are told
    #[arg(long, value_name = "ZONE", value_parser = zone, default_value = "UTC")]
    zone: Zone,
    /// A date on which the prices of holidays apply; may be given several times
    #[arg(long = "holiday", value_name = "DATE", value_parser = date)]
    holidays: Vec<NaiveDate>,
}

/// Change what holds for all rates of a price list; calls that are going on keep what they hold
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  billctl tariff update shop --round 4:nearest --holiday 2027-01-01")]
pub(crate) struct Update {
    name: String,
    /// Another name
    #[arg(long, value_name = "NAME")]
    rename: Option<String>,
    /// How a charge is rounded, once, at the end
    #[arg(long, value_name = "DECIMALS:DIRECTION")]
    round: Option<Rounding>,
    /// Where the hours of its rates are told; name it again when a country changes its summer time
    #[arg(long, value_name = "ZONE", value_parser = zone)]
    zone: Option<Zone>,
    /// One more holiday; may be given several times
    #[arg(long = "holiday", value_name = "DATE", value_parser = date)]
    holidays: Vec<NaiveDate>,
    /// A date that is no holiday any more; may be given several times
    #[arg(long = "no-holiday", value_name = "DATE", value_parser = date)]
    no_holidays: Vec<NaiveDate>,
}

/// List the price lists
#[derive(Debug, Args)]
pub(crate) struct List;

/// Show what holds for all rates of a price list
#[derive(Debug, Args)]
pub(crate) struct Show {
    name: String,
}

/// Remove a price list and its rates, unless a user, a trunk or a call has it
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  billctl tariff remove shop")]
pub(crate) struct Remove {
    name: String,
}

const REMOVED_KEYS: &[&str] = &["name", "rates"];
const LIST_KEYS: &[&str] = &["name", "rates", "users", "rounding", "zone", "created"];
const KEYS: &[&str] = &["name", "rounding", "zone", "holidays"];

fn row(tariff: &Tariff) -> Vec<Value> {
    vec![
        tariff.name.as_str().into(),
        Value::text(tariff.rounding),
        Value::text(&tariff.zone),
        Value::Words(tariff.holidays.iter().map(|date| date.to_string()).collect()),
    ]
}

impl Verb {
    pub(crate) fn run(self, context: &Context) -> Result<ExitCode> {
        match self {
            Self::Add(Add { name, round, zone, holidays }) => {
                let mut tariff = Tariff { name, rounding: round, zone, holidays: Holidays::default() };
                for date in holidays {
                    tariff.holidays.add(date);
                }
                context.decide(|store| billing::add_tariff(store, &tariff, context.now))?;
                context.render.one(KEYS, row(&tariff))?;
            }
            Self::Update(update) => {
                let name = update.name.clone();
                let tariff = context.decide(|store| billing::update_tariff(store, &name, |to| update.change(to)))?;
                context.render.one(KEYS, row(&tariff))?;
            }
            Self::List(List) => {
                let tariffs = context.look(|books| Ok(books.tariffs()?))?;
                context.render.list(&Rows::of(LIST_KEYS, &tariffs, |found| {
                    vec![
                        found.tariff.name.as_str().into(),
                        found.rates.into(),
                        found.users.into(),
                        Value::text(found.tariff.rounding),
                        Value::text(&found.tariff.zone),
                        found.created.into(),
                    ]
                }))?;
            }
            Self::Show(Show { name }) => {
                let found = context.look(|books| billing::find_tariff(books, &name))?;
                context.render.one(KEYS, row(&found.tariff))?;
            }
            Self::Remove(Remove { name }) => {
                let rates = context.decide(|store| billing::remove_tariff(store, &name))?;
                context.render.one(REMOVED_KEYS, vec![name.into(), Value::Number(rates as i64)])?;
            }
            Self::Import(import) => return import.run(context),
            Self::Export(export) => return export.run(context),
            Self::Lint(lint) => return lint.run(context),
            Self::Diff(diff) => return diff.run(context),
            Self::Replay(replay) => return replay.run(context),
        }
        Ok(ExitCode::SUCCESS)
    }
}

impl Update {
    fn change(self, tariff: &mut Tariff) -> Result<(), Refusal> {
        tariff.name = self.rename.unwrap_or_else(|| tariff.name.clone());
        tariff.rounding = self.round.unwrap_or(tariff.rounding);
        tariff.zone = self.zone.unwrap_or_else(|| tariff.zone.clone());
        for date in self.holidays {
            tariff.holidays.add(date);
        }
        for date in self.no_holidays {
            if !tariff.holidays.remove(date) {
                let fact = format!("{date} is no holiday of tariff \"{}\"", tariff.name);
                return Err(Refusal::new(fact).hint(format!("billctl tariff show {}", tariff.name)));
            }
        }
        Ok(())
    }
}
