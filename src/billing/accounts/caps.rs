//! Caps: what a user and their groups may still use, decided with the hold.

use super::user::find_user;
use crate::billing::error::BillingError;
use crate::billing::tariffs::tariff::find_tariff;
use crate::domain::calendar::{Calendar, Period};
use crate::domain::call::Denial;
use crate::domain::caps::{Caps, CapsError};
use crate::domain::group::GroupName;
use crate::domain::money::{Money, Price};
use crate::domain::numbering::PhoneNumber;
use crate::domain::rate::Rate;
use crate::domain::refusal::Refusal;
use crate::domain::time::Timestamp;
use crate::domain::zone::{Zone, ZoneError};
use crate::store::{AccountId, Books, GroupRow, Payer, Store, StoreError, Usage};

/// What caps leave to a call.
#[derive(Clone, Copy, Debug)]
pub(in crate::billing) struct Leeway {
    /// What may be spent.
    pub(in crate::billing) funds: Option<Money>,
    /// How long may be talked.
    pub(in crate::billing) seconds: Option<u64>,
}

/// A call that caps are held against.
pub(in crate::billing) struct Capped<'a> {
    pub(in crate::billing) payer: &'a Payer,
    pub(in crate::billing) number: &'a PhoneNumber,
    pub(in crate::billing) on_net: bool,
    /// The rate, with the seconds that bundles make free.
    pub(in crate::billing) rate: &'a Rate,
    /// What bundles of credit pay before anything is spent.
    pub(in crate::billing) bonus: Money,
    pub(in crate::billing) at: Timestamp,
}

/// When a day and a month began.
struct Spans {
    day: Timestamp,
    month: Timestamp,
}

impl Spans {
    fn of(zone: &Zone, at: Timestamp) -> Result<Self, StoreError> {
        let starts = || {
            let calendar = Calendar::of(zone.time_zone()?);
            Ok(Self { day: calendar.begin(Period::Day, at)?, month: calendar.begin(Period::Month, at)? })
        };
        starts().map_err(|error: ZoneError| StoreError::Corrupt(format!("time zone {zone}: {error}")))
    }
}

/// What is used by the accounts under one cap: at once, in a day, in a month.
#[derive(Clone, Copy, Debug, Default)]
pub struct Used {
    /// Calls in progress, and what they hold.
    pub open: Usage,
    /// Since the day began, with what calls in progress hold.
    pub day: Usage,
    /// Since the month began, with what calls in progress hold.
    pub month: Usage,
}

impl Used {
    fn of(books: &Books<'_>, accounts: &[AccountId], caps: &Caps, spans: &Spans) -> Result<Self, StoreError> {
        let mut used = Self::default();
        for &account in accounts {
            let open = books.open_usage(account)?;
            used.open = used.open.plus(open)?;
            if caps.day_spend.is_some() || caps.day_minutes.is_some() {
                used.day = used.day.plus(books.settled_usage(account, spans.day)?)?.plus(open)?;
            }
            if caps.month_spend.is_some() || caps.month_minutes.is_some() {
                used.month = used.month.plus(books.settled_usage(account, spans.month)?)?.plus(open)?;
            }
        }
        Ok(used)
    }
}

/// Holds a call against the caps of its payer and of every group that the payer is in: what they leave, or why
/// they leave nothing.
pub(in crate::billing) fn leeway(
    books: &Books<'_>,
    call: &Capped<'_>,
) -> Result<Result<Leeway, (Denial, String)>, StoreError> {
    let payer = call.payer;
    let mut left = Leeway { funds: None, seconds: None };
    let mut bounds: Vec<(String, Caps, Vec<AccountId>)> = Vec::new();
    if let Some(caps) = &payer.caps {
        bounds.push((payer.username.to_string(), caps.clone(), vec![payer.id]));
    }
    if payer.in_groups {
        for group in books.groups(Some(payer.id))?.into_iter().filter(|group| !group.caps.is_empty()) {
            let members = books.members(group.id)?.into_iter().map(|(id, ..)| id).collect();
            bounds.push((format!("group {}", group.name), group.caps, members));
        }
    }
    if bounds.is_empty() {
        return Ok(Ok(left));
    }
    let spans = Spans::of(&payer.tariff.tariff.zone, call.at)?;
    for (owner, caps, accounts) in &bounds {
        if let Some(denied) = barred(owner, caps, call) {
            return Ok(Err(denied));
        }
        let used = Used::of(books, accounts, caps, &spans)?;
        if let Some(most) = caps.calls.filter(|most| used.open.open_calls >= most.number()) {
            let fact = format!("{owner} has {} calls of {most}", used.open.open_calls);
            return Ok(Err((Denial::TooManyCalls, fact)));
        }
        for (cap, used, span) in [(caps.day_spend, used.day, "day"), (caps.month_spend, used.month, "month")] {
            let Some(cap) = cap else { continue };
            let rest = cap.money().checked_sub(used.spent).unwrap_or_default().max(Money::ZERO);
            let least =
                call.rate.charge(1, payer.tariff.tariff.rounding).and_then(|least| least.checked_sub(call.bonus));
            if least.is_none_or(|least| least > rest) {
                let fact = format!("{owner} has spent {} of {cap} this {span}", used.spent);
                return Ok(Err((Denial::SpendingCap, fact)));
            }
            left.funds = Some(left.funds.map_or(rest, |funds| funds.min(rest)));
        }
        for (cap, used, span) in [(caps.day_minutes, used.day, "day"), (caps.month_minutes, used.month, "month")] {
            let Some(cap) = cap else { continue };
            let rest = cap.minutes_in_seconds().saturating_sub(used.seconds);
            if rest == 0 {
                let fact = format!("{owner} has talked {} s of {cap} minutes this {span}", used.seconds);
                return Ok(Err((Denial::TimeCap, fact)));
            }
            left.seconds = Some(left.seconds.map_or(rest, |seconds| seconds.min(rest)));
        }
    }
    Ok(Ok(left))
}

/// Tells what bars a call whatever has been used.
fn barred(owner: &str, caps: &Caps, call: &Capped<'_>) -> Option<(Denial, String)> {
    let number = call.number;
    if !call.on_net {
        if let Some(prefix) = caps.blocked.as_ref().and_then(|blocked| blocked.matching(number)) {
            return Some((Denial::BlockedNumber, format!("{owner} may not call {prefix}")));
        }
        if caps.allowed.as_ref().is_some_and(|allowed| allowed.matching(number).is_none()) {
            return Some((Denial::NotAllowed, format!("{owner} may not call {number}")));
        }
    }
    let cap = caps.price?;
    let dearest = dearest_minute(call.rate);
    (dearest > cap).then(|| (Denial::TooExpensive, format!("{number} costs {dearest} a minute, {owner} may pay {cap}")))
}

/// Returns what the dearest minute of a rate costs.
fn dearest_minute(rate: &Rate) -> Price {
    rate.terms.bands.iter().map(|band| band.price_per_minute).fold(rate.price_per_minute, Price::max)
}

/// Whose caps.
#[derive(Clone, Debug)]
pub enum CapOwner {
    /// A user, named as users are.
    User(String),
    /// All members of a group together.
    Group(GroupName),
}

/// Caps and what is used of them.
#[derive(Clone, Debug)]
pub struct CapReport {
    /// Whose.
    pub owner: String,
    /// The caps.
    pub caps: Caps,
    /// What is used.
    pub used: Used,
}

/// Sets caps by their names, or lifts them; what is not named stays.
///
/// # Errors
/// There is no such user or group, a value is no cap, or the books fail.
pub fn set_caps(
    store: &mut Store,
    owner: &CapOwner,
    changes: &[(&str, Option<String>)],
    now: Timestamp,
) -> Result<CapReport, BillingError> {
    store.write(|books| {
        let change = |mut caps: Caps| {
            for (name, value) in changes {
                caps.set(name, value.as_deref()).map_err(|error: CapsError| Refusal::new(error.to_string()))?;
            }
            Ok::<_, Refusal>(caps)
        };
        match owner {
            CapOwner::User(user) => {
                let id = find_user(books, user)?.id;
                books.cap_account(id, &change(books.caps_of(id)?)?)?;
            }
            CapOwner::Group(name) => {
                let group = find_group(books, name)?;
                books.cap_group(group.id, &change(group.caps)?)?;
            }
        }
        report_caps(books, owner, now)
    })
}

/// Tells the caps of a user or a group, and what is used of them. A group's days are those of UTC, because its
/// members may have different tariffs.
///
/// # Errors
/// There is no such user or group, or the books fail.
pub fn report_caps(books: &Books<'_>, owner: &CapOwner, now: Timestamp) -> Result<CapReport, BillingError> {
    let (name, caps, accounts, zone) = match owner {
        CapOwner::User(user) => {
            let row = find_user(books, user)?;
            let tariff = find_tariff(books, &row.tariff)?.tariff;
            (row.username.to_string(), books.caps_of(row.id)?, vec![row.id], tariff.zone)
        }
        CapOwner::Group(name) => {
            let GroupRow { id, caps, .. } = find_group(books, name)?;
            (name.to_string(), caps, books.members(id)?.into_iter().map(|(id, ..)| id).collect(), Zone::utc())
        }
    };
    let used = Used::of(books, &accounts, &caps, &Spans::of(&zone, now)?)?;
    Ok(CapReport { owner: name, caps, used })
}

/// Finds a group by name.
///
/// # Errors
/// There is none, or the books fail.
pub fn find_group(books: &Books<'_>, name: &GroupName) -> Result<GroupRow, BillingError> {
    let missing = || Refusal::new(format!("no group \"{name}\"")).hint("billctl group list");
    Ok(books.group(name)?.ok_or_else(missing)?)
}
