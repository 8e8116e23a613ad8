//! What chains the entries of the books.

use std::fmt;
use std::str::FromStr;

use super::numbering::shown;

/// The SHA-256 of an entry and of all that was posted before it, written as 64 hexadecimal digits.
///
/// ```compile_fail
/// // Not any text: what was noted is read before it is looked for.
/// let noted: celcombiller::domain::entry_hash::EntryHash = "c0ffee";
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EntryHash([u8; 32]);

/// A text that is no hash.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not the hash of an entry: expected 64 hexadecimal digits")]
pub struct EntryHashError(String);

impl EntryHash {
    /// Takes the bytes of a digest.
    #[must_use]
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Returns the bytes.
    #[must_use]
    pub const fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for EntryHash {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&hexadecimal(&self.0))
    }
}

impl FromStr for EntryHash {
    type Err = EntryHashError;

    fn from_str(text: &str) -> Result<Self, EntryHashError> {
        let error = || EntryHashError(shown(text));
        let mut digits = text.chars().map(|digit| digit.to_digit(16).and_then(|digit| u8::try_from(digit).ok()));
        let mut bytes = [0; 32];
        for byte in &mut bytes {
            let (high, low) = digits.next().flatten().zip(digits.next().flatten()).ok_or_else(error)?;
            *byte = high << 4 | low;
        }
        match digits.next() {
            None => Ok(Self(bytes)),
            Some(_) => Err(error()),
        }
    }
}

/// Writes bytes as lower-case hexadecimal digits.
#[must_use]
pub fn hexadecimal(bytes: &[u8]) -> String {
    const DIGITS: [u8; 16] = *b"0123456789abcdef";
    let mut text = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        text.extend([byte >> 4, byte & 15].map(|digit| char::from(DIGITS[usize::from(digit)])));
    }
    text
}
