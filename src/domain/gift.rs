//! What a date of a group or a voucher is worth.

use std::fmt;
use std::str::FromStr;

use super::money::{Amount, MoneyError};
use super::numbering::shown;

/// What is given to a user. Its text is words of `name=value`: `credit=5`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Gift {
    /// Credit on the main balance.
    Credit(Amount),
}

/// A text that says no gift.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GiftError {
    /// A word is none of a gift's.
    #[error("`{0}` is no gift: expected credit=AMOUNT")]
    Word(String),
    /// The amount cannot be given.
    #[error(transparent)]
    Amount(#[from] MoneyError),
}

impl Gift {
    /// Returns the credit on the main balance, where it is one.
    #[must_use]
    pub const fn credit(&self) -> Option<Amount> {
        match self {
            Self::Credit(amount) => Some(*amount),
        }
    }
}

impl FromStr for Gift {
    type Err = GiftError;

    fn from_str(text: &str) -> Result<Self, GiftError> {
        let amount = text.strip_prefix("credit=").ok_or_else(|| GiftError::Word(shown(text)))?;
        Ok(Self::Credit(amount.parse()?))
    }
}

impl fmt::Display for Gift {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Credit(amount) => write!(out, "credit={amount}"),
        }
    }
}
