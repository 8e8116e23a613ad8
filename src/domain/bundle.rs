//! Bundles: talk time or credit that is good for some destinations, and perhaps for some days.

use std::fmt;
use std::num::{NonZeroU16, NonZeroU32};
use std::str::FromStr;

use super::ledger::SystemAccount;
use super::money::{Amount, Money, MoneyError};
use super::numbering::{NumberingError, PhoneNumber, shown};
use super::rate::Destinations;
use super::time::{TimeError, Timestamp};

/// A bundle's key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct BundleId(pub i64);

impl fmt::Display for BundleId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(out)
    }
}

/// What a bundle holds when it is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Worth {
    /// Seconds of talk.
    Seconds(NonZeroU32),
    /// Credit in the unit of the books.
    Bonus(Amount),
}

impl Worth {
    /// Returns what is posted for it: credit in the unit of the books, or seconds whatever that unit is.
    #[must_use]
    pub const fn amount(self) -> Amount {
        match self {
            Self::Seconds(seconds) => Amount::whole(seconds),
            Self::Bonus(amount) => amount,
        }
    }

    /// Tells whether it is time.
    #[must_use]
    pub const fn is_time(self) -> bool {
        matches!(self, Self::Seconds(_))
    }

    /// Returns the house's account that it comes from, and that it returns to when it is used or taken back: so
    /// that account tells what was given and is still to be used.
    #[must_use]
    pub const fn giver(self) -> SystemAccount {
        match self {
            Self::Seconds(_) => SystemAccount::GivenTime,
            Self::Bonus(_) => SystemAccount::GivenCredit,
        }
    }
}

/// Returns the whole seconds of a balance of time; none of a negative one.
#[must_use]
pub fn seconds_in(time: Money) -> u32 {
    u32::try_from(time.whole_units().max(0)).unwrap_or(u32::MAX)
}

/// The destinations that a bundle is for; none named means every one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reach(Vec<Destinations>);

impl Reach {
    /// Tells whether a bundle is for a call. As with rates, a prefix is for numbers outside these books.
    #[must_use]
    pub fn covers(&self, number: &PhoneNumber, on_net: bool) -> bool {
        self.0.is_empty()
            || self.0.iter().any(|destinations| match destinations {
                Destinations::OnNet => on_net,
                Destinations::Prefix(prefix) => !on_net && number.as_str().starts_with(prefix.as_str()),
            })
    }

    /// Tells whether it is every destination.
    #[must_use]
    pub fn is_everywhere(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromStr for Reach {
    type Err = NumberingError;

    /// Reads prefixes, and `onnet`, with commas between them; an empty one is every number outside.
    fn from_str(text: &str) -> Result<Self, NumberingError> {
        text.split(',').map(|destinations| destinations.trim().parse()).collect::<Result<_, _>>().map(Self)
    }
}

impl fmt::Display for Reach {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, destinations) in self.0.iter().enumerate() {
            write!(out, "{}{destinations}", if index == 0 { "" } else { "," })?;
        }
        Ok(())
    }
}

/// When a bundle ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// At an instant.
    At(Timestamp),
    /// So many days of 24 hours after it was given.
    AfterDays(NonZeroU16),
}

impl End {
    /// Returns the instant from which a bundle that is given at `given` counts for no further call.
    #[must_use]
    pub const fn instant(self, given: Timestamp) -> Timestamp {
        match self {
            Self::At(instant) => instant,
            Self::AfterDays(days) => given.plus_seconds(days.get() as u32 * 86_400),
        }
    }
}

/// A bundle as it is given.
///
/// Its text is words of `name=value`: `seconds=600` (or `minutes=10`) or `bonus=2`, and what few have: `to=34,49,onnet`
/// (else it is for every destination), `priority=10` (the lowest is used first), `days=30` or `ends=2027-01-01`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bundle {
    /// What it holds.
    pub worth: Worth,
    /// What it is for.
    pub reach: Reach,
    /// Its place among the bundles of its user: the lowest is used first.
    pub priority: u32,
    /// When it ends; `None` for never.
    pub end: Option<End>,
}

/// A text that says no bundle.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BundleError {
    /// A word is none of a bundle's.
    #[error("`{0}` is not of a bundle: expected seconds=, minutes= or bonus=, then to=, priority=, days= or ends=")]
    Word(String),
    /// A word that is there twice, or contradicts another.
    #[error("`{0}` comes after another word that says the same")]
    Twice(String),
    /// Neither time nor credit.
    #[error("a bundle of nothing: expected seconds=, minutes= or bonus=")]
    Nothing,
    /// A number that is none.
    #[error("`{0}` is not a whole number from {1} to {2}")]
    Number(String, u32, u32),
    /// The credit cannot be given.
    #[error(transparent)]
    Amount(#[from] MoneyError),
    /// No destination.
    #[error(transparent)]
    Destinations(#[from] NumberingError),
    /// No instant.
    #[error(transparent)]
    End(#[from] TimeError),
}

impl Bundle {
    /// The place of a bundle that names none.
    pub const PRIORITY: u32 = 10;
    /// The most minutes that one may hold: two years.
    const MOST_MINUTES: u32 = 1_051_200;
}

fn number(text: &str, least: u32, most: u32) -> Result<u32, BundleError> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let number = text.parse().ok().filter(|number| digits && (least..=most).contains(number));
    number.ok_or_else(|| BundleError::Number(shown(text), least, most))
}

/// Reads the seconds of a bundle.
///
/// # Errors
/// The text is no whole number, or none that a bundle may hold.
pub fn parse_bundle_seconds(text: &str) -> Result<Worth, BundleError> {
    let seconds = number(text, 1, Bundle::MOST_MINUTES * 60)?;
    Ok(Worth::Seconds(NonZeroU32::new(seconds).ok_or(BundleError::Nothing)?))
}

/// Reads the minutes of a bundle.
///
/// # Errors
/// The text is no whole number, or none that a bundle may hold.
pub fn parse_bundle_minutes(text: &str) -> Result<Worth, BundleError> {
    let minutes = number(text, 1, Bundle::MOST_MINUTES)?;
    Ok(Worth::Seconds(NonZeroU32::new(minutes * 60).ok_or(BundleError::Nothing)?))
}

/// Reads the days after which a bundle ends.
///
/// # Errors
/// The text is no whole number from 1 to 36525, which is a century.
pub fn parse_bundle_days(text: &str) -> Result<End, BundleError> {
    let days = number(text, 1, 36_525)?;
    Ok(End::AfterDays(u16::try_from(days).ok().and_then(NonZeroU16::new).ok_or(BundleError::Nothing)?))
}

impl FromStr for Bundle {
    type Err = BundleError;

    fn from_str(text: &str) -> Result<Self, BundleError> {
        let (mut worth, mut reach, mut priority, mut end) = (None, None, None, None);
        for word in text.split_ascii_whitespace() {
            let (name, value) = word.split_once('=').ok_or_else(|| BundleError::Word(shown(word)))?;
            let twice = match name {
                "seconds" => worth.replace(parse_bundle_seconds(value)?).is_some(),
                "minutes" => worth.replace(parse_bundle_minutes(value)?).is_some(),
                "bonus" => worth.replace(Worth::Bonus(value.parse()?)).is_some(),
                "to" => reach.replace(value.parse()?).is_some(),
                "priority" => priority.replace(number(value, 0, u32::MAX)?).is_some(),
                "days" => end.replace(parse_bundle_days(value)?).is_some(),
                "ends" => end.replace(End::At(value.parse()?)).is_some(),
                _ => return Err(BundleError::Word(shown(word))),
            };
            if twice {
                return Err(BundleError::Twice(shown(word)));
            }
        }
        Ok(Self {
            worth: worth.ok_or(BundleError::Nothing)?,
            reach: reach.unwrap_or_default(),
            priority: priority.unwrap_or(Self::PRIORITY),
            end,
        })
    }
}

impl fmt::Display for Bundle {
    /// Writes what it holds first: the check of the books tells time from credit by that.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.worth {
            Worth::Seconds(seconds) => write!(out, "seconds={seconds}")?,
            Worth::Bonus(amount) => write!(out, "bonus={amount}")?,
        }
        if !self.reach.is_everywhere() {
            write!(out, " to={}", self.reach)?;
        }
        if self.priority != Self::PRIORITY {
            write!(out, " priority={}", self.priority)?;
        }
        match self.end {
            None => Ok(()),
            Some(End::AfterDays(days)) => write!(out, " days={days}"),
            Some(End::At(instant)) => write!(out, " ends={}", instant.exact()),
        }
    }
}
