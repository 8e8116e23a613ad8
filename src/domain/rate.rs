//! What a second costs: the price of one destination, and the longest call that funds can pay for.

use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;

use rust_decimal::Decimal;

use super::money::{Money, Price, Rounding};
use super::numbering::{Prefix, shown};
use super::terms::Terms;

/// The seconds of talk granted to Dial; never zero, because Dial reads an empty limit as none.
///
/// ```compile_fail
/// let granted: celcombiller::domain::rate::TalkTime = 0;
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

/// The destinations that a rate is for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Destinations {
    /// Numbers that begin with these digits.
    Prefix(Prefix),
    /// The users of these books.
    OnNet,
}

impl Destinations {
    /// How the database, JSON and CSV write the users of these books.
    pub const ON_NET: &'static str = "onnet";

    /// Returns the digits, or the word for the users of these books.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Prefix(prefix) => prefix.as_str(),
            Self::OnNet => Self::ON_NET,
        }
    }
}

impl FromStr for Destinations {
    type Err = super::numbering::NumberingError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            Self::ON_NET => Ok(Self::OnNet),
            digits => digits.parse().map(Self::Prefix),
        }
    }
}

impl fmt::Display for Destinations {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

/// The price of some destinations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rate {
    /// The destinations.
    pub destinations: Destinations,
    /// What sixty seconds cost.
    pub price_per_minute: Price,
    /// What being answered costs.
    pub connect_fee: Price,
    /// How time is rounded.
    pub increment: Increment,
    /// What few rates have.
    pub terms: Terms,
}

/// One line of how a price came about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PriceLine {
    /// The call is shorter than what is charged at all.
    FreeBelow {
        /// The seconds from which a call is charged.
        seconds: u32,
    },
    /// What being answered costs.
    ConnectFee(Price),
    /// What ending costs.
    DisconnectFee {
        /// The fee.
        fee: Price,
        /// The seconds from which it is due.
        after: u32,
    },
    /// Short calls count as longer ones.
    MinimumSeconds(u32),
    /// The first seconds cost nothing.
    FreeSeconds(u32),
    /// What reaching a band costs.
    BandFee {
        /// The second that the band follows.
        from: u32,
        /// The fee.
        fee: Price,
    },
    /// Time at one price.
    Time {
        /// The second that it follows.
        from: u32,
        /// The seconds that count.
        seconds: u32,
        /// The seconds that are paid.
        billed: u64,
        /// How they were rounded.
        increment: Increment,
        /// What sixty of them cost.
        price_per_minute: Price,
    },
    /// A fee for each full block of the whole call.
    Surcharge {
        /// The fee of one block.
        fee: Price,
        /// The seconds of one block.
        every: u32,
        /// How many blocks are full.
        blocks: u32,
    },
    /// A call costs at least that.
    MinimumCharge(Price),
    /// A call costs at most that.
    MaximumCharge(Price),
    /// The one rounding.
    Rounding(Rounding),
}

impl PriceLine {
    /// Returns the word that programs know the line by.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::FreeBelow { .. } => "free_below",
            Self::ConnectFee(_) => "connect_fee",
            Self::DisconnectFee { .. } => "disconnect_fee",
            Self::MinimumSeconds(_) => "minimum_seconds",
            Self::FreeSeconds(_) => "free_seconds",
            Self::BandFee { .. } => "band_fee",
            Self::Time { .. } => "time",
            Self::Surcharge { .. } => "surcharge",
            Self::MinimumCharge(_) => "minimum_charge",
            Self::MaximumCharge(_) => "maximum_charge",
            Self::Rounding(_) => "rounding",
        }
    }
}

impl fmt::Display for PriceLine {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::FreeBelow { seconds } => write!(out, "free, because it is shorter than {seconds} s"),
            Self::ConnectFee(fee) => write!(out, "connect fee {fee}"),
            Self::DisconnectFee { fee, after: 0 } => write!(out, "disconnect fee {fee}"),
            Self::DisconnectFee { fee, after } => write!(out, "disconnect fee {fee}, due from {after} s on"),
            Self::MinimumSeconds(seconds) => write!(out, "counts as {seconds} s at least"),
            Self::FreeSeconds(seconds) => write!(out, "the first {seconds} s cost nothing"),
            Self::BandFee { from, fee } => write!(out, "fee {fee} of the band after {from} s"),
            Self::Time { from, seconds, billed, increment, price_per_minute } => {
                write!(
                    out,
                    "{seconds} s after {from} s, paid as {billed} s by {increment}, at {price_per_minute} a minute"
                )
            }
            Self::Surcharge { fee, every, blocks } => write!(out, "{blocks} full blocks of {every} s at {fee} each"),
            Self::MinimumCharge(charge) => write!(out, "raised to the minimum charge {charge}"),
            Self::MaximumCharge(charge) => write!(out, "lowered to the maximum charge {charge}"),
            Self::Rounding(rounding) => write!(out, "rounded {rounding}"),
        }
    }
}

impl Rate {
    /// Returns the price of the prepaid second: every destination, one unit each second.
    #[must_use]
    pub fn per_second() -> Self {
        Self { price_per_minute: Price::whole(60), ..Self::free(Destinations::Prefix(Prefix::any())) }
    }

    /// Returns the price of destinations that cost nothing.
    #[must_use]
    pub fn free(destinations: Destinations) -> Self {
        Self {
            destinations,
            price_per_minute: Price::ZERO,
            connect_fee: Price::ZERO,
            increment: Increment::PER_SECOND,
            terms: Terms::default(),
        }
    }

    /// Returns the price of an answered call of so many whole seconds, rounded once, or `None` when
    /// the ledger cannot hold it.
    #[must_use]
    pub fn charge(&self, billsec: u32, rounding: Rounding) -> Option<Money> {
        self.explained_charge(billsec, rounding, |_, _| ())
    }

    /// Works out [`Self::charge`] and tells each line of it, with its exact amount.
    ///
    /// A longer call never costs less: every part of the sum only grows with the seconds.
    #[must_use]
    pub fn explained_charge(
        &self,
        billsec: u32,
        rounding: Rounding,
        mut tell: impl FnMut(PriceLine, Decimal),
    ) -> Option<Money> {
        let terms = &self.terms;
        if billsec < terms.free_below {
            tell(PriceLine::FreeBelow { seconds: terms.free_below }, Decimal::ZERO);
            return Some(Money::ZERO);
        }
        let mut exact = self.connect_fee.decimal();
        if self.connect_fee > Price::ZERO {
            tell(PriceLine::ConnectFee(self.connect_fee), exact);
        }
        if terms.disconnect_fee > Price::ZERO && billsec >= terms.disconnect_after {
            let fee = terms.disconnect_fee;
            tell(PriceLine::DisconnectFee { fee, after: terms.disconnect_after }, fee.decimal());
            exact = exact.checked_add(fee.decimal())?;
        }
        exact = exact.checked_add(self.time(billsec, &mut tell)?)?;
        if let Some(surcharge) = terms.surcharge.filter(|surcharge| billsec >= surcharge.every.get()) {
            let blocks = billsec / surcharge.every.get();
            let amount = surcharge.fee.decimal().checked_mul(Decimal::from(blocks))?;
            tell(PriceLine::Surcharge { fee: surcharge.fee, every: surcharge.every.get(), blocks }, amount);
            exact = exact.checked_add(amount)?;
        }
        if exact < terms.minimum_charge.decimal() {
            exact = terms.minimum_charge.decimal();
            tell(PriceLine::MinimumCharge(terms.minimum_charge), exact);
        }
        if let Some(maximum) = terms.maximum_charge.filter(|maximum| exact > maximum.decimal()) {
            exact = maximum.decimal();
            tell(PriceLine::MaximumCharge(maximum), exact);
        }
        let rounded = Money::rounded(exact, rounding)?;
        if rounded.to_decimal() != exact {
            tell(PriceLine::Rounding(rounding), rounded.to_decimal());
        }
        Some(rounded)
    }

    /// Adds up the time of every band that a call reaches, and the fees of the bands. Exact: sixtieths are
    /// divided once, after the sum.
    fn time(&self, billsec: u32, tell: &mut impl FnMut(PriceLine, Decimal)) -> Option<Decimal> {
        if billsec == 0 {
            return Some(Decimal::ZERO);
        }
        let terms = &self.terms;
        let counted = billsec.max(terms.minimum_seconds);
        if counted > billsec {
            tell(PriceLine::MinimumSeconds(counted), Decimal::ZERO);
        }
        if terms.free_seconds > 0 {
            tell(PriceLine::FreeSeconds(terms.free_seconds), Decimal::ZERO);
        }
        let sixty = Decimal::from(60);
        let (mut fees, mut minutes) = (Decimal::ZERO, Decimal::ZERO);
        let (mut from, mut price_per_minute, mut increment) = (0, self.price_per_minute, self.increment);
        let mut bands = terms.bands.iter();
        loop {
            let next = bands.next();
            let until = next.map_or(counted, |band| band.from.get().min(counted));
            // Free seconds are the first of the call, whatever band they lie in.
            let seconds = until.saturating_sub(from.max(terms.free_seconds));
            if seconds > 0 {
                let billed = increment.billed(seconds);
                let amount = price_per_minute.decimal().checked_mul(Decimal::from(billed))?;
                tell(
                    PriceLine::Time { from, seconds, billed, increment, price_per_minute },
                    amount.checked_div(sixty)?,
                );
                minutes = minutes.checked_add(amount)?;
            }
            let Some(band) = next.filter(|band| band.from.get() < counted) else { break };
            if band.entry_fee > Price::ZERO {
                tell(PriceLine::BandFee { from: band.from.get(), fee: band.entry_fee }, band.entry_fee.decimal());
                fees = fees.checked_add(band.entry_fee.decimal())?;
            }
            (from, price_per_minute, increment) = (band.from.get(), band.price_per_minute, band.increment);
        }
        fees.checked_add(minutes.checked_div(sixty)?)
    }

    /// Returns the rate with so many more free seconds, which follow its own; none where no second costs anything,
    /// so that nobody pays with time for what is free.
    #[must_use]
    pub fn freed(&self, seconds: u32) -> Self {
        let mut freed = self.clone();
        if self.charges_time() {
            freed.terms.free_seconds = self.terms.free_seconds.saturating_add(seconds);
        }
        freed
    }

    /// Returns the seconds of an answered call that time given apart from this rate can pay: those that count, after
    /// its own free ones. Every one of them is a second, however the rate rounds those that cost money.
    #[must_use]
    pub fn payable_seconds(&self, billsec: u32) -> u32 {
        match billsec {
            0 => 0,
            _ if billsec < self.terms.free_below || !self.charges_time() => 0,
            _ => billsec.max(self.terms.minimum_seconds).saturating_sub(self.terms.free_seconds),
        }
    }

    fn charges_time(&self) -> bool {
        let mut prices = self.terms.bands.iter().map(|band| band.price_per_minute).chain([self.price_per_minute]);
        prices.any(|price| price > Price::ZERO)
    }

    /// Returns the longest call up to `cap` that `funds` can pay for, or `None` if not even one second. A
    /// longer call never costs less, so halving finds it.
    #[must_use]
    pub fn max_talk_time(&self, funds: Money, cap: TalkTime, rounding: Rounding) -> Option<TalkTime> {
        let affordable = |seconds| self.charge(seconds, rounding).is_some_and(|price| price <= funds);
        if affordable(cap.seconds()) {
            return Some(cap);
        }
        let (mut paid, mut unpaid) = (0, cap.seconds());
        while unpaid - paid > 1 {
            let middle = paid + (unpaid - paid) / 2;
            if affordable(middle) { paid = middle } else { unpaid = middle }
        }
        TalkTime::new(paid)
    }
}
