//! The purse of a call: what bundles pay of it before the main balance does.

use super::bundle::{BundleId, Worth, seconds_in};
use super::money::{Money, Price};
use super::rate::Rate;

/// What each of some bundles can pay, in the order in which they are used: all time before any credit.
///
/// Time pays seconds that would cost something, after those that the rate gives away itself; fees stay, and what
/// credit does not pay of the price is left to the main balance.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Purse {
    time: Vec<(BundleId, Money)>,
    bonus: Vec<(BundleId, Money)>,
}

/// What was taken from a purse, and what is left to pay.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Paid {
    /// The time of each bundle that was needed.
    pub time: Vec<(BundleId, Money)>,
    /// The credit of each bundle that was needed.
    pub bonus: Vec<(BundleId, Money)>,
    /// What the main balance pays.
    pub rest: Money,
}

/// Adds up; what is beyond all money counts as all of it.
fn sum(parts: &[(BundleId, Money)]) -> Money {
    parts.iter().fold(Money::ZERO, |sum, (_, part)| sum.checked_add(*part).unwrap_or(Money::MAX))
}

/// Takes an amount from the first bundles that have something; returns the parts and what they do not pay.
fn take(from: &[(BundleId, Money)], amount: Money) -> (Vec<(BundleId, Money)>, Money) {
    let (mut parts, mut rest) = (Vec::new(), amount);
    for &(bundle, left) in from {
        let part = left.min(rest);
        if part > Money::ZERO {
            parts.push((bundle, part));
            rest = rest.checked_sub(part).unwrap_or(Money::ZERO);
        }
    }
    (parts, rest)
}

impl Purse {
    /// Adds what the next bundle can pay; of time only whole seconds.
    pub fn add(&mut self, bundle: BundleId, worth: Worth, left: Money) {
        match worth {
            Worth::Seconds(_) => self.time.push((bundle, Price::whole(seconds_in(left)).money())),
            Worth::Bonus(_) => self.bonus.push((bundle, left)),
        }
    }

    /// Returns the seconds that are free.
    #[must_use]
    pub fn seconds(&self) -> u32 {
        seconds_in(sum(&self.time))
    }

    /// Returns the credit besides the main balance.
    #[must_use]
    pub fn bonus(&self) -> Money {
        sum(&self.bonus)
    }

    /// Returns the rate as its seconds make it.
    #[must_use]
    pub fn freed(&self, rate: &Rate) -> Rate {
        rate.freed(self.seconds())
    }

    /// Pays a call of so many seconds, whose price by the freed rate is `price`.
    #[must_use]
    pub fn pay(&self, rate: &Rate, billsec: u32, price: Money) -> Paid {
        let (time, _) = take(&self.time, Price::whole(rate.payable_seconds(billsec)).money());
        let (bonus, rest) = take(&self.bonus, price);
        Paid { time, bonus, rest }
    }
}

impl Paid {
    /// Returns the seconds that bundles paid.
    #[must_use]
    pub fn seconds(&self) -> u32 {
        seconds_in(sum(&self.time))
    }

    /// Returns the credit that bundles paid.
    #[must_use]
    pub fn bonus(&self) -> Money {
        sum(&self.bonus)
    }

    /// Tells whether bundles paid anything.
    #[must_use]
    pub fn is_by_bundles(&self) -> bool {
        !(self.time.is_empty() && self.bonus.is_empty())
    }
}
