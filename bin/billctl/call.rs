//! `billctl call`

mod campaign;
mod flags;
mod list;
mod prune;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use celcombiller::billing;
use celcombiller::dialogue::spooled::{self, Leg};
use celcombiller::domain::due::parse_due;
use celcombiller::domain::refusal::Refusal;
use celcombiller::domain::time::Timestamp;
use celcombiller::host;
use celcombiller::pbx::callfile::CallFile;
use celcombiller::pbx::spool::{Put, Spool, SpoolError, Stage};
use celcombiller::pbx::value::{FileName, ValueError};
use chrono::Local;
use clap::{Args, Subcommand};

use crate::context::Context;
use crate::render::{Rows, Value};
use campaign::Campaign;
use flags::{CallFlags, Planned};
use list::{Cancel, History, List};
use prune::Prune;

#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    Spool(Box<SpoolCall>),
    Campaign(Box<Campaign>),
    List(List),
    Cancel(Cancel),
    History(History),
    Prune(Prune),
}

impl Verb {
    pub(crate) fn run(self, context: &Context) -> Result<ExitCode> {
        match self {
            Self::Spool(call) => call.run(context)?,
            Self::Campaign(campaign) => campaign.run(context)?,
            Self::List(list) => list.run(context)?,
            Self::Cancel(cancel) => cancel.run(context)?,
            Self::History(history) => history.run(context)?,
            Self::Prune(prune) => prune.run(context)?,
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Which spool.
#[derive(Debug, Args)]
pub(crate) struct Where {
    /// The folder that Asterisk watches [default: outgoing in what [asterisk] spool says]
    #[arg(long, value_name = "DIR")]
    spool_dir: Option<PathBuf>,
}

impl Where {
    pub(crate) fn spool(&self, context: &Context) -> Spool {
        match &self.spool_dir {
            Some(folder) => Spool::at(folder),
            None => Spool::at(&context.config.asterisk.spool.join("outgoing")),
        }
    }
}

/// Which spool, and how calls get into it.
#[derive(Debug, Args)]
pub(crate) struct Placing {
    /// The folder in which the file is made [default: celcombiller, beside the folder that Asterisk watches]
    #[arg(long, value_name = "DIR")]
    temp_dir: Option<PathBuf>,
    #[command(flatten)]
    spool: Where,
    /// The user of this machine to whom the file belongs [default: the owner of the folder that Asterisk watches]
    #[arg(long, value_name = "NAME")]
    owner: Option<String>,
    /// Do not wait until the file would survive a power cut
    #[arg(long)]
    no_sync: bool,
}

impl Placing {
    pub(crate) fn spool(&self, context: &Context) -> Spool {
        let spool = self.spool.spool(context);
        match &self.temp_dir {
            Some(folder) => spool.staged_in(folder),
            None => spool,
        }
    }

    pub(crate) fn stage<'a>(&self, spool: &'a Spool) -> Result<Stage<'a>, SpoolError> {
        spool.stage(self.owner.as_deref(), !self.no_sync)
    }
}

/// Have Asterisk make a call: it calls the channel and connects whoever answers to an application or to the
/// dialplan. The call is queued when this ends, not made
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  billctl call spool --channel PJSIP/18002223333@flowroute --application Playback --data hello-world
  billctl call spool --channel PJSIP/100 --context survey --extension s --at 'tomorrow 09:00' --max-retries 2
  billctl call spool --user ana --channel Local/5511999990000@celcombiller/n --extension 5521988880000")]
pub(crate) struct SpoolCall {
    #[command(flatten)]
    flags: CallFlags,
    /// When to call: +90s, +5m, +1h, 'tomorrow 09:00', '2026-11-22 09:00' or RFC 3339 [default: now]
    #[arg(long, value_name = "TIME")]
    at: Option<String>,
    /// Spool the call once only, however often this is run; its file is ID.call
    #[arg(long, value_name = "ID", value_parser = call_name, conflicts_with = "filename")]
    id: Option<FileName>,
    /// The name of the file [default: the time and a random number]
    #[arg(long, value_name = "NAME")]
    filename: Option<FileName>,
    #[command(flatten)]
    place: Placing,
    /// Print the file instead
    #[arg(long)]
    dry_run: bool,
}

/// Reads what a call is named by: its file's name, of which `.call` may be left out.
pub(crate) fn call_name(text: &str) -> Result<FileName, ValueError> {
    match text.ends_with(SUFFIX) {
        true => text.parse(),
        false => format!("{text}{SUFFIX}").parse(),
    }
}

pub(crate) const SUFFIX: &str = ".call";
const KEYS: &[&str] = &["name", "path", "state", "time", "account", "legs", "file"];
const LEG_KEYS: &[&str] = &["number", "seconds", "hold"];

/// Bills a call to whoever pays for it.
pub(crate) fn bill(context: &Context, file: &mut CallFile, user: Option<&str>, at: Timestamp) -> Result<Vec<Leg>> {
    let Some(user) = user else { return Ok(Vec::new()) };
    context.decide(|store| {
        let user = store.read(|books| billing::find_user(books, user))?.username;
        spooled::bill(store, file, &user, at, &context.config)
    })
}

impl SpoolCall {
    fn run(self, context: &Context) -> Result<()> {
        let at = match &self.at {
            Some(at) => Some(parse_due(at, context.now, &Local).map_err(|error| Refusal::new(error.to_string()))?),
            None => None,
        };
        let spool = self.place.spool(context);
        let name = match self.id.as_ref().or(self.filename.as_ref()) {
            Some(name) => name.clone(),
            None => unused_name(context.now)?,
        };
        let Planned { mut file, user } = self.flags.call()?;
        let legs = bill(context, &mut file, user.as_deref(), at.unwrap_or(context.now))?;
        let text = file.render();
        if self.dry_run {
            return context.render.text(&text);
        }
        context.note()?;
        let stage = self.place.stage(&spool)?;
        let put = match self.id {
            Some(_) => stage.put_once(&name, &text, at)?,
            None => stage.put(&name, &text, at).map(|()| Put::Now)?,
        };
        stage.settle()?;
        let state = match (put, at) {
            (Put::Before, _) => "spooled before",
            (Put::Now, Some(_)) => "waiting",
            (Put::Now, None) => "due",
        };
        let row = vec![
            Value::text(&name),
            Value::text(spool.path_of(&name).display()),
            state.into(),
            at.unwrap_or(context.now).into(),
            Value::text_of(file.account.as_ref()),
            Value::Rows(Rows::of(LEG_KEYS, &legs, |leg: &Leg| {
                vec![Value::text(&leg.number), leg.talk_time.seconds().into(), leg.held.into()]
            })),
            text.into(),
        ];
        context.render.one(KEYS, row)
    }
}

/// Makes a name that no other call has.
fn unused_name(now: Timestamp) -> Result<FileName, Refusal> {
    let name = format!("{}-{:016x}{SUFFIX}", now.millis(), host::random_number());
    name.parse().map_err(|error: ValueError| Refusal::new(error.to_string()))
}
