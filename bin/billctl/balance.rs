//! `billctl balance`

mod statement;
mod statement_line;
mod statement_page;

use std::process::ExitCode;

use anyhow::Result;
use celcombiller::billing;
use celcombiller::domain::money::{Amount, Money};
use celcombiller::domain::refusal::Refusal;
use celcombiller::store::{AccountRow, EntryId, EntryQuery, EntryRow, Unit};
use clap::{Args, Subcommand};

use crate::bundle;
use crate::context::Context;
use crate::render::{Rows, Value};
use crate::span::Span;
use statement::Statement;

#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    Show(Show),
    Add(Move),
    Remove(Move),
    Adjust(Adjust),
    Transfer(Transfer),
    History(History),
    Statement(Statement),
    Reverse(Reverse),
}

/// Show what a user has, holds and may owe
#[derive(Debug, Args)]
pub(crate) struct Show {
    user: String,
}

/// Move credit to or from a user
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  billctl balance add ana 600 --note 'cash, counter 2'\n  billctl balance remove ana 60 --note 'typing error'"
)]
pub(crate) struct Move {
    user: String,
    /// A positive decimal with up to six places, in the ledger's unit
    #[arg(allow_negative_numbers = true)]
    amount: Amount,
    /// Why
    #[arg(long)]
    note: Option<String>,
}

/// Correct a balance, up or down, with the reason
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  billctl balance adjust ana -2.50 --note 'counted twice on Monday'")]
pub(crate) struct Adjust {
    user: String,
    /// A decimal with up to six places; below zero takes away
    #[arg(allow_negative_numbers = true)]
    amount: Money,
    /// Why
    #[arg(long)]
    note: String,
}

/// Move credit from one user to another
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  billctl balance transfer ana bob 5 --note 'lent'")]
pub(crate) struct Transfer {
    from: String,
    to: String,
    /// A positive decimal with up to six places, in the ledger's unit
    #[arg(allow_negative_numbers = true)]
    amount: Amount,
    /// Why
    #[arg(long)]
    note: Option<String>,
}

/// List a user's ledger entries, oldest last
#[derive(Debug, Args)]
pub(crate) struct History {
    user: String,
    /// At most so many, the newest
    #[arg(long, value_name = "N")]
    limit: Option<u32>,
    #[command(flatten)]
    span: Span,
}

/// Take a ledger entry back, once, by its mirror image
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  billctl balance history ana\n  billctl balance reverse 17 --note 'wrong user'")]
pub(crate) struct Reverse {
    /// The entry's id, as the history shows it
    entry: i64,
    /// Why
    #[arg(long)]
    note: String,
}

const KEYS: &[&str] = &["username", "unit", "balance", "held", "available", "credit_limit"];
const MOVED_KEYS: &[&str] = &["entry", "username", "unit", "balance", "held", "available", "credit_limit"];

fn row(account: &AccountRow, unit: &Unit) -> Result<Vec<Value>> {
    Ok(vec![
        Value::text(&account.username),
        unit.as_str().into(),
        account.balance.into(),
        account.held.into(),
        account.available()?.into(),
        account.credit_limit.into(),
    ])
}

impl Verb {
    pub(crate) fn run(self, context: &Context) -> Result<ExitCode> {
        match self {
            Self::Show(Show { user }) => {
                let (account, unit, bundles) = context.look(|books| {
                    let account = billing::find_user(books, &user)?;
                    let bundles = bundle::usable(books, account.id, context.now)?;
                    Ok((account, books.unit()?, bundles))
                })?;
                let shown = [row(&account, &unit)?, vec![bundle::brief(&bundles)]].concat();
                context.render.one(&[KEYS, &["bundles"]].concat(), shown)?;
            }
            Self::Add(Move { user, amount, note }) => {
                let circumstances = context.circumstances(note.as_deref());
                let entry = context.decide(|store| billing::top_up(store, &user, amount, circumstances))?;
                show_moved(context, entry, &user)?;
            }
            Self::Remove(Move { user, amount, note }) => {
                let circumstances = context.circumstances(note.as_deref());
                let entry = context.decide(|store| billing::withdraw(store, &user, amount, circumstances))?;
                show_moved(context, entry, &user)?;
            }
            Self::Adjust(Adjust { user, amount, note }) => {
                let circumstances = context.circumstances(Some(&note));
                let down = amount < Money::ZERO;
                let size = Money::ZERO.checked_sub(amount).filter(|_| down).unwrap_or(amount);
                let size = Amount::try_from(size).map_err(|error| Refusal::new(error.to_string()))?;
                let entry = context.decide(|store| match down {
                    true => billing::withdraw(store, &user, size, circumstances),
                    false => billing::adjust_up(store, &user, size, circumstances),
                })?;
                show_moved(context, entry, &user)?;
            }
            Self::Transfer(Transfer { from, to, amount, note }) => {
                let circumstances = context.circumstances(note.as_deref());
                let entry = context.decide(|store| billing::transfer(store, &from, &to, amount, circumstances))?;
                show_moved(context, entry, &from)?;
            }
            Self::History(history) => history.run(context)?,
            Self::Statement(statement) => statement.run(context)?,
            Self::Reverse(Reverse { entry, note }) => {
                let circumstances = context.circumstances(Some(&note));
                let reversal = context.decide(|store| billing::reverse(store, EntryId(entry), circumstances))?;
                context.render.one(&["entry", "reverses"], vec![reversal.0.into(), entry.into()])?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

pub(crate) fn show_moved(context: &Context, entry: EntryId, user: &str) -> Result<()> {
    let (account, unit) = context.look(|books| Ok((billing::find_user(books, user)?, books.unit()?)))?;
    let moved = [vec![entry.0.into()], row(&account, &unit)?].concat();
    context.render.one(MOVED_KEYS, moved)
}

impl History {
    fn run(&self, context: &Context) -> Result<()> {
        let (since, until) = self.span.instants()?;
        let query = EntryQuery { limit: self.limit, since, until };
        let entries = context.look(|books| Ok(books.entries(billing::find_user(books, &self.user)?.id, query)?))?;
        context.render.list(&rows(&entries))
    }
}

/// Lists entries as the one whose they are sees them.
pub(crate) fn rows(entries: &[EntryRow]) -> Rows {
    let keys = &["id", "time", "kind", "amount", "balance_after", "note", "call", "actor"];
    Rows::of(keys, entries, |entry| {
        vec![
            entry.id.0.into(),
            entry.time.into(),
            Value::text(entry.kind),
            entry.amount.into(),
            entry.balance_after.into(),
            entry.note.clone().into(),
            Value::text_of(entry.call.as_ref()),
            entry.actor.as_str().into(),
        ]
    })
}
