//! What a user, or all members of a group together, may not go beyond.

use std::fmt;
use std::str::FromStr;

use super::money::{MoneyError, Price};
use super::numbering::{NumberingError, PhoneNumber, Prefix, shown};

/// Prefixes of destinations, with commas between them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Prefixes(Vec<Prefix>);

impl Prefixes {
    /// Returns the one that a number begins with.
    #[must_use]
    pub fn matching(&self, number: &PhoneNumber) -> Option<&Prefix> {
        self.0.iter().find(|prefix| number.as_str().starts_with(prefix.as_str()))
    }

    /// Tells whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromStr for Prefixes {
    type Err = NumberingError;

    fn from_str(text: &str) -> Result<Self, NumberingError> {
        text.split(',').map(|prefix| prefix.trim().parse()).collect::<Result<_, _>>().map(Self)
    }
}

impl fmt::Display for Prefixes {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, prefix) in self.0.iter().enumerate() {
            write!(out, "{}{prefix}", if index == 0 { "" } else { "," })?;
        }
        Ok(())
    }
}

/// A number of calls or minutes that may be used up; zero bars.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Most(u32);

impl Most {
    /// Returns the number.
    #[must_use]
    pub const fn number(self) -> u32 {
        self.0
    }

    /// Returns so many minutes in seconds.
    #[must_use]
    pub const fn minutes_in_seconds(self) -> u64 {
        self.0 as u64 * 60
    }
}

impl FromStr for Most {
    type Err = CapsError;

    fn from_str(text: &str) -> Result<Self, CapsError> {
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let number = text.parse().ok().filter(|&number: &u32| digits && number <= 1_000_000);
        number.map(Self).ok_or_else(|| CapsError::Most(shown(text)))
    }
}

impl fmt::Display for Most {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(out)
    }
}

/// Why a text is no cap.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CapsError {
    /// No number.
    #[error("`{0}` is not a cap: expected a whole number up to 1000000")]
    Most(String),
    /// No amount.
    #[error(transparent)]
    Amount(#[from] MoneyError),
    /// No prefix.
    #[error(transparent)]
    Prefix(#[from] NumberingError),
    /// A cap that does not exist.
    #[error("`{0}` is not a cap of calls, spending, time, price or prefixes")]
    Unknown(String),
}

/// Caps; each is its own reason of refusal. Days and months are those of the caller's tariff, spending and time
/// include what calls in progress hold, and prefixes concern numbers outside these books.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Caps {
    /// Calls at once.
    pub calls: Option<Most>,
    /// What may be spent on calls in a day.
    pub day_spend: Option<Price>,
    /// What may be spent on calls in a month.
    pub month_spend: Option<Price>,
    /// Minutes of talk in a day.
    pub day_minutes: Option<Most>,
    /// Minutes of talk in a month.
    pub month_minutes: Option<Most>,
    /// The most that a minute may cost.
    pub price: Option<Price>,
    /// What numbers may not begin with.
    pub blocked: Option<Prefixes>,
    /// What numbers must begin with.
    pub allowed: Option<Prefixes>,
}

impl Caps {
    /// The names of the caps, as the database and the command line write them.
    pub const NAMES: [&'static str; 8] =
        ["calls", "day_spend", "month_spend", "day_minutes", "month_minutes", "price", "blocked", "allowed"];

    /// Tells whether nothing is capped.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Sets one cap by its name, or lifts it.
    ///
    /// # Errors
    /// There is no such cap, or the value is none of it.
    pub fn set(&mut self, name: &str, value: Option<&str>) -> Result<(), CapsError> {
        fn read<T: FromStr>(value: Option<&str>) -> Result<Option<T>, CapsError>
        where
            CapsError: From<T::Err>,
        {
            Ok(value.map(str::parse).transpose()?)
        }
        match name {
            "calls" => self.calls = read(value)?,
            "day_spend" => self.day_spend = read(value)?,
            "month_spend" => self.month_spend = read(value)?,
            "day_minutes" => self.day_minutes = read(value)?,
            "month_minutes" => self.month_minutes = read(value)?,
            "price" => self.price = read(value)?,
            "blocked" => self.blocked = read(value)?,
            "allowed" => self.allowed = read(value)?,
            _ => return Err(CapsError::Unknown(shown(name))),
        }
        Ok(())
    }

    /// Returns each cap, in the order of [`Self::NAMES`].
    #[must_use]
    pub fn values(&self) -> [Option<String>; 8] {
        fn text<T: fmt::Display>(cap: Option<&T>) -> Option<String> {
            cap.map(ToString::to_string)
        }
        [
            text(self.calls.as_ref()),
            text(self.day_spend.as_ref()),
            text(self.month_spend.as_ref()),
            text(self.day_minutes.as_ref()),
            text(self.month_minutes.as_ref()),
            text(self.price.as_ref()),
            text(self.blocked.as_ref()),
            text(self.allowed.as_ref()),
        ]
    }
}

impl FromStr for Caps {
    type Err = CapsError;

    /// Reads `NAME=VALUE` with blanks between them, as [`fmt::Display`] writes it.
    fn from_str(text: &str) -> Result<Self, CapsError> {
        let mut caps = Self::default();
        for cap in text.split_ascii_whitespace() {
            let (name, value) = cap.split_once('=').ok_or_else(|| CapsError::Unknown(shown(cap)))?;
            caps.set(name, Some(value))?;
        }
        Ok(caps)
    }
}

impl fmt::Display for Caps {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut blank = "";
        for (name, value) in Self::NAMES.iter().zip(self.values()) {
            if let Some(value) = value {
                write!(out, "{blank}{name}={value}")?;
                blank = " ";
            }
        }
        Ok(())
    }
}
