//! Telephone numbers, SIM identities and what a caller dialled.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A text that is not a number of the wanted kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{found}` is not {expected}")]
pub struct NumberingError {
    found: String,
    expected: &'static str,
}

/// Defines a newtype over a run of ASCII digits, with one door for every way in.
macro_rules! digits {
    ($(#[$doc:meta])* $name:ident, $least:literal..=$most:literal, $prefix:literal, $expected:literal) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Returns the digits.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// Returns the digits of a text that is one.
            fn digits(text: &str) -> Result<&str, NumberingError> {
                let digits = text.strip_prefix($prefix).unwrap_or(text);
                let right = ($least..=$most).contains(&digits.len())
                    && digits.bytes().all(|byte| byte.is_ascii_digit());
                match right {
                    true => Ok(digits),
                    false => Err(NumberingError { found: shown(text), expected: $expected }),
                }
            }
        }

        impl FromStr for $name {
            type Err = NumberingError;

            fn from_str(text: &str) -> Result<Self, NumberingError> {
                Self::digits(text).map(|digits| Self(digits.to_owned()))
            }
        }

        impl TryFrom<String> for $name {
            type Error = NumberingError;

            fn try_from(text: String) -> Result<Self, NumberingError> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(number: $name) -> Self {
                number.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str(&self.0)
            }
        }
    };
}

digits! {
    /// A telephone number in canonical digits (E.164, MSISDN); a leading `+` is dropped.
    ///
    /// ```compile_fail
    /// use celcombiller::domain::numbering::{Imsi, PhoneNumber};
    /// let imsi: Imsi = "999999999".parse::<PhoneNumber>().unwrap();
    /// ```
    PhoneNumber, 1..=15, "+", "a phone number: expected 1 to 15 digits"
}

digits! {
    /// A SIM's identity (E.212), as text: its leading zeros count; the `IMSI` that OpenBTS puts
    /// before it is dropped.
    ///
    /// ```compile_fail
    /// use celcombiller::domain::numbering::{Imsi, PhoneNumber};
    /// let number: PhoneNumber = "001010000000001".parse::<Imsi>().unwrap();
    /// ```
    Imsi, 6..=15, "IMSI", "an IMSI: expected 6 to 15 digits"
}

digits! {
    /// The leading digits that a rate is for; empty stands for every destination.
    ///
    /// ```compile_fail
    /// use celcombiller::domain::numbering::{PhoneNumber, Prefix};
    /// let number: PhoneNumber = "55".parse::<Prefix>().unwrap();
    /// ```
    Prefix, 0..=15, "+", "a prefix: expected up to 15 digits"
}

digits! {
    /// The digits that a route puts before a number.
    ///
    /// ```compile_fail
    /// use celcombiller::domain::numbering::{LeadingDigits, Prefix};
    /// let prepended: LeadingDigits = "55".parse::<Prefix>().unwrap();
    /// ```
    LeadingDigits, 0..=15, "", "what can stand before a number: expected up to 15 digits"
}

impl Prefix {
    /// Returns the prefix of every destination.
    #[must_use]
    pub const fn any() -> Self {
        Self(String::new())
    }
}

/// What a caller asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Dialled {
    /// A telephone number.
    Number(PhoneNumber),
    /// A SIM by its identity, written `IMSI` and its digits.
    Imsi(Imsi),
}

impl Dialled {
    /// Returns how a text is written once it has been parsed, for whoever only passes it on.
    ///
    /// # Errors
    /// It is nothing that can be dialled.
    pub fn written(text: &str) -> Result<&str, NumberingError> {
        match text.starts_with("IMSI") {
            true => Imsi::digits(text).map(|_| text),
            false => PhoneNumber::digits(text),
        }
    }
}

impl FromStr for Dialled {
    type Err = NumberingError;

    fn from_str(text: &str) -> Result<Self, NumberingError> {
        match text.starts_with("IMSI") {
            true => text.parse().map(Self::Imsi),
            false => text.parse().map(Self::Number),
        }
    }
}

impl fmt::Display for Dialled {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => number.fmt(out),
            Self::Imsi(imsi) => write!(out, "IMSI{imsi}"),
        }
    }
}

/// Returns a hostile text fit for an error line: printable, and not longer than a line.
pub(crate) fn shown(text: &str) -> String {
    text.chars().take(64).flat_map(char::escape_debug).collect()
}
