//! What operators do by hand: credit and prices.

use super::calls::how;
use super::change::newest;
use super::effect::Effect;
use super::life::{How, Life, Step};
use super::process::Decided;
use super::scratch::{OTHER_TARIFF, User, circumstances, limit, rate, read};
use crate::billing::{self, Paid, UserChange};
use crate::domain::ledger::EntryKind;
use crate::domain::line::Line;
use crate::domain::money::{Amount, Money};
use crate::domain::rating::Validity;
use crate::domain::vat::Vat;
use crate::store::{AccountId, EntryId, Party, Role, STANDARD_TARIFF, Store};

impl Life<'_> {
    pub(super) fn user(&mut self) -> Result<User, String> {
        self.chance.one_of(&self.scratch.users).cloned().ok_or_else(|| "no users".to_owned())
    }

    /// Draws an amount of up to so many cents.
    pub(super) fn amount(&mut self, cents: u64) -> Result<Amount, String> {
        let cents = i64::try_from(1 + self.chance.below(cents)).unwrap_or(1);
        Amount::try_from(Money::from_millionths(cents * 10_000)).map_err(|error| error.to_string())
    }

    pub(super) fn available(&self, account: AccountId) -> Money {
        self.current().accounts.get(&account).and_then(|figures| figures.available()).unwrap_or(Money::ZERO)
    }

    /// Judges a decision that a rule must refuse, or must not.
    pub(super) fn decided<T>(decided: &Decided<T>, effect: Effect, refused: bool) -> Result<Step, String> {
        match (how(decided), refused) {
            (How::Done(_), true) => Err(format!("{effect:?} was done, and had to be refused")),
            (How::Refused, false) => Err(format!("{effect:?} was refused without reason")),
            (how, _) => Ok(Step { effect, how }),
        }
    }

    pub(super) fn top_up(&mut self) -> Result<Step, String> {
        let (user, amount, now) = (self.user()?, self.amount(600)?, self.now);
        let act = |store: &mut Store| billing::top_up(store, user.name, amount, circumstances(Some("top-up"), now));
        let decided = self.decide(Role::Manage, act);
        let effect = Effect::Entry { from: None, to: Some(user.id), amount: amount.money() };
        Self::decided(&decided, effect, false)
    }

    pub(super) fn withdraw(&mut self) -> Result<Step, String> {
        let (user, amount, now) = (self.user()?, self.amount(800)?, self.now);
        let refused = amount.money() > self.available(user.id);
        let act = |store: &mut Store| billing::withdraw(store, user.name, amount, circumstances(None, now));
        let decided = self.decide(Role::Manage, act);
        Self::decided(&decided, Effect::Entry { from: Some(user.id), to: None, amount: amount.money() }, refused)
    }

    pub(super) fn transfer(&mut self) -> Result<Step, String> {
        let (giver, taker, amount, now) = (self.user()?, self.user()?, self.amount(600)?, self.now);
        let refused = amount.money() > self.available(giver.id) || giver.id == taker.id;
        let act =
            |store: &mut Store| billing::transfer(store, giver.name, taker.name, amount, circumstances(None, now));
        let decided = self.decide(Role::Manage, act);
        let effect = Effect::Entry { from: Some(giver.id), to: Some(taker.id), amount: amount.money() };
        Self::decided(&decided, effect, refused)
    }

    pub(super) fn refill(&mut self) -> Result<Step, String> {
        let (user, amount, now) = (self.user()?, self.amount(400)?, self.now);
        // Of few references, so that many come again, with the same amount or another.
        let text = format!("bank-{}", self.chance.below(200));
        let reference: Line = read(&text).map_err(|error| error.to_string())?;
        let before = self.look(|books| books.payment_referred_to(&reference))?;
        let known = before.as_ref().map(|payment| (payment.account, payment.gross));
        let paid = Paid {
            gross: amount,
            vat: "0".parse::<Vat>().map_err(|error| error.to_string())?,
            method: None,
            reference: Some(reference),
        };
        let decided =
            self.decide(Role::Manage, |store| billing::refill(store, user.name, &paid, circumstances(None, now)));
        let effect = match known {
            Some(_) => Effect::Nothing,
            None => Effect::Entry { from: None, to: Some(user.id), amount: amount.money() },
        };
        Self::decided(&decided, effect, known.is_some_and(|known| known != (user.id, amount)))
    }

    pub(super) fn reverse(&mut self) -> Result<Step, String> {
        let newest = newest(self.current());
        let entry = EntryId(newest + 1 - i64::try_from(self.chance.below(40)).unwrap_or(0).min(newest));
        let now = self.now;
        let stored = self.look(|books| books.entry(entry))?;
        let account = |party| match party {
            Party::User(id) => Some(id),
            Party::Bundle(id) => Some(id.account()),
            Party::System(_) => None,
        };
        let (effect, refused) = match &stored {
            None => (Effect::Nothing, true),
            Some(stored) => {
                let (from, to) = (account(stored.credit.party), account(stored.debit.party));
                let amount = stored.amount.money();
                let poor = from.is_some_and(|from| self.available(from) < amount);
                let refused = poor || stored.reversed_by.is_some() || stored.kind == EntryKind::Reversal;
                (Effect::Entry { from, to, amount }, refused)
            }
        };
        let decided = self.decide(Role::Manage, |store| billing::reverse(store, entry, circumstances(None, now)));
        Self::decided(&decided, effect, refused)
    }

    pub(super) fn credit_limit(&mut self) -> Result<Step, String> {
        let (user, amount) = (self.user()?, self.amount(800)?.money());
        let Some(figures) = self.current().accounts.get(&user.id).copied() else { return Err("no user".to_owned()) };
        let spendable = self.available(user.id).checked_sub(figures.credit_limit).unwrap_or(Money::ZERO);
        let refused = spendable.checked_add(amount).is_none_or(|left| left < Money::ZERO);
        let decided = self.decide(Role::Manage, |store| billing::update_user(store, user.name, &limit(amount)));
        let same = figures.credit_limit == amount;
        Self::decided(&decided, if same { Effect::Nothing } else { Effect::Limit(user.id, amount) }, refused)
    }

    pub(super) fn change_rate(&mut self) -> Result<Step, String> {
        let tariff = if self.chance.percent(50) { STANDARD_TARIFF } else { OTHER_TARIFF };
        let (to, price) = (["onnet", "", "55", "5511"], self.amount(200)?);
        let to = self.chance.one_of(&to).copied().unwrap_or_default();
        let rate = read(to).and_then(|to| rate(to, &price.to_string())).map_err(|error| error.to_string())?;
        let validity = Validity { starts: self.now, ..Validity::default() };
        let decided = self.decide(Role::Manage, |store| billing::add_rate(store, tariff, &rate, &validity));
        Self::decided(&decided, Effect::Rates(1), false)
    }

    pub(super) fn change_tariff(&mut self) -> Result<Step, String> {
        let user = self.user()?;
        let now = self.look(|books| billing::find_user(books, user.name))?.tariff;
        let other = if now == STANDARD_TARIFF { OTHER_TARIFF } else { STANDARD_TARIFF };
        let change = UserChange { tariff: Some(other.to_owned()), ..UserChange::default() };
        let decided = self.decide(Role::Manage, |store| billing::update_user(store, user.name, &change));
        Self::decided(&decided, Effect::Tariff(user.id), false)
    }
}
