//! What a call file says once it is in the spool: what is called, and what Asterisk has written below it.

use std::path::{Path, PathBuf};

use super::callfile::SEVERAL;
use crate::domain::time::Timestamp;
use crate::domain::words::words;

words! {
    /// What has become of a call file.
    State, "a state of a call file", {
        /// Its time has not come.
        Waiting = "waiting",
        /// Its time has come, and Asterisk has not taken it up.
        Due = "due",
        /// It is being called, or was when Asterisk was stopped.
        Calling = "calling",
        /// It will be tried again.
        Retrying = "retrying",
        /// It was answered, and what it was connected to is over.
        Completed = "completed",
        /// No attempt was answered.
        Expired = "expired",
        /// Asterisk could not make anything of it.
        Failed = "failed",
        /// It was taken back before it was made.
        TakenBack = "taken back",
    }
}

/// A call file in the spool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Where it is.
    pub path: PathBuf,
    /// What has become of it.
    pub state: State,
    /// When it is due, or will be tried again; once it is over, when that was.
    pub time: Timestamp,
    /// How often it was tried.
    pub attempts: u32,
    /// The channel.
    pub channel: String,
    /// What the callee is connected to.
    pub action: String,
    /// The account code.
    pub account: Option<String>,
}

impl Record {
    /// Reads a call file's text, which was last changed at `time`, as Asterisk does: a directive that comes again
    /// counts, and what Asterisk wrote last tells the state.
    pub(super) fn read(path: &Path, text: &str, time: Timestamp, now: Timestamp) -> Self {
        let (mut application, mut data, mut place) = (None, String::new(), [String::new(), String::new()]);
        let mut record = Self {
            path: path.to_owned(),
            state: if time > now { State::Waiting } else { State::Due },
            time,
            attempts: 0,
            channel: String::new(),
            action: String::new(),
            account: None,
        };
        for (directive, value) in text.lines().filter_map(|line| line.split_once(':')) {
            let value = value.trim().replace("\\;", ";");
            match directive.to_ascii_lowercase().as_str() {
                "channel" => record.channel = value,
                "set" => {
                    if let Some(channels) = value.strip_prefix(SEVERAL.1).and_then(|rest| rest.strip_prefix('=')) {
                        record.channel = channels.to_owned();
                    }
                }
                "account" => record.account = Some(value),
                "application" => application = Some(value),
                "data" => data = value,
                "context" => place[0] = value,
                "extension" => place[1] = value,
                "startretry" => {
                    record.attempts += 1;
                    record.state = State::Calling;
                }
                "delayedretry" => record.state = State::Calling,
                "endretry" | "abortretry" | "retry" => record.state = State::Retrying,
                "status" => record.state = value.to_ascii_lowercase().parse().unwrap_or(record.state),
                _ => {}
            }
        }
        let [context, extension] = place;
        record.action = application.map_or(format!("{extension}@{context}"), |name| format!("{name}({data})"));
        record
    }

    /// Returns the file's name.
    #[must_use]
    pub fn name(&self) -> String {
        self.path.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }
}
