//! What happened to users before they came here, as entries and calls of these books.

use std::collections::HashMap;

use rust_decimal::Decimal;

use crate::billing::error::BillingError;
use crate::domain::ledger::{EntryKind, SystemAccount};
use crate::domain::money::{Amount, Money, Price, Rounding};
use crate::domain::numbering::{Dialled, Prefix};
use crate::domain::outcome::Disposition;
use crate::domain::rate::{Destinations, Rate, TalkTime};
use crate::domain::rating::Validity;
use crate::domain::tariff::{Holidays, Tariff};
use crate::domain::time::Timestamp;
use crate::domain::vat::Vat;
use crate::domain::zone::Zone;
use crate::store::{
    AccountRow, Books, Cause, Circumstances, EndedCall, Ending, Happened, Movement, NewHold, PAST_ACTOR, Party, Past,
    RateId, StoreError, TrunkId,
};

/// The tariff of calls that the user's own has no rate for. Its rate is over, so it prices no other call.
const IMPORTED: &str = "imported";

/// How much of the past is in the books now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PastTaken {
    /// How many refills and fees.
    pub refills: u32,
    /// What they moved.
    pub refilled: Decimal,
    /// How many payments.
    pub payments: u32,
    /// What was paid.
    pub paid: Decimal,
    /// How many calls.
    pub calls: u32,
    /// How long they were, in seconds.
    pub seconds: u64,
    /// What they cost.
    pub charged: Decimal,
}

impl PastTaken {
    /// Adds another part of it.
    pub(in crate::billing) fn add(&mut self, other: Self) {
        self.refills += other.refills;
        self.refilled += other.refilled;
        self.payments += other.payments;
        self.paid += other.paid;
        self.calls += other.calls;
        self.seconds += other.seconds;
        self.charged += other.charged;
    }
}

/// Posts what happened to users, with what is looked up once for all of them.
pub(in crate::billing) struct Posting<'a> {
    pub(in crate::billing) books: &'a Books<'a>,
    pub(in crate::billing) past: &'a Past,
    trunks: HashMap<String, TrunkId>,
    now: Timestamp,
}

impl<'a> Posting<'a> {
    pub(in crate::billing) fn of(books: &'a Books<'a>, past: &'a Past, now: Timestamp) -> Result<Self, StoreError> {
        let trunks = books.trunks()?.into_iter().map(|row| (row.trunk.name.as_str().to_owned(), row.id)).collect();
        Ok(Self { books, past, trunks, now })
    }

    /// Posts the past of a user, in the order of time.
    ///
    /// # Errors
    /// The user may not owe as much as they did then, or the books fail.
    pub(in crate::billing) fn post(
        &self,
        user: &AccountRow,
        key: &str,
        tell: &mut dyn FnMut(),
    ) -> Result<PastTaken, BillingError> {
        let mut taken = PastTaken::default();
        let tariff = self.books.tariff(&user.tariff)?.map(|row| row.id);
        let tariff = tariff.ok_or_else(|| StoreError::Corrupt(format!("tariff {}", user.tariff)))?;
        let mut unpriced = None;
        let customer = Party::User(user.id);
        self.past.each(key, |time, happened| {
            let circumstances = |note| Circumstances { actor: PAST_ACTOR, note, time };
            match &happened {
                Happened::Refill { amount, gross, note } => {
                    let circumstances = circumstances(note.as_deref());
                    self.post_refill(user, *amount, *gross, circumstances, &mut taken)?;
                }
                Happened::Fee { amount, note } => {
                    self.books.post(&Movement {
                        kind: EntryKind::Fee,
                        debit: customer,
                        credit: Party::System(SystemAccount::Revenue),
                        amount: *amount,
                        cause: Cause::Decision,
                        circumstances: circumstances(note.as_deref()),
                    })?;
                    taken.refills += 1;
                    taken.refilled -= amount.money().to_decimal();
                }
                Happened::Call(call) => {
                    let rate = match self.books.rates_by_prefix(tariff, &call.dialled, usize::MAX)?.pop() {
                        Some(row) => row.id,
                        None => match unpriced {
                            Some(rate) => rate,
                            None => *unpriced.insert(self.unpriced()?),
                        },
                    };
                    let row = self.add_call(user, call, rate, time)?;
                    if let Ok(amount) = Amount::try_from(call.charge.money()) {
                        self.books.post(&Movement {
                            kind: EntryKind::Charge,
                            debit: customer,
                            credit: Party::System(SystemAccount::Revenue),
                            amount,
                            cause: Cause::Call(row),
                            circumstances: circumstances(None),
                        })?;
                    }
                    taken.calls += 1;
                    taken.seconds += u64::from(call.billsec);
                    taken.charged += call.charge.decimal();
                }
            }
            tell();
            Ok::<_, BillingError>(())
        })?;
        Ok(taken)
    }

    fn post_refill(
        &self,
        user: &AccountRow,
        amount: Amount,
        gross: Option<Amount>,
        circumstances: Circumstances<'_>,
        taken: &mut PastTaken,
    ) -> Result<(), StoreError> {
        // What bought more than was paid was no payment of it alone.
        let paid = gross.and_then(|gross| Some((gross, Vat::between(gross, amount)?)));
        let next = paid.map(|_| self.books.next_payment(None)).transpose()?;
        let refill = self.books.post(&Movement {
            kind: EntryKind::Refill,
            debit: Party::System(SystemAccount::Cash),
            credit: Party::User(user.id),
            amount,
            cause: next.as_ref().map_or(Cause::Decision, |(_, origin)| Cause::Origin(origin)),
            circumstances,
        })?;
        taken.refills += 1;
        taken.refilled += amount.money().to_decimal();
        if let Some(((gross, vat), (id, _))) = paid.zip(next) {
            self.books.add_payment(id, refill, gross, vat, None)?;
            taken.payments += 1;
            taken.paid += gross.money().to_decimal();
        }
        Ok(())
    }

    /// Adds a call that ended, and returns its row.
    fn add_call(&self, user: &AccountRow, call: &EndedCall, rate: RateId, time: Timestamp) -> Result<i64, StoreError> {
        let attempt = self.books.next_attempt(&call.uniqueid)?;
        let ended = time.plus_seconds(call.billsec);
        let trunk = call.trunk.as_ref().and_then(|name| self.trunks.get(name)).copied();
        let row = self.books.place_hold(&NewHold {
            call: &attempt,
            payer: user.id,
            rate,
            clid: &call.clid,
            dialled: &Dialled::Number(call.dialled.clone()),
            dial: "",
            callee: None,
            trunk,
            answered_before: false,
            amount: call.charge.money(),
            seconds: TalkTime::new(call.billsec).unwrap_or(TalkTime::SHORTEST),
            free_seconds: None,
            placed: time,
            expires: ended,
        })?;
        let ending = Ending {
            disposition: call.disposition,
            answered: (call.disposition == Disposition::Answered).then_some(time),
            ended,
            billsec: call.billsec,
            overrun: 0,
            free_seconds: None,
            charge: call.charge.money(),
            unpaid: Money::ZERO,
            // What a trunk costs is the cost of a trunk that is known.
            cost: trunk.and(call.cost).map(Price::money),
        };
        match self.books.end_call(row, &ending)? {
            true => Ok(row),
            false => Err(StoreError::Rule(format!("call {attempt} ended before"))),
        }
    }

    /// Returns the rate of calls that no rate of the user's tariff is for.
    fn unpriced(&self) -> Result<RateId, StoreError> {
        let tariff = match self.books.tariff(IMPORTED)? {
            Some(row) => row.id,
            None => {
                let name = IMPORTED.to_owned();
                let holidays = Holidays::default();
                let tariff = Tariff { name, rounding: Rounding::FINEST, zone: Zone::utc(), holidays };
                self.books.add_tariff(&tariff, self.now)?
            }
        };
        let free = Rate::free(Destinations::Prefix(Prefix::any()));
        let find = || Ok::<_, StoreError>(self.books.rates_for(tariff, &free.destinations)?.pop());
        if find()?.is_none() {
            let over = Validity { starts: self.now, ends: Some(self.now), ..Validity::default() };
            self.books.add_rate(tariff, &free, &over)?;
        }
        find()?.map(|row| row.id).ok_or_else(|| StoreError::Corrupt(format!("tariff {IMPORTED} has no rate")))
    }
}
