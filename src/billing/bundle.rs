//! Bundles: given, and found again.

use super::error::BillingError;
use super::user::find_user;
use crate::domain::bundle::Bundle;
use crate::domain::ledger::EntryKind;
use crate::domain::refusal::Refusal;
use crate::store::{
    AccountId, Books, BundleId, BundleQuery, BundleRow, Cause, Circumstances, EntryId, Movement, Party, Store,
    StoreError,
};

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
pub(super) fn give_bundle(
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
