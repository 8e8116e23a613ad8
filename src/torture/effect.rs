//! What an operation may do to the books: all of it, or nothing.

use std::collections::BTreeMap;

use super::change::{Change, Moved, less, sum};
use crate::domain::call::CallId;
use crate::domain::money::Money;
use crate::store::{AccountId, Glimpse};

/// What the books owe to a call: from which account it may take how much.
pub(super) type Held = BTreeMap<AccountId, Money>;

/// What an operation does to the books when it is done.
#[derive(Clone, Debug)]
pub(super) enum Effect {
    /// It only looks, or is a repetition.
    Nothing,
    /// One entry; the house is on the side that is `None`.
    Entry { from: Option<AccountId>, to: Option<AccountId>, amount: Money },
    /// A voucher was right: one entry, and wrong codes are forgotten.
    Voucher { user: AccountId, amount: Money },
    /// A bundle.
    Bundle { owner: AccountId, amount: Money },
    /// Gifts of a group's dates: so much for each member on their balance, or a bundle of so much.
    Gifts { entries: i64, groups: Vec<Giving> },
    /// What is left of bundles is taken back, in one entry each.
    TakenBack(BTreeMap<AccountId, Money>),
    /// A hold is placed; how much it holds is known once it is granted.
    Hold { call: CallId, payer: AccountId, amount: Option<Money> },
    /// Holds are given back.
    GivenBack(BTreeMap<CallId, Held>),
    /// A call ends that was open, or was given back before; what it is charged is known once it is settled.
    End { call: CallId, open: bool, payer: AccountId, held: Held, charge: Option<Money> },
    /// Ends that were kept are posted, some of these.
    Ends(BTreeMap<CallId, Held>),
    /// Another credit limit.
    Limit(AccountId, Money),
    /// So many wrong codes in a row.
    WrongCodes(AccountId, u32),
    /// Another tariff.
    Tariff(AccountId),
    /// So many rates more.
    Rates(i64),
    /// So many vouchers more.
    Vouchers(i64),
}

/// What a group gives.
#[derive(Clone, Debug)]
pub(super) struct Giving {
    pub(super) members: Vec<AccountId>,
    pub(super) amount: Money,
    pub(super) as_bundle: bool,
}

impl Effect {
    /// Tells whether it is made of several decisions.
    pub(super) const fn is_in_parts(&self) -> bool {
        matches!(self, Self::Gifts { .. } | Self::Ends(_))
    }

    /// Tells whether a change is all of this, or a whole part of it where it is in parts and `partly`.
    pub(super) fn explains(&self, before: &Glimpse, after: &Glimpse, partly: bool) -> bool {
        let change = Change::between(before, after);
        if change.impossible {
            return false;
        }
        match self {
            Self::Gifts { entries, groups } => gives(&change, after, *entries, groups, partly),
            Self::Ends(calls) => ends(&change, before, calls, partly),
            Self::End { call, open, payer, held, charge } => end(&change, before, (call, *open), *payer, held, *charge),
            Self::Hold { call, payer, amount } => hold(&change, after, call, *payer, *amount),
            whole => whole.expected(&change, after).is_some_and(|expected| expected == change),
        }
    }

    /// Returns the change that this is, where that is known beforehand.
    fn expected(&self, change: &Change, after: &Glimpse) -> Option<Change> {
        let nothing = Change::default();
        let moves = |id: AccountId, balance: Money| (id, Moved { balance, held: Money::ZERO });
        Some(match self {
            Self::Entry { from, to, amount } => {
                let out = from.map(|from| moves(from, less(Money::ZERO, *amount)));
                let moved = out.into_iter().chain(to.map(|to| moves(to, *amount))).collect();
                Change { moved, entries: 1, ..nothing }
            }
            Self::Voucher { user, amount } => {
                let forgotten = change.marked.as_slice() == [*user] && after.accounts.get(user)?.wrong_codes == 0;
                let marked = if forgotten { vec![*user] } else { Vec::new() };
                Change { moved: BTreeMap::from([moves(*user, *amount)]), marked, entries: 1, ..nothing }
            }
            Self::Bundle { owner, amount } => {
                let (&bundle, _) = change.added.first_key_value()?;
                let (moved, added) = (BTreeMap::from([moves(bundle, *amount)]), BTreeMap::from([(bundle, *owner)]));
                // A bundle that a voucher gives lets wrong codes be forgotten too.
                Change { moved, added, marked: change.marked.clone(), entries: 1, ..nothing }
            }
            Self::TakenBack(left) => {
                let moved = left.iter().map(|(&id, &amount)| moves(id, less(Money::ZERO, amount))).collect();
                Change { moved, entries: i64::try_from(left.len()).ok()?, ..nothing }
            }
            Self::GivenBack(calls) => {
                let moved = given_back(calls.values());
                let closed = change.closed.iter().filter(|(call, _)| calls.contains_key(call));
                let closed: BTreeMap<_, _> = closed.map(|(call, held)| (call.clone(), *held)).collect();
                (closed.len() == calls.len()).then_some(Change { moved, closed, ..nothing })?
            }
            Self::Limit(user, limit) if after.accounts.get(user)?.credit_limit != *limit => return None,
            Self::WrongCodes(user, wrong) if after.accounts.get(user)?.wrong_codes != *wrong => return None,
            Self::Limit(user, _) | Self::WrongCodes(user, _) | Self::Tariff(user) => {
                Change { marked: vec![*user], ..nothing }
            }
            Self::Rates(more) => Change { rates: *more, ..nothing },
            Self::Vouchers(more) => Change { vouchers: *more, ..nothing },
            _ => nothing,
        })
    }
}

/// Returns how accounts move when calls hold nothing of them any more.
fn given_back<'a>(calls: impl Iterator<Item = &'a Held>) -> BTreeMap<AccountId, Moved> {
    let mut moved = BTreeMap::<AccountId, Moved>::new();
    for (&id, &amount) in calls.flatten() {
        let account = moved.entry(id).or_default();
        account.held = less(account.held, amount);
    }
    moved.retain(|_, moved| *moved != Moved::default());
    moved
}

/// Tells whether a hold was placed on what its payer has, bundles among it, and nothing else happened.
fn hold(change: &Change, after: &Glimpse, call: &CallId, payer: AccountId, amount: Option<Money>) -> bool {
    let Some(&held) = change.opened.get(call) else { return false };
    let of_payer = |id| id == payer || after.accounts.get(&id).is_some_and(|it| it.owner == Some(payer));
    let only_held = change
        .moved
        .iter()
        .all(|(&id, moved)| of_payer(id) && moved.balance == Money::ZERO && moved.held > Money::ZERO);
    let main = change.moved.get(&payer).map_or(Money::ZERO, |moved| moved.held);
    let others = Change {
        moved: change.moved.clone(),
        opened: BTreeMap::from([(call.clone(), held)]),
        calls: 1,
        ..Change::default()
    };
    *change == others && only_held && main == held && amount.is_none_or(|amount| amount == held)
}

/// Tells whether a call ended: all of its hold is given back, and no account pays more than was held of it.
fn end(
    change: &Change,
    before: &Glimpse,
    (call, open): (&CallId, bool),
    payer: AccountId,
    held: &Held,
    charge: Option<Money>,
) -> bool {
    let back = if open { given_back([held].into_iter()) } else { BTreeMap::new() };
    let paid: BTreeMap<AccountId, Money> = change
        .moved
        .iter()
        .map(|(&id, moved)| (id, less(Money::ZERO, moved.balance)))
        .filter(|(_, paid)| *paid != Money::ZERO)
        .collect();
    let can_pay = |(id, paid): (&AccountId, &Money)| {
        let most = held.get(id).copied().unwrap_or(Money::ZERO);
        let available = before.accounts.get(id).and_then(|figures| figures.available()).unwrap_or(Money::ZERO);
        *paid > Money::ZERO && *paid <= if open { most } else { most.min(available) }
    };
    let gives_back = back.iter().all(|(id, moved)| change.moved.get(id).is_some_and(|it| it.held == moved.held))
        && change.moved.iter().all(|(id, moved)| moved.held == back.get(id).map_or(Money::ZERO, |it| it.held));
    let closed = if open { change.closed.keys().eq([call]) } else { change.closed.is_empty() };
    let others = Change {
        moved: change.moved.clone(),
        closed: change.closed.clone(),
        entries: i64::try_from(paid.len()).unwrap_or(-1),
        ..Change::default()
    };
    let main = paid.get(&payer).copied().unwrap_or(Money::ZERO);
    *change == others && closed && gives_back && paid.iter().all(can_pay) && charge.is_none_or(|charge| charge == main)
}

/// Tells whether some of these calls ended, all unless `partly`, and together paid no more than they held.
fn ends(change: &Change, before: &Glimpse, calls: &BTreeMap<CallId, Held>, partly: bool) -> bool {
    if !change.closed.keys().all(|call| calls.contains_key(call)) {
        return false;
    }
    let back = given_back(calls.iter().filter(|(call, _)| change.closed.contains_key(call)).map(|(_, held)| held));
    let most = |id: &AccountId| sum(calls.values().filter_map(|held| held.get(id).copied()));
    let all_right = change.moved.iter().all(|(id, moved)| {
        let paid = less(Money::ZERO, moved.balance);
        paid >= Money::ZERO && paid <= most(id) && moved.held == back.get(id).map_or(Money::ZERO, |it| it.held)
    });
    let others = Change {
        moved: change.moved.clone(),
        closed: change.closed.clone(),
        entries: change.entries,
        ..Change::default()
    };
    let all = calls.keys().all(|call| !before.open.contains_key(call) || change.closed.contains_key(call));
    *change == others && all_right && (partly || all) && back.keys().all(|id| change.moved.contains_key(id))
}

/// Tells whether every member of each group was given the same: all that was due, unless `partly`.
fn gives(change: &Change, after: &Glimpse, entries: i64, groups: &[Giving], partly: bool) -> bool {
    let mut explained = 0;
    let mut known = Vec::new();
    for Giving { members, amount, as_bundle } in groups {
        let times = |member: &AccountId| match as_bundle {
            true => change.added.values().filter(|owner| *owner == member).count() as i64,
            false => {
                let moved = change.moved.get(member).map_or(Money::ZERO, |moved| moved.balance);
                moved.millionths() / amount.millionths()
            }
        };
        let each = members.first().map_or(0, times);
        if members.iter().any(|member| times(member) != each) {
            return false;
        }
        explained += each * i64::try_from(members.len()).unwrap_or(0);
        known.extend(members.iter().filter(|_| !as_bundle).map(|member| (*member, *amount)));
        let bundles = change.added.iter().filter(|(_, owner)| *as_bundle && members.contains(owner));
        known.extend(bundles.map(|(bundle, _)| (*bundle, *amount)));
    }
    let right = change.moved.iter().all(|(id, moved)| {
        let gift = known.iter().find(|(known, _)| known == id).map(|(_, amount)| amount.millionths());
        let times = |gift: i64| moved.balance.millionths() % gift == 0 && moved.balance > Money::ZERO;
        moved.held == Money::ZERO && gift.is_some_and(times) && after.accounts.contains_key(id)
    });
    let others =
        Change { moved: change.moved.clone(), added: change.added.clone(), entries: explained, ..Change::default() };
    *change == others && right && (partly || explained == entries)
}
