//! What a call is, as flags: those of `billctl call spool` and of a campaign's template.

use std::num::NonZeroU16;

use celcombiller::domain::refusal::Refusal;
use celcombiller::pbx::callfile::{Action, CallFile};
use celcombiller::pbx::value::{
    Account, Application, CallerId, CallerName, CallerNumber, Channels, Codecs, Context as Place, Data, Extension,
    Variable,
};
use clap::builder::BoolishValueParser;
use clap::{ArgAction, ArgGroup, Args};

/// What is called, and what the callee is connected to.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("action").required(true).args(["application", "extension"]))]
pub(crate) struct CallFlags {
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
}

/// A call, and who pays for it.
#[derive(Debug)]
pub(crate) struct Planned {
    pub(crate) file: CallFile,
    pub(crate) user: Option<String>,
}

impl CallFlags {
    /// Makes the call of the flags.
    pub(crate) fn call(self) -> Result<Planned, Refusal> {
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
        let file = CallFile {
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
        };
        Ok(Planned { file, user: self.user })
    }
}
