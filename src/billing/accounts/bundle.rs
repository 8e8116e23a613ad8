//! Bundles: given, found again, used by calls, and ended.

use super::user::find_user;
use crate::billing::error::BillingError;
use crate::billing::tariffs::rating::Priced;
use crate::domain::bundle::{Bundle, BundleId};
use crate::domain::ledger::EntryKind;
use crate::domain::money::{Amount, Money};
use crate::domain::purse::Purse;
use crate::domain::refusal::Refusal;
use crate::domain::time::Timestamp;
use crate::store::{
    AccountId, Books, BundleQuery, BundleRow, CallState, Cause, Circumstances, EntryId, Movement, Party, Store,
    StoreError, StoredCall,
};

/// How many bundles that ended are taken back in one transaction.
const AT_ONCE: usize = 500;

/// Gives a user a bundle.
///
/// # Errors
/// There is no such user, the bundle would have ended already, or the books fail.
pub fn add_bundle(
    store: &mut Store,
    user: &str,
    bundle: &Bundle,
    circumstances: Circumstances<'_>,
) -> Result<BundleRow, BillingError> {
    store.write(|books| {
        let owner = find_user(books, user)?.id;
        if let Some(end) =
            bundle.end.map(|end| end.instant(circumstances.time)).filter(|&end| end <= circumstances.time)
        {
            return Err(Refusal::new(format!("the bundle would have ended at {end}")).into());
        }
        let (id, _) = give_bundle(books, owner, bundle, EntryKind::TopUp, Cause::Decision, circumstances)?;
        find_bundle(books, id)
    })
}

/// Gives a bundle inside a transaction, out of the house's account for what is given away in its unit.
///
/// # Errors
/// The origin has given before (`ledger_entry.origin`), and nothing is left of the attempt; or the books fail.
pub(in crate::billing) fn give_bundle(
    books: &Books<'_>,
    to: AccountId,
    bundle: &Bundle,
    kind: EntryKind,
    cause: Cause<'_>,
    circumstances: Circumstances<'_>,
) -> Result<(BundleId, EntryId), StoreError> {
    let id = books.add_bundle(to, bundle, circumstances.time)?;
    let given = books.post(&Movement {
        kind,
        debit: Party::System(bundle.worth.giver()),
        credit: Party::Bundle(id),
        amount: bundle.worth.amount(),
        cause,
        circumstances,
    });
    match given {
        Ok(entry) => Ok((id, entry)),
        // Whoever asks whether an origin has given goes on in the same transaction.
        Err(error) => {
            books.erase_account(id.account())?;
            Err(error)
        }
    }
}

/// Ends a bundle by hand: it counts for no further call, and what is left of it is taken back. What open calls hold
/// of it stays theirs.
///
/// # Errors
/// There is no such bundle, it ended and nothing is left of it, or the books fail.
pub fn end_bundle(
    store: &mut Store,
    id: BundleId,
    circumstances: Circumstances<'_>,
) -> Result<BundleRow, BillingError> {
    store.write(|books| {
        let bundle = find_bundle(books, id)?;
        match bundle.expires.filter(|_| bundle.has_ended(circumstances.time)) {
            Some(ended) if bundle.left == Money::ZERO => {
                return Err(Refusal::new(format!("bundle {id} ended at {ended} and nothing is left of it")).into());
            }
            Some(_) => {}
            None => books.end_bundle(id, circumstances.time)?,
        }
        take_back(books, &bundle, circumstances)?;
        find_bundle(books, id)
    })
}

/// Takes back what is left of the bundles that have ended by then, and returns them as they were before. With
/// `dry_run` it only tells which. A call is never kept waiting for more than some hundred of them.
///
/// # Errors
/// The books fail.
pub fn expire_bundles(
    store: &mut Store,
    as_of: Timestamp,
    dry_run: bool,
    circumstances: Circumstances<'_>,
) -> Result<Vec<BundleRow>, BillingError> {
    let query = BundleQuery { left_over_at: Some(as_of), ..BundleQuery::default() };
    let ended: Vec<BundleRow> = store.read(|books| books.bundles(query))?;
    if dry_run {
        return Ok(ended);
    }
    let mut expired = Vec::new();
    for some in ended.chunks(AT_ONCE) {
        expired.extend(store.write(|books| {
            let mut taken = Vec::new();
            for BundleRow { id, .. } in some {
                // As it is now: another may have taken it back since.
                let bundle = find_bundle(books, *id)?;
                if take_back(books, &bundle, circumstances)? {
                    taken.push(bundle);
                }
            }
            Ok::<_, BillingError>(taken)
        })?);
    }
    Ok(expired)
}

/// Takes back what is left of a bundle; tells whether there was something.
fn take_back(books: &Books<'_>, bundle: &BundleRow, circumstances: Circumstances<'_>) -> Result<bool, StoreError> {
    let Ok(amount) = Amount::try_from(bundle.left) else { return Ok(false) };
    books.post(&Movement {
        kind: EntryKind::Expiry,
        debit: Party::Bundle(bundle.id),
        credit: Party::System(bundle.bundle.worth.giver()),
        amount,
        cause: Cause::Decision,
        circumstances,
    })?;
    Ok(true)
}

/// Returns what the bundles of a user can pay of a call that is authorised now.
///
/// # Errors
/// The books fail.
pub(in crate::billing) fn purse(books: &Books<'_>, owner: AccountId, priced: Priced<'_>) -> Result<Purse, StoreError> {
    let query = BundleQuery { owner: Some(owner), usable_at: Some(priced.at), ..BundleQuery::default() };
    let mut purse = Purse::default();
    for BundleRow { id, bundle, left, .. } in books.bundles(query)? {
        if bundle.reach.covers(priced.number, priced.on_net) {
            purse.add(id, bundle.worth, left);
        }
    }
    Ok(purse)
}

/// Returns what a call held of bundles, and what of that they can pay now: all of it unless the hold was closed.
///
/// # Errors
/// The books fail.
pub(in crate::billing) fn purses_of_call(books: &Books<'_>, call: &StoredCall) -> Result<(Purse, Purse), StoreError> {
    let (mut held, mut now) = (Purse::default(), Purse::default());
    if call.free_seconds.is_some() {
        for (BundleRow { id, bundle, left, .. }, amount) in books.bundles_of_call(call.row)? {
            held.add(id, bundle.worth, amount);
            now.add(id, bundle.worth, if call.state == CallState::Open { amount } else { amount.min(left) });
        }
    }
    Ok((held, now))
}

/// Finds a bundle.
///
/// # Errors
/// There is no such bundle, or the books fail.
pub fn find_bundle(books: &Books<'_>, id: BundleId) -> Result<BundleRow, BillingError> {
    let found = books.bundles(BundleQuery { id: Some(id), ..BundleQuery::default() })?;
    Ok(found
        .into_iter()
        .next()
        .ok_or_else(|| Refusal::new(format!("no bundle {id}")).hint("billctl bundle list --all"))?)
}
