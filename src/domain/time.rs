//! Instants, handed in by whoever has a clock.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Datelike, NaiveDate, NaiveTime, SecondsFormat, Timelike, Utc};
use serde::{Deserialize, Serialize};

use super::numbering::shown;

/// An instant, in milliseconds since 1970 in UTC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(i64);

/// A text that is no instant.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a time: expected 2026-11-21 or 2026-11-21T09:30:00Z")]
pub struct TimeError(String);

impl Timestamp {
    /// Before every other.
    pub const MIN: Self = Self(i64::MIN);
    /// After every other.
    pub const MAX: Self = Self(i64::MAX);

    /// Makes an instant of milliseconds since 1970 in UTC.
    #[must_use]
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// Returns the milliseconds since 1970 in UTC.
    #[must_use]
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// Writes RFC 3339 in UTC, with milliseconds where it has any.
    #[must_use]
    pub fn exact(self) -> String {
        let exact = |time: DateTime<Utc>| time.to_rfc3339_opts(SecondsFormat::AutoSi, true);
        DateTime::<Utc>::from_timestamp_millis(self.0).map_or_else(|| self.to_string(), exact)
    }

    /// Returns the instant so many seconds later.
    #[must_use]
    pub const fn plus_seconds(self, seconds: u32) -> Self {
        Self(self.0.saturating_add(seconds as i64 * 1000))
    }

    /// Returns the instant so many milliseconds earlier.
    #[must_use]
    pub const fn minus_millis(self, millis: u64) -> Self {
        Self(self.0.saturating_sub_unsigned(millis))
    }

    /// Returns the milliseconds since `earlier`, or `None` when that lies ahead: the clock was set back.
    #[must_use]
    pub fn millis_since(self, earlier: Self) -> Option<u64> {
        self.0.checked_sub(earlier.0).and_then(|millis| u64::try_from(millis).ok())
    }
}

impl fmt::Display for Timestamp {
    /// Writes RFC 3339 in UTC, to the second.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(time) = DateTime::<Utc>::from_timestamp_millis(self.0) else { return write!(out, "{} ms", self.0) };
        let Some(year) = u32::try_from(time.year()).ok().filter(|&year| year <= 9999) else {
            return out.write_str(&time.to_rfc3339_opts(SecondsFormat::Secs, true));
        };
        let mut text = *b"0000-00-00T00:00:00Z";
        let (date, clock) =
            ([year / 100, year % 100, time.month(), time.day()], [time.hour(), time.minute(), time.second()]);
        for (at, number) in [0, 2, 5, 8, 11, 14, 17].into_iter().zip(date.into_iter().chain(clock)) {
            (text[at], text[at + 1]) = (b'0' + (number / 10) as u8, b'0' + (number % 10) as u8);
        }
        out.write_str(str::from_utf8(&text).map_err(|_| fmt::Error)?)
    }
}

impl FromStr for Timestamp {
    type Err = TimeError;

    /// Reads RFC 3339, or a date, which means its first instant in UTC.
    fn from_str(text: &str) -> Result<Self, TimeError> {
        let exact = DateTime::parse_from_rfc3339(text).ok().map(|time| time.to_utc());
        let time = exact.or_else(|| date(text).map(|date| date.and_time(NaiveTime::MIN).and_utc()));
        // RFC 3339 has four digits for a year, in UTC too.
        let written = time.filter(|time| (0..=9999).contains(&time.year()));
        written.map(|time| Self(time.timestamp_millis())).ok_or_else(|| TimeError(shown(text)))
    }
}

/// Reads a date such as 2026-11-21, whose year has four digits: 26-11-21 is long past.
pub(super) fn date(text: &str) -> Option<NaiveDate> {
    let part = |(place, byte): (usize, u8)| if [4, 7].contains(&place) { byte == b'-' } else { byte.is_ascii_digit() };
    let plain = text.len() == 10 && text.bytes().enumerate().all(part);
    plain.then(|| NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()).flatten()
}
