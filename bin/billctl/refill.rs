//! `billctl refill`, `billctl payment` and `billctl charge`: what comes in, and what the house takes.

use std::process::ExitCode;

use anyhow::Result;
use celcombiller::billing::{self, Paid};
use celcombiller::domain::ledger::EntryKind;
use celcombiller::domain::line::Line;
use celcombiller::domain::money::Amount;
use celcombiller::domain::vat::Vat;
use celcombiller::store::{AccountId, Books, EntryQuery, MovementRow, PaymentRow};
use clap::{Args, Subcommand};

use crate::balance;
use crate::context::Context;
use crate::render::{Rows, Value};
use crate::span::Span;

#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    Add(Add),
    /// List refills, oldest last
    List(Listing),
}

#[derive(Debug, Subcommand)]
pub(crate) enum PaymentVerb {
    /// List payments with what they bought, oldest last
    #[command(after_help = "Example:\n  billctl payment list --user ana --since 2026-11-01 --until 2026-12-01")]
    List(Listing),
}

#[derive(Debug, Subcommand)]
pub(crate) enum ChargeVerb {
    Add(Charge),
    /// List charges, oldest last; those of calls are in cdr list
    List(Listing),
}

/// Credit a user with a payment, without the tax in it
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  billctl refill add ana 11.90 --vat 19 --method cash
  billctl refill add ana 11.90 --vat 19 --method card --reference shop-4711    # once, however often it is run")]
pub(crate) struct Add {
    user: String,
    /// What was paid, with the tax: a positive decimal with up to six places, in the ledger's unit
    #[arg(allow_negative_numbers = true)]
    amount: Amount,
    /// The tax in it, in percent of what is credited
    #[arg(long, value_name = "PERCENT", default_value = "0", allow_negative_numbers = true)]
    vat: Vat,
    /// How it was paid
    #[arg(long)]
    method: Option<Line>,
    /// What the payment is named outside; the same name again changes nothing and answers as it did then
    #[arg(long, value_name = "TEXT")]
    reference: Option<Line>,
    /// Why
    #[arg(long)]
    note: Option<String>,
}

/// Take from a user what is due for anything but a call
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  billctl charge add ana 5 --note 'SIM replaced'")]
pub(crate) struct Charge {
    user: String,
    /// A positive decimal with up to six places, in the ledger's unit
    #[arg(allow_negative_numbers = true)]
    amount: Amount,
    /// What for
    #[arg(long)]
    note: String,
}

/// Which of them.
#[derive(Debug, Args)]
pub(crate) struct Listing {
    /// Of one user only
    #[arg(long)]
    user: Option<String>,
    #[command(flatten)]
    span: Span,
    /// At most so many, the newest
    #[arg(long, value_name = "N")]
    limit: Option<u32>,
}

const REFILL_KEYS: &[&str] = &[
    "payment",
    "refill",
    "username",
    "unit",
    "gross",
    "vat",
    "net",
    "tax",
    "balance",
    "method",
    "reference",
    "note",
    "repeated",
];
const PAYMENT_KEYS: &[&str] = &[
    "id",
    "time",
    "username",
    "gross",
    "vat",
    "net",
    "tax",
    "method",
    "reference",
    "note",
    "actor",
    "refill",
    "reversed_by",
];
const MOVEMENT_KEYS: &[&str] =
    &["id", "time", "username", "amount", "balance_after", "note", "actor", "payment", "reversed_by"];
const CHARGE_KEYS: &[&str] = &["id", "time", "username", "amount", "balance_after", "note", "actor", "reversed_by"];

/// Returns what of a payment is tax.
fn tax(payment: &PaymentRow) -> Value {
    payment.gross.money().checked_sub(payment.net.money()).into()
}

fn payment_row(payment: &PaymentRow) -> Vec<Value> {
    vec![
        payment.id.0.into(),
        payment.time.into(),
        Value::text(&payment.username),
        payment.gross.money().into(),
        Value::text(payment.vat),
        payment.net.money().into(),
        tax(payment),
        Value::text_of(payment.method.as_ref()),
        payment.reference.clone().into(),
        payment.note.clone().into(),
        payment.actor.as_str().into(),
        payment.refill.0.into(),
        payment.reversed_by.map(|entry| entry.0).into(),
    ]
}

fn movement_row(movement: &MovementRow) -> Vec<Value> {
    vec![
        movement.id.0.into(),
        movement.time.into(),
        Value::text(&movement.username),
        movement.amount.money().into(),
        movement.balance_after.into(),
        movement.note.clone().into(),
        movement.actor.as_str().into(),
        movement.payment.map(|payment| payment.0).into(),
        movement.reversed_by.map(|entry| entry.0).into(),
    ]
}

fn charge_row(movement: &MovementRow) -> Vec<Value> {
    let mut row = movement_row(movement);
    row.remove(row.len() - 2);
    row
}

impl Listing {
    fn look<T>(
        &self,
        context: &Context,
        list: impl FnOnce(&Books<'_>, Option<AccountId>, EntryQuery) -> Result<T, celcombiller::store::StoreError>,
    ) -> Result<T> {
        let (since, until) = self.span.instants()?;
        let query = EntryQuery { limit: self.limit, since, until };
        context.look(|books| {
            let user = self.user.as_ref().map(|user| billing::find_user(books, user)).transpose()?;
            Ok(list(books, user.map(|user| user.id), query)?)
        })
    }

    fn movements(&self, context: &Context, kind: EntryKind) -> Result<Vec<MovementRow>> {
        self.look(context, |books, of, query| books.movements(kind, of, query))
    }
}

impl Verb {
    pub(crate) fn run(self, context: &Context) -> Result<ExitCode> {
        match self {
            Self::Add(add) => add.run(context)?,
            Self::List(listing) => {
                let refills = listing.movements(context, EntryKind::Refill)?;
                context.render.list(&Rows::of(MOVEMENT_KEYS, &refills, movement_row))?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

impl PaymentVerb {
    pub(crate) fn run(self, context: &Context) -> Result<ExitCode> {
        let Self::List(listing) = self;
        let payments = listing.look(context, |books, of, query| books.payments(of, query))?;
        context.render.list(&Rows::of(PAYMENT_KEYS, &payments, payment_row))?;
        Ok(ExitCode::SUCCESS)
    }
}

impl ChargeVerb {
    pub(crate) fn run(self, context: &Context) -> Result<ExitCode> {
        match self {
            Self::Add(Charge { user, amount, note }) => {
                let circumstances = context.circumstances(Some(&note));
                let entry = context.decide(|store| billing::charge_fee(store, &user, amount, circumstances))?;
                balance::show_moved(context, entry, &user)?;
            }
            Self::List(listing) => {
                let charges = listing.movements(context, EntryKind::Fee)?;
                context.render.list(&Rows::of(CHARGE_KEYS, &charges, charge_row))?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

impl Add {
    fn run(self, context: &Context) -> Result<()> {
        let paid = Paid { gross: self.amount, vat: self.vat, method: self.method, reference: self.reference };
        let circumstances = context.circumstances(self.note.as_deref());
        let (refill, unit) = context.decide(|store| {
            let refill = billing::refill(store, &self.user, &paid, circumstances)?;
            Ok((refill, store.read(|books| books.unit())?))
        })?;
        let payment = &refill.payment;
        let row = vec![
            payment.id.0.into(),
            payment.refill.0.into(),
            Value::text(&payment.username),
            unit.as_str().into(),
            payment.gross.money().into(),
            Value::text(payment.vat),
            payment.net.money().into(),
            tax(payment),
            payment.balance_after.into(),
            Value::text_of(payment.method.as_ref()),
            payment.reference.clone().into(),
            payment.note.clone().into(),
            refill.repeated.into(),
        ];
        context.render.one(REFILL_KEYS, row)
    }
}
