//! What calls add up to, as carriers measure it.

use rust_decimal::{Decimal, RoundingStrategy};

use super::money::Money;

/// What some calls add up to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// The attempts.
    pub calls: u64,
    /// Those that were answered.
    pub answered: u64,
    /// The billed seconds.
    pub seconds: u64,
    /// What they were charged.
    pub revenue: Money,
    /// What carriers charge for them; a call without a known cost counts as one that costs nothing.
    pub cost: Money,
}

impl Traffic {
    /// Adds; `None` when the ledger cannot hold a sum.
    #[must_use]
    pub fn checked_add(self, other: Self) -> Option<Self> {
        Some(Self {
            calls: self.calls.checked_add(other.calls)?,
            answered: self.answered.checked_add(other.answered)?,
            seconds: self.seconds.checked_add(other.seconds)?,
            revenue: self.revenue.checked_add(other.revenue)?,
            cost: self.cost.checked_add(other.cost)?,
        })
    }

    /// Returns how many percent of the attempts were answered (ASR), to one decimal; `None` without an attempt.
    #[must_use]
    pub fn answer_seizure_ratio(&self) -> Option<Decimal> {
        ratio(Decimal::from(self.answered).checked_mul(Decimal::ONE_HUNDRED)?, self.calls)
    }

    /// Returns the average seconds of an answered call (ACD, ALOC), to one decimal; `None` without an answer.
    #[must_use]
    pub fn average_call_duration(&self) -> Option<Decimal> {
        ratio(Decimal::from(self.seconds), self.answered)
    }

    /// Returns revenue - cost; `None` when the ledger cannot hold the difference.
    #[must_use]
    pub fn margin(&self) -> Option<Money> {
        self.revenue.checked_sub(self.cost)
    }
}

/// Divides and rounds once, half away from zero; the decimal is there even when it is 0.
fn ratio(sum: Decimal, count: u64) -> Option<Decimal> {
    let mut ratio =
        sum.checked_div(Decimal::from(count))?.round_dp_with_strategy(1, RoundingStrategy::MidpointAwayFromZero);
    ratio.rescale(1);
    Some(ratio)
}
