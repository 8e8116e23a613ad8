//! Floor 0: values and rules. No input or output, no clock, no SQL.

pub mod account;
pub mod announcement;
pub mod calendar;
pub mod call;
pub mod campaign;
pub mod caps;
pub mod country;
pub mod dialling;
pub mod due;
pub mod group;
pub mod hours;
pub mod ledger;
pub mod money;
pub mod numbering;
pub mod outcome;
pub mod rate;
pub mod rating;
pub mod refusal;
pub mod routing;
pub mod tariff;
pub mod terms;
pub mod time;
pub mod traffic;
pub mod week;
pub mod words;
pub mod zone;
