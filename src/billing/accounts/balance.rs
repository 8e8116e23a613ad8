//! Movements by hand: top-up, withdrawal, transfer, reversal.

use super::user::find_user;
use crate::billing::error::BillingError;
use crate::domain::ledger::{EntryKind, SystemAccount};
use crate::domain::money::Amount;
use crate::domain::refusal::Refusal;
use crate::store::{AccountRow, Books, Cause, Circumstances, EntryId, Movement, Party, Store, StoreError};

/// Credits a user.
///
/// # Errors
/// There is no such user, or the books fail.
pub fn top_up(
    store: &mut Store,
    user: &str,
    amount: Amount,
    circumstances: Circumstances<'_>,
) -> Result<EntryId, BillingError> {
    store.write(|books| {
        let account = find_user(books, user)?;
        Ok(credit(books, Party::User(account.id), amount, circumstances)?)
    })
}

/// Credits an account inside a transaction.
pub(in crate::billing) fn credit(
    books: &Books<'_>,
    to: Party,
    amount: Amount,
    circumstances: Circumstances<'_>,
) -> Result<EntryId, StoreError> {
    books.post(&Movement {
        kind: EntryKind::TopUp,
        debit: Party::System(SystemAccount::Cash),
        credit: to,
        amount,
        cause: Cause::Decision,
        circumstances,
    })
}

/// Takes credit away from a user, up to what is available.
///
/// # Errors
/// There is no such user, less is available, or the books fail.
pub fn withdraw(
    store: &mut Store,
    user: &str,
    amount: Amount,
    circumstances: Circumstances<'_>,
) -> Result<EntryId, BillingError> {
    store.write(|books| {
        let account = find_user(books, user)?;
        let to = Party::System(SystemAccount::Adjustment);
        take(books, &account, to, amount, EntryKind::Adjustment, circumstances)
    })
}

/// Corrects a balance upwards.
///
/// # Errors
/// There is no such user, or the books fail.
pub fn adjust_up(
    store: &mut Store,
    user: &str,
    amount: Amount,
    circumstances: Circumstances<'_>,
) -> Result<EntryId, BillingError> {
    store.write(|books| {
        let account = find_user(books, user)?;
        Ok(books.post(&Movement {
            kind: EntryKind::Adjustment,
            debit: Party::System(SystemAccount::Adjustment),
            credit: Party::User(account.id),
            amount,
            cause: Cause::Decision,
            circumstances,
        })?)
    })
}

/// Moves credit from one user to another, up to what the first has available, in one entry.
///
/// # Errors
/// There is no such user, both are the same, less is available, or the books fail.
pub fn transfer(
    store: &mut Store,
    from: &str,
    to: &str,
    amount: Amount,
    circumstances: Circumstances<'_>,
) -> Result<EntryId, BillingError> {
    store.write(|books| {
        let (giver, taker) = (find_user(books, from)?, find_user(books, to)?);
        if giver.id == taker.id {
            let fact = format!("{} cannot transfer to themselves", giver.username);
            return Err(Refusal::new(fact).into());
        }
        take(books, &giver, Party::User(taker.id), amount, EntryKind::Transfer, circumstances)
    })
}

/// Moves credit away from a user, up to what is available.
pub(in crate::billing) fn take(
    books: &Books<'_>,
    account: &AccountRow,
    to: Party,
    amount: Amount,
    kind: EntryKind,
    circumstances: Circumstances<'_>,
) -> Result<EntryId, BillingError> {
    let available = account.available()?;
    if amount.money() > available {
        let fact = format!("{} has {available} available, less than {amount}", account.username);
        return Err(Refusal::new(fact).hint(format!("billctl balance show {}", account.username)).into());
    }
    Ok(books.post(&Movement {
        kind,
        debit: Party::User(account.id),
        credit: to,
        amount,
        cause: Cause::Decision,
        circumstances,
    })?)
}

/// Takes an entry back by its mirror image, once.
///
/// # Errors
/// There is no such entry, it was reversed before or is itself a reversal, the user cannot give the
/// amount back, or the books fail.
pub fn reverse(store: &mut Store, entry: EntryId, circumstances: Circumstances<'_>) -> Result<EntryId, BillingError> {
    store.write(|books| {
        let Some(first) = books.entry(entry)? else {
            return Err(Refusal::new(format!("no ledger entry {}", entry.0))
                .hint("billctl balance history USER")
                .into());
        };
        if let Some(by) = first.reversed_by {
            return Err(Refusal::new(format!("entry {} was reversed before, by entry {}", entry.0, by.0)).into());
        }
        if first.kind == EntryKind::Reversal {
            let fact = format!("entry {} is itself a reversal", entry.0);
            return Err(Refusal::new(fact).hint("post what is right: billctl balance add or balance remove").into());
        }
        let reversal = books.post(&Movement {
            kind: EntryKind::Reversal,
            debit: first.credit.party,
            credit: first.debit.party,
            amount: first.amount,
            cause: Cause::Reverses(entry),
            circumstances,
        });
        match reversal {
            Err(error) if error.breaks("available_is_never_negative") => {
                let amount = first.amount;
                let less = |who: &str| {
                    let fact =
                        format!("{who} has less than {amount} available, so entry {} cannot be taken back", entry.0);
                    Refusal::new(fact)
                };
                Err(match (first.credit.party, first.credit.username) {
                    (Party::Bundle(bundle), _) => {
                        less(&format!("bundle {bundle}")).hint(format!("billctl bundle end {bundle} --note WHY"))
                    }
                    (_, Some(user)) => {
                        less(user.as_str()).hint(format!("billctl user update {user} --credit-limit AMOUNT first"))
                    }
                    _ => less("the account"),
                }
                .into())
            }
            posted => Ok(posted?),
        }
    })
}
