//! What the operator's TOML says, and what holds where it is silent.

mod file;
pub mod log;
mod rescue;
pub mod roles;

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;

use self::log::Log;
use self::roles::Role;
use crate::domain::account::IdentifyBy;
use crate::domain::announcement::{Announcement, Sound};
use crate::domain::call::Denial;
use crate::domain::dialling::DialTemplate;
use crate::domain::numbering::{PhoneNumber, Prefix};
use crate::domain::rate::TalkTime;
use crate::domain::routing::RouteOrder;
use crate::domain::unreported::Unreported;

/// Where the configuration is unless told otherwise.
pub const DEFAULT_PATH: &str = "/etc/celcombiller/celcombiller.toml";

/// A configuration that cannot be used; each names the file.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read config {}: {cause}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        cause: std::io::Error,
    },
    /// Others may write the file, or put another in its place.
    #[error("others may write {0} (mode {mode:04o}): chmod o-w {0}", path.display())]
    Exposed {
        /// The file or its folder.
        path: PathBuf,
        /// Its mode.
        mode: u32,
    },
    /// The text is not what is expected there.
    #[error("config {} line {line}: {message}", path.display())]
    Invalid {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong.
        message: String,
    },
}

/// The whole configuration; every key has a default.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The books.
    pub database: Database,
    /// Who pays.
    pub identify: Identify,
    /// How destinations are reached.
    pub dial: Dial,
    /// Bounds of a call.
    pub calls: Calls,
    /// Funds of calls that nobody reported the end of.
    pub holds: Holds,
    /// Numbers that cost nothing and are never refused.
    pub free: Free,
    /// What a caller is told before the dial.
    pub announce: Announcement,
    /// The numbers of extensions and ring groups.
    pub extensions: Extensions,
    /// Where Asterisk keeps its own.
    pub asterisk: Asterisk,
    /// What is told of each call.
    pub log: Log,
    /// Who may use `billctl` for what; where there is none, everybody may everything.
    pub roles: BTreeMap<String, Role>,
    /// What a refused caller hears, by reason.
    pub prompts: BTreeMap<Denial, Sound>,
}

/// `[database]`
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Database {
    /// The SQLite file.
    pub path: PathBuf,
    /// How long to wait for other writers, in seconds.
    busy_timeout: Bounded<1, 60>,
    /// Whether writers queue for their turn (fair, and fast under load) before SQLite's own lock.
    pub queue: bool,
}

impl Default for Database {
    fn default() -> Self {
        Self { path: "/var/lib/celcombiller/celcombiller.db".into(), busy_timeout: Bounded(5), queue: true }
    }
}

impl Database {
    /// Returns how long to wait for other writers.
    #[must_use]
    pub fn busy_timeout(&self) -> Duration {
        Duration::from_secs(self.busy_timeout.0.into())
    }
}

/// `[identify]`
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Identify {
    /// The ways to find the account, in order.
    pub by: Vec<IdentifyBy>,
}

impl Default for Identify {
    fn default() -> Self {
        Self { by: vec![IdentifyBy::CallerId] }
    }
}

/// `[dial]`
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Dial {
    /// How a registered user is reached.
    pub onnet: DialTemplate,
    /// How any other number is reached that no route is for; without it there is none.
    pub offnet: Option<DialTemplate>,
    /// What decides among the routes of a number.
    pub routes: RouteOrder,
    /// How long a callee rings, in seconds.
    ring_seconds: Bounded<1, 600>,
    /// Which limit Dial is given.
    pub limit: Limit,
    /// How many seconds before the end the caller is warned.
    pub warn_seconds: u32,
    /// How often the warning repeats, in seconds; 0 for once.
    pub warn_every_seconds: u32,
    /// What a warning is; without it Asterisk says how much is left.
    pub warn_sound: Option<Sound>,
    /// What is heard when the callee answers.
    pub warn_connect_sound: Option<Sound>,
    /// What is heard at the end.
    pub warn_timeout_sound: Option<Sound>,
    /// Whether the callee hears all of it too.
    pub warn_callee: bool,
}

impl Default for Dial {
    fn default() -> Self {
        Self {
            onnet: DialTemplate::openbts(),
            offnet: None,
            routes: RouteOrder::Priority,
            ring_seconds: Bounded(40),
            limit: Limit::Cut,
            warn_seconds: 60,
            warn_every_seconds: 0,
            warn_sound: None,
            warn_connect_sound: None,
            warn_timeout_sound: None,
            warn_callee: false,
        }
    }
}

impl Dial {
    /// Returns how long a callee rings, in seconds.
    #[must_use]
    pub fn ring_seconds(&self) -> u32 {
        self.ring_seconds.0
    }

    /// Returns how many seconds before the end of so much talk the caller is warned first: the earliest of
    /// the warnings that lies within it. Dial would drop those that repeat when the first falls on the answer.
    #[must_use]
    pub fn first_warning(&self, granted: TalkTime) -> Option<u32> {
        let (granted, first, every) = (granted.seconds(), self.warn_seconds, self.warn_every_seconds);
        let beyond = match first.checked_sub(granted) {
            None => 0,
            Some(excess) => (excess / every.max(1) + 1).checked_mul(every).filter(|_| every > 0)?,
        };
        first.checked_sub(beyond).filter(|&left| left > 0)
    }
}

/// How the end of what was granted comes; also by the names that Dial has for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum Limit {
    /// Silently.
    #[serde(rename = "cut", alias = "S")]
    Cut,
    /// After a warning to the caller.
    #[serde(rename = "warn", alias = "L")]
    Warn,
}

/// `[calls]`
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Calls {
    /// The longest call, in seconds.
    max_seconds: Bounded<1, 86_400>,
    /// The beginnings of numbers that nobody may call.
    blocked: Vec<Prefix>,
}

impl Default for Calls {
    fn default() -> Self {
        Self { max_seconds: Bounded(7200), blocked: Vec::new() }
    }
}

impl Calls {
    /// Returns the longest call.
    #[must_use]
    pub fn max_talk_time(&self) -> Option<TalkTime> {
        TalkTime::new(self.max_seconds.0)
    }

    /// Returns the beginning that bars a number.
    #[must_use]
    pub fn blocks(&self, number: &PhoneNumber) -> Option<&Prefix> {
        self.blocked.iter().find(|prefix| number.as_str().starts_with(prefix.as_str()))
    }
}

/// `[holds]`
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Holds {
    /// What becomes of them.
    pub unreported: Unreported,
}

impl Default for Holds {
    fn default() -> Self {
        Self { unreported: Unreported::Release }
    }
}

/// `[free]`
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Free {
    /// The numbers, such as emergency services.
    pub numbers: Vec<PhoneNumber>,
    /// How they are reached; without it as other off-net numbers are.
    pub dial: Option<DialTemplate>,
}

/// `[extensions]`
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Extensions {
    /// The first number that an extension is given where none is named.
    first: Bounded<1, 999_999_999>,
    /// The same of ring groups.
    first_group: Bounded<1, 999_999_999>,
}

impl Default for Extensions {
    fn default() -> Self {
        Self { first: Bounded(1000), first_group: Bounded(600) }
    }
}

impl Extensions {
    /// Returns the first number that an extension is given.
    #[must_use]
    pub fn first(&self) -> u32 {
        self.first.0
    }

    /// Returns the first number that a ring group is given.
    #[must_use]
    pub fn first_group(&self) -> u32 {
        self.first_group.0
    }
}

/// `[asterisk]`
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Asterisk {
    /// Its spool, whose folder `outgoing` it watches for calls.
    pub spool: PathBuf,
    /// Where its configuration is.
    pub etc: PathBuf,
    /// The program that speaks to its console.
    pub program: String,
}

impl Default for Asterisk {
    fn default() -> Self {
        Self { spool: "/var/spool/asterisk".into(), etc: "/etc/asterisk".into(), program: "asterisk".to_owned() }
    }
}

/// A whole number within bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "i64")]
struct Bounded<const LEAST: u32, const MOST: u32>(u32);

impl<const LEAST: u32, const MOST: u32> TryFrom<i64> for Bounded<LEAST, MOST> {
    type Error = String;

    fn try_from(number: i64) -> Result<Self, String> {
        u32::try_from(number)
            .ok()
            .filter(|number| (LEAST..=MOST).contains(number))
            .map(Self)
            .ok_or_else(|| format!("{number} is out of bounds: expected {LEAST} to {MOST}"))
    }
}

impl Config {
    /// Reads a file. The default file may be missing, which means the defaults; a named one may not.
    ///
    /// # Errors
    /// The file cannot be read, or says something that is not understood.
    pub fn load(named: Option<&Path>) -> Result<Self, ConfigError> {
        let path = named.unwrap_or(Path::new(DEFAULT_PATH));
        match file::read(path) {
            Ok(Ok(text)) => Self::parse(&text, path),
            Ok(Err(exposed)) => Err(exposed),
            Err(error) if error.kind() == ErrorKind::NotFound && named.is_none() => Ok(Self::default()),
            Err(cause) => Err(ConfigError::Unreadable { path: path.to_owned(), cause }),
        }
    }

    /// Reads a file that is about to be made if it is missing, which means the defaults.
    ///
    /// # Errors
    /// The file is there and cannot be read, or says something that is not understood.
    pub fn load_or_default(named: Option<&Path>) -> Result<Self, ConfigError> {
        match Self::load(named) {
            Err(ConfigError::Unreadable { cause, .. }) if cause.kind() == ErrorKind::NotFound => Ok(Self::default()),
            loaded => loaded,
        }
    }

    /// Reads a text; `path` is what errors call it.
    ///
    /// # Errors
    /// The text says something that is not understood.
    pub fn parse(text: &str, path: &Path) -> Result<Self, ConfigError> {
        toml::from_str(text).map_err(|error| {
            let before = error.span().map_or(0, |span| span.start);
            let line = 1 + text.bytes().take(before).filter(|&byte| byte == b'\n').count();
            let message = error.message().lines().collect::<Vec<_>>().join(" ");
            ConfigError::Invalid { path: path.to_owned(), line, message }
        })
    }

    /// Returns how a free number is dialled: by its own template, else as other off-net numbers are.
    #[must_use]
    pub fn free_dial(&self) -> Option<&DialTemplate> {
        self.free.dial.as_ref().or(self.dial.offnet.as_ref())
    }
}
