//! A line of text that somebody typed.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::numbering::shown;
use super::visible::is_invisible;

/// 1 to `MOST` characters on one line, none of them invisible, without blanks around them.
///
/// ```compile_fail
/// let street: celcombiller::domain::line::Line = "Rua Augusta 1".to_owned();
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Line<const MOST: usize = 200>(String);

/// A text that is no such line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{found}` is not a line of text: expected 1 to {most} visible characters")]
pub struct LineError {
    found: String,
    most: usize,
}

impl<const MOST: usize> Line<MOST> {
    /// How many characters it has at most.
    pub const LONGEST: usize = MOST;

    /// Returns the text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<const MOST: usize> FromStr for Line<MOST> {
    type Err = LineError;

    fn from_str(text: &str) -> Result<Self, LineError> {
        let fits = (1..=MOST).contains(&text.chars().count()) && text.trim() == text;
        match fits && !text.contains(is_invisible) {
            true => Ok(Self(text.to_owned())),
            false => Err(LineError { found: shown(text), most: MOST }),
        }
    }
}

impl<const MOST: usize> TryFrom<String> for Line<MOST> {
    type Error = LineError;

    fn try_from(text: String) -> Result<Self, LineError> {
        text.parse()
    }
}

impl<const MOST: usize> From<Line<MOST>> for String {
    fn from(line: Line<MOST>) -> Self {
        line.0
    }
}

impl<const MOST: usize> fmt::Display for Line<MOST> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}
