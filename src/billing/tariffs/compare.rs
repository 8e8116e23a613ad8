//! Two price lists, held against each other.

use super::side_by_side::side_by_side;
use super::tariff::{find_tariff, judge_rows};
use crate::billing::error::BillingError;
use crate::domain::hours::Hours;
use crate::domain::rate::{Destinations, Rate};
use crate::domain::time::Timestamp;
use crate::domain::words::words;
use crate::store::{Books, RateRow, StoreError, TariffRow};

words! {
    /// How two price lists differ.
    Difference, "a difference of price lists: expected only_in_a, only_in_b or other_price", {
        /// The second has no rate for it.
        OnlyInA = "only_in_a",
        /// The first has no rate for it.
        OnlyInB = "only_in_b",
        /// It costs something else.
        OtherPrice = "other_price",
    }
}

/// A prefix and its hours that do not cost the same.
#[derive(Clone, Debug)]
pub struct Differing {
    /// The destinations.
    pub prefix: Destinations,
    /// The hours.
    pub hours: Hours,
    /// How they differ.
    pub difference: Difference,
    /// The rate of the first.
    pub a: Option<Rate>,
    /// The rate of the second.
    pub b: Option<Rate>,
}

/// Finds what differs between what is in force at an instant in two price lists, by prefix and hours.
///
/// # Errors
/// There is no such tariff, or the books fail.
pub fn compare_tariffs(books: &Books<'_>, a: &str, b: &str, at: Timestamp) -> Result<Vec<Differing>, BillingError> {
    let (a, b) = (find_tariff(books, a)?, find_tariff(books, b)?);
    let mut differing = Vec::new();
    let prefixes = side_by_side(books.prefixes(a.id), books.prefixes(b.id), |a: &Vec<RateRow>, b: &Vec<RateRow>| {
        a[0].rate.destinations.cmp(&b[0].rate.destinations)
    });
    for prefix in prefixes {
        let (ours, theirs) = prefix?;
        let (ours, theirs) = (in_force(ours, &a, at)?, in_force(theirs, &b, at)?);
        for pair in side_by_side(ours, theirs, |a: &RateRow, b: &RateRow| a.validity.hours.cmp(&b.validity.hours)) {
            let (a, b) = pair?;
            let difference = match (&a, &b) {
                (Some(a), Some(b)) if a.rate == b.rate => continue,
                (Some(_), Some(_)) => Difference::OtherPrice,
                (Some(_), None) => Difference::OnlyInA,
                (None, _) => Difference::OnlyInB,
            };
            let Some(row) = a.as_ref().or(b.as_ref()) else { continue };
            let (prefix, hours) = (row.rate.destinations.clone(), row.validity.hours.clone());
            let rate = |row: Option<RateRow>| row.map(|row| row.rate);
            differing.push(Differing { prefix, hours, difference, a: rate(a), b: rate(b) });
        }
    }
    Ok(differing)
}

/// Keeps the rates of a prefix that are in force at their hours, in the order of those.
fn in_force(
    rows: Option<Vec<RateRow>>,
    tariff: &TariffRow,
    at: Timestamp,
) -> Result<Vec<Result<RateRow, StoreError>>, StoreError> {
    let rows = rows.unwrap_or_default();
    let verdicts = judge_rows(&rows, &tariff.tariff, at)?;
    let mut held: Vec<_> = rows.into_iter().zip(verdicts).filter(|(_, verdict)| verdict.stands()).collect();
    held.sort_by(|(a, _), (b, _)| a.validity.hours.cmp(&b.validity.hours));
    Ok(held.into_iter().map(|(row, _)| Ok(row)).collect())
}
