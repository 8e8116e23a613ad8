//! What one unit of money is.

use std::str::FromStr;

/// What one unit of money is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unit(String);

/// A text that is no unit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a unit: expected seconds, or a currency's three capital letters such as EUR")]
pub struct UnitError(String);

impl Unit {
    const SECONDS: &'static str = "seconds";

    /// Returns the prepaid second.
    #[must_use]
    pub fn seconds() -> Self {
        Self(Self::SECONDS.to_owned())
    }

    /// Returns the word.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Tells whether balances are talk time itself.
    #[must_use]
    pub fn is_seconds(&self) -> bool {
        self.0 == Self::SECONDS
    }
}

impl FromStr for Unit {
    type Err = UnitError;

    fn from_str(text: &str) -> Result<Self, UnitError> {
        let currency = text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_uppercase());
        match currency || text == Self::SECONDS {
            true => Ok(Self(text.to_owned())),
            false => Err(UnitError(text.escape_debug().to_string())),
        }
    }
}
