//! `billctl voucher generate`

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use celcombiller::billing::{self, Revoke};
use celcombiller::domain::gift::Gift;
use celcombiller::domain::money::Amount;
use celcombiller::domain::time::Timestamp;
use celcombiller::domain::voucher::{BatchName, CodeLength, VoucherCode, refused_from, worth};
use celcombiller::host;
use celcombiller::store::{NewBatch, VoucherId};
use clap::Args;

use crate::context::Context;
use crate::new_file::Draft;
use crate::progress::progress;
use crate::render::{Rows, Value, standard_output};

/// The most vouchers of one batch: they are written into the books at once, and calls wait meanwhile.
const MOST: i64 = 100_000;

/// Issue vouchers, and write their codes: now and never again, because the books keep only hashes
///
/// Vouchers are in the books before their codes are written, so every code that is read is worth something. When the
/// codes cannot be written to their end, the whole batch is revoked.
#[derive(Debug, Args)]
#[command(after_help = "Example:
  billctl --format csv voucher generate --count 500 --amount 5 --expires 2027-12-31 --output vouchers.csv")]
#[command(group = clap::ArgGroup::new("given").required(true).args(["amount", "gift"]))]
pub(crate) struct Generate {
    /// How many, up to 100000
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=MOST), allow_negative_numbers = true)]
    count: u32,
    /// The credit that each is worth
    #[arg(long, allow_negative_numbers = true)]
    amount: Option<Amount>,
    /// What each is worth, such as credit=5 or 'minutes=60 to=55 days=30'
    #[arg(long)]
    gift: Option<Gift>,
    /// From when they are refused, a date or a time [default: never, or when what they give ends]
    #[arg(long, value_name = "DATE")]
    expires: Option<Timestamp>,
    /// A name for them together [default: batch-N]
    #[arg(long, value_name = "NAME")]
    batch: Option<BatchName>,
    /// Digits of a code, 12 to 24; the last is a check digit
    #[arg(long, value_name = "N", default_value = "16")]
    digits: CodeLength,
    /// A new file that only you can read, which is there when it is complete [default: standard output]
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Tell what would be issued
    #[arg(long)]
    dry_run: bool,
}

const KEYS: &[&str] = &["serial", "code", "amount", "gives", "expires", "batch"];
const TOTAL_KEYS: &[&str] = &["batch", "gives", "expires", "count", "worth"];

impl Generate {
    pub(crate) fn run(self, context: &Context) -> Result<()> {
        // One of the two is given.
        let Some(gives) = self.amount.map(Gift::Credit).or(self.gift) else { return Ok(()) };
        let expires = refused_from(&gives, self.expires);
        let new = NewBatch { name: self.batch, gives, expires };
        if self.dry_run {
            return context.render.one(TOTAL_KEYS, total(&new, new.name.as_ref(), self.count));
        }
        let codes = VoucherCode::draw(self.count.try_into()?, self.digits, host::secure_random)
            .context("cannot draw random numbers")?;
        let mut salt = [0; 32];
        host::secure_random(&mut salt).context("cannot draw random numbers")?;
        let draft = self.output.as_deref().map(|file| Draft::begin(file, 0o600)).transpose()?;
        let bar = progress("hashing", Some(self.count.into()));
        let issued = context.decide(|store| {
            billing::issue_vouchers(store, &new, &codes, &salt, &|| bar.inc(1), context.circumstances(None))
        });
        bar.finish_and_clear();
        let (batch, serials) = match issued {
            Ok(issued) => issued,
            Err(error) => {
                drop(draft.map(Draft::abandon));
                return Err(error);
            }
        };
        let rows = codes_of(&new, &batch, &codes, &serials);
        let revoke = |error| revoke_unwritten(context, &batch, error);
        match draft {
            Some(draft) => {
                draft.finish(|out| context.render.list_to(out, &rows)).map_err(revoke)?;
                context.render.one(TOTAL_KEYS, total(&new, Some(&batch), self.count))
            }
            None => context.render.list_to(&mut standard_output(), &rows).map_err(revoke),
        }
    }
}

fn total(new: &NewBatch, batch: Option<&BatchName>, count: u32) -> Vec<Value> {
    vec![
        Value::text_of(batch),
        Value::text(&new.gives),
        new.expires.into(),
        count.into(),
        worth(&new.gives, count).into(),
    ]
}

fn codes_of(new: &NewBatch, batch: &BatchName, codes: &[VoucherCode], serials: &[VoucherId]) -> Rows {
    let issued: Vec<_> = serials.iter().zip(codes).collect();
    Rows::of(KEYS, &issued, |(serial, code)| {
        vec![
            serial.0.into(),
            Value::text(code),
            worth(&new.gives, 1).into(),
            Value::text(&new.gives),
            new.expires.into(),
            Value::text(batch),
        ]
    })
}

/// Revokes a batch whose codes nobody has, or not all of them, and says so.
fn revoke_unwritten(context: &Context, batch: &BatchName, error: anyhow::Error) -> anyhow::Error {
    let circumstances = context.circumstances(Some("its codes could not be written"));
    let which = Revoke::Batch(batch.clone());
    match context.decide(|store| billing::revoke_vouchers(store, &which, false, circumstances)) {
        Ok(_) => error.context(format!("batch \"{batch}\" is revoked, because its codes could not be written")),
        Err(again) => error.context(format!(
            "batch \"{batch}\" could be neither written nor revoked ({again:#}): billctl voucher revoke --batch \
             '{batch}' --note WHY"
        )),
    }
}
