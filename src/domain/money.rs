//! Exact amounts in the ledger's unit.

use std::fmt;
use std::str::FromStr;

use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Serialize};

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
    /// Zero or negative where a movement is meant.
    #[error("`{0}` is not a positive amount")]
    NotPositive(String),
}

impl Money {
    /// Nothing.
    pub const ZERO: Self = Self(0);
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

    /// Rounds an exact price to the millionth, half away from zero: the one place where money is
    /// rounded. `None` when the ledger cannot hold it.
    #[must_use]
    pub fn rounded(exact: Decimal) -> Option<Self> {
        let rounded = exact.round_dp_with_strategy(Self::SCALE, RoundingStrategy::MidpointAwayFromZero);
        let millionths = rounded.checked_mul(Decimal::from(MILLIONTHS))?;
        i64::try_from(millionths.normalize().trunc().mantissa()).ok().map(Self)
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
        let sign = if self.0 < 0 { "-" } else { "" };
        let magnitude = self.0.unsigned_abs();
        let (whole, part) = (magnitude / MILLIONTHS as u64, magnitude % MILLIONTHS as u64);
        if part == 0 {
            return write!(out, "{sign}{whole}");
        }
        let part = format!("{part:06}");
        write!(out, "{sign}{whole}.{}", part.trim_end_matches('0'))
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
            Some(_) => return Err(MoneyError::NotDecimal(text.to_owned())),
            None => (digits, ""),
        };
        let all_digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
        if whole.is_empty() || !all_digits(whole) || !all_digits(part) {
            return Err(MoneyError::NotDecimal(text.to_owned()));
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
