//! `billctl notify`

mod hand_over;

use std::fs::{File, TryLockError};
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, Result};
use celcombiller::billing::BillingError;
use celcombiller::dialogue::warning;
use celcombiller::domain::announcement::Sound;
use celcombiller::domain::refusal::Refusal;
use celcombiller::pbx::spool::{Spool, Stage};
use celcombiller::pbx::value::ValueError;
use celcombiller::store::{Low, Store, Unit};
use clap::Args;

use crate::context::Context;
use crate::failure::tell;
use crate::render::{Rows, Value, object};
use hand_over::Receiver;

/// Tell who has less than they are to have (user and group update --warn-below), once each time it goes below
///
/// Without --command or --call, the list itself tells. With them, who could not be told is tried again by the
/// next run: so nobody is left out, and somebody is told twice only if this is killed between the telling and the
/// note of it. A call is spooled once even then.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  billctl notify --dry-run
  billctl notify --call --prompt celcombiller/low-balance
  billctl notify --command /usr/local/bin/send-mail
  billctl notify --shell --command 'jq -r .email | xargs -r mail -s \"Low balance\"'")]
pub(crate) struct Notify {
    /// Run a program for each, with the user as JSON on its standard input; blanks part its arguments
    #[arg(long, value_name = "COMMAND", conflicts_with = "call", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    command: Option<String>,
    /// Have the shell run the command
    #[arg(long, requires = "command")]
    shell: bool,
    /// How long the command may take
    #[arg(long, value_name = "SECONDS", requires = "command", default_value = "30",
        value_parser = clap::value_parser!(u16).range(1..))]
    timeout: u16,
    /// Have Asterisk call each, and say the balance; it costs the user nothing
    #[arg(long)]
    call: bool,
    /// The sound that is played before the balance is said
    #[arg(long, value_name = "SOUND", requires = "call", value_parser = |name: &str| Sound::try_from(name.to_owned()))]
    prompt: Option<Sound>,
    /// Tell nobody, and list who would be told
    #[arg(long)]
    dry_run: bool,
}

const KEYS: &[&str] = &[
    "username",
    "name",
    "clid",
    "language",
    "email",
    "phone",
    "unit",
    "balance",
    "available",
    "credit_limit",
    "warn_below",
    "crossing",
    "told",
];

fn row(low: &Low, unit: &Unit) -> Vec<Value> {
    let account = &low.account;
    vec![
        Value::text(&account.username),
        account.name.clone().into(),
        Value::text_of(account.clid.as_ref()),
        Value::text_of(account.language.as_ref()),
        Value::text_of(account.contact.email.as_ref()),
        Value::text_of(account.contact.phone.as_ref()),
        unit.as_str().into(),
        account.balance.into(),
        account.available().ok().into(),
        account.credit_limit.into(),
        low.warn_below.into(),
        Value::text(low.crossing),
    ]
}

/// How users are told.
enum Teller<'a> {
    /// By the list.
    List,
    /// By a program of the operator's.
    Program(Receiver),
    /// By a call.
    Call(Stage<'a>),
}

impl Notify {
    pub(crate) fn run(self, context: &Context) -> Result<ExitCode> {
        // Dropped, and with it unlocked, when this ends.
        let _alone = if self.dry_run { None } else { Some(alone(context.database())?) };
        let mut store = context.open()?;
        let (low, unit) = store.read(|books| Ok::<_, BillingError>((books.low_accounts()?, books.unit()?)))?;
        let spool = Spool::at(&context.config.asterisk.spool.join("outgoing"));
        let teller = match &self.command {
            _ if self.dry_run || low.is_empty() => Teller::List,
            Some(command) => Teller::Program(self.receiver(command)),
            None if self.call => Teller::Call(spool.stage(None, true)?),
            None => Teller::List,
        };
        let (mut rows, mut all_told) = (Vec::new(), true);
        for low in &low {
            let mut row = row(low, &unit);
            let told = match &teller {
                Teller::List => Ok(()),
                Teller::Program(receiver) => receiver.give(&format!("{}\n", object(KEYS, &row))),
                Teller::Call(stage) => self.spool(context, stage, low),
            };
            let was_told = !self.dry_run && told.is_ok();
            if let Err(refusal) = told {
                tell(format!("error: {} was not told: {refusal}", low.account.username));
                all_told = false;
            } else if !matches!(teller, Teller::List) {
                note(&mut store, low)?;
            }
            row.push(was_told.into());
            rows.push(row);
        }
        context.render.list(&Rows { keys: KEYS.to_vec(), rows })?;
        if matches!(teller, Teller::List) && !self.dry_run {
            low.iter().try_for_each(|low| note(&mut store, low))?;
        }
        store.close()?;
        Ok(if all_told { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    fn receiver(&self, command: &str) -> Receiver {
        let longest = Duration::from_secs(self.timeout.into());
        if self.shell {
            let arguments = vec!["-c".to_owned(), command.to_owned()];
            return Receiver { program: "/bin/sh".to_owned(), arguments, longest };
        }
        let mut words = command.split_whitespace().map(str::to_owned);
        let program = words.next().unwrap_or_default();
        Receiver { program, arguments: words.collect(), longest }
    }

    fn spool(&self, context: &Context, stage: &Stage<'_>, low: &Low) -> Result<(), Refusal> {
        let file = warning::call(&low.account, self.prompt.as_ref(), &context.config)?;
        let name = format!("low-{}.call", low.crossing);
        let name = name.parse().map_err(|error: ValueError| Refusal::new(error.to_string()))?;
        let put = stage.put_once(&name, &file.render(), None).and_then(|_| stage.settle());
        put.map_err(|error| Refusal::new(error.to_string()))
    }
}

/// Notes that a user was told. Each by itself: whoever was told stays so, whatever becomes of the others.
fn note(store: &mut Store, low: &Low) -> Result<()> {
    Ok(store.write(|books| books.note_warned(&low.crossing))?)
}

/// Keeps a second run from telling the same users while this one does.
fn alone(database: &Path) -> Result<File> {
    let folder = match database.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    let named = || format!("locking {}", folder.display());
    let file = File::open(folder).with_context(named)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            Err(Refusal::new("another billctl notify is at it").hint("what it leaves out, the next run tells").into())
        }
        Err(TryLockError::Error(error)) => Err(error).with_context(named),
    }
}
