//! Floor 2: every decision about money, one transaction each.

mod authorise;
mod balance;
mod callback;
mod caps;
mod error;
mod group;
mod hold;
mod rating;
mod settle;
mod tariff;
mod user;

pub use authorise::{Policy, authorise};
pub use balance::{Circumstances, reverse, top_up, withdraw};
pub use callback::foresee;
pub use caps::{CapOwner, CapReport, Used, find_group, report_caps, set_caps};
pub use error::BillingError;
pub use group::{add_group, join_group, leave_group, remove_group};
pub use hold::{expire, release};
pub use rating::{Considered, Priced, Quote, QuoteRequest, quote};
pub use settle::{Settlement, post_waiting, settle};
pub use tariff::{add_rate, add_tariff, find_tariff, list_rates, update_tariff, withdraw_rate};
pub use user::{
    NewUser, Removal, UserChange, add_number, add_user, find_user, remove_number, remove_user, update_user,
};
