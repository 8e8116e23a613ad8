//! What is kept of a password.

use std::fmt;

/// A password, hashed. Who has it can try passwords at leisure, so `Debug` does not show it.
///
/// ```compile_fail
/// // No text passes for one: a password itself is never kept.
/// let kept: celcombiller::domain::password_hash::PasswordHash = "correct-horse";
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(String);

impl PasswordHash {
    /// Takes the text that a hash function made.
    #[must_use]
    pub const fn new(hash: String) -> Self {
        Self(hash)
    }

    /// Returns the text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("PasswordHash(..)")
    }
}
