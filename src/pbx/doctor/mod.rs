//! Whether Asterisk finds what it needs of ours, and the machine lets it.

pub mod cdr;
mod conf;
pub mod dialplan;
pub mod machine;
pub mod programs;
pub mod rights;
pub mod settings;

/// What was looked at, and what came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What should be.
    pub check: String,
    /// What is.
    pub verdict: Verdict,
}

/// What came of a look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// All is well.
    Well,
    /// It is not as it should be.
    Fault {
        /// What is instead.
        found: String,
        /// The command that mends it.
        remedy: String,
    },
    /// It could not be looked at.
    Unseen {
        /// Why.
        why: String,
        /// What would let it be looked at.
        remedy: String,
    },
}

impl Finding {
    /// Finds all well.
    #[must_use]
    pub fn well(check: impl Into<String>) -> Self {
        Self { check: check.into(), verdict: Verdict::Well }
    }

    /// Finds a fault.
    #[must_use]
    pub fn fault(check: impl Into<String>, found: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { check: check.into(), verdict: Verdict::Fault { found: found.into(), remedy: remedy.into() } }
    }

    /// Could not look.
    #[must_use]
    pub fn unseen(check: impl Into<String>, why: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { check: check.into(), verdict: Verdict::Unseen { why: why.into(), remedy: remedy.into() } }
    }

    /// Finds all well or, if not, a fault.
    #[must_use]
    pub fn of(check: impl Into<String>, well: bool, found: impl Into<String>, remedy: impl Into<String>) -> Self {
        if well { Self::well(check) } else { Self::fault(check, found, remedy) }
    }

    /// Tells whether something is to be mended.
    #[must_use]
    pub const fn is_fault(&self) -> bool {
        matches!(self.verdict, Verdict::Fault { .. })
    }
}
