//! What a date of a group or a voucher is worth.

use std::fmt;
use std::str::FromStr;

use super::bundle::{Bundle, BundleError};
use super::money::{Amount, MoneyError};
use super::numbering::shown;

/// What is given to a user. Its text is words of `name=value`: `credit=5`, or those of a [`Bundle`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Gift {
    /// Credit on the main balance.
    Credit(Amount),
    /// Talk time or credit for some destinations.
    Bundle(Bundle),
}

/// A text that says no gift.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GiftError {
    /// Neither credit nor a bundle.
    #[error(
        "`{0}` is no gift: expected credit=AMOUNT, or seconds=, minutes= or bonus= and to=, priority=, days= or ends="
    )]
    Word(String),
    /// The bundle cannot be given.
    #[error(transparent)]
    Bundle(BundleError),
    /// The amount cannot be given.
    #[error(transparent)]
    Amount(#[from] MoneyError),
}

impl Gift {
    /// Returns how much it is: credit in the unit of the books, or seconds of talk.
    #[must_use]
    pub const fn amount(&self) -> Amount {
        match self {
            Self::Credit(amount) => *amount,
            Self::Bundle(bundle) => bundle.worth.amount(),
        }
    }
}

impl FromStr for Gift {
    type Err = GiftError;

    fn from_str(text: &str) -> Result<Self, GiftError> {
        match text.strip_prefix("credit=") {
            Some(amount) => Ok(Self::Credit(amount.parse()?)),
            None => text.parse().map(Self::Bundle).map_err(|error| match error {
                BundleError::Word(_) | BundleError::Nothing => GiftError::Word(shown(text)),
                error => GiftError::Bundle(error),
            }),
        }
    }
}

impl fmt::Display for Gift {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Credit(amount) => write!(out, "credit={amount}"),
            Self::Bundle(bundle) => bundle.fmt(out),
        }
    }
}
