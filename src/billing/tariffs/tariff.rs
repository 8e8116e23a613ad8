//! Price lists by hand.

use crate::billing::error::BillingError;
use crate::domain::numbering::shown;
use crate::domain::rate::{Destinations, Rate};
use crate::domain::rating::{Validity, Verdict, judge, remaining};
use crate::domain::refusal::Refusal;
use crate::domain::tariff::Tariff;
use crate::domain::time::Timestamp;
use crate::domain::visible::is_visible_name;
use crate::store::{Books, RateRow, Store, StoreError, TariffRow, TariffUse, Uses};

/// Adds a price list without rates.
///
/// # Errors
/// The name is taken or empty, or the books fail.
pub fn add_tariff(store: &mut Store, tariff: &Tariff, now: Timestamp) -> Result<(), BillingError> {
    readable(&tariff.name)?;
    store.write(|books| books.add_tariff(tariff, now).map(drop).map_err(|error| name_taken(error, &tariff.name)))
}

/// Changes what holds for all rates of a price list; calls that are going on keep what they hold.
///
/// # Errors
/// There is no such tariff, its new name is taken or empty, or the books fail.
pub fn update_tariff(
    store: &mut Store,
    name: &str,
    change: impl FnOnce(&mut Tariff) -> Result<(), Refusal>,
) -> Result<Tariff, BillingError> {
    store.write(|books| {
        let TariffRow { id, mut tariff } = find_tariff(books, name)?;
        change(&mut tariff)?;
        readable(&tariff.name)?;
        books.update_tariff(id, &tariff).map_err(|error| name_taken(error, &tariff.name))?;
        Ok(tariff)
    })
}

fn readable(name: &str) -> Result<(), Refusal> {
    match is_visible_name(name) {
        true => Ok(()),
        false => {
            Err(Refusal::new(format!("`{}` is not a tariff's name: expected 1 to 64 visible characters", shown(name))))
        }
    }
}

fn name_taken(error: StoreError, name: &str) -> BillingError {
    match error.breaks("tariff.name") {
        true => Refusal::new(format!("tariff \"{name}\" exists")).hint("billctl tariff list").into(),
        false => error.into(),
    }
}

/// Removes a price list and its rates, which nobody may use or have used; returns how many rates it had.
///
/// # Errors
/// There is no such tariff, a user, a trunk or a call has it, or the books fail.
pub fn remove_tariff(store: &mut Store, name: &str) -> Result<usize, BillingError> {
    store.leave_references()?;
    // Counting among all calls takes long and keeps nobody waiting; then only the newest are left to look at.
    let (calls, newest) = store.read(|books| unused(books, name, (0, 0)))?;
    store.write(|books| {
        unused(books, name, (calls, newest))?;
        Ok(books.remove_tariff(find_tariff(books, name)?.id)?)
    })
}

/// Refuses a price list that is in use; returns how many calls were made with it up to which newest one.
fn unused(books: &Books<'_>, name: &str, (calls, newest): (u32, i64)) -> Result<(u32, i64), BillingError> {
    let found = find_tariff(books, name)?;
    let TariffUse { users, trunks } = books.tariff_use(found.id)?;
    let (more, newest) = books.calls_under(found.id, newest)?;
    let calls = calls + more;
    let named = |uses: &Uses, what: &str| {
        let dots = if uses.count > uses.first.len() as u64 { ", ..." } else { "" };
        (uses.count > 0).then(|| format!("{} {what} ({}{dots})", uses.count, uses.first.join(", ")))
    };
    let calls_made = (calls > 0).then(|| format!("{calls} past or open calls"));
    let uses: Vec<_> = [named(&users, "users"), named(&trunks, "trunks"), calls_made].into_iter().flatten().collect();
    if uses.is_empty() {
        return Ok((calls, newest));
    }
    let refusal = Refusal::new(format!("tariff \"{name}\" is used by {}", uses.join(", ")));
    Err(match calls {
        0 => refusal.hint("billctl user update USER --tariff OTHER").into(),
        _ => {
            refusal.hint(format!("what calls were charged by stays: billctl tariff update {name} --rename NAME")).into()
        }
    })
}

/// Finds a price list by its name.
///
/// # Errors
/// There is none, or the books fail.
pub fn find_tariff(books: &Books<'_>, name: &str) -> Result<TariffRow, BillingError> {
    Ok(books.tariff(name)?.ok_or_else(|| no_tariff(name))?)
}

/// Adds a rate. From its start on it takes the place of the one that has the same destinations and hours;
/// calls that hold that one keep it.
///
/// # Errors
/// There is no such tariff, the rate ends before it starts, or the books fail.
pub fn add_rate(store: &mut Store, tariff: &str, rate: &Rate, validity: &Validity) -> Result<(), BillingError> {
    if let Some(ends) = validity.ends.filter(|&ends| ends <= validity.starts) {
        let starts = validity.starts;
        return Err(Refusal::new(format!("the rate would end at {ends}, not after its start at {starts}")).into());
    }
    store.write(|books| {
        let found = find_tariff(books, tariff)?;
        Ok(books.add_rate(found.id, rate, validity)?)
    })
}

/// Withdraws the rate of some destinations from an instant on, that of the given hours.
///
/// # Errors
/// There is no such tariff or no such rate, or the books fail.
pub fn withdraw_rate(
    store: &mut Store,
    tariff: &str,
    destinations: &Destinations,
    validity: &Validity,
) -> Result<RateRow, BillingError> {
    let at = validity.starts;
    store.write(|books| {
        let found = find_tariff(books, tariff)?;
        let mut same = books.rates_for(found.id, destinations)?;
        same.retain(|row| row.validity.hours == validity.hours);
        let verdicts = judge_rows(&same, &found.tariff, at)?;
        let standing = same.iter().zip(&verdicts).find(|(_, verdict)| verdict.stands()).map(|(row, _)| row.clone());
        let Some(row) = standing else {
            let (name, hours) = (&found.tariff.name, &validity.hours);
            let at_hours = if hours.is_always() { String::new() } else { format!(" at {hours}") };
            let fact = format!("tariff \"{name}\" has no rate for prefix \"{destinations}\"{at_hours}");
            return Err(Refusal::new(fact).hint(format!("billctl rate list --tariff {name}")).into());
        };
        let withdrawal = Validity { starts: at, ends: Some(at), hours: validity.hours.clone() };
        books.add_rate(found.id, &row.rate, &withdrawal)?;
        Ok(row)
    })
}

/// Judges rows that have the same destinations.
pub(in crate::billing) fn judge_rows(
    rows: &[RateRow],
    tariff: &Tariff,
    at: Timestamp,
) -> Result<Vec<Verdict>, StoreError> {
    judge(rows.iter().map(|row| &row.validity), at, || tariff.clock(at))
        .map_err(|error| StoreError::Corrupt(format!("tariff {}: {error}", tariff.name)))
}

/// Lists the rates of a price list, each with what becomes of it at an instant among those of its prefix.
///
/// # Errors
/// There is no such tariff, or the books fail.
pub fn list_rates(books: &Books<'_>, tariff: &str, at: Timestamp) -> Result<Vec<(RateRow, Verdict)>, BillingError> {
    let found = find_tariff(books, tariff)?;
    let rows = books.rates(found.id)?;
    let mut listed = Vec::with_capacity(rows.len());
    for same in rows.chunk_by(|a, b| a.rate.destinations == b.rate.destinations) {
        let verdicts = judge_rows(same, &found.tariff, at)?;
        listed.extend(same.iter().cloned().zip(verdicts));
    }
    Ok(listed)
}

/// Tells every rate of a price list that is in force at an instant or will be, by prefix, hours and start, with the
/// end that it has or that a withdrawal gives it.
///
/// # Errors
/// There is no such tariff, what `tell` returns, or the books fail.
pub fn export_rates<E: From<BillingError>>(
    books: &Books<'_>,
    tariff: &str,
    at: Timestamp,
    mut tell: impl FnMut(RateRow) -> Result<(), E>,
) -> Result<(), E> {
    let found = find_tariff(books, tariff)?;
    for rows in books.prefixes(found.id) {
        let mut rows = rows.map_err(BillingError::from)?;
        rows.sort_by(|a, b| a.validity.hours.cmp(&b.validity.hours));
        for same in rows.chunk_by(|a, b| a.validity.hours == b.validity.hours) {
            let validities: Vec<_> = same.iter().map(|row| &row.validity).collect();
            let mut kept = remaining(&validities, at);
            kept.sort_by_key(|(place, _)| same[*place].validity.starts);
            for (place, ends) in kept {
                let RateRow { id, rate, validity } = &same[place];
                tell(RateRow { id: *id, rate: rate.clone(), validity: Validity { ends, ..validity.clone() } })?;
            }
        }
    }
    Ok(())
}

/// Refuses a tariff that does not exist.
pub(in crate::billing) fn no_tariff(name: &str) -> Refusal {
    Refusal::new(format!("no tariff \"{}\"", shown(name))).hint("billctl tariff list")
}
