//! `billctl tariff`

use std::process::ExitCode;

use anyhow::Result;
use celcombiller::billing;
use clap::{Args, Subcommand};

use crate::context::Context;
use crate::render::Rows;

#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    Add(Add),
    List(List),
}

/// Add a price list without rates
#[derive(Debug, Args)]
pub(crate) struct Add {
    name: String,
}

/// List the price lists
#[derive(Debug, Args)]
pub(crate) struct List;

const KEYS: &[&str] = &["name", "rates", "created"];

impl Verb {
    pub(crate) fn run(self, context: &Context) -> Result<ExitCode> {
        match self {
            Self::Add(Add { name }) => {
                context.decide(|store| billing::add_tariff(store, &name, context.now))?;
                context.render.one(KEYS, vec![name.into(), 0_i64.into(), context.now.into()])?;
            }
            Self::List(List) => {
                let tariffs = context.look(|books| Ok(books.tariffs()?))?;
                context.render.list(&Rows::of(KEYS, &tariffs, |(name, rates, created)| {
                    vec![name.as_str().into(), (*rates).into(), (*created).into()]
                }))?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}
