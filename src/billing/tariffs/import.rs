//! Price lists in bulk: what a list changes in a tariff, decided before anybody has to wait, and changed at once.

use std::collections::HashMap;
use std::ops::Deref;

use super::side_by_side::side_by_side;
use super::tariff::find_tariff;
use crate::billing::error::BillingError;
use crate::domain::hours::Hours;
use crate::domain::money::Price;
use crate::domain::rate::Rate;
use crate::domain::rating::{Validity, remaining, standing, turns};
use crate::domain::refusal::Fault;
use crate::domain::time::Timestamp;
use crate::domain::week::Week;
use crate::domain::words::words;
use crate::store::{Books, RateId, RateRow, Store, StoreError, TariffId};

/// A rate of a list.
#[derive(Clone, Debug)]
pub struct ListedRate {
    /// The line of the file on which it stands.
    pub line: u64,
    /// The price.
    pub rate: Rate,
    /// When it applies.
    pub validity: Validity,
}

/// A list of rates without contradictions, by prefix, hours and start.
#[derive(Clone, Debug, Default)]
pub struct RateList(Vec<ListedRate>);

impl RateList {
    /// Puts the rates of a list in order.
    ///
    /// # Errors
    /// Every line that has the same prefix, hours and start as one before it, or hours that overlap with those of
    /// one before it so that neither is closer: the price would hang on the order of the lines.
    pub fn of(mut rates: Vec<ListedRate>) -> Result<Self, Vec<Fault>> {
        rates.sort_unstable_by(|a, b| key(a).cmp(&key(b)));
        let mut faults = Vec::new();
        let mut weeks = Weeks::default();
        for same in rates.chunk_by(|a, b| a.rate.destinations == b.rate.destinations) {
            for (index, second) in same.iter().enumerate().skip(1) {
                faults.extend(same.iter().take(index).find_map(|first| contradiction(first, second, &mut weeks)));
            }
        }
        if faults.is_empty() { Ok(Self(rates)) } else { Err(faults) }
    }

    /// Returns how many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Tells whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

fn key(listed: &ListedRate) -> impl Ord + '_ {
    (&listed.rate.destinations, &listed.validity.hours, listed.validity.starts, listed.line)
}

/// The minutes of hours, worked out once for each.
#[derive(Debug, Default)]
pub(in crate::billing) struct Weeks(HashMap<Hours, Week>);

impl Weeks {
    pub(in crate::billing) fn of(&mut self, hours: &Hours) -> &Week {
        if !self.0.contains_key(hours) {
            self.0.insert(hours.clone(), Week::of(hours));
        }
        &self.0[hours]
    }

    /// Tells whether there is a minute that two hours cover without either being closer to it.
    pub(in crate::billing) fn tie(&mut self, one: &Hours, other: &Hours) -> bool {
        if one == other || one.minutes_a_week() != other.minutes_a_week() {
            return false;
        }
        let one = self.of(one).clone();
        one.meets(self.of(other))
    }
}

fn contradiction(one: &ListedRate, other: &ListedRate, weeks: &mut Weeks) -> Option<Fault> {
    let (a, b) = (&one.validity, &other.validity);
    let apart = |one: &Validity, other: &Validity| one.ends.is_some_and(|ends| ends <= other.starts);
    let (first, line) = (one.line.min(other.line), one.line.max(other.line));
    let prefix = &one.rate.destinations;
    let fact = if a.hours == b.hours && a.starts == b.starts {
        format!("prefix \"{prefix}\" stands with the same hours and start on line {first}")
    } else if !apart(a, b) && !apart(b, a) && weeks.tie(&a.hours, &b.hours) {
        format!(
            "prefix \"{prefix}\": its hours and those of line {first} overlap, and neither has fewer minutes a week"
        )
    } else {
        return None;
    };
    Some(Fault { line, fact })
}

words! {
    /// What an import does to the rate of a prefix and its hours.
    Change, "a change of a rate: expected added, replaced or withdrawn", {
        /// There was none.
        Added = "added",
        /// It takes the place of another.
        Replaced = "replaced",
        /// None is in its place.
        Withdrawn = "withdrawn",
    }
}

/// The price of a rate that is to be written. Most are in the list already, which may have millions.
#[derive(Clone, Debug)]
pub enum PlannedPrice<'a> {
    /// In the list.
    Listed(&'a Rate),
    /// In the tariff.
    Kept(Box<Rate>),
}

impl Deref for PlannedPrice<'_> {
    type Target = Rate;

    fn deref(&self) -> &Rate {
        match self {
            Self::Listed(rate) => rate,
            Self::Kept(rate) => rate,
        }
    }
}

/// A rate that is to be written.
#[derive(Clone, Debug)]
pub struct PlannedRate<'a> {
    /// What it does.
    pub change: Change,
    /// The price; that of the one before where none takes its place.
    pub rate: PlannedPrice<'a>,
    /// When it applies.
    pub validity: Validity,
    /// What a minute cost before.
    pub was: Option<Price>,
}

/// What a list changes in a tariff.
#[derive(Clone, Debug, Default)]
pub struct Plan<'a> {
    /// Every rate that is to be written, in the order of the prefixes.
    pub rates: Vec<PlannedRate<'a>>,
    /// How many of the list are in force as they are.
    pub unchanged: u64,
    /// How many of the list are over before they could begin.
    pub over: u64,
}

impl Plan<'_> {
    /// Counts the changes of one kind.
    #[must_use]
    pub fn count(&self, change: Change) -> usize {
        self.rates.iter().filter(|planned| planned.change == change).count()
    }
}

/// How a list is taken into a tariff.
#[derive(Clone, Copy, Debug)]
pub struct ImportTerms {
    /// Whether every rate that is not in the list is withdrawn.
    pub replace: bool,
    /// From when on: a rate of the list that started before starts then, where it takes the place of another.
    pub at: Timestamp,
}

/// Finds out what a list changes in a tariff.
///
/// # Errors
/// There is no such tariff, or the books fail.
pub fn plan_import<'a>(
    books: &Books<'_>,
    tariff: &str,
    list: &'a RateList,
    terms: ImportTerms,
) -> Result<Plan<'a>, BillingError> {
    let found = find_tariff(books, tariff)?;
    Ok(Planner { terms, plan: Plan::default() }.plan(books, found.id, list)?)
}

/// Takes a list into a tariff, the whole of it in one transaction. `tell` is told of each rate that is written.
///
/// # Errors
/// There is no such tariff, or the books fail: then nothing was changed.
pub fn import<'a>(
    store: &mut Store,
    tariff: &str,
    list: &'a RateList,
    terms: ImportTerms,
    mut tell: impl FnMut(),
) -> Result<Plan<'a>, BillingError> {
    let seen = |books: &Books<'_>| -> Result<(TariffId, Option<RateId>), BillingError> {
        let found = find_tariff(books, tariff)?;
        Ok((found.id, books.newest_rate(found.id)?))
    };
    let (before, mut plan) =
        store.read(|books| Ok::<_, BillingError>((seen(books)?, plan_import(books, tariff, list, terms)?)))?;
    if plan.rates.is_empty() {
        return Ok(plan);
    }
    // Calls wait while this writes, so that the comparing was done before; again only if it became untrue.
    store.write(|books| {
        let now = seen(books)?;
        if now != before {
            plan = plan_import(books, tariff, list, terms)?;
        }
        for PlannedRate { rate, validity, .. } in &plan.rates {
            books.add_rate(now.0, rate, validity)?;
            tell();
        }
        Ok(plan)
    })
}

/// Tells whether what is in force is this rate with this end, be it its own or that of a withdrawal to come.
fn is_held(held: &[(&Rate, Validity)], found: usize, at: Timestamp, rate: &Rate, ends: Option<Timestamp>) -> bool {
    let validities: Vec<&Validity> = held.iter().map(|(_, validity)| validity).collect();
    let is_end = |&(place, end): &(usize, Option<Timestamp>)| place == found && end == ends;
    held[found].0 == rate && (held[found].1.ends == ends || remaining(&validities, at).iter().any(is_end))
}

struct Planner<'a> {
    terms: ImportTerms,
    plan: Plan<'a>,
}

impl<'a> Planner<'a> {
    fn plan(mut self, books: &Books<'_>, tariff: TariffId, list: &'a RateList) -> Result<Plan<'a>, StoreError> {
        let listed = list.0.chunk_by(|a, b| a.rate.destinations == b.rate.destinations).map(Ok);
        let prefixes = side_by_side(books.prefixes(tariff), listed, |kept: &Vec<RateRow>, listed: &&[ListedRate]| {
            kept[0].rate.destinations.cmp(&listed[0].rate.destinations)
        });
        for prefix in prefixes {
            let (kept, listed) = prefix?;
            let (kept, listed) = (kept.unwrap_or_default(), listed.unwrap_or_default());
            let mut hours: Vec<&Hours> = kept.iter().map(|row| &row.validity.hours).collect();
            hours.extend(listed.iter().map(|listed| &listed.validity.hours));
            hours.sort_unstable();
            hours.dedup();
            for hours in hours {
                let kept: Vec<_> = kept.iter().filter(|row| row.validity.hours == *hours).collect();
                let listed: Vec<_> = listed.iter().filter(|listed| listed.validity.hours == *hours).collect();
                self.plan_hours(&kept, &listed);
            }
        }
        Ok(self.plan)
    }

    /// Holds what the tariff has for one prefix and its hours against what the list has: at each instant at which
    /// either turns to another rate, what is in force must be what the list says.
    fn plan_hours(&mut self, kept: &[&RateRow], listed: &[&'a ListedRate]) {
        let ImportTerms { replace, at } = self.terms;
        let ahead = listed.iter().copied().filter(|listed| listed.validity.ends.is_none_or(|ends| ends > at));
        let ahead: Vec<&'a ListedRate> = ahead.collect();
        let validities: Vec<&Validity> = ahead.iter().map(|listed| &listed.validity).collect();
        let to_come: Vec<_> = remaining(&validities, at).into_iter().map(|(place, _)| ahead[place]).collect();
        self.plan.over += (listed.len() - to_come.len()) as u64;
        if kept.is_empty() {
            for ListedRate { rate, validity, .. } in to_come {
                self.write(Change::Added, PlannedPrice::Listed(rate), validity.clone(), None);
            }
            return;
        }
        let mut instants = turns(to_come.iter().map(|listed| &listed.validity), at);
        if replace {
            instants.extend(turns(kept.iter().map(|row| &row.validity), at));
            instants.sort_unstable();
            instants.dedup();
        }
        let mut held: Vec<(&Rate, Validity)> = kept.iter().map(|row| (&row.rate, row.validity.clone())).collect();
        let mut unchanged = vec![true; to_come.len()];
        for instant in instants {
            let wanted = standing(to_come.iter().map(|listed| &listed.validity), instant);
            let found = standing(held.iter().map(|(_, validity)| validity), instant);
            let was = found.map(|place| held[place].0.price_per_minute);
            let (change, rate, price, ends) = match (wanted, found) {
                (Some(place), found) => {
                    let ListedRate { rate, validity, .. } = to_come[place];
                    if found.is_some_and(|found| is_held(&held, found, instant, rate, validity.ends)) {
                        continue;
                    }
                    unchanged[place] = false;
                    let change = if found.is_some() { Change::Replaced } else { Change::Added };
                    (change, rate, PlannedPrice::Listed(rate), validity.ends)
                }
                (None, Some(place)) if replace => {
                    let rate = held[place].0;
                    (Change::Withdrawn, rate, PlannedPrice::Kept(Box::new(rate.clone())), Some(instant))
                }
                (None, _) => continue,
            };
            let validity = Validity { starts: instant, ends, hours: kept[0].validity.hours.clone() };
            self.write(change, price, validity.clone(), was);
            held.push((rate, validity));
        }
        self.plan.unchanged += unchanged.into_iter().filter(|unchanged| *unchanged).count() as u64;
    }

    fn write(&mut self, change: Change, rate: PlannedPrice<'a>, validity: Validity, was: Option<Price>) {
        self.plan.rates.push(PlannedRate { change, rate, validity, was });
    }
}
