//! What is different between two looks at the books.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use crate::domain::call::CallId;
use crate::domain::money::Money;
use crate::store::{AccountId, Figures, Glimpse};

/// How an account's figures moved.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Moved {
    pub(super) balance: Money,
    pub(super) held: Money,
}

/// What is different; nothing of it where the books are the same.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Change {
    /// Accounts whose balance or holds moved, those that are new among them.
    pub(super) moved: BTreeMap<AccountId, Moved>,
    /// Bundles that are new, with their owners.
    pub(super) added: BTreeMap<AccountId, AccountId>,
    /// Accounts of which something else changed.
    pub(super) marked: Vec<AccountId>,
    pub(super) opened: BTreeMap<CallId, Money>,
    pub(super) closed: BTreeMap<CallId, Money>,
    pub(super) entries: i64,
    pub(super) calls: i64,
    pub(super) rates: i64,
    pub(super) vouchers: i64,
    /// Something is gone that never goes, or the ledger was rewritten.
    pub(super) impossible: bool,
}

impl Change {
    pub(super) fn between(before: &Glimpse, after: &Glimpse) -> Self {
        if before == after {
            return Self::default();
        }
        let mut change = Self {
            entries: newest(after) - newest(before),
            calls: after.calls - before.calls,
            rates: after.rates - before.rates,
            vouchers: after.vouchers - before.vouchers,
            ..Self::default()
        };
        let same_head = after.head == before.head;
        change.impossible = [change.entries, change.calls, change.rates, change.vouchers].iter().any(|more| *more < 0)
            || (change.entries == 0) != same_head
            || before.newest_account > after.newest_account;
        change.compare_holds(&before.open, &after.open);
        for (&id, now) in &after.accounts {
            if let Some(owner) = now.owner.filter(|_| id > before.newest_account) {
                change.added.insert(id, owner);
            }
            let nothing = Figures { balance: Money::ZERO, held: Money::ZERO, ..*now };
            change.compare(id, before.accounts.get(&id).unwrap_or(&nothing), now);
        }
        for (&id, was) in before.accounts.iter().filter(|(id, _)| !after.accounts.contains_key(id)) {
            // Nothing is left of it.
            change.compare(id, was, &Figures { balance: Money::ZERO, held: Money::ZERO, ..*was });
        }
        change
    }

    /// Goes through the holds of both once, because they are in order.
    fn compare_holds(&mut self, before: &BTreeMap<CallId, Money>, after: &BTreeMap<CallId, Money>) {
        let (mut before, mut after) = (before.iter().peekable(), after.iter().peekable());
        loop {
            let order = match (before.peek(), after.peek()) {
                (Some((was, _)), Some((is, _))) => was.cmp(is),
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (None, None) => return,
            };
            let was = before.next_if(|_| order.is_le());
            let is = after.next_if(|_| order.is_ge());
            match (was, is) {
                (Some((call, held)), None) => self.closed.extend([(call.clone(), *held)]),
                (None, Some((call, held))) => self.opened.extend([(call.clone(), *held)]),
                // What a call holds never changes while it lasts.
                (was, is) => self.impossible |= was != is,
            }
        }
    }

    fn compare(&mut self, id: AccountId, was: &Figures, now: &Figures) {
        let moved = Moved { balance: less(now.balance, was.balance), held: less(now.held, was.held) };
        if moved != Moved::default() {
            self.moved.insert(id, moved);
        }
        if (was.credit_limit, was.wrong_codes, was.tariff) != (now.credit_limit, now.wrong_codes, now.tariff) {
            self.marked.push(id);
        }
    }
}

/// Returns the number of the newest entry, which is also how many there are.
pub(super) fn newest(glimpse: &Glimpse) -> i64 {
    glimpse.head.map_or(0, |head| head.entry.0)
}

/// Returns a difference; amounts here are far from what money can be.
pub(super) fn less(from: Money, amount: Money) -> Money {
    from.checked_sub(amount).unwrap_or(Money::MAX)
}

/// Returns a sum; amounts here are far from what money can be.
pub(super) fn sum(amounts: impl IntoIterator<Item = Money>) -> Money {
    amounts.into_iter().try_fold(Money::ZERO, Money::checked_add).unwrap_or(Money::MAX)
}
