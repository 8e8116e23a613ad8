//! Giving: what a date of a group or a voucher is worth arrives at a user.

use super::bundle::give_bundle;
use crate::domain::gift::Gift;
use crate::domain::ledger::{EntryKind, SystemAccount};
use crate::store::{AccountId, Books, Cause, Circumstances, EntryId, Movement, Party, StoreError};

/// Gives a gift inside a transaction, out of the house's account for what is given away.
///
/// # Errors
/// The origin has given before (`ledger_entry.origin`), or the books fail.
pub(in crate::billing) fn give(
    books: &Books<'_>,
    to: AccountId,
    gift: &Gift,
    kind: EntryKind,
    origin: &str,
    circumstances: Circumstances<'_>,
) -> Result<EntryId, StoreError> {
    match gift {
        Gift::Credit(amount) => books.post(&Movement {
            kind,
            debit: Party::System(SystemAccount::GivenCredit),
            credit: Party::User(to),
            amount: *amount,
            cause: Cause::Origin(origin),
            circumstances,
        }),
        Gift::Bundle(bundle) => {
            give_bundle(books, to, bundle, kind, Cause::Origin(origin), circumstances).map(|(_, entry)| entry)
        }
    }
}
