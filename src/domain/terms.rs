//! What few rates have besides a price, a connect fee and an increment.

use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;

use super::money::{MoneyError, Price};
use super::numbering::shown;
use super::rate::Increment;

/// The longest that any of a rate's seconds may be: a day.
const LONGEST: u32 = 86_400;

/// Another price from some second of a call on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Band {
    /// The seconds after which it begins.
    pub from: NonZeroU32,
    /// What sixty of its seconds cost.
    pub price_per_minute: Price,
    /// How its time is rounded.
    pub increment: Increment,
    /// What reaching it costs.
    pub entry_fee: Price,
}

impl FromStr for Band {
    type Err = TermsError;

    /// Reads `SECONDS:PRICE[:INCREMENT[:FEE]]`.
    fn from_str(text: &str) -> Result<Self, TermsError> {
        let error = || TermsError::Band(shown(text));
        let parts: Vec<_> = text.split(':').collect();
        let (from, price, rest) = match parts.as_slice() {
            [from, price, rest @ ..] if rest.len() <= 2 => (from, price, rest),
            _ => return Err(error()),
        };
        let increment = rest.first().map_or(Ok(Increment::PER_SECOND), |text| text.parse().map_err(|_| error()))?;
        let entry_fee = rest.get(1).map_or(Ok(Price::ZERO), |text| text.parse().map_err(|_| error()))?;
        let from = seconds(from).and_then(NonZeroU32::new).ok_or_else(error)?;
        Ok(Self { from, price_per_minute: price.parse().map_err(|_| error())?, increment, entry_fee })
    }
}

impl fmt::Display for Band {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:{}:{}:{}", self.from, self.price_per_minute, self.increment, self.entry_fee)
    }
}

/// The bands of a rate, in the order in which a call reaches them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bands(Vec<Band>);

impl Bands {
    /// Returns them in order.
    pub fn iter(&self) -> impl Iterator<Item = &Band> {
        self.0.iter()
    }

    /// Tells whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl TryFrom<Vec<Band>> for Bands {
    type Error = TermsError;

    fn try_from(mut bands: Vec<Band>) -> Result<Self, TermsError> {
        bands.sort_by_key(|band| band.from);
        match bands.windows(2).find(|pair| matches!(pair, [a, b] if a.from == b.from)) {
            Some(pair) => Err(TermsError::TwoBands(pair.first().map_or(0, |band| band.from.get()))),
            None => Ok(Self(bands)),
        }
    }
}

impl FromStr for Bands {
    type Err = TermsError;

    /// Reads bands with commas between them.
    fn from_str(text: &str) -> Result<Self, TermsError> {
        text.split(',').map(|band| band.trim().parse()).collect::<Result<Vec<_>, _>>()?.try_into()
    }
}

impl fmt::Display for Bands {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, band) in self.0.iter().enumerate() {
            write!(out, "{}{band}", if index == 0 { "" } else { "," })?;
        }
        Ok(())
    }
}

/// A fee for each full block of so many seconds of the whole call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Surcharge {
    /// The fee of one block.
    pub fee: Price,
    /// The seconds of one block.
    pub every: NonZeroU32,
}

impl FromStr for Surcharge {
    type Err = TermsError;

    /// Reads `FEE/SECONDS`.
    fn from_str(text: &str) -> Result<Self, TermsError> {
        let error = || TermsError::Surcharge(shown(text));
        let (fee, every) = text.split_once('/').ok_or_else(error)?;
        let every = seconds(every).and_then(NonZeroU32::new).ok_or_else(error)?;
        Ok(Self { fee: fee.parse().map_err(|_| error())?, every })
    }
}

impl fmt::Display for Surcharge {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}/{}", self.fee, self.every)
    }
}

/// What few rates have. Seconds are whole seconds of an answered call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Terms {
    /// What ending costs.
    pub disconnect_fee: Price,
    /// The seconds from which the disconnect fee is due.
    pub disconnect_after: u32,
    /// The seconds that a shorter call counts as.
    pub minimum_seconds: u32,
    /// What an answered call costs at least.
    pub minimum_charge: Price,
    /// What a call costs at most.
    pub maximum_charge: Option<Price>,
    /// The seconds below which a call costs nothing at all.
    pub free_below: u32,
    /// The first seconds that cost nothing.
    pub free_seconds: u32,
    /// A fee for each full block.
    pub surcharge: Option<Surcharge>,
    /// Other prices later in the call.
    pub bands: Bands,
}

/// Why a text is none of a rate's terms.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TermsError {
    /// No band.
    #[error("`{0}` is not a band: expected SECONDS:PRICE[:INCREMENT[:FEE]], such as 60:0.05 or 60:0.05:6+6:0.01")]
    Band(String),
    /// Two bands begin at once.
    #[error("two bands begin after {0} s")]
    TwoBands(u32),
    /// No surcharge.
    #[error("`{0}` is not a surcharge: expected FEE/SECONDS, such as 0.02/180")]
    Surcharge(String),
    /// No seconds.
    #[error("`{0}` is not a length: expected seconds up to 86400")]
    Seconds(String),
    /// No amount.
    #[error(transparent)]
    Amount(#[from] MoneyError),
    /// A term that does not exist.
    #[error("`{0}` is not a term of a rate")]
    Unknown(String),
}

fn seconds(text: &str) -> Option<u32> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|&seconds: &u32| digits && seconds <= LONGEST)
}

/// Reads a length in seconds.
///
/// # Errors
/// The text is none, or longer than a day.
pub fn parse_seconds(text: &str) -> Result<u32, TermsError> {
    seconds(text).ok_or_else(|| TermsError::Seconds(shown(text)))
}

impl Terms {
    /// Tells whether a rate has none of them.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        *self == Self::default()
    }

    /// Sets one term by its name; tells whether there is such a term.
    ///
    /// # Errors
    /// The value is none of that term.
    pub fn set(&mut self, name: &str, value: &str) -> Result<bool, TermsError> {
        let price = || value.parse::<Price>();
        match name {
            "disconnect_fee" => self.disconnect_fee = price()?,
            "disconnect_after" => self.disconnect_after = parse_seconds(value)?,
            "minimum_seconds" => self.minimum_seconds = parse_seconds(value)?,
            "minimum_charge" => self.minimum_charge = price()?,
            "maximum_charge" => self.maximum_charge = Some(price()?),
            "free_below" => self.free_below = parse_seconds(value)?,
            "free_seconds" => self.free_seconds = parse_seconds(value)?,
            "surcharge" => self.surcharge = Some(value.parse()?),
            "bands" => self.bands = value.parse()?,
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Returns the value of each term, in the order of [`Self::NAMES`]; `None` where it has its default.
    #[must_use]
    pub fn values(&self) -> [Option<String>; 9] {
        let text = |there: bool, value: &dyn fmt::Display| there.then(|| value.to_string());
        let price = |price: Price| text(price > Price::ZERO, &price);
        let seconds = |seconds: u32| text(seconds > 0, &seconds);
        [
            price(self.disconnect_fee),
            seconds(self.disconnect_after),
            seconds(self.minimum_seconds),
            price(self.minimum_charge),
            self.maximum_charge.map(|charge| charge.to_string()),
            seconds(self.free_below),
            seconds(self.free_seconds),
            self.surcharge.map(|surcharge| surcharge.to_string()),
            text(!self.bands.is_empty(), &self.bands),
        ]
    }

    /// The names of the terms, as the database, CSV and JSON write them.
    pub const NAMES: [&'static str; 9] = [
        "disconnect_fee",
        "disconnect_after",
        "minimum_seconds",
        "minimum_charge",
        "maximum_charge",
        "free_below",
        "free_seconds",
        "surcharge",
        "bands",
    ];
}

impl FromStr for Terms {
    type Err = TermsError;

    /// Reads `NAME=VALUE` with blanks between them, as [`fmt::Display`] writes it.
    fn from_str(text: &str) -> Result<Self, TermsError> {
        let mut terms = Self::default();
        for term in text.split_ascii_whitespace() {
            let known = match term.split_once('=') {
                Some((name, value)) => terms.set(name, value)?,
                None => false,
            };
            if !known {
                return Err(TermsError::Unknown(shown(term)));
            }
        }
        Ok(terms)
    }
}

impl fmt::Display for Terms {
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
