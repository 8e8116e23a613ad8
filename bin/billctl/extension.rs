//! `billctl extension`

mod bulk;
mod change;

use std::process::ExitCode;

use anyhow::{Context as _, Result};
use celcombiller::billing::{self, Entry};
use celcombiller::domain::extension::{Extension, Numbers, Pin, Secret};
use celcombiller::domain::numbering::PhoneNumber;
use celcombiller::host;
use clap::{Args, Subcommand};

use self::change::Change;
pub(crate) use self::change::{set, yes_or_no};
use crate::context::Context;
use crate::render::{Rows, Value};

#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    Add(Add),
    List(List),
    Show(Show),
    Update(Update),
    Remove(Remove),
    Import(bulk::Import),
    Export(bulk::Export),
}

/// Add an extension; its number becomes one of its user's
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  billctl extension add --user ana --name Ana --voicemail yes --forward-busy 1001\n  \
    billctl extension add 1005 --user bob --ring-time 30 --recording-in-external always"
)]
pub(crate) struct Add {
    /// What is dialled [default: the next free number from `[extensions] first` on]
    number: Option<PhoneNumber>,
    #[command(flatten)]
    change: Change,
}

/// List the extensions, without their secrets
#[derive(Debug, Args)]
pub(crate) struct List;

/// Show an extension
#[derive(Debug, Args)]
pub(crate) struct Show {
    number: PhoneNumber,
    /// With what its phone registers, and with the PIN of its voicemail
    #[arg(long)]
    secret: bool,
}

/// Change an extension: what is not named stays
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  billctl extension update 1005 --do-not-disturb yes --forward-always none\n  \
    echo correct-horse-battery | billctl extension update 1005 --secret-stdin")]
pub(crate) struct Update {
    number: PhoneNumber,
    #[command(flatten)]
    change: Change,
}

/// Remove extensions, all of them or none
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  billctl extension remove 1005,1006 --cascade")]
pub(crate) struct Remove {
    /// Their numbers, with commas between them
    numbers: Numbers,
    /// Take them out of the ring groups that ring them
    #[arg(long)]
    cascade: bool,
}

const KEYS: &[&str] = &[
    "extension",
    "name",
    "tech",
    "user",
    "account_code",
    "ring_time",
    "voicemail",
    "email",
    "recording_in_internal",
    "recording_in_external",
    "recording_out_internal",
    "recording_out_external",
    "caller_id",
    "call_waiting",
    "do_not_disturb",
    "forward_busy",
    "forward_no_answer",
    "forward_always",
];

const SECRET_KEYS: &[&str] = &[
    "extension",
    "name",
    "tech",
    "user",
    "account_code",
    "ring_time",
    "voicemail",
    "email",
    "recording_in_internal",
    "recording_in_external",
    "recording_out_internal",
    "recording_out_external",
    "caller_id",
    "call_waiting",
    "do_not_disturb",
    "forward_busy",
    "forward_no_answer",
    "forward_always",
    "secret",
    "pin",
];

fn row(extension: &Extension) -> Vec<Value> {
    let settings = &extension.settings;
    let (recording, forward) = (settings.recording, &settings.forward);
    vec![
        Value::text(&extension.number),
        Value::text(&extension.name),
        Value::text(settings.technology),
        Value::text(&extension.payer),
        Value::text(&extension.payer),
        settings.ring_time.seconds().into(),
        settings.voicemail.is_some().into(),
        Value::text_of(settings.voicemail.as_ref().and_then(|mailbox| mailbox.email.as_ref())),
        Value::text(recording.in_internal),
        Value::text(recording.in_external),
        Value::text(recording.out_internal),
        Value::text(recording.out_external),
        Value::text_of(settings.caller_id.as_ref()),
        settings.call_waiting.into(),
        settings.do_not_disturb.into(),
        Value::text_of(forward.busy.as_ref()),
        Value::text_of(forward.no_answer.as_ref()),
        Value::text_of(forward.always.as_ref()),
    ]
}

fn row_with_secrets(extension: &Extension) -> Vec<Value> {
    let mut row = row(extension);
    row.push(extension.settings.secret.as_str().into());
    row.push(Value::text_of(extension.settings.voicemail.as_ref().map(|mailbox| &mailbox.pin)));
    row
}

impl Verb {
    pub(crate) fn run(self, context: &Context) -> Result<ExitCode> {
        match self {
            Self::Add(Add { number, change }) => {
                let (fresh, set) = (Fresh::draw()?, change.typed()?);
                let entry = Entry {
                    number,
                    user: set.user(),
                    secret: fresh.secret.clone(),
                    change: |extension: &mut Extension| set.apply(extension, &fresh),
                };
                let numbering = context.numbering(context.config.extensions.first());
                let added = context.decide(|store| billing::add_extension(store, entry, numbering))?;
                context.render.one(SECRET_KEYS, row_with_secrets(&added))?;
            }
            Self::Update(Update { number, change }) => {
                let (fresh, set) = (Fresh::draw()?, change.typed()?);
                let updated = context.decide(|store| {
                    billing::update_extension(store, &number, set.user().as_deref(), |extension| {
                        set.apply(extension, &fresh);
                    })
                })?;
                context.render.one(KEYS, row(&updated))?;
            }
            Self::List(List) => {
                let extensions = context.look(|books| Ok(books.extensions()?))?;
                context.render.list(&Rows::of(KEYS, &extensions, row))?;
            }
            Self::Show(Show { number, secret }) => {
                let extension = context.look(|books| billing::find_extension(books, &number))?;
                match secret {
                    true => context.render.one(SECRET_KEYS, row_with_secrets(&extension))?,
                    false => context.render.one(KEYS, row(&extension))?,
                }
            }
            Self::Remove(Remove { numbers: Numbers(numbers), cascade }) => {
                let removed = context.decide(|store| billing::remove_extensions(store, &numbers, cascade))?;
                context.render.list(&Rows::of(KEYS, &removed, row))?;
            }
            Self::Import(import) => import.run(context)?,
            Self::Export(export) => export.run(context)?,
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// What is drawn at random, for where nothing is given.
struct Fresh {
    secret: Secret,
    pin: Pin,
}

impl Fresh {
    fn draw() -> Result<Self> {
        let mut bytes = [0; Secret::RANDOM_BYTES];
        host::secure_random(&mut bytes).context("cannot draw random numbers")?;
        let secret = Secret::from_random(&bytes);
        host::secure_random(&mut bytes[..8]).context("cannot draw random numbers")?;
        let number = bytes[..8].iter().fold(0_u64, |number, &byte| number << 8 | u64::from(byte));
        Ok(Self { secret, pin: format!("{:06}", number % 1_000_000).parse()? })
    }
}
