//! Price lists by hand.

use super::error::BillingError;
use crate::domain::refusal::Refusal;
use crate::domain::tariff::Rate;
use crate::domain::time::Timestamp;
use crate::store::Store;

/// Adds a price list without rates.
///
/// # Errors
/// The name is taken or empty, or the books fail.
pub fn add_tariff(store: &mut Store, name: &str, now: Timestamp) -> Result<(), BillingError> {
    let readable = (1..=64).contains(&name.len()) && !name.chars().any(char::is_control);
    if !readable {
        let shown = name.escape_debug();
        return Err(Refusal::new(format!("`{shown}` is not a tariff's name: expected 1 to 64 characters")).into());
    }
    store.write(|books| match books.add_tariff(name, now) {
        Err(error) if error.breaks("tariff.name") => {
            Err(Refusal::new(format!("tariff \"{name}\" exists")).hint("billctl tariff list").into())
        }
        added => Ok(added?),
    })
}

/// Puts a rate in force and retires the one that had its prefix.
///
/// # Errors
/// There is no such tariff, or the books fail.
pub fn replace_rate(store: &mut Store, tariff: &str, rate: &Rate, now: Timestamp) -> Result<(), BillingError> {
    store.write(|books| match books.replace_rate(tariff, rate, now)? {
        true => Ok(()),
        false => Err(no_tariff(tariff).into()),
    })
}

/// Refuses a tariff that does not exist.
pub(super) fn no_tariff(name: &str) -> Refusal {
    Refusal::new(format!("no tariff \"{name}\"")).hint("billctl tariff list")
}
