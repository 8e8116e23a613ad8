//! What `asterisk.conf` says of where Asterisk is and who runs it.

use std::path::{Path, PathBuf};

use super::conf;

/// What it says; nothing where it cannot be read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// The folder of its AGI programs.
    pub agi: Option<PathBuf>,
    /// The user that runs it.
    pub user: Option<String>,
    /// The group that it runs with.
    pub group: Option<String>,
}

impl Settings {
    /// Reads them from Asterisk's folder of configuration.
    #[must_use]
    pub fn of(etc: &Path) -> Self {
        let value = |section, key| conf::value(etc, "asterisk.conf", section, key).ok().flatten();
        Self {
            agi: value("directories", "astagidir").map(PathBuf::from),
            user: value("options", "runuser"),
            group: value("options", "rungroup"),
        }
    }
}
