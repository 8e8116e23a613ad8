//! `[log]`: what is told of each call.

use std::path::PathBuf;

use serde::Deserialize;

/// `[log]`
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Log {
    /// Where each decision about a call is told.
    pub decisions: Decisions,
}

impl Default for Log {
    fn default() -> Self {
        Self { decisions: Decisions::Syslog }
    }
}

/// Where decisions are told.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum Decisions {
    /// To the system's log.
    Syslog,
    /// At the end of this file.
    File(PathBuf),
    /// Nowhere.
    Off,
}

impl TryFrom<String> for Decisions {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        match text.as_str() {
            "syslog" => Ok(Self::Syslog),
            "off" => Ok(Self::Off),
            path if path.starts_with('/') => Ok(Self::File(text.into())),
            _ => Err(format!("`{text}` is no place for a log: expected syslog, off or the path of a file")),
        }
    }
}
