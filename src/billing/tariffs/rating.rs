//! Which rate prices a call, and why: the same search serves a call and a quote.

use rust_decimal::Decimal;

use super::tariff::judge_rows;
use crate::billing::accounts::bundle::purse;
use crate::billing::error::BillingError;
use crate::domain::money::Money;
use crate::domain::numbering::PhoneNumber;
use crate::domain::rate::{Destinations, PriceLine, TalkTime};
use crate::domain::rating::Verdict;
use crate::domain::refusal::Refusal;
use crate::domain::time::Timestamp;
use crate::store::{AccountId, Books, RateRow, StoreError, TariffId, TariffRow};

/// A destination as it is priced.
#[derive(Clone, Copy, Debug)]
pub struct Priced<'a> {
    /// The number.
    pub number: &'a PhoneNumber,
    /// Whether it is a user of these books.
    pub on_net: bool,
    /// When the call is authorised.
    pub at: Timestamp,
}

/// A rate that came into question, and what became of it.
#[derive(Clone, Debug)]
pub struct Considered {
    /// The rate.
    pub row: RateRow,
    /// What became of it.
    pub verdict: Verdict,
}

/// Where the rates of a tariff are looked up.
pub(in crate::billing) trait Rates {
    /// Lists every rate for exactly these destinations, in the order in which they were added.
    fn rates_for(&self, tariff: TariffId, destinations: &Destinations) -> Result<Vec<RateRow>, StoreError>;

    /// Lists every rate of the longest prefix of a number that has any, among the prefixes of up to `longest`
    /// digits, in the order in which they were added.
    fn rates_by_prefix(
        &self,
        tariff: TariffId,
        number: &PhoneNumber,
        longest: usize,
    ) -> Result<Vec<RateRow>, StoreError>;
}

impl Rates for Books<'_> {
    fn rates_for(&self, tariff: TariffId, destinations: &Destinations) -> Result<Vec<RateRow>, StoreError> {
        self.rates_for(tariff, destinations)
    }

    fn rates_by_prefix(
        &self,
        tariff: TariffId,
        number: &PhoneNumber,
        longest: usize,
    ) -> Result<Vec<RateRow>, StoreError> {
        self.rates_by_prefix(tariff, number, longest)
    }
}

/// Finds the rate that prices a call: the one in force of the longest prefix that has one. `hear` is told of
/// every rate that came into question, and tells whether to go on once the rate is found.
///
/// # Errors
/// The books fail.
pub(in crate::billing) fn find_rate(
    rates: &impl Rates,
    tariff: &TariffRow,
    priced: Priced<'_>,
    mut hear: impl FnMut(Considered) -> bool,
) -> Result<Option<RateRow>, StoreError> {
    let mut found: Option<RateRow> = None;
    let mut consider = |rows: Vec<RateRow>, found: &mut Option<RateRow>| -> Result<bool, StoreError> {
        let verdicts = judge_rows(&rows, &tariff.tariff, priced.at)?;
        let longer = found.is_some();
        let mut go_on = true;
        for (row, verdict) in rows.into_iter().zip(verdicts) {
            let won = verdict == Verdict::Won;
            if won && !longer {
                *found = Some(row.clone());
            }
            let verdict = if won && longer { Verdict::ShorterPrefix } else { verdict };
            go_on &= hear(Considered { row, verdict });
        }
        Ok(go_on || found.is_none())
    };
    if priced.on_net {
        let rows = rates.rates_for(tariff.id, &Destinations::OnNet)?;
        if !consider(rows, &mut found)? {
            return Ok(found);
        }
    }
    let mut longest = Some(priced.number.as_str().len());
    while let Some(length) = longest {
        let rows = rates.rates_by_prefix(tariff.id, priced.number, length)?;
        let Some(first) = rows.first() else { break };
        longest = first.rate.destinations.as_str().len().checked_sub(1);
        if !consider(rows, &mut found)? {
            break;
        }
    }
    Ok(found)
}

/// What a call would cost, and why.
#[derive(Clone, Debug)]
pub struct Quote {
    /// The tariff.
    pub tariff: TariffRow,
    /// Every rate that came into question.
    pub considered: Vec<Considered>,
    /// The rate that prices it.
    pub rate: RateRow,
    /// The seconds that are priced.
    pub seconds: u32,
    /// Every line of their price, with its exact amount.
    pub lines: Vec<(PriceLine, Decimal)>,
    /// The seconds that bundles would pay.
    pub free_seconds: u32,
    /// What bundles of credit would pay of the lines.
    pub bonus: Money,
    /// What the main balance would pay.
    pub charge: Money,
    /// The longest call that the funds pay for.
    pub max_talk_time: Option<TalkTime>,
    /// What would be held of the main balance for it.
    pub hold: Option<Money>,
}

/// What a quote is asked about.
#[derive(Clone, Debug)]
pub struct QuoteRequest<'a> {
    /// The destination.
    pub priced: Priced<'a>,
    /// The length of the call.
    pub seconds: u32,
    /// Whose bundles pay before the funds do.
    pub user: Option<AccountId>,
    /// What there is to spend; `None` for as much as it takes.
    pub funds: Option<Money>,
    /// The longest call that is allowed.
    pub cap: TalkTime,
}

/// Prices a call that nobody makes, line by line, as [`crate::billing::authorise`] and [`crate::billing::settle`]
/// would.
///
/// # Errors
/// The tariff has no rate for the number, the price is more than the ledger can hold, or the books fail.
pub fn quote(books: &Books<'_>, tariff: TariffRow, request: &QuoteRequest<'_>) -> Result<Quote, BillingError> {
    let mut considered = Vec::new();
    let rate = find_rate(books, &tariff, request.priced, |rate| {
        considered.push(rate);
        true
    })?;
    let name = &tariff.tariff.name;
    let Some(rate) = rate else {
        let mut fact = format!("tariff \"{name}\" has no rate for {} at {}", request.priced.number, request.priced.at);
        for Considered { row, verdict } in &considered {
            fact.push_str(&format!("; prefix \"{}\" {}", row.rate.destinations, verdict.reason()));
        }
        return Err(Refusal::new(fact).hint(format!("billctl rate list --tariff {name}")).into());
    };
    let rounding = tariff.tariff.rounding;
    let mut lines = Vec::new();
    let purse = request.user.map(|user| purse(books, user, request.priced)).transpose()?.unwrap_or_default();
    let freed = purse.freed(&rate.rate);
    let price = freed
        .explained_charge(request.seconds, rounding, |line, amount| lines.push((line, amount)))
        .ok_or_else(|| Refusal::new(format!("{} s cost more than the ledger can hold", request.seconds)))?;
    let paid = purse.pay(&rate.rate, request.seconds, price);
    let funds = request.funds.and_then(|funds| funds.checked_add(purse.bonus())).unwrap_or(Money::MAX);
    let max_talk_time = freed.max_talk_time(funds, request.cap, rounding);
    let hold = max_talk_time.and_then(|talk_time| {
        let price = freed.charge(talk_time.seconds(), rounding)?;
        Some(purse.pay(&rate.rate, talk_time.seconds(), price).rest)
    });
    Ok(Quote {
        considered,
        rate,
        seconds: request.seconds,
        lines,
        free_seconds: paid.seconds(),
        bonus: paid.bonus(),
        charge: paid.rest,
        max_talk_time,
        hold,
        tariff,
    })
}
