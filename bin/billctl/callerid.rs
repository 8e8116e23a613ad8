//! `billctl callerid`

use std::process::ExitCode;

use anyhow::Result;
use celcombiller::billing;
use celcombiller::domain::numbering::PhoneNumber;
use clap::{Args, Subcommand};

use crate::context::Context;
use crate::render::{Rows, Value};

#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    Add(Add),
    List(List),
    Remove(Remove),
}

/// Let a further number identify a user
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  billctl callerid add ana 5511999990002")]
pub(crate) struct Add {
    user: String,
    number: PhoneNumber,
}

/// List the numbers that identify users
#[derive(Debug, Args)]
pub(crate) struct List {
    /// Of one user only
    user: Option<String>,
}

/// Take a further number away
#[derive(Debug, Args)]
pub(crate) struct Remove {
    number: PhoneNumber,
}

const KEYS: &[&str] = &["number", "username", "main"];

impl Verb {
    pub(crate) fn run(self, context: &Context) -> Result<ExitCode> {
        match self {
            Self::Add(Add { user, number }) => {
                let account = context.decide(|store| billing::add_number(store, &user, &number))?;
                context.render.one(KEYS, vec![Value::text(&number), Value::text(account.username), false.into()])?;
            }
            Self::List(List { user }) => {
                let numbers = context.look(|books| {
                    let account = user.map(|user| billing::find_user(books, &user)).transpose()?;
                    Ok(books.numbers(account.map(|account| account.id))?)
                })?;
                context.render.list(&Rows::of(KEYS, &numbers, |(number, username, main)| {
                    vec![Value::text(number), Value::text(username), (*main).into()]
                }))?;
            }
            Self::Remove(Remove { number }) => {
                let owner = context.decide(|store| billing::remove_number(store, &number))?;
                context.render.one(KEYS, vec![Value::text(&number), Value::text(owner), false.into()])?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}
