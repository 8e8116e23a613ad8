//! Settle: the end of a call becomes its charge, once.

use crate::billing::accounts::bundle::purses_of_call;
use crate::billing::routes::routing::cost;
use crate::domain::bundle::BundleId;
use crate::domain::call::CallId;
use crate::domain::ledger::{EntryKind, SystemAccount};
use crate::domain::money::{Amount, Money};
use crate::domain::outcome::{BillableSeconds, CallReport, Talk};
use crate::domain::purse::{Paid, Purse};
use crate::store::spool::Spool;
use crate::store::{Books, CallState, Cause, Circumstances, Ending, Movement, Party, Store, StoreError};

/// Who the ledger says charged a call.
const ACTOR: &str = "celcombiller";

/// What settling came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Settlement {
    /// Charged now.
    Posted {
        /// The seconds charged.
        billsec: u32,
        /// The seconds beyond the grant.
        overrun: u32,
        /// What the main balance paid for them.
        charge: Money,
        /// What they cost beyond what could still be paid, because the hold had been given back.
        unpaid: Money,
    },
    /// Charged before: this report changed nothing.
    Before {
        /// The seconds charged then.
        billsec: u32,
        /// What they cost.
        charge: Money,
        /// The seconds that this report would have charged; another number is a fault to find.
        reported: Option<u32>,
    },
    /// The call may go on: whoever sees the channel's end reports it.
    GoesOn,
    /// The books know no such call.
    Unknown,
}

/// Posts the end of a call: charge, ledger entry, CDR and the closing of the hold are one transaction.
/// Whoever reports, and however often, in whatever order or at once: the first one posts.
///
/// A charge never exceeds its hold. If the hold was given back before the report came (an expiry, a
/// release by hand), bundles pay what they still have of what was held of them, the main balance what is
/// still available, and the rest is recorded as unpaid.
///
/// # Errors
/// The books fail: then the report must be kept and posted later.
pub fn settle(store: &mut Store, report: &CallReport) -> Result<Settlement, StoreError> {
    store.write(|books| post(books, report))
}

pub(in crate::billing) fn post(books: &Books<'_>, report: &CallReport) -> Result<Settlement, StoreError> {
    let Some(call) = books.stored_call(&report.call)? else { return Ok(Settlement::Unknown) };
    let talk = Talk::decide(&call.facts, report);
    let seconds = BillableSeconds::of(talk, call.facts.granted);
    if let Some((billsec, charge)) = call.posted {
        let reported = (talk != Talk::GoesOn).then_some(seconds.billsec);
        return Ok(Settlement::Before { billsec, charge, reported });
    }
    let (held, purse) = purses_of_call(books, &call)?;
    let most = call.amount.checked_add(held.bonus()).unwrap_or(Money::MAX);
    let price = match talk {
        Talk::GoesOn => return Ok(Settlement::GoesOn),
        Talk::NotAnswered => Money::ZERO,
        // The grant was priced by the same rate when it was held, so a shorter call has a price too.
        Talk::Answered { .. } | Talk::AtMost { .. } => {
            let price = |purse: &Purse| purse.freed(&call.rate).charge(seconds.billsec, call.rounding);
            let granted = price(&held).map_or(most, |price| price.min(most));
            // Time that was given back and is gone since is time that costs.
            if purse.seconds() < held.seconds() { price(&purse).unwrap_or(granted) } else { granted }
        }
    };
    let paid = match talk {
        Talk::NotAnswered => Paid::default(),
        _ => purse.pay(&call.rate, seconds.billsec, price),
    };
    let charge = match call.state {
        CallState::Open => paid.rest,
        _ => paid.rest.min(call.amount).min(call.available.max(Money::ZERO)),
    };
    let unpaid = paid.rest.checked_sub(charge).unwrap_or(Money::ZERO);
    let answered = match talk {
        Talk::Answered { millis } | Talk::AtMost { millis } => {
            Some(report.answered_at.unwrap_or(report.at.minus_millis(millis)))
        }
        Talk::NotAnswered | Talk::GoesOn => None,
    };
    let ending = Ending {
        disposition: report.disposition,
        answered,
        ended: report.at,
        billsec: seconds.billsec,
        overrun: seconds.overrun,
        free_seconds: call.free_seconds.map(|_| paid.seconds()),
        charge,
        unpaid,
        cost: cost(books, &call, talk, seconds.billsec)?,
    };
    // The hold gives its funds back before the charge takes them: what is available covers both.
    if !books.end_call(call.row, &ending)? {
        return Err(StoreError::Rule(format!("call {} was settled meanwhile", report.call)));
    }
    if call.free_seconds.is_some() {
        books.give_bundles_back(call.row)?;
        for &(bundle, used) in paid.time.iter().chain(&paid.bonus) {
            books.use_bundle(call.row, bundle, used)?;
        }
    }
    let from =
        |parts: Vec<(BundleId, Money)>, to| parts.into_iter().map(move |(id, part)| (Party::Bundle(id), to, part));
    let time = from(paid.time, SystemAccount::GivenTime);
    let bonus = from(paid.bonus, SystemAccount::GivenCredit);
    for (debit, credit, part) in time.chain(bonus).chain([(Party::User(call.account), SystemAccount::Revenue, charge)])
    {
        if let Ok(amount) = Amount::try_from(part) {
            books.post(&Movement {
                kind: EntryKind::Charge,
                debit,
                credit: Party::System(credit),
                amount,
                cause: Cause::Call(call.row),
                circumstances: Circumstances { actor: ACTOR, note: None, time: report.at },
            })?;
        }
    }
    Ok(Settlement::Posted { billsec: seconds.billsec, overrun: seconds.overrun, charge, unpaid })
}

/// A call whose end had been kept and was posted, and what it came to.
pub type PostedEnd = (CallId, Settlement);

/// Posts the ends that were kept while the books could not be used, and forgets each after its commit is
/// durable. Dying in between only means that it is posted again, which changes nothing. A file that is no
/// end, or of a call that the books do not know, stays and is told.
///
/// Returns the calls that were posted, with what they came to, and the files that stay, with the reason.
///
/// # Errors
/// The books fail; everything that was not posted stays.
pub fn post_waiting(
    spool: &Spool,
    mut open: impl FnMut() -> Result<Store, StoreError>,
) -> Result<(Vec<PostedEnd>, Vec<String>), StoreError> {
    let (mut posted, mut stay) = (Vec::new(), Vec::new());
    for waiting in spool.waiting()? {
        let file = waiting.path.display();
        match waiting.report {
            Err(reason) => stay.push(format!("{file}: {reason}")),
            Ok(report) => {
                let mut store = open()?;
                let settlement = settle(&mut store, &report)?;
                store.close()?;
                match settlement {
                    Settlement::Posted { .. } | Settlement::Before { .. } => {
                        spool.forget(&waiting.path)?;
                        posted.push((report.call, settlement));
                    }
                    Settlement::GoesOn => stay.push(format!("{file}: the call went on elsewhere")),
                    Settlement::Unknown => stay.push(format!("{file}: the books know no call {}", report.call)),
                }
            }
        }
    }
    Ok((posted, stay))
}
