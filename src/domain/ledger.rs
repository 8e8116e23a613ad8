//! The books: movements between accounts that are never edited.

use super::words::words;

words! {
    /// What kind of movement an entry is.
    EntryKind, "a kind of entry", {
        /// Credit given to a user.
        TopUp = "topup",
        /// Credit that a payment bought, without its tax.
        Refill = "refill",
        /// Credit that a group gives on one of its dates.
        Credit = "credit",
        /// Credit that a voucher was worth.
        Voucher = "voucher",
        /// What the house takes for anything but a call.
        Fee = "fee",
        /// What was left of a bundle when it ended.
        Expiry = "expiry",
        /// What another system's books said when an account came from there.
        Opening = "opening",
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
    /// Credit that was given away, in the unit of the books.
    GivenCredit,
    /// Talk time that was given away, in seconds whatever the unit of the books is.
    GivenTime,
}

impl SystemAccount {
    /// Every one.
    pub const ALL: [Self; 5] = [Self::Cash, Self::Revenue, Self::Adjustment, Self::GivenCredit, Self::GivenTime];

    /// Returns its name, which no user may have.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Cash => "cash",
            Self::Revenue => "revenue",
            Self::Adjustment => "adjustment",
            Self::GivenCredit => "given:credit",
            Self::GivenTime => "given:time",
        }
    }
}
