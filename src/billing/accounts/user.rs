//! Users: added, changed, removed, with their books kept.

use std::collections::HashSet;

use super::balance::credit;
use crate::billing::error::BillingError;
use crate::billing::tariffs::tariff::no_tariff;
use crate::domain::account::{Language, Level, Status, Username};
use crate::domain::contact::{Contact, ContactFact};
use crate::domain::ledger::SystemAccount;
use crate::domain::line::Line;
use crate::domain::money::{Amount, Money};
use crate::domain::numbering::{Imsi, PhoneNumber};
use crate::domain::refusal::Refusal;
use crate::domain::time::Timestamp;
use crate::store::{AccountId, AccountRow, Books, BundleQuery, Circumstances, NewAccount, Party, Store, StoreError};

/// A user to be added.
#[derive(Clone, Debug)]
pub struct NewUser {
    /// The name.
    pub username: Username,
    /// The main number.
    pub clid: PhoneNumber,
    /// The SIM.
    pub imsi: Option<Imsi>,
    /// The person's name.
    pub name: Option<Line>,
    /// The rights.
    pub level: Level,
    /// The tariff's name.
    pub tariff: String,
    /// What may be owed.
    pub credit_limit: Money,
    /// How many calls at once.
    pub max_calls: Option<u32>,
    /// From when calls are refused.
    pub expires: Option<Timestamp>,
    /// For how many days it may call from its first call on.
    pub valid_days: Option<u32>,
    /// In which language it is spoken to.
    pub language: Option<Language>,
    /// Who it is.
    pub contact: Contact,
    /// Below which balance it is told so.
    pub warn_below: Option<Money>,
    /// The password, hashed.
    pub password: Option<String>,
    /// The first top-up.
    pub balance: Option<Amount>,
}

/// What to change about a user; `None` leaves it.
#[derive(Clone, Debug, Default)]
pub struct UserChange {
    /// A new username.
    pub username: Option<Username>,
    /// A new main number.
    pub clid: Option<PhoneNumber>,
    /// A new SIM, or none.
    pub imsi: Option<Option<Imsi>>,
    /// The person's name.
    pub name: Option<Line>,
    /// The rights.
    pub level: Option<Level>,
    /// Whether it may call.
    pub status: Option<Status>,
    /// The tariff's name.
    pub tariff: Option<String>,
    /// What may be owed.
    pub credit_limit: Option<Money>,
    /// How many calls at once, or any number.
    pub max_calls: Option<Option<u32>>,
    /// From when calls are refused, or never.
    pub expires: Option<Option<Timestamp>>,
    /// For how many days it may call from its first call on, or for good.
    pub valid_days: Option<Option<u32>>,
    /// In which language it is spoken to, or in that of its channel.
    pub language: Option<Option<Language>>,
    /// Who it is.
    pub contact: Vec<ContactFact>,
    /// Below which balance it is told so, or below that of its groups.
    pub warn_below: Option<Option<Money>>,
}

/// What removing a user came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Removal {
    /// Nothing referred to the account, so nothing of it is left.
    Erased,
    /// Its books are kept; it is closed.
    Closed,
}

/// Finds a user by name, or by `clid:NUMBER` or `imsi:DIGITS`.
///
/// # Errors
/// There is no such user, the text is none of the three, or the books fail.
pub fn find_user(books: &Books<'_>, user: &str) -> Result<AccountRow, BillingError> {
    let (found, by, value) = if let Some(number) = user.strip_prefix("clid:") {
        (books.account_by_number(&parsed(number)?)?, "clid", number)
    } else if let Some(imsi) = user.strip_prefix("imsi:") {
        (books.account_by_imsi(&parsed(imsi)?)?, "imsi", imsi)
    } else {
        (books.account_named(&parsed(user)?)?, "username", user)
    };
    found.ok_or_else(|| Refusal::new(format!("no user with {by} \"{value}\"")).hint("billctl user list").into())
}

/// Finds several users, each named as users are.
///
/// # Errors
/// Some are no users, who are all told, or one is named twice, or the books fail.
pub(in crate::billing) fn find_users(books: &Books<'_>, users: &[String]) -> Result<Vec<AccountRow>, BillingError> {
    let (mut found, mut missing) = (Vec::<AccountRow>::with_capacity(users.len()), Vec::new());
    for user in users {
        match find_user(books, user) {
            Ok(row) => found.push(row),
            Err(BillingError::Refused(refusal)) => missing.push(refusal.fact),
            Err(error) => return Err(error),
        }
    }
    if !missing.is_empty() {
        return Err(Refusal::new(missing.join(", ")).hint("billctl user list").into());
    }
    let mut once = HashSet::with_capacity(found.len());
    match found.iter().find(|row| !once.insert(row.id)) {
        Some(twice) => Err(Refusal::new(format!("{} is named twice", twice.username)).into()),
        None => Ok(found),
    }
}

fn parsed<T: std::str::FromStr<Err: std::fmt::Display>>(text: &str) -> Result<T, Refusal> {
    text.parse().map_err(|error: T::Err| Refusal::new(error.to_string()))
}

/// Adds a user with numbers and first top-up, or nothing of it.
///
/// # Errors
/// A name, number or SIM is taken, there is no such tariff, or the books fail.
pub fn add_user(
    store: &mut Store,
    new: &NewUser,
    circumstances: Circumstances<'_>,
) -> Result<AccountRow, BillingError> {
    store.write(|books| {
        add(books, new, circumstances)?;
        find_user(books, new.username.as_str())
    })
}

/// Adds a user inside a transaction.
pub(in crate::billing) fn add(
    books: &Books<'_>,
    new: &NewUser,
    circumstances: Circumstances<'_>,
) -> Result<AccountId, BillingError> {
    refuse_reserved(&new.username)?;
    let added = books.add_account(&NewAccount {
        username: new.username.clone(),
        name: new.name.clone().map(String::from),
        level: new.level,
        password: new.password.clone(),
        tariff: new.tariff.clone(),
        credit_limit: new.credit_limit,
        max_calls: new.max_calls,
        expires: new.expires,
        valid_days: new.valid_days,
        language: new.language.clone(),
        contact: new.contact.clone(),
        warn_below: new.warn_below,
        created: circumstances.time,
    });
    let id = taken_username(added, &new.username)?.ok_or_else(|| no_tariff(&new.tariff))?;
    let number = books.set_main_number(id, &new.clid);
    taken_number(books, number, &new.clid)?;
    let imsi = books.set_imsi(id, new.imsi.as_ref());
    taken_imsi(books, imsi, new.imsi.as_ref())?;
    if let Some(amount) = new.balance {
        credit(books, Party::User(id), amount, circumstances)?;
    }
    Ok(id)
}

/// Changes a user, all of it or nothing.
///
/// # Errors
/// A name, number or SIM is taken, there is no such user or tariff, more is owed than the new credit
/// limit allows, or the books fail.
pub fn update_user(store: &mut Store, user: &str, change: &UserChange) -> Result<AccountRow, BillingError> {
    store.write(|books| {
        let mut row = find_user(books, user)?;
        let id = row.id;
        if let Some(username) = &change.username {
            refuse_reserved(username)?;
            row.username = username.clone();
        }
        row.name = change.name.clone().map(String::from).or(row.name);
        row.level = change.level.unwrap_or(row.level);
        row.status = change.status.unwrap_or(row.status);
        row.tariff = change.tariff.clone().unwrap_or(row.tariff);
        row.credit_limit = change.credit_limit.unwrap_or(row.credit_limit);
        row.max_calls = change.max_calls.unwrap_or(row.max_calls);
        row.expires = change.expires.unwrap_or(row.expires);
        row.valid_days = change.valid_days.unwrap_or(row.valid_days);
        row.language = change.language.clone().unwrap_or(row.language);
        change.contact.iter().cloned().for_each(|fact| row.contact.set(fact));
        row.warn_below = change.warn_below.unwrap_or(row.warn_below);
        let updated = match books.update_account(&row) {
            Err(error) if error.breaks("available_is_never_negative") => {
                let fact = format!(
                    "{} has balance {} and {} held, which a credit limit of {} does not cover",
                    row.username, row.balance, row.held, row.credit_limit
                );
                return Err(Refusal::new(fact).into());
            }
            updated => taken_username(updated, &row.username)?,
        };
        if !updated {
            return Err(no_tariff(&row.tariff).into());
        }
        if let Some(clid) = &change.clid {
            let number = books.set_main_number(id, clid);
            taken_number(books, number, clid)?;
        }
        if let Some(imsi) = &change.imsi {
            let replaced = books.set_imsi(id, imsi.as_ref());
            taken_imsi(books, replaced, imsi.as_ref())?;
        }
        find_user(books, row.username.as_str())
    })
}

/// Gives a user a further number.
///
/// # Errors
/// The number is taken, there is no such user, or the books fail.
pub fn add_number(store: &mut Store, user: &str, number: &PhoneNumber) -> Result<AccountRow, BillingError> {
    store.write(|books| {
        let row = find_user(books, user)?;
        let added = books.add_number(row.id, number);
        taken_number(books, added, number)?;
        Ok(row)
    })
}

/// Takes a further number away from the user that it identifies, who is returned.
///
/// # Errors
/// Nobody has the number, it is somebody's main one, or the books fail.
pub fn remove_number(store: &mut Store, number: &PhoneNumber) -> Result<Username, BillingError> {
    store.write(|books| {
        let Some(owner) = books.owner_of_number(number)? else {
            return Err(Refusal::new(format!("no user has the number {number}")).hint("billctl callerid list").into());
        };
        if books.extension(number)?.is_some() {
            let fact = format!("{number} is an extension that {owner} pays for");
            return Err(Refusal::new(fact).hint(format!("billctl extension remove {number}")).into());
        }
        match books.remove_further_number(number)? {
            true => Ok(owner),
            false => Err(Refusal::new(format!("{number} is the main number of {owner}"))
                .hint(format!("billctl user update {owner} --clid NUMBER"))
                .into()),
        }
    })
}

/// Removes a user. One with entries or calls is closed instead, and keeps its books; either way its name,
/// numbers and SIM are free again. With `dry_run` it only tells which of the two it would be.
///
/// # Errors
/// There is no such user, a call is going on, or the books fail.
pub fn remove_user(store: &mut Store, user: &str, dry_run: bool) -> Result<(AccountRow, Removal), BillingError> {
    store.write(|books| {
        let row = find_user(books, user)?;
        if row.held != Money::ZERO {
            let fact = format!("{} has {} held by calls that are going on", row.username, row.held);
            return Err(Refusal::new(fact)
                .hint("billctl hold list; wait, or billctl hold release CALL --note WHY")
                .into());
        }
        if let Some(number) = books.paid_by(row.id)?.first() {
            let fact = format!("{} pays for {number}", row.username);
            return Err(Refusal::new(fact).hint("billctl extension list; give it another user or remove it").into());
        }
        let bundles = books.bundles(BundleQuery { owner: Some(row.id), ..BundleQuery::default() })?;
        if bundles.iter().any(|bundle| bundle.held != Money::ZERO) {
            let fact = format!("bundles of {} are held by calls that are going on", row.username);
            return Err(Refusal::new(fact).hint("billctl hold list").into());
        }
        let removal = if books.is_in_the_books(row.id)? { Removal::Closed } else { Removal::Erased };
        match removal {
            _ if dry_run => {}
            Removal::Closed => books.close_account(row.id)?,
            Removal::Erased => books.erase_account(row.id)?,
        }
        Ok((row, removal))
    })
}

fn refuse_reserved(username: &Username) -> Result<(), Refusal> {
    match SystemAccount::ALL.iter().any(|account| account.as_str() == username.as_str()) {
        true => Err(Refusal::new(format!("the name \"{username}\" is the house's own account"))),
        false => Ok(()),
    }
}

fn taken_username<T>(done: Result<T, StoreError>, username: &Username) -> Result<T, BillingError> {
    match done {
        Err(error) if error.breaks("account.username") => {
            Err(Refusal::new(format!("username \"{username}\" is taken"))
                .hint(format!("billctl user show {username}"))
                .into())
        }
        done => Ok(done?),
    }
}

pub(in crate::billing) fn taken_number(
    books: &Books<'_>,
    done: Result<(), StoreError>,
    number: &PhoneNumber,
) -> Result<(), BillingError> {
    match done {
        Err(error) if error.breaks("identity") => {
            Err(taken("number", number.as_str(), books.owner_of_number(number)?).into())
        }
        Ok(()) if books.ring_group(number)?.is_some() => Err(Refusal::new(format!("number {number} is a ring group"))
            .hint(format!("billctl ringgroup show {number}"))
            .into()),
        done => Ok(done?),
    }
}

fn taken_imsi(books: &Books<'_>, done: Result<(), StoreError>, imsi: Option<&Imsi>) -> Result<(), BillingError> {
    match (done, imsi) {
        (Err(error), Some(imsi)) if error.breaks("identity") => {
            Err(taken("IMSI", imsi.as_str(), books.owner_of_imsi(imsi)?).into())
        }
        (done, _) => Ok(done?),
    }
}

fn taken(what: &str, value: &str, owner: Option<Username>) -> Refusal {
    match owner {
        Some(owner) => {
            Refusal::new(format!("{what} {value} belongs to {owner}")).hint(format!("billctl user show {owner}"))
        }
        None => Refusal::new(format!("{what} {value} is taken")),
    }
}
