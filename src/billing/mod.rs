//! Floor 2: every decision about money, one transaction each.

mod a2billing;
mod a2billing_past;
mod arrival;
mod authorise;
mod balance;
mod bundle;
mod callback;
mod caps;
mod celcombiller;
mod code_hash;
mod compare;
mod error;
mod extension;
mod gift;
mod group;
mod group_credit;
mod hold;
mod import;
mod lint;
mod past;
mod payment;
mod plan;
mod rating;
mod reconcile;
mod replay;
mod restore;
mod ring_group;
mod routing;
mod settle;
mod side_by_side;
mod summary;
mod tariff;
mod trunk;
mod user;
mod voucher;

pub use crate::store::Circumstances;
pub use a2billing::{CONTACT_COLUMNS, OldCard, arrivals_of_a2billing};
pub use a2billing_past::note_past_of_a2billing;
pub use arrival::{Arrival, Arrived, Newcomer, Remark, take_in};
pub use authorise::{Policy, authorise};
pub use balance::{adjust_up, reverse, top_up, transfer, withdraw};
pub use bundle::{add_bundle, end_bundle, expire_bundles, find_bundle};
pub use callback::foresee;
pub use caps::{CapOwner, CapReport, Used, find_group, report_caps, set_caps};
pub use celcombiller::arrivals_of_celcombiller;
pub use compare::{Difference, Differing, compare_tariffs};
pub use error::BillingError;
pub use extension::{
    Entry, Numbering, add_extension, find_extension, import_extensions, remove_extensions, update_extension,
};
pub use group::{GroupChange, add_group, join_group, leave_group, remove_group, update_group};
pub use group_credit::{CreditRun, Credited, credit_groups, foresee_credit};
pub use hold::{Evidence, charge_overdue, expire, release};
pub use import::{
    Change, Fault, ImportTerms, ListedRate, Plan, PlannedPrice, PlannedRate, RateList, import, plan_import,
};
pub use lint::{Finding, Oddity, lint_tariff};
pub use past::PastTaken;
pub use payment::{Paid, Refill, charge_fee, refill};
pub use plan::{Coming, PlanChange, coming};
pub use rating::{Considered, Priced, Quote, QuoteRequest, quote};
pub use reconcile::{Comparison, Disagreement, Mismatch, compare_seen, settle_seen};
pub use replay::{Replay, ReplayBy, Totals, replay};
pub use restore::{Restoration, Restored, restore};
pub use ring_group::{add_ring_group, find_ring_group, remove_ring_groups, update_ring_group};
pub use routing::{RouteWay, minute_cost, take_next_route, ways};
pub use settle::{Settlement, post_waiting, settle};
pub use summary::{SummaryLine, summary_by, summary_by_period};
pub use tariff::{
    add_rate, add_tariff, export_rates, find_tariff, list_rates, remove_tariff, update_tariff, withdraw_rate,
};
pub use trunk::{add_route, add_trunk, find_trunk, remove_route, remove_trunk, update_trunk};
pub use user::{
    NewUser, Removal, UserChange, add_number, add_user, find_user, remove_number, remove_user, update_user,
};
pub use voucher::{
    Redeemed, Revocation, Revoke, issue_vouchers, look_up_voucher, redeem_voucher, revoke_vouchers, unlock_vouchers,
};
