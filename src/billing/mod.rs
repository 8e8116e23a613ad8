//! Floor 2: every decision about money, one transaction each.

mod accounts;
mod books;
mod calls;
mod error;
mod migration;
mod pbx;
mod routes;
mod tariffs;

pub use crate::store::Circumstances;
pub use accounts::balance::{adjust_up, reverse, top_up, transfer, withdraw};
pub use accounts::bundle::{add_bundle, end_bundle, expire_bundles, find_bundle};
pub use accounts::caps::{CapOwner, CapReport, Used, find_group, report_caps, set_caps};
pub use accounts::group::{GroupChange, add_group, join_group, leave_group, remove_group, update_group};
pub use accounts::group_credit::{CreditRun, Credited, credit_groups, foresee_credit};
pub use accounts::payment::{Paid, Refill, charge_fee, refill};
pub use accounts::plan::{Coming, PlanChange, coming};
pub use accounts::user::{
    NewUser, Removal, UserChange, add_number, add_user, find_user, remove_number, remove_user, update_user,
};
pub use accounts::voucher::{
    Redeemed, Revocation, Revoke, issue_vouchers, look_up_voucher, redeem_voucher, revoke_vouchers, unlock_vouchers,
};
pub use books::reconcile::{Comparison, Disagreement, Mismatch, compare_seen, settle_seen};
pub use books::restore::{Restoration, Restored, restore};
pub use books::summary::{SummaryLine, summary_by, summary_by_period};
pub use calls::authorise::{Policy, authorise};
pub use calls::callback::foresee;
pub use calls::hold::{Evidence, charge_overdue, expire, release};
pub use calls::settle::{Settlement, post_waiting, settle};
pub use error::BillingError;
pub use migration::a2billing::{CONTACT_COLUMNS, OldCard, arrivals_of_a2billing};
pub use migration::a2billing_past::note_past_of_a2billing;
pub use migration::arrival::{Arrival, Arrived, Newcomer, Remark, take_in};
pub use migration::celcombiller::arrivals_of_celcombiller;
pub use migration::past::PastTaken;
pub use pbx::extension::{
    Entry, Numbering, add_extension, find_extension, import_extensions, remove_extensions, update_extension,
};
pub use pbx::ring_group::{add_ring_group, find_ring_group, remove_ring_groups, update_ring_group};
pub use routes::routing::{RouteWay, minute_cost, take_next_route, ways};
pub use routes::trunk::{add_route, add_trunk, find_trunk, remove_route, remove_trunk, update_trunk};
pub use tariffs::compare::{Difference, Differing, compare_tariffs};
pub use tariffs::import::{
    Change, ImportTerms, ListedRate, Plan, PlannedPrice, PlannedRate, RateList, import, plan_import,
};
pub use tariffs::lint::{Finding, Oddity, lint_tariff};
pub use tariffs::rating::{Considered, Priced, Quote, QuoteRequest, quote};
pub use tariffs::replay::{Replay, ReplayBy, Totals, replay};
pub use tariffs::tariff::{
    add_rate, add_tariff, export_rates, find_tariff, list_rates, remove_tariff, update_tariff, withdraw_rate,
};
