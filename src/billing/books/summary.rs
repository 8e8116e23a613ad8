//! What calls came to: by the clock of a place, or by what they have in common.

use crate::billing::error::BillingError;
use crate::domain::calendar::{Calendar, Period};
use crate::domain::refusal::Refusal;
use crate::domain::time::Timestamp;
use crate::domain::traffic::Traffic;
use crate::domain::zone::ZoneError;
use crate::store::{Books, CallFilter, Facet};

/// A line of a summary: what its calls have in common, if anything, and what they add up to.
pub type SummaryLine = (Option<String>, Traffic);

/// Adds up settled calls by the periods of a calendar, the earliest first; periods without calls are left out.
///
/// # Errors
/// A time is outside the calendar, or the books fail.
pub fn summary_by_period(
    books: &Books<'_>,
    filter: &CallFilter,
    calendar: &Calendar,
    period: Period,
) -> Result<Vec<SummaryLine>, BillingError> {
    let (since, until) = (filter.since, filter.until);
    let only_time = CallFilter { since, until, ..CallFilter::default() };
    let mut periods = match *filter == only_time {
        true => stretches(books, &only_time, calendar, period)?,
        false => books.traffic_by_period(filter, |at| calendar.begin(period, at))?,
    };
    periods.sort_unstable_by_key(|(begin, _)| *begin);
    periods
        .into_iter()
        .map(|(begin, traffic)| Ok((Some(calendar.name(period, begin).map_err(outside)?), traffic)))
        .collect()
}

/// Adds up each period by itself and goes from the end of one to the next call, because the sums of a stretch of
/// time are cheaper than the period of each of its calls.
fn stretches(
    books: &Books<'_>,
    filter: &CallFilter,
    calendar: &Calendar,
    period: Period,
) -> Result<Vec<(Timestamp, Traffic)>, BillingError> {
    let mut since = filter.since.unwrap_or(Timestamp::MIN);
    let until = filter.until.unwrap_or(Timestamp::MAX);
    let mut periods = Vec::new();
    while let Some(first) = books.first_call(since, until)? {
        let begin = calendar.begin(period, first).map_err(outside)?;
        let end = calendar.end(period, begin).map_err(outside)?;
        periods.push((begin, books.traffic_between(begin.max(since), end.min(until))?));
        since = end;
    }
    Ok(periods)
}

/// Adds up settled calls by one of their facets, those with the largest revenue first.
///
/// # Errors
/// The books fail.
pub fn summary_by(books: &Books<'_>, filter: &CallFilter, facet: Facet) -> Result<Vec<SummaryLine>, BillingError> {
    let mut lines = books.traffic_by(facet, filter)?;
    lines.sort_unstable_by(|(one, left), (other, right)| {
        (right.revenue, right.calls).cmp(&(left.revenue, left.calls)).then_with(|| one.cmp(other))
    });
    Ok(lines)
}

fn outside(error: ZoneError) -> Refusal {
    Refusal::new(error.to_string())
}
