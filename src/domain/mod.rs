//! Floor 0: values and rules. No input or output, no clock, no SQL.

pub mod account;
pub mod call;
pub mod country;
pub mod dialling;
pub mod ledger;
pub mod money;
pub mod numbering;
pub mod outcome;
pub mod refusal;
pub mod tariff;
pub mod time;
pub mod words;
