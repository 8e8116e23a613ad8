//! Rates as a table: a column for each thing that a rate has.

use celcombiller::domain::numbering::Prefix;
use celcombiller::domain::rate::{Destinations, Increment, Rate};
use celcombiller::domain::rating::Validity;
use celcombiller::domain::terms::Terms;
use celcombiller::domain::time::Timestamp;

use crate::csv_file::Row;
use crate::render::Value;

/// What every rate has, and when it applies; the terms follow.
const FIRST: [&str; 7] = ["prefix", "price_per_minute", "connect_fee", "increment", "hours", "starts", "ends"];

/// The columns, in the order in which they are written.
pub(crate) const COLUMNS: [&str; FIRST.len() + Terms::NAMES.len()] = {
    let mut all = [""; FIRST.len() + Terms::NAMES.len()];
    let mut place = 0;
    while place < all.len() {
        all[place] = if place < FIRST.len() { FIRST[place] } else { Terms::NAMES[place - FIRST.len()] };
        place += 1;
    }
    all
};

/// Finds the column of a name.
pub(crate) fn known(name: &str) -> Option<&'static str> {
    COLUMNS.into_iter().find(|column| *column == name)
}

/// Reads a rate, which starts at `starts` unless the row says so.
pub(crate) fn read(row: Row<'_>, starts: Timestamp) -> Result<(Rate, Validity), String> {
    let price_per_minute = row.value("price_per_minute")?.ok_or("price_per_minute is empty")?;
    let mut terms = Terms::default();
    for name in Terms::NAMES {
        row.read(name, |text| terms.set(name, text))?;
    }
    let rate = Rate {
        destinations: row.value("prefix")?.unwrap_or(Destinations::Prefix(Prefix::any())),
        price_per_minute,
        connect_fee: row.value("connect_fee")?.unwrap_or_default(),
        increment: row.value("increment")?.unwrap_or(Increment::PER_SECOND),
        terms,
    };
    let validity = Validity {
        starts: row.value("starts")?.unwrap_or(starts),
        ends: row.value("ends")?,
        hours: row.value("hours")?.unwrap_or_default(),
    };
    Ok((rate, validity))
}

/// Writes a rate.
pub(crate) fn write(rate: &Rate, validity: &Validity) -> Vec<Value> {
    let some = |text: String| Value::from((!text.is_empty()).then_some(text));
    let mut row = vec![
        Value::text(&rate.destinations),
        rate.price_per_minute.money().into(),
        rate.connect_fee.money().into(),
        Value::text(rate.increment),
        some(validity.hours.to_string()),
        // To the millisecond: one rate may take the place of another within a second.
        validity.starts.exact().into(),
        validity.ends.map(Timestamp::exact).into(),
    ];
    row.extend(rate.terms.values().map(Value::from));
    row
}
