//! Vouchers: issued, redeemed once, taken back, and guarded against guessing.

use std::collections::BTreeSet;

use super::code_hash::CodeHasher;
use super::gift::give;
use super::user::find_user;
use crate::billing::error::BillingError;
use crate::domain::ledger::EntryKind;
use crate::domain::refusal::Refusal;
use crate::domain::time::Timestamp;
use crate::domain::voucher::{BatchName, CodeHash, TRIES, VoucherCode, VoucherState, lock_seconds};
use crate::store::{
    AccountRow, Books, Circumstances, EntryId, NewBatch, Store, StoreError, VoucherFilter, VoucherId, VoucherRow,
};

/// A voucher that gave what it was worth.
#[derive(Clone, Debug)]
pub struct Redeemed {
    /// The voucher, as it was before.
    pub voucher: VoucherRow,
    /// The entry that gave it.
    pub entry: EntryId,
    /// The user, who has it now.
    pub account: AccountRow,
}

/// Which vouchers to take back.
#[derive(Clone, Debug)]
pub enum Revoke {
    /// All of a batch that can still be redeemed, or could if they had not expired.
    Batch(BatchName),
    /// Those with these serial numbers; all or none.
    Serials(Vec<VoucherId>),
    /// The one with this code.
    Code(VoucherCode),
}

/// What taking vouchers back came to.
#[derive(Clone, Debug)]
pub struct Revocation {
    /// Those that were taken back now.
    pub revoked: Vec<VoucherRow>,
    /// How many of the batch had been redeemed.
    pub redeemed: usize,
    /// How many of the batch had been taken back before.
    pub before: usize,
}

/// Issues a batch of vouchers with these codes, of which the books keep hashes: under the salt that they have, or from
/// now on under `salt`. Tells `hashed` of each code. Returns the batch's name and the serial numbers, in the order of
/// the codes.
///
/// # Errors
/// The name or a code is taken, the vouchers would have expired, or the books fail.
pub fn issue_vouchers(
    store: &mut Store,
    new: &NewBatch,
    codes: &[VoucherCode],
    salt: &[u8],
    hashed: &(dyn Fn() + Sync),
    circumstances: Circumstances<'_>,
) -> Result<(BatchName, Vec<VoucherId>), BillingError> {
    if let Some(expires) = new.expires.filter(|&expires| expires <= circumstances.time) {
        return Err(Refusal::new(format!("vouchers that expire on {expires} would have expired already")).into());
    }
    let salt = store.write(|books| {
        books.salt_vouchers(salt)?;
        books.voucher_salt()
    })?;
    // Outside the transaction that everybody waits for: this takes seconds.
    let hashes = CodeHasher::hash_all(&salt.unwrap_or_default(), codes, hashed)?;
    match store.write(|books| books.add_vouchers(new, &hashes, circumstances)) {
        Err(error) if error.breaks("voucher_batch.name") => {
            let name = new.name.as_ref().map_or("batch-N", BatchName::as_str);
            Err(Refusal::new(format!("batch \"{name}\" exists")).hint("billctl voucher batches").into())
        }
        Err(error) if error.breaks("voucher.code") => {
            let fact = "a code that was drawn has been issued before, so none was issued";
            Err(Refusal::new(fact).hint("run it again; with more --digits it will not happen").into())
        }
        issued => Ok(issued?),
    }
}

/// Gives a user what a voucher is worth, once, in the transaction that marks it. A wrong code is counted although it is
/// refused.
///
/// # Errors
/// There is no such user, the user is locked out, no voucher has the code, it was redeemed or revoked or has expired,
/// or the books fail.
pub fn redeem_voucher(
    store: &mut Store,
    code: &VoucherCode,
    user: &str,
    circumstances: Circumstances<'_>,
) -> Result<Redeemed, BillingError> {
    let hash = hash_of(store, code)?;
    let tried = store.write(|books| {
        let account = find_user(books, user)?;
        let voucher = match try_code(books, &account, hash, circumstances.time)? {
            Ok(voucher) => voucher,
            Err(refusal) => return Ok(Err(refusal)),
        };
        if let Some(refusal) = why_not(&voucher) {
            return Ok(Err(refusal));
        }
        let origin = format!("voucher:{}", voucher.id.0);
        let entry = give(books, account.id, &voucher.gives, EntryKind::Voucher, &origin, circumstances)?;
        if !books.redeem_voucher(voucher.id, entry)? {
            return Err(StoreError::Rule(format!("voucher {} was redeemed meanwhile", voucher.id.0)).into());
        }
        books.count_wrong_codes(account.id, 0, None)?;
        let account = find_user(books, user)?;
        Ok::<_, BillingError>(Ok(Redeemed { voucher, entry, account }))
    });
    Ok(tried??)
}

/// Tells what a code is worth. On behalf of a user it counts as a try of theirs.
///
/// # Errors
/// There is no such user, the user is locked out, no voucher has the code, or the books fail.
pub fn look_up_voucher(
    store: &mut Store,
    code: &VoucherCode,
    user: Option<&str>,
    now: Timestamp,
) -> Result<VoucherRow, BillingError> {
    let hash = hash_of(store, code)?;
    let Some(user) = user else {
        return store.read(|books| Ok(with_code(books, hash, now)?.ok_or_else(no_voucher)?));
    };
    let tried = store.write(|books| {
        let account = find_user(books, user)?;
        try_code(books, &account, hash, now)
    });
    Ok(tried??)
}

/// Takes vouchers back that nobody redeemed. With `dry_run` it only tells which.
///
/// # Errors
/// There is no such batch, serial number or code, one that is named was redeemed or taken back before, or the books
/// fail.
pub fn revoke_vouchers(
    store: &mut Store,
    which: &Revoke,
    dry_run: bool,
    circumstances: Circumstances<'_>,
) -> Result<Revocation, BillingError> {
    let now = circumstances.time;
    let hash = match which {
        Revoke::Code(code) => hash_of(store, code)?,
        Revoke::Batch(_) | Revoke::Serials(_) => None,
    };
    store.write(|books| {
        let named = match which {
            Revoke::Batch(name) => {
                let filter = VoucherFilter { batch: Some(name.clone()), state: None };
                let vouchers = books.vouchers(&filter, now)?;
                if vouchers.is_empty() {
                    let fact = format!("no batch of vouchers with name \"{name}\"");
                    return Err(Refusal::new(fact).hint("billctl voucher batches").into());
                }
                vouchers
            }
            Revoke::Serials(serials) => with_serials(books, serials, now)?,
            Revoke::Code(_) => vec![with_code(books, hash, now)?.ok_or_else(no_voucher)?],
        };
        let count = |state| named.iter().filter(|voucher| voucher.state == state).count();
        let (redeemed, before) = (count(VoucherState::Redeemed), count(VoucherState::Revoked));
        let (gone, revoked): (Vec<_>, Vec<_>) = named
            .into_iter()
            .partition(|voucher| matches!(voucher.state, VoucherState::Redeemed | VoucherState::Revoked));
        if let Some(refusal) = gone.first().filter(|_| !matches!(which, Revoke::Batch(_))).and_then(why_not) {
            return Err(refusal.into());
        }
        if !dry_run {
            let ids: Vec<_> = revoked.iter().map(|voucher| voucher.id).collect();
            if books.revoke_vouchers(&ids, circumstances)? != ids.len() {
                return Err(StoreError::Rule("a voucher was redeemed meanwhile".to_owned()).into());
            }
        }
        Ok(Revocation { revoked, redeemed, before })
    })
}

/// Lets a user try codes again.
///
/// # Errors
/// There is no such user, or the books fail.
pub fn unlock_vouchers(store: &mut Store, user: &str) -> Result<AccountRow, BillingError> {
    store.write(|books| {
        let account = find_user(books, user)?;
        books.count_wrong_codes(account.id, 0, None)?;
        find_user(books, user)
    })
}

/// Hashes a code, before the transaction that needs it; `None` while there has been no voucher.
fn hash_of(store: &mut Store, code: &VoucherCode) -> Result<Option<CodeHash>, StoreError> {
    let salt = store.read(|books| books.voucher_salt())?;
    salt.map(|salt| CodeHasher::new(&salt)?.hash(code)).transpose()
}

/// Looks a code up for a user. What is refused is a value, because a wrong code is counted in the same transaction.
fn try_code(
    books: &Books<'_>,
    account: &AccountRow,
    hash: Option<CodeHash>,
    now: Timestamp,
) -> Result<Result<VoucherRow, Refusal>, BillingError> {
    let username = &account.username;
    // A right code must not tell itself by another answer than a wrong one.
    if let Some(until) = account.locked_until.filter(|&until| now < until) {
        let fact = format!("{username} tried {} wrong codes and may try no other until {until}", account.wrong_codes);
        return Ok(Err(Refusal::new(fact).hint(format!("billctl voucher unlock {username}"))));
    }
    if let Some(voucher) = with_code(books, hash, now)? {
        return Ok(Ok(voucher));
    }
    let wrong = account.wrong_codes.saturating_add(1);
    let locked_until = lock_seconds(wrong).map(|seconds| now.plus_seconds(seconds));
    books.count_wrong_codes(account.id, wrong, locked_until)?;
    let Refusal { fact, .. } = no_voucher();
    Ok(Err(match locked_until {
        Some(until) => Refusal::new(format!("{fact}, and {username} may try no other until {until}"))
            .hint(format!("billctl voucher unlock {username}")),
        None => Refusal::new(format!("{fact}; {username} may try {} more", TRIES - wrong % TRIES)),
    }))
}

fn with_code(books: &Books<'_>, hash: Option<CodeHash>, now: Timestamp) -> Result<Option<VoucherRow>, StoreError> {
    Ok(hash.map(|hash| books.voucher_with_code(&hash, now)).transpose()?.flatten())
}

/// Finds every voucher of these serial numbers, or names those that there are not.
fn with_serials(books: &Books<'_>, serials: &[VoucherId], now: Timestamp) -> Result<Vec<VoucherRow>, BillingError> {
    let (mut found, mut missing) = (Vec::new(), Vec::new());
    for &serial in &BTreeSet::from_iter(serials.iter().copied()) {
        match books.voucher(serial, now)? {
            Some(voucher) => found.push(voucher),
            None => missing.push(serial.0.to_string()),
        }
    }
    match missing.is_empty() {
        true => Ok(found),
        false => Err(Refusal::new(format!("no voucher with serial number {}", missing.join(", ")))
            .hint("billctl voucher list")
            .into()),
    }
}

fn no_voucher() -> Refusal {
    Refusal::new("no voucher has this code")
}

/// Says why a voucher can no longer be redeemed, where it cannot.
fn why_not(voucher: &VoucherRow) -> Option<Refusal> {
    let VoucherRow { id: VoucherId(id), batch, redeemed, revoked, note, expires, .. } = voucher;
    if let Some(redeemed) = redeemed {
        let (username, time, entry) = (&redeemed.username, redeemed.time, redeemed.entry.0);
        let fact = format!("voucher {id} was redeemed by {username} on {time}, by entry {entry}");
        return Some(Refusal::new(fact).hint(format!("billctl balance reverse {entry} --note WHY takes it back")));
    }
    if let Some(revoked) = revoked {
        let why = note.as_ref().map_or_else(String::new, |note| format!(": {note}"));
        return Some(Refusal::new(format!("voucher {id} was revoked on {revoked}{why}")));
    }
    let expires = expires.filter(|_| voucher.state == VoucherState::Expired)?;
    Some(Refusal::new(format!("voucher {id} of batch \"{batch}\" expired on {expires}")))
}
