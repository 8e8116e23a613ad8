//! What a simulated process does.

use crate::domain::chance::Chance;
use crate::domain::words::words;

words! {
    /// What a simulated process does in one step.
    Operation, "an operation", {
        /// The caller's program asks for a call.
        Authorise = "authorise",
        /// A channel asks for the same call again.
        AuthoriseAgain = "authorise_again",
        /// The caller's program, still there, reports how its dial ended.
        HangUp = "hang_up",
        /// The reducer reports the end of a channel: in time, late, or once more.
        Reduce = "reduce",
        /// Ends that were kept beside the books are posted.
        PostKept = "post_kept",
        /// What was decided a while ago is brought to the disk, and acknowledged.
        Acknowledge = "acknowledge",
        /// A process is killed between two things that it does.
        Kill = "kill",
        /// A process ends as programs do.
        Leave = "leave",
        /// Holds that nobody reported are given back.
        ExpireHolds = "expire_holds",
        /// A hold is given back by hand.
        Release = "release",
        /// Credit is added.
        TopUp = "top_up",
        /// Credit is taken away.
        Withdraw = "withdraw",
        /// Credit goes from one user to another.
        Transfer = "transfer",
        /// A payment is credited, perhaps for the second time.
        Refill = "refill",
        /// An entry is taken back, perhaps one that cannot be.
        Reverse = "reverse",
        /// Another credit limit.
        CreditLimit = "credit_limit",
        /// Vouchers are issued.
        IssueVouchers = "issue_vouchers",
        /// A voucher is redeemed, perhaps for the second time.
        RedeemVoucher = "redeem_voucher",
        /// A code that no voucher has.
        WrongCode = "wrong_code",
        /// Groups give what is due.
        CreditGroups = "credit_groups",
        /// A bundle is given.
        GiveBundle = "give_bundle",
        /// A bundle is ended by hand.
        EndBundle = "end_bundle",
        /// What is left of bundles that ended is taken back.
        ExpireBundles = "expire_bundles",
        /// A price changes.
        ChangeRate = "change_rate",
        /// A user calls under another tariff.
        ChangeTariff = "change_tariff",
    }
}

impl Operation {
    /// How often it is drawn, among all.
    const fn weight(self) -> u64 {
        match self {
            Self::Authorise => 20,
            Self::HangUp => 14,
            Self::Reduce => 12,
            Self::TopUp => 8,
            Self::Acknowledge => 5,
            Self::AuthoriseAgain | Self::Withdraw | Self::Transfer => 3,
            Self::PostKept
            | Self::ExpireHolds
            | Self::Refill
            | Self::Reverse
            | Self::RedeemVoucher
            | Self::GiveBundle => 2,
            // Whoever comes next has to open the books, which takes longer than ten decisions.
            Self::Kill
            | Self::Leave
            | Self::Release
            | Self::CreditLimit
            | Self::IssueVouchers
            | Self::WrongCode
            | Self::CreditGroups
            | Self::EndBundle
            | Self::ExpireBundles
            | Self::ChangeRate
            | Self::ChangeTariff => 1,
        }
    }

    pub(super) fn draw(chance: &mut Chance) -> Self {
        let all: u64 = Self::ALL.iter().map(|operation| operation.weight()).sum();
        let mut left = chance.below(all);
        for operation in Self::ALL {
            match left.checked_sub(operation.weight()) {
                Some(rest) => left = rest,
                None => return *operation,
            }
        }
        Self::TopUp
    }
}
