//! What past calls would have cost under another price list.

use std::collections::BTreeMap;

use super::rating::{Priced, Rates, find_rate};
use super::tariff::find_tariff;
use crate::billing::error::BillingError;
use crate::domain::money::Money;
use crate::domain::numbering::PhoneNumber;
use crate::domain::rate::Destinations;
use crate::domain::refusal::Refusal;
use crate::domain::time::Timestamp;
use crate::domain::words::words;
use crate::store::{Books, PastCall, RateRow, StoreError, TariffId};

words! {
    /// What the calls are added up by.
    ReplayBy, "something to add calls up by: expected user or prefix", {
        /// Who paid.
        User = "user",
        /// The prefix that would price them.
        Prefix = "prefix",
    }
}

/// Calls, what they cost and what they would have cost.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// The calls for which there is a rate.
    pub calls: u64,
    /// Their seconds.
    pub seconds: u64,
    /// What they were charged.
    pub charged: Money,
    /// What they would have been charged.
    pub would_be: Money,
    /// The calls for which there is none, which are in none of the other figures.
    pub without_rate: u64,
}

impl Totals {
    /// Returns what the calls would have cost more.
    #[must_use]
    pub fn difference(&self) -> Option<Money> {
        self.would_be.checked_sub(self.charged)
    }

    fn add(&mut self, call: &PastCall, price: Option<Money>) -> Result<(), Refusal> {
        let Some(price) = price else {
            self.without_rate += 1;
            return Ok(());
        };
        let sum =
            |a: Money, b| a.checked_add(b).ok_or_else(|| Refusal::new("the calls cost more than the ledger can hold"));
        self.calls += 1;
        self.seconds += u64::from(call.billsec.unwrap_or(0));
        self.charged = sum(self.charged, call.charge)?;
        self.would_be = sum(self.would_be, price)?;
        Ok(())
    }
}

/// Past calls under a price list.
#[derive(Clone, Debug, Default)]
pub struct Replay {
    /// By the name of the user, or by prefix; calls without a rate have the prefix `None`.
    pub by: BTreeMap<Option<String>, Totals>,
    /// All of them.
    pub total: Totals,
}

/// Prices the settled calls of a time again, each by the rate of a price list that was in force when it was placed,
/// and writes nothing.
///
/// # Errors
/// There is no such tariff, the sums are more than the ledger can hold, or the books fail.
pub fn replay(
    books: &Books<'_>,
    tariff: &str,
    (since, until): (Timestamp, Timestamp),
    by: ReplayBy,
    mut tell: impl FnMut(),
) -> Result<Replay, BillingError> {
    let found = find_tariff(books, tariff)?;
    let list = PriceList(books.rates(found.id)?);
    let rounding = found.tariff.rounding;
    let mut replay = Replay::default();
    let too_much = || Refusal::new("a call costs more than the ledger can hold");
    books.each_past_call(since, until, |call| {
        let priced = call.number.as_ref().map(|number| Priced { number, on_net: call.on_net, at: call.placed });
        let row = priced.map(|priced| find_rate(&list, &found, priced, |_| false)).transpose()?.flatten();
        let price = match (&row, call.billsec) {
            (None, _) => None,
            (Some(_), None) => Some(Money::ZERO),
            (Some(row), Some(billsec)) => {
                let rate = row.rate.freed(call.free_seconds);
                Some(rate.charge(billsec, rounding).ok_or_else(too_much)?)
            }
        };
        let key = match by {
            ReplayBy::User => Some(call.username.as_str()),
            ReplayBy::Prefix => row.as_ref().map(|row| row.rate.destinations.as_str()),
        };
        replay.total.add(&call, price)?;
        replay.by.entry(key.map(str::to_owned)).or_default().add(&call, price)?;
        tell();
        Ok::<_, BillingError>(())
    })?;
    Ok(replay)
}

/// Every rate of a tariff in memory: asking the books for each of ten million calls would take much longer.
struct PriceList(Vec<RateRow>);

impl PriceList {
    /// Returns the rates of the last prefix among those that sort up to `bound`.
    fn last_up_to(&self, bound: &str) -> &[RateRow] {
        let until = self.0.partition_point(|row| row.rate.destinations.as_str() <= bound);
        let rows = self.0.get(..until).unwrap_or_default();
        let Some(last) = rows.last() else { return &[] };
        let count = rows.iter().rev().take_while(|row| row.rate.destinations == last.rate.destinations).count();
        rows.get(until - count..).unwrap_or_default()
    }
}

impl Rates for PriceList {
    fn rates_for(&self, _: TariffId, destinations: &Destinations) -> Result<Vec<RateRow>, StoreError> {
        let rows = self.last_up_to(destinations.as_str());
        let found = rows.first().is_some_and(|row| row.rate.destinations == *destinations);
        Ok(if found { rows.to_vec() } else { Vec::new() })
    }

    fn rates_by_prefix(&self, _: TariffId, number: &PhoneNumber, longest: usize) -> Result<Vec<RateRow>, StoreError> {
        let mut bound = number.as_str().get(..longest).unwrap_or(number.as_str());
        loop {
            let rows = self.last_up_to(bound);
            let Some(first) = rows.first() else { return Ok(Vec::new()) };
            let prefix = first.rate.destinations.as_str();
            if number.as_str().starts_with(prefix) {
                return Ok(rows.to_vec());
            }
            // What sorts between the two begins with what they have in common, so no longer prefix matches.
            let common = prefix.bytes().zip(bound.bytes()).take_while(|(a, b)| a == b).count();
            bound = bound.get(..common).unwrap_or_default();
        }
    }
}
