//! What is odd in a price list: rates that change nothing, hours without a price, prices below what is paid.

use std::borrow::Cow;

use super::import::Weeks;
use super::side_by_side::side_by_side;
use super::tariff::{find_tariff, judge_rows};
use crate::billing::error::BillingError;
use crate::domain::hours::Hours;
use crate::domain::rate::{Destinations, Rate};
use crate::domain::rating::{Validity, Verdict, standing};
use crate::domain::tariff::Tariff;
use crate::domain::time::Timestamp;
use crate::domain::week::Week;
use crate::domain::words::words;
use crate::store::{Books, RateRow, StoreError};

words! {
    /// What is odd about a rate.
    Oddity, "an oddity of a rate", {
        /// A rate to come that is the same as the one before it.
        Duplicate = "duplicate",
        /// A prefix that costs what a shorter one costs.
        Redundant = "redundant",
        /// A rate that has closer ones at all of its hours.
        Unreachable = "unreachable",
        /// Hours at which neither the prefix nor a shorter one has a price.
        Gap = "gap",
        /// Two rates of one prefix of which neither is closer.
        Overlap = "overlap",
        /// A maximum charge that is less than the minimum charge.
        MaximumBelowMinimum = "maximum_below_minimum",
        /// A price that is less than what is paid for it.
        BelowCost = "below_cost",
    }
}

/// Something odd in a price list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The destinations.
    pub prefix: Destinations,
    /// The hours, as they are written; empty for all.
    pub hours: String,
    /// What it is.
    pub oddity: Oddity,
    /// The fact, with the values.
    pub detail: String,
}

/// Looks for what is odd in what a price list has at an instant, by prefix; with `cost`, also for what is sold
/// for less than that tariff charges.
///
/// # Errors
/// There is no such tariff, or the books fail.
pub fn lint_tariff(
    books: &Books<'_>,
    tariff: &str,
    cost: Option<&str>,
    at: Timestamp,
) -> Result<Vec<Finding>, BillingError> {
    let sold = find_tariff(books, tariff)?;
    let cost = cost.map(|name| find_tariff(books, name)).transpose()?;
    let paid = cost.iter().flat_map(|cost| books.prefixes(cost.id));
    let mut linter = Linter { at, findings: Vec::new(), weeks: Weeks::default(), sold: Vec::new(), paid: Vec::new() };
    let prefixes = side_by_side(books.prefixes(sold.id), paid, |a: &Vec<RateRow>, b: &Vec<RateRow>| {
        a[0].rate.destinations.cmp(&b[0].rate.destinations)
    });
    for prefix in prefixes {
        let (rows, costs) = prefix?;
        let Some(row) = rows.as_ref().or(costs.as_ref()).and_then(|rows| rows.first()) else { continue };
        let prefix = row.rate.destinations.clone();
        for stack in [&mut linter.sold, &mut linter.paid] {
            stack.truncate(stack.iter().take_while(|entry| entry.is_shorter(&prefix)).count());
        }
        if let Some(rows) = rows {
            linter.prices(&rows, &sold.tariff)?;
        }
        if let (Some(rows), Some(cost)) = (costs, &cost) {
            let entry = Entry::of(&rows, &cost.tariff, at)?;
            linter.paid.extend((!entry.rates.is_empty()).then_some(entry));
        }
        if let (Some(cost), Destinations::Prefix(_)) = (&cost, &prefix) {
            linter.costs(&prefix, &cost.tariff.name);
        }
    }
    Ok(linter.findings)
}

/// What one prefix costs.
#[derive(Debug)]
struct Entry {
    prefix: Destinations,
    /// The rates that are in force at their hours.
    rates: Vec<(Hours, Rate)>,
    /// Whether others are to come.
    changes: bool,
    /// What it and all shorter prefixes cover; `None` for every minute.
    covered: Option<Week>,
}

impl Entry {
    fn of(rows: &[RateRow], tariff: &Tariff, at: Timestamp) -> Result<Self, StoreError> {
        let verdicts = judge_rows(rows, tariff, at)?;
        let judged = || rows.iter().zip(&verdicts);
        let stands = judged().filter(|(_, verdict)| verdict.stands());
        Ok(Self {
            prefix: rows[0].rate.destinations.clone(),
            rates: stands.map(|(row, _)| (row.validity.hours.clone(), row.rate.clone())).collect(),
            changes: judged().any(|(row, verdict)| *verdict == Verdict::NotYet || row.validity.ends > Some(at)),
            covered: None,
        })
    }

    fn is_shorter(&self, prefix: &Destinations) -> bool {
        match (&self.prefix, prefix) {
            (Destinations::Prefix(shorter), Destinations::Prefix(prefix)) => {
                prefix.as_str().starts_with(shorter.as_str()) && prefix != shorter
            }
            _ => false,
        }
    }

    fn has_always(&self) -> bool {
        self.rates.iter().any(|(hours, _)| hours.is_always())
    }
}

/// Tells whether two rates cost the same, wherever they lead.
fn same_price(a: &Rate, b: &Rate) -> bool {
    let price = |rate: &Rate| (rate.price_per_minute, rate.connect_fee, rate.increment);
    price(a) == price(b) && a.terms == b.terms
}

struct Linter {
    at: Timestamp,
    findings: Vec<Finding>,
    weeks: Weeks,
    /// The prefixes that the current one begins with, shortest first.
    sold: Vec<Entry>,
    paid: Vec<Entry>,
}

impl Linter {
    fn find(&mut self, prefix: &Destinations, hours: impl ToString, oddity: Oddity, detail: String) {
        self.findings.push(Finding { prefix: prefix.clone(), hours: hours.to_string(), oddity, detail });
    }

    /// Looks at the rates of one prefix, among those of the shorter ones.
    fn prices(&mut self, rows: &[RateRow], tariff: &Tariff) -> Result<(), StoreError> {
        let mut entry = Entry::of(rows, tariff, self.at)?;
        self.duplicates(rows);
        self.contradictions(&entry);
        if let Destinations::Prefix(_) = entry.prefix {
            self.redundance(&entry);
            self.gaps(&mut entry);
            self.sold.extend((!entry.rates.is_empty()).then_some(entry));
        }
        Ok(())
    }

    fn duplicates(&mut self, rows: &[RateRow]) {
        let at = self.at;
        for (place, row) in rows.iter().enumerate().filter(|(_, row)| row.validity.starts > at) {
            let Validity { starts, ends, hours } = &row.validity;
            let before: Vec<_> = rows.iter().take(place).filter(|row| row.validity.hours == *hours).collect();
            let replaced =
                standing(before.iter().map(|row| &row.validity), *starts).and_then(|place| before.get(place));
            if replaced.is_some_and(|before| before.rate == row.rate && before.validity.ends == *ends) {
                let detail = format!("the rate from {starts} on is the one that is in force before");
                self.find(&row.rate.destinations, hours, Oddity::Duplicate, detail);
            }
        }
    }

    fn contradictions(&mut self, entry: &Entry) {
        let prefix = &entry.prefix;
        for (index, (hours, rate)) in entry.rates.iter().enumerate() {
            let terms = &rate.terms;
            if let Some(maximum) = terms.maximum_charge.filter(|&maximum| maximum < terms.minimum_charge) {
                let detail = format!("maximum charge {maximum}, minimum charge {}", terms.minimum_charge);
                self.find(prefix, hours, Oddity::MaximumBelowMinimum, detail);
            }
            for (other, _) in entry.rates.iter().take(index) {
                if self.weeks.tie(other, hours) {
                    let detail = format!("overlaps with {other}, which has as many minutes a week");
                    self.find(prefix, hours, Oddity::Overlap, detail);
                }
            }
            if entry.rates.len() > 1 && !hours.has_holidays() {
                let minutes = |hours: &Hours| if hours.is_always() { u32::MAX } else { hours.minutes_a_week() };
                let closer = entry.rates.iter().filter(|(other, _)| minutes(other) < minutes(hours));
                let closer: Vec<&Hours> = closer.map(|(other, _)| other).collect();
                if self.union(closer).is_some_and(|closer| closer.covers(self.weeks.of(hours))) {
                    let detail = "closer rates of the prefix cover all of its hours".to_owned();
                    self.find(prefix, hours, Oddity::Unreachable, detail);
                }
            }
        }
    }

    fn union(&mut self, hours: Vec<&Hours>) -> Option<Week> {
        let mut all: Option<Week> = None;
        for hours in hours {
            let week = self.weeks.of(hours);
            match &mut all {
                None => all = Some(week.clone()),
                Some(all) => all.add(week),
            }
        }
        all
    }

    fn redundance(&mut self, entry: &Entry) {
        let Some(shorter) = self.sold.last().filter(|shorter| !shorter.changes && !entry.changes) else { return };
        let same = |(hours, rate): &(Hours, Rate)| {
            shorter.rates.iter().any(|(other, price)| other == hours && same_price(price, rate))
        };
        if !entry.rates.is_empty() && entry.rates.len() == shorter.rates.len() && entry.rates.iter().all(same) {
            let detail = format!("costs what prefix \"{}\" costs", shorter.prefix);
            self.find(&entry.prefix, "", Oddity::Redundant, detail);
        }
    }

    fn gaps(&mut self, entry: &mut Entry) {
        let above = self.sold.last().map(|shorter| shorter.covered.as_ref());
        if entry.rates.is_empty() || entry.has_always() || above == Some(None) {
            return;
        }
        let above = above.flatten().cloned();
        let Some(mut covered) = self.union(entry.rates.iter().map(|(hours, _)| hours).collect()) else { return };
        if let Some(above) = above {
            covered.add(&above);
        }
        let gap = covered.rest();
        if !gap.is_empty() {
            self.find(&entry.prefix, &gap, Oddity::Gap, format!("no rate on {gap}"));
            entry.covered = Some(covered);
        }
    }

    /// Holds the price of a prefix against its cost, each that of the longest prefix.
    fn costs(&mut self, prefix: &Destinations, carrier: &str) {
        // A prefix that has rates only at some hours leaves the others to the next shorter one.
        let effective = |stack: &[Entry]| -> Vec<(Destinations, Hours, Rate)> {
            let always = stack.iter().rposition(Entry::has_always).unwrap_or(0);
            let entries = stack.iter().skip(always).rev();
            let rates = entries.flat_map(|entry| entry.rates.iter().map(|rate| (entry.prefix.clone(), rate.clone())));
            rates.map(|(prefix, (hours, rate))| (prefix, hours, rate)).collect()
        };
        for (_, hours, price) in effective(&self.sold) {
            for (paid, at, cost) in effective(&self.paid) {
                let meet =
                    hours.is_always() || at.is_always() || self.weeks.of(&hours).clone().meets(self.weeks.of(&at));
                let mut below = Vec::new();
                if price.price_per_minute < cost.price_per_minute {
                    below.push(format!("{} a minute, cost {}", price.price_per_minute, cost.price_per_minute));
                }
                if price.connect_fee < cost.connect_fee {
                    below.push(format!("connect fee {}, cost {}", price.connect_fee, cost.connect_fee));
                }
                if meet && !below.is_empty() {
                    let when = if at.is_always() { Cow::from("") } else { format!(" on {at}").into() };
                    let detail = format!("{} (prefix \"{paid}\" of {carrier}{when})", below.join("; "));
                    self.find(prefix, &hours, Oddity::BelowCost, detail);
                }
            }
        }
    }
}
