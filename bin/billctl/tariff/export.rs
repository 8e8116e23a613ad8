//! `billctl tariff export`

use std::process::ExitCode;

use anyhow::Result;
use celcombiller::billing;
use clap::Args;

use super::columns::{self, COLUMNS};
use crate::context::Context;

/// Write the rates of a price list that are in force or will be, as `import` reads them
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  billctl tariff export shop > shop.csv")]
pub(crate) struct Export {
    name: String,
}

impl Export {
    pub(crate) fn run(self, context: &Context) -> Result<ExitCode> {
        context.look(|books| {
            billing::find_tariff(books, &self.name)?;
            Ok(context.render.stream(&COLUMNS, |write| {
                billing::export_rates(books, &self.name, context.now, |row| {
                    write(columns::write(&row.rate, &row.validity))
                })
            }))
        })??;
        Ok(ExitCode::SUCCESS)
    }
}
