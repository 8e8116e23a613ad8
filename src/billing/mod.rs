//! Floor 2: every decision about money, one transaction each.

mod authorise;
mod balance;
mod compare;
mod error;
mod hold;
mod import;
mod lint;
mod rating;
mod replay;
mod settle;
mod side_by_side;
mod tariff;
mod user;

pub use authorise::{Policy, authorise};
pub use balance::{Circumstances, reverse, top_up, withdraw};
pub use compare::{Difference, Differing, compare_tariffs};
pub use error::BillingError;
pub use hold::{expire, release};
pub use import::{
    Change, Fault, ImportTerms, ListedRate, Plan, PlannedPrice, PlannedRate, RateList, import, plan_import,
};
pub use lint::{Finding, Oddity, lint_tariff};
pub use rating::{Considered, Priced, Quote, QuoteRequest, quote};
pub use replay::{Replay, ReplayBy, Totals, replay};
pub use settle::{Settlement, post_waiting, settle};
pub use tariff::{
    add_rate, add_tariff, export_rates, find_tariff, list_rates, remove_tariff, update_tariff, withdraw_rate,
};
pub use user::{
    NewUser, Removal, UserChange, add_number, add_user, find_user, remove_number, remove_user, update_user,
};
