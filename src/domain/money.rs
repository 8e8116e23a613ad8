//! Exact amounts in the ledger's unit.

use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;

use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Serialize};

use super::numbering::shown;
use super::words::words;

/// Millionths in one unit.
const MILLIONTHS: i64 = 1_000_000;

/// An amount in the ledger's unit (seconds, or a currency), exact to the millionth; may be negative.
///
/// ```compile_fail
/// // Not a number: the unit is part of the type.
/// let balance: i64 = celcombiller::domain::money::Money::ZERO;
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Money(i64);

/// Why a text or a decimal is not an amount.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// Something else than digits and at most one point.
    #[error("`{0}` is not an amount: expected digits and at most one decimal point, such as 12.50")]
    NotDecimal(String),
    /// More than six decimals.
    #[error("`{0}` has more than six decimals")]
    TooFine(String),
    /// Outside what the ledger can hold.
    #[error("`{0}` is outside what the ledger can hold")]
    TooLarge(String),
    /// Negative where a price is meant.
    #[error("`{0}` is negative")]
    Negative(String),
    /// Zero or negative where a movement is meant.
    #[error("`{0}` is not a positive amount")]
    NotPositive(String),
}

impl Money {
    /// Nothing.
    pub const ZERO: Self = Self(0);
    /// The most that the ledger can hold.
    pub const MAX: Self = Self(i64::MAX);
    /// Decimals of the smallest part.
    pub const SCALE: u32 = 6;

    /// Makes an amount of millionths, as the database stores it.
    #[must_use]
    pub const fn from_millionths(millionths: i64) -> Self {
        Self(millionths)
    }

    /// Returns the amount in millionths.
    #[must_use]
    pub const fn millionths(self) -> i64 {
        self.0
    }

    /// Rounds an exact amount: the one place where money is rounded. `None` when the ledger cannot hold it.
    #[must_use]
    pub fn rounded(exact: Decimal, rounding: Rounding) -> Option<Self> {
        let strategy = match rounding.direction {
            Direction::Nearest => RoundingStrategy::MidpointAwayFromZero,
            Direction::Up => RoundingStrategy::AwayFromZero,
            Direction::Down => RoundingStrategy::ToZero,
        };
        let rounded = exact.round_dp_with_strategy(rounding.decimals.into(), strategy);
        let millionths = rounded.checked_mul(Decimal::from(MILLIONTHS))?;
        i64::try_from(millionths.normalize().trunc().mantissa()).ok().map(Self)
    }

    /// Returns the whole units, without the part beyond.
    #[must_use]
    pub const fn whole_units(self) -> i64 {
        self.0 / MILLIONTHS
    }

    /// Returns the amount as a decimal.
    #[must_use]
    pub fn to_decimal(self) -> Decimal {
        Decimal::new(self.0, Self::SCALE)
    }

    /// Adds; `None` when the ledger cannot hold the sum.
    #[must_use]
    pub const fn checked_add(self, other: Self) -> Option<Self> {
        match self.0.checked_add(other.0) {
            Some(sum) => Some(Self(sum)),
            None => None,
        }
    }

    /// Subtracts; `None` when the ledger cannot hold the difference.
    #[must_use]
    pub const fn checked_sub(self, other: Self) -> Option<Self> {
        match self.0.checked_sub(other.0) {
            Some(difference) => Some(Self(difference)),
            None => None,
        }
    }
}

impl fmt::Display for Money {
    /// Writes the decimal without padding: `10`, `0.25`, `-3.5`.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (mut digits, mut decimals) = (self.0.unsigned_abs(), Self::SCALE);
        while decimals > 0 && digits % 10 == 0 {
            (digits, decimals) = (digits / 10, decimals - 1);
        }
        // From the last to the first: nineteen digits, the point and the sign are the most there can be.
        let (mut text, mut first) = ([0; 21], 21);
        let mut put = |byte| {
            first -= 1;
            text[first] = byte;
        };
        loop {
            put(b'0' + (digits % 10) as u8);
            digits /= 10;
            if decimals == 1 {
                put(b'.');
            }
            if decimals == 0 && digits == 0 {
                break;
            }
            decimals = decimals.saturating_sub(1);
        }
        if self.0 < 0 {
            put(b'-');
        }
        out.write_str(str::from_utf8(&text[first..]).map_err(|_| fmt::Error)?)
    }
}

impl FromStr for Money {
    type Err = MoneyError;

    fn from_str(text: &str) -> Result<Self, MoneyError> {
        let (negative, digits) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (whole, part) = match digits.split_once('.') {
            Some((whole, part)) if !part.is_empty() => (whole, part),
            Some(_) => return Err(MoneyError::NotDecimal(shown(text))),
            None => (digits, ""),
        };
        let all_digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
        if whole.is_empty() || !all_digits(whole) || !all_digits(part) {
            return Err(MoneyError::NotDecimal(shown(text)));
        }
        if part.len() > Self::SCALE as usize {
            return Err(MoneyError::TooFine(text.to_owned()));
        }
        let padded = format!("{whole}{part:0<6}");
        let magnitude: i64 = padded.parse().map_err(|_| MoneyError::TooLarge(text.to_owned()))?;
        Ok(Self(if negative { -magnitude } else { magnitude }))
    }
}

impl TryFrom<String> for Money {
    type Error = MoneyError;

    fn try_from(text: String) -> Result<Self, MoneyError> {
        text.parse()
    }
}

impl From<Money> for String {
    fn from(money: Money) -> Self {
        money.to_string()
    }
}

/// An amount that moves: always more than zero.
///
/// ```compile_fail
/// // A balance may be nothing, a movement may not: one is not the other.
/// use celcombiller::domain::money::{Amount, Money};
/// let moved: Amount = Money::ZERO;
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Amount(Money);

impl Amount {
    /// Makes an amount of whole units.
    #[must_use]
    pub const fn whole(units: NonZeroU32) -> Self {
        Self(Money(units.get() as i64 * MILLIONTHS))
    }

    /// Returns the amount as money.
    #[must_use]
    pub const fn money(self) -> Money {
        self.0
    }
}

impl TryFrom<Money> for Amount {
    type Error = MoneyError;

    fn try_from(money: Money) -> Result<Self, MoneyError> {
        if money > Money::ZERO { Ok(Self(money)) } else { Err(MoneyError::NotPositive(money.to_string())) }
    }
}

impl FromStr for Amount {
    type Err = MoneyError;

    fn from_str(text: &str) -> Result<Self, MoneyError> {
        let money: Money = text.parse()?;
        Self::try_from(money).map_err(|_| MoneyError::NotPositive(text.to_owned()))
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(out)
    }
}

/// What something costs, or may cost: never less than nothing.
///
/// ```compile_fail
/// // What is refunded is no price.
/// use celcombiller::domain::money::{Money, Price};
/// let price: Price = Money::from_millionths(-1);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Price(Money);

impl Price {
    /// Nothing.
    pub const ZERO: Self = Self(Money::ZERO);

    /// Makes a price of whole units.
    #[must_use]
    pub const fn whole(units: u32) -> Self {
        Self(Money(units as i64 * MILLIONTHS))
    }

    /// Returns the price as money.
    #[must_use]
    pub const fn money(self) -> Money {
        self.0
    }

    /// Returns the price as a decimal.
    #[must_use]
    pub fn decimal(self) -> Decimal {
        self.0.to_decimal()
    }
}

impl TryFrom<Money> for Price {
    type Error = MoneyError;

    fn try_from(money: Money) -> Result<Self, MoneyError> {
        if money >= Money::ZERO { Ok(Self(money)) } else { Err(MoneyError::Negative(money.to_string())) }
    }
}

impl FromStr for Price {
    type Err = MoneyError;

    fn from_str(text: &str) -> Result<Self, MoneyError> {
        text.parse::<Money>()?.try_into()
    }
}

impl fmt::Display for Price {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(out)
    }
}

words! {
    /// Where an amount goes that lies between two that can be paid.
    Direction, "a direction of rounding: expected nearest, up or down", {
        /// To the nearest; half away from zero.
        Nearest = "nearest",
        /// Away from zero.
        Up = "up",
        /// Towards zero.
        Down = "down",
    }
}

/// How a charge is rounded: to so many decimals, and where to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rounding {
    decimals: u8,
    direction: Direction,
}

/// A text that is no rounding.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a rounding: expected DECIMALS:DIRECTION, such as 2:up, 4:nearest or 0:down")]
pub struct RoundingError(String);

impl Rounding {
    /// To the millionth, half away from zero.
    pub const FINEST: Self = Self { decimals: 6, direction: Direction::Nearest };
}

impl Default for Rounding {
    fn default() -> Self {
        Self::FINEST
    }
}

impl FromStr for Rounding {
    type Err = RoundingError;

    fn from_str(text: &str) -> Result<Self, RoundingError> {
        let error = || RoundingError(shown(text));
        let (decimals, direction) = text.split_once(':').ok_or_else(error)?;
        let decimals = match decimals.as_bytes() {
            [digit @ b'0'..=b'6'] => digit - b'0',
            _ => return Err(error()),
        };
        Ok(Self { decimals, direction: direction.parse().map_err(|_| error())? })
    }
}

impl fmt::Display for Rounding {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:{}", self.decimals, self.direction)
    }
}
