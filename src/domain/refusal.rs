//! A refusal that an operator reads: the fact and the way out.

use std::fmt;

/// A request that was understood and refused; nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The fact, with the value, such as `no user with username "bob"`.
    pub fact: String,
    /// What to do about it, where there is something.
    pub hint: Option<String>,
}

impl Refusal {
    /// Refuses with a fact alone.
    #[must_use]
    pub fn new(fact: impl Into<String>) -> Self {
        Self { fact: fact.into(), hint: None }
    }

    /// Adds the way out.
    #[must_use]
    pub fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.fact)
    }
}

impl std::error::Error for Refusal {}

/// What is wrong with a line of a file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fault {
    /// The line, from 1.
    pub line: u64,
    /// The fact, with the value.
    pub fact: String,
}
