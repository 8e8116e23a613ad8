//! The refills and calls of an A2Billing, as its tables have them.

use rust_decimal::Decimal;

use super::a2billing::time;
use super::arrival::visible;
use crate::domain::money::{Amount, Money, Price, Rounding};
use crate::domain::outcome::Disposition;
use crate::domain::time::Timestamp;
use crate::store::{EndedCall, Past, StoreError};

/// The most characters of a note.
const LONGEST_NOTE: usize = 200;

/// Notes a row of `cc_logrefill`, `cc_logpayment`, `cc_call` or `cc_trunk`, whose columns `text` returns; the fact is
/// why it cannot be. What it moved is part of the card's credit all the same.
///
/// # Errors
/// There is no room for it.
pub fn note_past_of_a2billing(
    past: &Past,
    table: &str,
    text: impl Fn(&str) -> String,
    now: Timestamp,
) -> Result<Result<(), &'static str>, StoreError> {
    let card = text("card_id");
    let over = |column| time(&text(column)).filter(|&time| time <= now).ok_or("its time is none, or not over");
    let noted = match table {
        "cc_trunk" => Ok(past.add_trunk(&text("id_trunk"), &text("trunkcode"))?),
        _ if card.is_empty() => Err("it is of no card"),
        "cc_logrefill" => match (over("date"), text("credit").parse::<Money>()) {
            (Ok(time), Ok(moved)) => {
                let note =
                    visible(&text("description")).map(|note| note.chars().take(LONGEST_NOTE).collect::<String>());
                Ok(past.add_refill(&card, &text("id"), time, moved, note.as_deref())?)
            }
            (Err(fact), _) => Err(fact),
            _ => Err("its credit is no amount"),
        },
        "cc_logpayment" => match (text("id_logrefill").as_str(), text("payment").parse::<Amount>()) {
            ("" | "0", _) => Err("it is of no refill"),
            (_, Err(_)) => Err("nothing was paid"),
            (refill, Ok(gross)) => match past.add_payment(&card, refill, gross)? {
                true => Ok(()),
                false => Err("another has paid for its refill"),
            },
        },
        _ => match over("starttime").and_then(|time| Ok((time, call(&text)?))) {
            Ok((time, call)) if time.plus_seconds(call.billsec) <= now => Ok(past.add_call(&card, time, &call)?),
            Ok(_) => Err("its time is none, or not over"),
            Err(fact) => Err(fact),
        },
    };
    Ok(noted)
}

fn call(text: impl Fn(&str) -> String) -> Result<EndedCall, &'static str> {
    let seconds = text("sessiontime");
    Ok(EndedCall {
        uniqueid: text("uniqueid").parse().map_err(|_| "its uniqueid is none")?,
        clid: visible(&text("src")).unwrap_or_default(),
        dialled: text("calledstation").parse().map_err(|_| "what was dialled is no number")?,
        disposition: match text("terminatecauseid").as_str() {
            "1" => Disposition::Answered,
            "2" => Disposition::Busy,
            "3" => Disposition::NoAnswer,
            "4" => Disposition::Cancelled,
            "5" => Disposition::Congestion,
            _ => Disposition::Failed,
        },
        billsec: if seconds.is_empty() { 0 } else { seconds.parse().map_err(|_| "its seconds are none")? },
        charge: price(&text("sessionbill")).ok_or("its charge is none")?,
        cost: price(&text("buycost")),
        trunk: Some(text("id_trunk")),
    })
}

/// Reads what a column of floating point has, to the millionth.
fn price(text: &str) -> Option<Price> {
    let exact = match text {
        "" => Decimal::ZERO,
        _ => text.parse().or_else(|_| Decimal::from_scientific(text)).ok()?,
    };
    Price::try_from(Money::rounded(exact, Rounding::FINEST)?).ok()
}
