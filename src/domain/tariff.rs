//! What a second costs.

use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;

use rust_decimal::Decimal;

use super::money::Money;
use super::numbering::{Prefix, shown};

/// The seconds of talk granted to Dial; never zero, because Dial reads an empty limit as none.
///
/// ```compile_fail
/// let granted: celcombiller::domain::tariff::TalkTime = 0;
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TalkTime(NonZeroU32);

impl TalkTime {
    /// Makes a talk time of seconds; `None` for zero.
    #[must_use]
    pub const fn new(seconds: u32) -> Option<Self> {
        match NonZeroU32::new(seconds) {
            Some(seconds) => Some(Self(seconds)),
            None => None,
        }
    }

    /// Returns the seconds.
    #[must_use]
    pub const fn seconds(self) -> u32 {
        self.0.get()
    }
}

impl fmt::Display for TalkTime {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(out)
    }
}

/// How talk time is rounded up to what is paid: an initial block, then further ones, in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Increment {
    initial: NonZeroU32,
    subsequent: NonZeroU32,
}

/// A text that is no increment.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an increment: expected seconds of the first and of each further block, such as 60+60")]
pub struct IncrementError(String);

impl Increment {
    /// Every second by itself.
    pub const PER_SECOND: Self = Self { initial: NonZeroU32::MIN, subsequent: NonZeroU32::MIN };

    /// Makes an increment of two blocks in seconds; zero means exact seconds.
    #[must_use]
    pub fn new(initial: u32, subsequent: u32) -> Self {
        let block = |seconds| NonZeroU32::new(seconds).unwrap_or(NonZeroU32::MIN);
        Self { initial: block(initial), subsequent: block(subsequent) }
    }

    /// Returns the seconds of the first block.
    #[must_use]
    pub const fn initial(self) -> u32 {
        self.initial.get()
    }

    /// Returns the seconds of each further block.
    #[must_use]
    pub const fn subsequent(self) -> u32 {
        self.subsequent.get()
    }

    /// Returns the seconds that are paid for so many talked; a call of no whole second pays for none.
    #[must_use]
    pub fn billed(self, billsec: u32) -> u64 {
        let (billsec, initial) = (u64::from(billsec), u64::from(self.initial()));
        match billsec.checked_sub(initial) {
            _ if billsec == 0 => 0,
            None => initial,
            Some(beyond) => {
                let subsequent = u64::from(self.subsequent());
                initial + beyond.div_ceil(subsequent) * subsequent
            }
        }
    }
}

impl FromStr for Increment {
    type Err = IncrementError;

    fn from_str(text: &str) -> Result<Self, IncrementError> {
        let error = || IncrementError(shown(text));
        let (initial, subsequent) = text.split_once('+').ok_or_else(error)?;
        let seconds = |block: &str| {
            let digits = !block.is_empty() && block.bytes().all(|byte| byte.is_ascii_digit());
            block.parse().ok().filter(|&seconds: &u32| digits && seconds <= 86_400).ok_or_else(error)
        };
        Ok(Self::new(seconds(initial)?, seconds(subsequent)?))
    }
}

impl fmt::Display for Increment {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}+{}", self.initial, self.subsequent)
    }
}

/// The price of the destinations that begin with one prefix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rate {
    /// The destinations.
    pub prefix: Prefix,
    /// What sixty seconds cost.
    pub price_per_minute: Decimal,
    /// What being answered costs.
    pub connect_fee: Decimal,
    /// How time is rounded.
    pub increment: Increment,
}

impl Rate {
    /// Returns the price of the prepaid second: every destination, one unit each second.
    #[must_use]
    pub fn per_second() -> Self {
        Self {
            prefix: Prefix::any(),
            price_per_minute: Decimal::from(60),
            connect_fee: Decimal::ZERO,
            increment: Increment::PER_SECOND,
        }
    }

    /// Returns the price of an answered call of so many whole seconds, rounded once, or `None` when
    /// the ledger cannot hold it.
    #[must_use]
    pub fn charge(&self, billsec: u32) -> Option<Money> {
        let billed = Decimal::from(self.increment.billed(billsec));
        let time = self.price_per_minute.checked_mul(billed)?.checked_div(Decimal::from(60))?;
        Money::rounded(self.connect_fee.checked_add(time)?)
    }

    /// Returns the longest call up to `cap` that `funds` can pay for, or `None` if not even the first
    /// increment. A longer call never costs less, so halving finds it.
    #[must_use]
    pub fn max_talk_time(&self, funds: Money, cap: TalkTime) -> Option<TalkTime> {
        let affordable = |seconds| self.charge(seconds).is_some_and(|price| price <= funds);
        let (mut paid, mut unpaid) = (0, cap.seconds() + 1);
        while unpaid - paid > 1 {
            let middle = paid + (unpaid - paid) / 2;
            if affordable(middle) { paid = middle } else { unpaid = middle }
        }
        TalkTime::new(paid)
    }
}
