//! A price list: how its charges are rounded, and by which clock its hours go.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use chrono::NaiveDate;

use super::hours::Clock;
use super::money::Rounding;
use super::numbering::shown;
use super::time::{Timestamp, date};
use super::zone::{Zone, ZoneError};

/// The dates on which a tariff's holiday prices apply.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Holidays(BTreeSet<NaiveDate>);

impl Holidays {
    /// Tells whether a date is one.
    #[must_use]
    pub fn contains(&self, date: NaiveDate) -> bool {
        self.0.contains(&date)
    }

    /// Returns the dates in order.
    pub fn iter(&self) -> impl Iterator<Item = NaiveDate> {
        self.0.iter().copied()
    }

    /// Adds a date; tells whether it is new.
    pub fn add(&mut self, date: NaiveDate) -> bool {
        self.0.insert(date)
    }

    /// Takes a date away; tells whether it was there.
    pub fn remove(&mut self, date: NaiveDate) -> bool {
        self.0.remove(&date)
    }
}

/// A text that is no date.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a date: expected one such as 2026-12-25")]
pub struct HolidayError(String);

impl FromStr for Holidays {
    type Err = HolidayError;

    /// Reads dates with blanks between them.
    fn from_str(text: &str) -> Result<Self, HolidayError> {
        let date = |word: &str| date(word).ok_or_else(|| HolidayError(shown(word)));
        text.split_ascii_whitespace().map(date).collect::<Result<_, _>>().map(Self)
    }
}

impl fmt::Display for Holidays {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut blank = "";
        for date in &self.0 {
            write!(out, "{blank}{date}")?;
            blank = " ";
        }
        Ok(())
    }
}

/// What holds for every rate of a price list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tariff {
    /// The name.
    pub name: String,
    /// How a charge is rounded, once, at the end.
    pub rounding: Rounding,
    /// Where its hours are told.
    pub zone: Zone,
    /// Its holidays.
    pub holidays: Holidays,
}

impl Tariff {
    /// Makes the clock by which its hours go.
    ///
    /// # Errors
    /// The zone's rules are none.
    pub fn clock(&self, at: Timestamp) -> Result<Clock, ZoneError> {
        Clock::at(at, &self.zone, &self.holidays)
    }
}
