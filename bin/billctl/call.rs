//! `billctl call`

use std::num::NonZeroU16;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use celcombiller::billing;
use celcombiller::dialogue::spooled::{self, Leg};
use celcombiller::domain::due::parse_due;
use celcombiller::domain::refusal::Refusal;
use celcombiller::domain::time::Timestamp;
use celcombiller::host;
use celcombiller::pbx::callfile::{Action, CallFile};
use celcombiller::pbx::spool::{Put, Spool};
use celcombiller::pbx::value::{
    Account, Application, CallerId, CallerName, CallerNumber, Channels, Codecs, Context as Place, Data, Extension,
    FileName, ValueError, Variable,
};
use chrono::Local;
use clap::builder::BoolishValueParser;
use clap::{ArgAction, ArgGroup, Args, Subcommand};

use crate::call_list::{Cancel, History, List};
use crate::context::Context;
use crate::render::{Rows, Value};

#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    Spool(Box<SpoolCall>),
    List(List),
    Cancel(Cancel),
    History(History),
}

impl Verb {
    pub(crate) fn run(self, context: &Context) -> Result<ExitCode> {
        match self {
            Self::Spool(call) => call.run(context)?,
            Self::List(list) => list.run(context)?,
            Self::Cancel(cancel) => cancel.run(context)?,
            Self::History(history) => history.run(context)?,
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

/// Have Asterisk make a call: it calls the channel and connects whoever answers to an application or to the
/// dialplan. The call is queued when this ends, not made
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("action").required(true).args(["application", "extension"]))]
#[command(after_help = "Examples:
  billctl call spool --channel PJSIP/18002223333@flowroute --application Playback --data hello-world
  billctl call spool --channel PJSIP/100 --context survey --extension s --at 'tomorrow 09:00' --max-retries 2
  billctl call spool --user ana --channel Local/5511999990000@celcombiller/n --extension 5521988880000")]
pub(crate) struct SpoolCall {
    /// What is called, such as PJSIP/100; several ring at once with & between them
    #[arg(long, value_name = "CHANNEL")]
    channel: Channels,
    /// The application that the callee is connected to
    #[arg(long, value_name = "NAME")]
    application: Option<Application>,
    /// What the application is given
    #[arg(long, value_name = "TEXT", requires = "application", default_value = "", hide_default_value = true)]
    data: Data,
    /// The extension of the dialplan that the callee is connected to
    #[arg(long, value_name = "EXTENSION")]
    extension: Option<Extension>,
    /// The context of the extension
    #[arg(long, value_name = "CONTEXT", requires = "extension", default_value = "celcombiller")]
    context: Place,
    /// The priority in the extension
    #[arg(long, value_name = "N", requires = "extension", default_value = "1")]
    priority: NonZeroU16,
    /// Who the callee is shown to be called by: '"Name" <number>', or a number
    #[arg(long, value_name = "CALLERID", conflicts_with_all = ["callerid_name", "callerid_number"])]
    callerid: Option<CallerId>,
    /// The name alone
    #[arg(long, value_name = "NAME")]
    callerid_name: Option<CallerName>,
    /// The number alone
    #[arg(long, value_name = "NUMBER")]
    callerid_number: Option<CallerNumber>,
    /// A variable of the channel; _NAME is inherited by the channels it makes, __NAME by theirs too; may be
    /// given several times
    #[arg(long = "variable", value_name = "NAME=VALUE")]
    variables: Vec<Variable>,
    /// The user who pays for each leg that is dialled by celcombiller_caller
    #[arg(long, conflicts_with = "account")]
    user: Option<String>,
    /// An account code, and nothing more
    #[arg(long, value_name = "CODE")]
    account: Option<Account>,
    /// How long the callee rings [default: 45]
    #[arg(long, value_name = "SECONDS")]
    wait_time: Option<NonZeroU16>,
    /// How long to wait before the next attempt [default: 300]
    #[arg(long, value_name = "SECONDS")]
    retry_time: Option<NonZeroU16>,
    /// How many further attempts there are [default: 0]
    #[arg(long, value_name = "N")]
    max_retries: Option<u16>,
    /// Codecs besides signed linear, with commas between them
    #[arg(long, value_name = "CODECS")]
    codecs: Option<Codecs>,
    /// Begin with the dialplan before the callee answers
    #[arg(long, requires = "extension")]
    early_media: bool,
    /// Keep the file, with how the call ended; billctl call history reads it
    #[arg(long)]
    archive: bool,
    /// Whether the file goes away even if its time lies ahead; with no, Asterisk may keep it for ever
    #[arg(long, value_name = "yes|no", action = ArgAction::Set, value_parser = BoolishValueParser::new(), default_value = "yes")]
    always_delete: bool,
    /// When to call: +90s, +5m, +1h, 'tomorrow 09:00', '2026-11-22 09:00' or RFC 3339 [default: now]
    #[arg(long, value_name = "TIME")]
    at: Option<String>,
    /// Spool the call once only, however often this is run; its file is ID.call
    #[arg(long, value_name = "ID", value_parser = call_name, conflicts_with = "filename")]
    id: Option<FileName>,
    /// The name of the file [default: the time and a random number]
    #[arg(long, value_name = "NAME")]
    filename: Option<FileName>,
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

const SUFFIX: &str = ".call";
const KEYS: &[&str] = &["name", "path", "state", "time", "account", "legs", "file"];
const LEG_KEYS: &[&str] = &["number", "seconds", "hold"];

impl SpoolCall {
    fn run(self, context: &Context) -> Result<()> {
        let at = match &self.at {
            Some(at) => Some(parse_due(at, context.now, &Local).map_err(|error| Refusal::new(error.to_string()))?),
            None => None,
        };
        let spool = self.spool.spool(context);
        let spool = match &self.temp_dir {
            Some(folder) => spool.staged_in(folder),
            None => spool,
        };
        let name = match self.id.as_ref().or(self.filename.as_ref()) {
            Some(name) => name.clone(),
            None => unused_name(context.now)?,
        };
        let (once, owner, sync, dry_run) = (self.id.is_some(), self.owner.clone(), !self.no_sync, self.dry_run);
        let user = self.user.clone();
        let mut file = self.file()?;
        let legs = match user {
            None => Vec::new(),
            Some(user) => context.decide(|store| {
                let user = store.read(|books| billing::find_user(books, &user))?.username;
                spooled::bill(store, &mut file, &user, at.unwrap_or(context.now), &context.config)
            })?,
        };
        let text = file.render();
        if dry_run {
            return context.render.text(&text);
        }
        let stage = spool.stage(owner.as_deref(), sync)?;
        let put =
            if once { stage.put_once(&name, &text, at)? } else { stage.put(&name, &text, at).map(|()| Put::Now)? };
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

    fn file(self) -> Result<CallFile, Refusal> {
        if let Some(ours) = self.variables.iter().find(|variable| variable.bare_name().starts_with("CELCOMBILLER_")) {
            return Err(Refusal::new(format!("the variable {} is celcombiller's own", ours.bare_name())));
        }
        let action = match (self.application, self.extension) {
            (Some(name), _) => Action::Application { name, data: self.data },
            (None, Some(extension)) => Action::Extension { context: self.context, extension, priority: self.priority },
            (None, None) => return Err(Refusal::new("neither an application nor an extension")),
        };
        let apart = CallerId { name: self.callerid_name, number: self.callerid_number };
        let apart = (apart.name.is_some() || apart.number.is_some()).then_some(apart);
        Ok(CallFile {
            caller_id: self.callerid.or(apart),
            account: self.account,
            variables: self.variables,
            wait_time: self.wait_time,
            retry_time: self.retry_time,
            max_retries: self.max_retries,
            codecs: self.codecs,
            early_media: self.early_media,
            archive: self.archive,
            always_delete: self.always_delete,
            ..CallFile::new(self.channel, action)
        })
    }
}

/// Makes a name that no other call has.
fn unused_name(now: Timestamp) -> Result<FileName, Refusal> {
    let name = format!("{}-{:016x}{SUFFIX}", now.millis(), host::random_number());
    name.parse().map_err(|error: ValueError| Refusal::new(error.to_string()))
}
