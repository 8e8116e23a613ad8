//! Call files: a call that Asterisk is to make, as its spool reads it.

use std::num::NonZeroU16;

use super::value::{Account, Application, CallerId, Channels, Codecs, Context, Data, Extension, Variable};

/// The dialplan's place that rings several channels at once, and the variable that names them: a call file by
/// itself has one channel.
pub(super) const SEVERAL: (&str, &str) = ("Local/s@celcombiller-channels/n", "_CELCOMBILLER_CHANNELS");

/// What the callee is connected to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// One application, without a dialplan around it.
    Application {
        /// Its name.
        name: Application,
        /// What it is given.
        data: Data,
    },
    /// The dialplan, from here on.
    Extension {
        /// The context.
        context: Context,
        /// The extension.
        extension: Extension,
        /// The priority, from 1; Asterisk takes no label here.
        priority: NonZeroU16,
    },
}

/// A call that Asterisk is to make. Every value is one that stays on its line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallFile {
    /// What is called.
    pub channels: Channels,
    /// What the callee is connected to.
    pub action: Action,
    /// Who the callee is shown to be called by.
    pub caller_id: Option<CallerId>,
    /// The account code of the channel.
    pub account: Option<Account>,
    /// The variables of the channel, in the order in which they are set.
    pub variables: Vec<Variable>,
    /// How long the callee rings, in seconds; Asterisk's default is 45.
    pub wait_time: Option<NonZeroU16>,
    /// How long to wait before the next attempt, in seconds; Asterisk's default is 300.
    pub retry_time: Option<NonZeroU16>,
    /// How many further attempts there are; Asterisk's default is none.
    pub max_retries: Option<u16>,
    /// Codecs besides signed linear.
    pub codecs: Option<Codecs>,
    /// Whether the dialplan begins before the callee answers.
    pub early_media: bool,
    /// Whether the file is kept, with how the call ended.
    pub archive: bool,
    /// Whether the file goes away in any case once the call is over.
    pub always_delete: bool,
}

impl CallFile {
    /// Makes a call with nothing but what it needs.
    #[must_use]
    pub const fn new(channels: Channels, action: Action) -> Self {
        Self {
            channels,
            action,
            caller_id: None,
            account: None,
            variables: Vec::new(),
            wait_time: None,
            retry_time: None,
            max_retries: None,
            codecs: None,
            early_media: false,
            archive: false,
            always_delete: true,
        }
    }

    /// Returns the file's text.
    #[must_use]
    pub fn render(&self) -> String {
        let mut lines = Lines(String::new());
        match self.channels.all() {
            [channel] => lines.add("Channel", channel.as_str()),
            _ => {
                let (place, variable) = SEVERAL;
                lines.add("Channel", place);
                lines.add("Set", &self.channels.variable(variable).to_string());
            }
        }
        lines.add_some("CallerID", self.caller_id.as_ref());
        lines.add_some("WaitTime", self.wait_time);
        lines.add_some("RetryTime", self.retry_time);
        lines.add_some("MaxRetries", self.max_retries);
        lines.add_some("Account", self.account.as_ref());
        lines.add_some("Codecs", self.codecs.as_ref());
        for variable in &self.variables {
            lines.add("Set", &variable.to_string());
        }
        match &self.action {
            Action::Application { name, data } => {
                lines.add("Application", name.as_str());
                lines.add("Data", data.as_str());
            }
            Action::Extension { context, extension, priority } => {
                lines.add("Context", context.as_str());
                lines.add("Extension", extension.as_str());
                lines.add("Priority", &priority.to_string());
            }
        }
        lines.add_some("Early_Media", self.early_media.then_some("yes"));
        lines.add_some("Archive", self.archive.then_some("yes"));
        lines.add_some("AlwaysDelete", (!self.always_delete).then_some("no"));
        lines.0
    }
}

/// The lines of a call file.
struct Lines(String);

impl Lines {
    fn add(&mut self, directive: &str, value: &str) {
        // After a blank a `#` would begin a comment.
        let blank = if value.starts_with('#') { "" } else { " " };
        self.0.push_str(&format!("{directive}:{blank}{}\n", value.replace(';', "\\;")));
    }

    fn add_some(&mut self, directive: &str, value: Option<impl ToString>) {
        if let Some(value) = value {
            self.add(directive, &value.to_string());
        }
    }
}
