//! What operators give: vouchers, what groups credit, and bundles.

use std::collections::BTreeMap;

use super::effect::Effect;
use super::life::{How, Life, Step};
use super::process::Decided;
use super::scratch::{User, circumstances, read};
use crate::billing::{self, BillingError, CreditRun};
use crate::domain::bundle::Bundle;
use crate::domain::gift::Gift;
use crate::domain::money::Money;
use crate::domain::voucher::{VoucherCode, VoucherState};
use crate::store::{BundleQuery, NewBatch, Role, Store};

/// What the vouchers' codes are hashed with; there are no secrets here.
const SALT: [u8; 16] = *b"celcombiller-...";
/// How many vouchers are issued at once.
const BATCH: usize = 3;

impl Life<'_> {
    pub(super) fn draw_codes(&mut self, count: usize) -> Result<Vec<VoucherCode>, String> {
        let length = "14".parse().map_err(|_| "no length of codes")?;
        VoucherCode::draw(count, length, |bytes| {
            bytes.fill_with(|| self.chance.below(256) as u8);
            Ok::<_, String>(())
        })
    }

    pub(super) fn issue_vouchers(&mut self) -> Result<Step, String> {
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

    pub(super) fn redeem_voucher(&mut self) -> Result<Option<Step>, String> {
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

    pub(super) fn locked(&mut self, user: &User) -> Result<bool, String> {
        let now = self.now;
        let account = self.look(|books| billing::find_user(books, user.name))?;
        Ok(account.locked_until.is_some_and(|until| now < until))
    }

    pub(super) fn wrong_code(&mut self) -> Result<Step, String> {
        let (user, codes) = (self.user()?, self.draw_codes(1)?);
        let code = codes.first().ok_or("no code was drawn")?;
        self.try_wrong(&user, code)
    }

    pub(super) fn try_wrong(&mut self, user: &User, code: &VoucherCode) -> Result<Step, String> {
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

    pub(super) fn credit_groups(&mut self) -> Result<Step, String> {
        let (run, now) = (CreditRun { group: None, as_of: None, now: self.now }, self.now);
        let due = self.look(|books| billing::foresee_credit(books, &run))?;
        let entries = due.iter().map(|credited| i64::try_from(credited.members).unwrap_or(0)).sum();
        let nothing = entries == 0;
        let act = |store: &mut Store| billing::credit_groups(store, &run, circumstances(None, now), |_| ());
        let decided = self.decide_unless(nothing, Role::Manage, act);
        let step = Self::decided(&decided, Effect::Gifts { entries, groups: self.scratch.groups.clone() }, false)?;
        Ok(step.unless_it_only_looked(nothing))
    }

    pub(super) fn give_bundle(&mut self) -> Result<Step, String> {
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

    pub(super) fn end_bundle(&mut self) -> Result<Option<Step>, String> {
        let (all, now) = (self.look(|books| books.bundles(BundleQuery::default()))?, self.now);
        let Some(bundle) = self.chance.one_of(&all) else { return Ok(None) };
        let nothing_left = bundle.left == Money::ZERO;
        let act = |store: &mut Store| billing::end_bundle(store, bundle.id, circumstances(None, now));
        let decided = self.decide(Role::Manage, act);
        let left = BTreeMap::from([(bundle.id.account(), bundle.left)]);
        let effect = if nothing_left { Effect::Nothing } else { Effect::TakenBack(left) };
        Self::decided(&decided, effect, nothing_left && bundle.has_ended(now)).map(Some)
    }

    pub(super) fn expire_bundles(&mut self) -> Result<Step, String> {
        let now = self.now;
        let ended = billing::expire_bundles(self.observer()?, now, true, circumstances(None, now))
            .map_err(|error| error.to_string())?;
        let left: BTreeMap<_, _> = ended.iter().map(|bundle| (bundle.id.account(), bundle.left)).collect();
        let nothing = left.is_empty();
        let act = |store: &mut Store| billing::expire_bundles(store, now, false, circumstances(None, now));
        let decided = self.decide_unless(nothing, Role::Manage, act);
        Ok(Self::decided(&decided, Effect::TakenBack(left), false)?.unless_it_only_looked(nothing))
    }
}
