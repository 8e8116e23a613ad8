//! `billctl voucher`

mod generate;

use std::io::{self, BufRead};
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use celcombiller::billing::{self, Revocation, Revoke};
use celcombiller::domain::money::Money;
use celcombiller::domain::refusal::Refusal;
use celcombiller::domain::voucher::{BatchName, CodeError, VoucherCode, VoucherState, worth};
use celcombiller::store::{BatchRow, VoucherFilter, VoucherId, VoucherRow};
use clap::{Args, Subcommand};

use crate::context::Context;
use crate::hidden::Hidden;
use crate::render::{Rows, Value};
use generate::Generate;

#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    Generate(Generate),
    List(List),
    Batches(Batches),
    Show(Show),
    Redeem(Redeem),
    Revoke(RevokeVouchers),
    Unlock(Unlock),
}

/// List vouchers by serial number; their codes are not in the books
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  billctl voucher list --batch christmas --state redeemed")]
pub(crate) struct List {
    /// Those of one batch
    #[arg(long, value_name = "NAME")]
    batch: Option<BatchName>,
    /// unused, redeemed, expired or revoked
    #[arg(long)]
    state: Option<VoucherState>,
}

/// List the batches of vouchers, with what became of each and what is still owed on it
#[derive(Debug, Args)]
pub(crate) struct Batches;

/// Tell what a code is worth, and what became of it
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  billctl voucher show '1234 5678 9012 3450' --user ana")]
pub(crate) struct Show {
    /// The digits, with or without blanks and dashes
    #[arg(required_unless_present = "code_stdin", conflicts_with = "code_stdin")]
    code: Option<Hidden>,
    /// Read the code from standard input
    #[arg(long)]
    code_stdin: bool,
    /// Who asks: a wrong code counts as a try of theirs
    #[arg(long)]
    user: Option<String>,
}

/// Give a user what a voucher is worth, once
///
/// A code that is mistyped is told by its check digit, and counts as nothing. One that is well formed but wrong counts:
/// the fifth in a row locks the user out for a quarter of an hour, and each fifth after it for twice as long.
#[derive(Debug, Args)]
#[command(
    allow_missing_positional = true,
    after_help = "Example:\n  billctl voucher redeem 1234-5678-9012-3450 ana\n  billctl voucher redeem --code-stdin ana"
)]
pub(crate) struct Redeem {
    /// The digits, with or without blanks and dashes
    #[arg(required_unless_present = "code_stdin", conflicts_with = "code_stdin")]
    code: Option<Hidden>,
    user: String,
    /// Read the code from standard input, so that nobody sees it among the processes
    #[arg(long)]
    code_stdin: bool,
    /// What else there is to say
    #[arg(long)]
    note: Option<String>,
}

/// Take vouchers back that nobody redeemed, with the reason
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  billctl voucher revoke --batch christmas --note 'stolen at the printer' --dry-run")]
#[command(group = clap::ArgGroup::new("which").required(true).args(["code", "batch", "serials"]))]
pub(crate) struct RevokeVouchers {
    /// The one with this code
    code: Option<Hidden>,
    /// All of a batch
    #[arg(long, value_name = "NAME")]
    batch: Option<BatchName>,
    /// Those with these serial numbers, or none of them
    #[arg(long = "serial", value_name = "N", num_args = 1..)]
    serials: Vec<i64>,
    /// Why
    #[arg(long)]
    note: String,
    /// Tell what would be revoked
    #[arg(long)]
    dry_run: bool,
}

/// Let a user try codes again who tried too many wrong ones
#[derive(Debug, Args)]
pub(crate) struct Unlock {
    user: String,
}

const KEYS: &[&str] =
    &["serial", "batch", "gives", "expires", "state", "username", "redeemed", "entry", "revoked", "actor", "note"];
const BATCH_KEYS: &[&str] =
    &["batch", "gives", "created", "actor", "expires", "issued", "redeemed", "revoked", "expired", "unused", "worth"];
const REDEEMED_KEYS: &[&str] = &["entry", "serial", "batch", "gives", "username", "balance"];
const REVOKED_KEYS: &[&str] = &["revoked", "worth", "redeemed_before", "revoked_before", "dry_run"];

fn row(voucher: &VoucherRow) -> Vec<Value> {
    let redeemed = voucher.redeemed.as_ref();
    vec![
        voucher.id.0.into(),
        Value::text(&voucher.batch),
        Value::text(&voucher.gives),
        voucher.expires.into(),
        Value::text(voucher.state),
        Value::text_of(redeemed.map(|redeemed| &redeemed.username)),
        redeemed.map(|redeemed| redeemed.time).into(),
        redeemed.map(|redeemed| redeemed.entry.0).into(),
        voucher.revoked.into(),
        voucher.actor.clone().into(),
        voucher.note.clone().into(),
    ]
}

fn batch_row(batch: &BatchRow) -> Vec<Value> {
    vec![
        Value::text(&batch.name),
        Value::text(&batch.gives),
        batch.created.into(),
        batch.actor.as_str().into(),
        batch.expires.into(),
        batch.issued.into(),
        batch.redeemed.into(),
        batch.revoked.into(),
        batch.expired.into(),
        batch.unused.into(),
        worth(&batch.gives, batch.unused).into(),
    ]
}

impl Verb {
    pub(crate) fn run(self, context: &Context) -> Result<ExitCode> {
        match self {
            Self::Generate(generate) => generate.run(context)?,
            Self::List(List { batch, state }) => {
                let filter = VoucherFilter { batch, state };
                let vouchers = context.look(|books| Ok(books.vouchers(&filter, context.now)?))?;
                context.render.list(&Rows::of(KEYS, &vouchers, row))?;
            }
            Self::Batches(Batches) => {
                let batches = context.look(|books| Ok(books.voucher_batches(context.now)?))?;
                context.render.list(&Rows::of(BATCH_KEYS, &batches, batch_row))?;
            }
            Self::Show(Show { code, user, .. }) => {
                let code = read_code(code)?;
                let voucher =
                    context.decide(|store| billing::look_up_voucher(store, &code, user.as_deref(), context.now))?;
                context.render.one(KEYS, row(&voucher))?;
            }
            Self::Redeem(Redeem { code, user, note, .. }) => {
                let code = read_code(code)?;
                let circumstances = context.circumstances(note.as_deref());
                let redeemed = context.decide(|store| billing::redeem_voucher(store, &code, &user, circumstances))?;
                let (voucher, account) = (redeemed.voucher, redeemed.account);
                let row = vec![
                    redeemed.entry.0.into(),
                    voucher.id.0.into(),
                    Value::text(voucher.batch),
                    Value::text(voucher.gives),
                    Value::text(account.username),
                    account.balance.into(),
                ];
                context.render.one(REDEEMED_KEYS, row)?;
            }
            Self::Revoke(revoke) => revoke.run(context)?,
            Self::Unlock(Unlock { user }) => {
                let account = context.decide(|store| billing::unlock_vouchers(store, &user))?;
                let row = vec![Value::text(account.username), account.wrong_codes.into(), account.locked_until.into()];
                context.render.one(&["username", "wrong_codes", "locked_until"], row)?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

impl RevokeVouchers {
    fn run(self, context: &Context) -> Result<()> {
        let which = match (self.code, self.batch) {
            (Some(code), _) => Revoke::Code(parse_code(&code.0)?),
            (None, Some(batch)) => Revoke::Batch(batch),
            (None, None) => Revoke::Serials(self.serials.into_iter().map(VoucherId).collect()),
        };
        let circumstances = context.circumstances(Some(&self.note));
        let Revocation { revoked, redeemed, before } =
            context.decide(|store| billing::revoke_vouchers(store, &which, self.dry_run, circumstances))?;
        let worth = revoked.iter().try_fold(Money::ZERO, |sum, voucher| sum.checked_add(worth(&voucher.gives, 1)?));
        let count = |count: usize| Value::Number(i64::try_from(count).unwrap_or(i64::MAX));
        let row = vec![count(revoked.len()), worth.into(), count(redeemed), count(before), self.dry_run.into()];
        context.render.one(REVOKED_KEYS, row)
    }
}

/// Takes the code from the arguments, else from standard input.
fn read_code(argument: Option<Hidden>) -> Result<VoucherCode> {
    let text = match argument {
        Some(Hidden(code)) => code,
        None => {
            let mut line = String::new();
            io::stdin().lock().read_line(&mut line).context("cannot read the code from standard input")?;
            line
        }
    };
    Ok(parse_code(&text)?)
}

fn parse_code(text: &str) -> Result<VoucherCode, Refusal> {
    text.parse().map_err(|error: CodeError| Refusal::new(error.to_string()))
}
