//! The tax that is part of a payment.

use std::fmt;
use std::str::FromStr;

use rust_decimal::Decimal;

use super::money::{Amount, Money, Price, Rounding};
use super::numbering::shown;

/// Value added tax, in percent of what is credited: 0 to 100, with at most six decimals.
///
/// ```compile_fail
/// let vat: celcombiller::domain::vat::Vat = "19".to_owned();
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Vat(Price);

/// A text that is no such percentage.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a VAT: expected percent from 0 to 100, with at most six decimals")]
pub struct VatError(String);

impl Vat {
    /// Returns what of a payment is credited: without the tax that it contains, rounded to the millionth.
    /// `None` where the ledger cannot hold it.
    #[must_use]
    pub fn net(self, gross: Amount) -> Option<Amount> {
        let hundred = Decimal::ONE_HUNDRED;
        // The division has 28 digits, of which no amount needs more than 13 before the point. What it cuts off
        // cannot reach a half of a millionth, because the divisor has no more than nine digits: so this rounding
        // is the only one that shows.
        let exact = gross.money().to_decimal().checked_mul(hundred)?.checked_div(hundred + self.0.decimal())?;
        Money::rounded(exact, Rounding::FINEST)?.try_into().ok()
    }
}

impl FromStr for Vat {
    type Err = VatError;

    fn from_str(text: &str) -> Result<Self, VatError> {
        let percent = text.parse().ok().filter(|percent| *percent <= Price::whole(100));
        percent.map(Self).ok_or_else(|| VatError(shown(text)))
    }
}

impl fmt::Display for Vat {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(out)
    }
}
