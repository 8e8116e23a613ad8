//! What operators do: credit, vouchers, groups, bundles and prices.

use std::collections::BTreeMap;

use super::calls::how;
use super::change::newest;
use super::effect::Effect;
use super::life::{How, Life, Step};
use super::operation::Operation;
use super::process::{Decided, Ending, Process, vanish};
use super::scratch::{OTHER_TARIFF, User, circumstances, limit, rate, read};
use crate::billing::{self, BillingError, CreditRun, Paid, UserChange};
use crate::domain::bundle::Bundle;
use crate::domain::gift::Gift;
use crate::domain::ledger::EntryKind;
use crate::domain::line::Line;
use crate::domain::money::{Amount, Money};
use crate::domain::rating::Validity;
use crate::domain::vat::Vat;
use crate::domain::voucher::{VoucherCode, VoucherState};
use crate::store::{AccountId, BundleQuery, EntryId, NewBatch, Party, Role, STANDARD_TARIFF, Store};

/// What the vouchers' codes are hashed with; there are no secrets here.
const SALT: [u8; 16] = *b"celcombiller-...";
/// How many vouchers are issued at once.
const BATCH: usize = 3;

impl Life<'_> {
    /// Has some process do something, unless there is nothing of the kind to be done.
    pub(super) fn perform(&mut self, operation: Operation) -> Result<Option<Step>, String> {
        match operation {
            Operation::Authorise => Ok(self.authorise()),
            Operation::AuthoriseAgain => self.authorise_again(),
            Operation::HangUp => self.hang_up(),
            Operation::Reduce => self.reduce(),
            Operation::PostKept => self.post_kept(),
            Operation::Acknowledge => Ok(self.acknowledge()),
            Operation::Kill => Ok(self.kill()),
            Operation::Leave => Ok(self.leave()),
            Operation::ExpireHolds => self.expire_holds(),
            Operation::Release => self.release(),
            Operation::TopUp => self.top_up().map(Some),
            Operation::Withdraw => self.withdraw().map(Some),
            Operation::Transfer => self.transfer().map(Some),
            Operation::Refill => self.refill().map(Some),
            Operation::Reverse => self.reverse().map(Some),
            Operation::CreditLimit => self.credit_limit().map(Some),
            Operation::IssueVouchers => self.issue_vouchers().map(Some),
            Operation::RedeemVoucher => self.redeem_voucher(),
            Operation::WrongCode => self.wrong_code().map(Some),
            Operation::CreditGroups => self.credit_groups().map(Some),
            Operation::GiveBundle => self.give_bundle().map(Some),
            Operation::EndBundle => self.end_bundle(),
            Operation::ExpireBundles => self.expire_bundles().map(Some),
            Operation::ChangeRate => self.change_rate().map(Some),
            Operation::ChangeTariff => self.change_tariff().map(Some),
        }
    }

    fn user(&mut self) -> Result<User, String> {
        self.chance.one_of(&self.scratch.users).cloned().ok_or_else(|| "no users".to_owned())
    }

    /// Draws an amount of up to so many cents.
    fn amount(&mut self, cents: u64) -> Result<Amount, String> {
        let cents = i64::try_from(1 + self.chance.below(cents)).unwrap_or(1);
        Amount::try_from(Money::from_millionths(cents * 10_000)).map_err(|error| error.to_string())
    }

    fn available(&self, account: AccountId) -> Money {
        self.current().accounts.get(&account).and_then(|figures| figures.available()).unwrap_or(Money::ZERO)
    }

    /// Judges a decision that a rule must refuse, or must not.
    fn decided<T>(decided: &Decided<T>, effect: Effect, refused: bool) -> Result<Step, String> {
        match (how(decided), refused) {
            (How::Done(_), true) => Err(format!("{effect:?} was done, and had to be refused")),
            (How::Refused, false) => Err(format!("{effect:?} was refused without reason")),
            (how, _) => Ok(Step { effect, how }),
        }
    }

    fn acknowledge(&mut self) -> Option<Step> {
        let owing: Vec<_> = (0..self.processes.len()).filter(|&at| self.processes[at].owes).collect();
        let process = self.processes.swap_remove(*self.chance.one_of(&owing)?);
        self.expect_a_fault();
        Some(self.ended(process, Ending::Stays))
    }

    /// Ends a process, or everybody's.
    fn leave(&mut self) -> Option<Step> {
        if self.chance.percent(25) {
            // The last to close tidies up; of these a fault strikes the first that it can.
            self.expect_a_fault();
            let all = std::mem::take(&mut self.processes);
            let ended: Vec<_> = all.into_iter().map(|process| self.ended(process, Ending::Closes).how).collect();
            let all_done = ended.iter().all(|how| *how != How::Failed);
            let owed = ended.contains(&How::Done(true));
            return Some(Step { effect: Effect::Nothing, how: if all_done { How::Done(owed) } else { How::Failed } });
        }
        let process = self.any_process()?;
        let ending = if self.chance.percent(50) { Ending::Leaves } else { Ending::Closes };
        self.expect_a_fault();
        Some(self.ended(process, ending))
    }

    fn kill(&mut self) -> Option<Step> {
        let process = self.any_process()?;
        vanish(&self.disk, process);
        Some(Step { effect: Effect::Nothing, how: How::Done(false) })
    }

    fn any_process(&mut self) -> Option<Process> {
        let place = usize::try_from(self.chance.below(self.processes.len() as u64)).ok()?;
        (place < self.processes.len()).then(|| self.processes.swap_remove(place))
    }

    /// Has a process sync what it owes, if anything, and end so.
    fn ended(&mut self, process: Process, ending: Ending) -> Step {
        let owes = process.owes;
        let how = match self.end(process, ending) {
            Ok(()) if !self.disk.is_dead() => How::Done(owes),
            _ => How::Failed,
        };
        Step { effect: Effect::Nothing, how }
    }

    fn top_up(&mut self) -> Result<Step, String> {
        let (user, amount, now) = (self.user()?, self.amount(600)?, self.now);
        let act = |store: &mut Store| billing::top_up(store, user.name, amount, circumstances(Some("top-up"), now));
        let decided = self.decide(Role::Manage, act);
        let effect = Effect::Entry { from: None, to: Some(user.id), amount: amount.money() };
        Self::decided(&decided, effect, false)
    }

    fn withdraw(&mut self) -> Result<Step, String> {
        let (user, amount, now) = (self.user()?, self.amount(800)?, self.now);
        let refused = amount.money() > self.available(user.id);
        let act = |store: &mut Store| billing::withdraw(store, user.name, amount, circumstances(None, now));
        let decided = self.decide(Role::Manage, act);
        Self::decided(&decided, Effect::Entry { from: Some(user.id), to: None, amount: amount.money() }, refused)
    }

    fn transfer(&mut self) -> Result<Step, String> {
        let (giver, taker, amount, now) = (self.user()?, self.user()?, self.amount(600)?, self.now);
        let refused = amount.money() > self.available(giver.id) || giver.id == taker.id;
        let act =
            |store: &mut Store| billing::transfer(store, giver.name, taker.name, amount, circumstances(None, now));
        let decided = self.decide(Role::Manage, act);
        let effect = Effect::Entry { from: Some(giver.id), to: Some(taker.id), amount: amount.money() };
        Self::decided(&decided, effect, refused)
    }

    fn refill(&mut self) -> Result<Step, String> {
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

    fn reverse(&mut self) -> Result<Step, String> {
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

    fn credit_limit(&mut self) -> Result<Step, String> {
        let (user, amount) = (self.user()?, self.amount(800)?.money());
        let Some(figures) = self.current().accounts.get(&user.id).copied() else { return Err("no user".to_owned()) };
        let spendable = self.available(user.id).checked_sub(figures.credit_limit).unwrap_or(Money::ZERO);
        let refused = spendable.checked_add(amount).is_none_or(|left| left < Money::ZERO);
        let decided = self.decide(Role::Manage, |store| billing::update_user(store, user.name, &limit(amount)));
        let same = figures.credit_limit == amount;
        Self::decided(&decided, if same { Effect::Nothing } else { Effect::Limit(user.id, amount) }, refused)
    }

    fn draw_codes(&mut self, count: usize) -> Result<Vec<VoucherCode>, String> {
        let length = "14".parse().map_err(|_| "no length of codes")?;
        VoucherCode::draw(count, length, |bytes| {
            bytes.fill_with(|| self.chance.below(256) as u8);
            Ok::<_, String>(())
        })
    }

    fn issue_vouchers(&mut self) -> Result<Step, String> {
        let codes = self.draw_codes(BATCH)?;
        let gives = if self.chance.percent(70) { "credit=2" } else { "seconds=60 days=3" };
        let gives: Gift = read(gives).map_err(|error| error.to_string())?;
        let (new, now) = (NewBatch { name: None, gives, expires: Some(self.now.plus_seconds(86_400)) }, self.now);
        let decided = self.decide(Role::Manage, |store| {
            billing::issue_vouchers(store, &new, &codes, &SALT, &|| (), circumstances(None, now))
        });
        self.codes.extend(codes);
        Self::decided(&decided, Effect::Vouchers(BATCH as i64), false)
    }

    fn redeem_voucher(&mut self) -> Result<Option<Step>, String> {
        let Some(code) = self.chance.one_of(&self.codes).cloned() else { return Ok(None) };
        let (user, now) = (self.user()?, self.now);
        let found = match billing::look_up_voucher(self.observer()?, &code, None, now) {
            Ok(found) => found,
            // Lost with a power cut before anybody was given it.
            Err(BillingError::Refused(_)) => return self.try_wrong(&user, &code).map(Some),
            Err(error) => return Err(error.to_string()),
        };
        let locked = self.locked(&user)?;
        let act = |store: &mut Store| billing::redeem_voucher(store, &code, user.name, circumstances(None, now));
        let decided = self.decide(Role::Manage, act);
        let amount = found.gives.amount().money();
        let effect = match found.gives {
            Gift::Credit(_) => Effect::Voucher { user: user.id, amount },
            Gift::Bundle(_) => Effect::Bundle { owner: user.id, amount },
        };
        Self::decided(&decided, effect, locked || found.state != VoucherState::Unused).map(Some)
    }

    fn locked(&mut self, user: &User) -> Result<bool, String> {
        let now = self.now;
        let account = self.look(|books| billing::find_user(books, user.name))?;
        Ok(account.locked_until.is_some_and(|until| now < until))
    }

    fn wrong_code(&mut self) -> Result<Step, String> {
        let (user, codes) = (self.user()?, self.draw_codes(1)?);
        let code = codes.first().ok_or("no code was drawn")?;
        self.try_wrong(&user, code)
    }

    fn try_wrong(&mut self, user: &User, code: &VoucherCode) -> Result<Step, String> {
        let (locked, now) = (self.locked(user)?, self.now);
        let tried = self.current().accounts.get(&user.id).map_or(0, |figures| figures.wrong_codes);
        let act = |store: &mut Store| billing::redeem_voucher(store, code, user.name, circumstances(None, now));
        let counted = if locked { Effect::Nothing } else { Effect::WrongCodes(user.id, tried + 1) };
        match self.decide(Role::Manage, act) {
            Decided::Done(..) => Err("a wrong code was right".to_owned()),
            // What is refused is counted.
            Decided::Refused => Ok(Step { effect: counted, how: How::Done(false) }),
            Decided::Failed => Ok(Step { effect: counted, how: How::Failed }),
        }
    }

    fn credit_groups(&mut self) -> Result<Step, String> {
        let (run, now) = (CreditRun { group: None, as_of: None, now: self.now }, self.now);
        let due = self.look(|books| billing::foresee_credit(books, &run))?;
        let entries = due.iter().map(|credited| i64::try_from(credited.members).unwrap_or(0)).sum();
        let decided =
            self.decide(Role::Manage, |store| billing::credit_groups(store, &run, circumstances(None, now), |_| ()));
        let step = Self::decided(&decided, Effect::Gifts { entries, groups: self.scratch.groups.clone() }, false)?;
        Ok(step.unless_it_only_looked(entries == 0))
    }

    fn give_bundle(&mut self) -> Result<Step, String> {
        let (user, amount, now) = (self.user()?, self.amount(80)?, self.now);
        let seconds = 1 + self.chance.below(200);
        let text = match self.chance.below(3) {
            0 => format!("seconds={seconds} days=1"),
            1 => format!("seconds={seconds} to=55"),
            _ => format!("bonus={amount} days=2"),
        };
        let bundle: Bundle = read(&text).map_err(|error| error.to_string())?;
        let decided =
            self.decide(Role::Manage, |store| billing::add_bundle(store, user.name, &bundle, circumstances(None, now)));
        Self::decided(&decided, Effect::Bundle { owner: user.id, amount: bundle.worth.amount().money() }, false)
    }

    fn end_bundle(&mut self) -> Result<Option<Step>, String> {
        let (all, now) = (self.look(|books| books.bundles(BundleQuery::default()))?, self.now);
        let Some(bundle) = self.chance.one_of(&all) else { return Ok(None) };
        let nothing_left = bundle.left == Money::ZERO;
        let act = |store: &mut Store| billing::end_bundle(store, bundle.id, circumstances(None, now));
        let decided = self.decide(Role::Manage, act);
        let left = BTreeMap::from([(bundle.id.account(), bundle.left)]);
        let effect = if nothing_left { Effect::Nothing } else { Effect::TakenBack(left) };
        Self::decided(&decided, effect, nothing_left && bundle.has_ended(now)).map(Some)
    }

    fn expire_bundles(&mut self) -> Result<Step, String> {
        let now = self.now;
        let ended = billing::expire_bundles(self.observer()?, now, true, circumstances(None, now))
            .map_err(|error| error.to_string())?;
        let left: BTreeMap<_, _> = ended.iter().map(|bundle| (bundle.id.account(), bundle.left)).collect();
        let nothing = left.is_empty();
        let decided =
            self.decide(Role::Manage, |store| billing::expire_bundles(store, now, false, circumstances(None, now)));
        Ok(Self::decided(&decided, Effect::TakenBack(left), false)?.unless_it_only_looked(nothing))
    }

    fn change_rate(&mut self) -> Result<Step, String> {
        let tariff = if self.chance.percent(50) { STANDARD_TARIFF } else { OTHER_TARIFF };
        let (to, price) = (["onnet", "", "55", "5511"], self.amount(200)?);
        let to = self.chance.one_of(&to).copied().unwrap_or_default();
        let rate = read(to).and_then(|to| rate(to, &price.to_string())).map_err(|error| error.to_string())?;
        let validity = Validity { starts: self.now, ..Validity::default() };
        let decided = self.decide(Role::Manage, |store| billing::add_rate(store, tariff, &rate, &validity));
        Self::decided(&decided, Effect::Rates(1), false)
    }

    fn change_tariff(&mut self) -> Result<Step, String> {
        let user = self.user()?;
        let now = self.look(|books| billing::find_user(books, user.name))?.tariff;
        let other = if now == STANDARD_TARIFF { OTHER_TARIFF } else { STANDARD_TARIFF };
        let change = UserChange { tariff: Some(other.to_owned()), ..UserChange::default() };
        let decided = self.decide(Role::Manage, |store| billing::update_user(store, user.name, &change));
        Self::decided(&decided, Effect::Tariff(user.id), false)
    }
}
