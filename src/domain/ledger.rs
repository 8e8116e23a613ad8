//! The books: movements between accounts that are never edited.

use super::words::words;

words! {
    /// What kind of movement an entry is.
    EntryKind, "a kind of entry", {
        /// Credit given to a user.
        TopUp = "topup",
        /// A call paid.
        Charge = "charge",
        /// Credit that one user gave another.
        Transfer = "transfer",
        /// A correction by hand.
        Adjustment = "adjustment",
        /// An earlier entry taken back.
        Reversal = "reversal",
    }
}

/// The house's own accounts, which every movement has on its other side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SystemAccount {
    /// Money that came in.
    Cash,
    /// Calls that were paid.
    Revenue,
    /// Corrections.
    Adjustment,
}

impl SystemAccount {
    /// Every one.
    pub const ALL: [Self; 3] = [Self::Cash, Self::Revenue, Self::Adjustment];

    /// Returns its name, which no user may have.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Cash => "cash",
            Self::Revenue => "revenue",
            Self::Adjustment => "adjustment",
        }
    }
}
