//! Groups of users.

use std::fmt;
use std::str::FromStr;

use super::numbering::shown;
use super::visible::is_visible_name;

/// The name of a group: 1 to 64 characters, none of them invisible.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GroupName(String);

/// A text that is no group's name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a group's name: expected 1 to 64 visible characters")]
pub struct GroupNameError(String);

impl GroupName {
    /// Returns the name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for GroupName {
    type Err = GroupNameError;

    fn from_str(text: &str) -> Result<Self, GroupNameError> {
        match is_visible_name(text) {
            true => Ok(Self(text.to_owned())),
            false => Err(GroupNameError(shown(text))),
        }
    }
}

impl fmt::Display for GroupName {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}
