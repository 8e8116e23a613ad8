//! Refills: what was paid, and the credit that it bought, in one transaction; and what the house takes.

use super::balance::take;
use super::user::find_user;
use crate::billing::error::BillingError;
use crate::domain::ledger::{EntryKind, SystemAccount};
use crate::domain::line::Line;
use crate::domain::money::Amount;
use crate::domain::refusal::Refusal;
use crate::domain::vat::Vat;
use crate::store::{Cause, Circumstances, EntryId, Movement, Party, PaymentRow, Store, StoreError};

/// What was paid, and how.
#[derive(Clone, Debug)]
pub struct Paid {
    /// How much, with the tax.
    pub gross: Amount,
    /// The tax in it.
    pub vat: Vat,
    /// How it was paid.
    pub method: Option<Line>,
    /// What it is named outside; a name is taken once.
    pub reference: Option<Line>,
}

/// A refill, with whether it was one before.
#[derive(Clone, Debug)]
pub struct Refill {
    /// The payment and its entry.
    pub payment: PaymentRow,
    /// Whether its reference named it already, so that nothing was changed.
    pub repeated: bool,
}

/// Credits a user with a payment, without the tax in it. A reference that was used before answers with what it
/// did then.
///
/// # Errors
/// There is no such user, the reference names another payment, or the books fail.
pub fn refill(
    store: &mut Store,
    user: &str,
    paid: &Paid,
    circumstances: Circumstances<'_>,
) -> Result<Refill, BillingError> {
    store.write(|books| {
        let account = find_user(books, user)?;
        let before = paid.reference.as_ref().map(|reference| books.payment_referred_to(reference)).transpose()?;
        if let Some(payment) = before.flatten() {
            return match (payment.account, payment.gross, payment.vat) == (account.id, paid.gross, paid.vat) {
                true => Ok(Refill { payment, repeated: true }),
                false => Err(another(&payment).into()),
            };
        }
        let too_small = || Refusal::new(format!("nothing of {} is left without {} % VAT", paid.gross, paid.vat));
        let net = paid.vat.net(paid.gross).ok_or_else(too_small)?;
        let (id, origin) = books.next_payment(paid.reference.as_ref())?;
        let refill = books.post(&Movement {
            kind: EntryKind::Refill,
            debit: Party::System(SystemAccount::Cash),
            credit: Party::User(account.id),
            amount: net,
            cause: Cause::Origin(&origin),
            circumstances,
        })?;
        books.add_payment(id, refill, paid.gross, paid.vat, paid.method.as_ref())?;
        let payment = books.payment(id)?;
        let payment = payment.ok_or_else(|| StoreError::Corrupt(format!("payment {} is not there", id.0)))?;
        Ok(Refill { payment, repeated: false })
    })
}

fn another(payment: &PaymentRow) -> Refusal {
    let PaymentRow { id, gross, vat, username, .. } = payment;
    let reference = payment.reference.as_deref().unwrap_or_default();
    Refusal::new(format!(
        "reference \"{reference}\" is that of payment {}, by which {username} paid {gross} with {vat} % VAT",
        id.0
    ))
    .hint(format!("billctl payment list --user {username}"))
}

/// Takes from a user what is due for anything but a call, up to what is available.
///
/// # Errors
/// There is no such user, less is available, or the books fail.
pub fn charge_fee(
    store: &mut Store,
    user: &str,
    amount: Amount,
    circumstances: Circumstances<'_>,
) -> Result<EntryId, BillingError> {
    store.write(|books| {
        let account = find_user(books, user)?;
        take(books, &account, Party::System(SystemAccount::Revenue), amount, EntryKind::Fee, circumstances)
    })
}
