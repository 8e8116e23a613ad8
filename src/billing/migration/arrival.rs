//! Users who come from another system, with the balance that its books say they have.

use std::collections::HashSet;

use super::past::{PastTaken, Posting};
use crate::billing::accounts::user::{NewUser, add, find_user};
use crate::billing::error::BillingError;
use crate::domain::account::Status;
use crate::domain::group::GroupName;
use crate::domain::ledger::{EntryKind, SystemAccount};
use crate::domain::line::Line;
use crate::domain::money::{Amount, Money};
use crate::domain::numbering::PhoneNumber;
use crate::domain::refusal::Refusal;
use crate::domain::visible::is_invisible;
use crate::store::{AccountRow, Books, Cause, Circumstances, Movement, Party, Past};

/// An account of another system.
#[derive(Clone, Debug)]
pub struct Arrival {
    /// How reports call it.
    pub name: String,
    /// What names it in the ledger for good, so that it comes once.
    pub origin: String,
    /// What its past is noted under.
    pub key: String,
    /// What its books say it has.
    pub balance: Money,
    /// Who it becomes here, or why it cannot be anybody.
    pub newcomer: Result<Newcomer, String>,
}

/// Who an account of another system becomes.
#[derive(Clone, Debug)]
pub struct Newcomer {
    /// The user, without a first top-up.
    pub user: NewUser,
    /// Whether it may call.
    pub status: Status,
    /// Further numbers.
    pub numbers: Vec<PhoneNumber>,
    /// Its groups, which are made where there are none of these names.
    pub groups: Vec<GroupName>,
}

/// Something that was not taken as it was: where it stands, and the fact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    /// Where it stands in the other system.
    pub row: String,
    /// The fact.
    pub fact: String,
}

/// What came of it. What the other system's books have is what came and what stayed.
#[derive(Clone, Debug, Default)]
pub struct Arrived {
    /// How many users were added.
    pub added: u32,
    /// How many had come before.
    pub before: u32,
    /// How many could not come.
    pub left: u32,
    /// The balances that came, now and before, as the ledger has them.
    pub balance: Money,
    /// The balances that stayed.
    pub left_balance: Money,
    /// How much of their past came with those who were added.
    pub past: PastTaken,
    /// What was not taken as it was.
    pub remarks: Vec<Remark>,
}

/// Takes accounts of another system in with their `past`, each wholly or not at all, and tells of each, and of all
/// that happened to it, after it. Who came before is left as they are now. What came by the ledger's own figures
/// and what stayed must make up `total`.
///
/// # Errors
/// They do not, or the books fail.
pub fn take_in(
    books: &Books<'_>,
    arrivals: &[Arrival],
    past: &Past,
    total: Money,
    circumstances: Circumstances<'_>,
    mut tell: impl FnMut(),
) -> Result<Arrived, BillingError> {
    let posting = Posting::of(books, past, circumstances.time)?;
    let mut arrived = Arrived::default();
    let mut names = HashSet::new();
    for arrival in arrivals {
        let mut remarks = Vec::new();
        let come = match names.insert(&arrival.origin) {
            true => come(&posting, arrival, circumstances, &mut |fact| remarks.push(fact), &mut tell)?,
            false => Err("another before it has the same name".to_owned()),
        };
        let (count, came) = match come {
            Ok(Come::Now(came, past)) => {
                arrived.past.add(past);
                (&mut arrived.added, came)
            }
            Ok(Come::Before(came)) => (&mut arrived.before, came),
            Err(reason) => {
                remarks = vec![format!("not taken, balance {}: {reason}", arrival.balance)];
                (&mut arrived.left, Money::ZERO)
            }
        };
        *count += 1;
        let too_large = || Refusal::new("the balances are more than the books can hold");
        arrived.balance = arrived.balance.checked_add(came).ok_or_else(too_large)?;
        let left = arrival.balance.checked_sub(came).and_then(|left| arrived.left_balance.checked_add(left));
        arrived.left_balance = left.ok_or_else(too_large)?;
        arrived.remarks.extend(remarks.into_iter().map(|fact| Remark { row: arrival.name.clone(), fact }));
        tell();
    }
    if arrived.balance.checked_add(arrived.left_balance) != Some(total) {
        let Arrived { balance, left_balance, .. } = arrived;
        let fact = format!("{balance} came and {left_balance} stayed, but the balances there sum up to {total}");
        return Err(Refusal::new(fact).into());
    }
    Ok(arrived)
}

/// How an account came.
enum Come {
    /// Now, with so much, and with so much of its past.
    Now(Money, PastTaken),
    /// Before, with so much.
    Before(Money),
}

/// Takes an account in, unless it came before; the reason is why it cannot come.
fn come(
    posting: &Posting<'_>,
    arrival: &Arrival,
    circumstances: Circumstances<'_>,
    remark: &mut dyn FnMut(String),
    tell: &mut dyn FnMut(),
) -> Result<Result<Come, String>, BillingError> {
    let books = posting.books;
    if let Some(account) = books.account_of_origin(&arrival.origin)? {
        let (came, _) = books.brought(account)?.unwrap_or_default();
        return Ok(Ok(before(arrival, came, remark)));
    }
    let newcomer = match &arrival.newcomer {
        Ok(newcomer) => newcomer,
        Err(reason) => return Ok(Err(reason.clone())),
    };
    // Who had nothing, or only what their past explains, has no opening entry, but their name and number.
    let user = &newcomer.user;
    if let Some(found) = books.account_named(&user.username)?.filter(|found| found.clid.as_ref() == Some(&user.clid)) {
        match books.brought(found.id)? {
            Some((came, false)) => return Ok(Ok(before(arrival, came, remark))),
            _ if arrival.balance == Money::ZERO => return Ok(Ok(Come::Before(Money::ZERO))),
            _ => {}
        }
    }
    match books.attempt(|_| welcome(posting, arrival, newcomer, circumstances, remark, tell)) {
        Err(BillingError::Refused(refusal)) => Ok(Err(refusal.fact)),
        done => done.map(|(came, past)| Ok(Come::Now(came, past))),
    }
}

fn before(arrival: &Arrival, came: Money, remark: &mut dyn FnMut(String)) -> Come {
    if came != arrival.balance {
        remark(format!("came before with {came}, and has {} there now", arrival.balance));
    }
    Come::Before(came)
}

fn welcome(
    posting: &Posting<'_>,
    arrival: &Arrival,
    newcomer: &Newcomer,
    circumstances: Circumstances<'_>,
    remark: &mut dyn FnMut(String),
    tell: &mut dyn FnMut(),
) -> Result<(Money, PastTaken), BillingError> {
    let books = posting.books;
    let mut user = newcomer.user.clone();
    let owed = Money::ZERO.checked_sub(arrival.balance).unwrap_or(Money::MAX);
    if owed > user.credit_limit {
        remark(format!("owes {owed}, more than the credit limit {}, which is raised to it", user.credit_limit));
        user.credit_limit = owed;
    }
    let id = add(books, &user, circumstances)?;
    for number in &newcomer.numbers {
        match books.attempt(|books| books.add_number(id, number)) {
            Err(error) if error.breaks("identity") => remark(format!("the number {number} belongs to another")),
            added => added?,
        }
    }
    for name in &newcomer.groups {
        let group = match books.group(name)? {
            Some(group) => group.id,
            None => books.add_group(name, circumstances.time)?,
        };
        books.join_group(group, id, circumstances.time)?;
    }
    let mut row = find_user(books, user.username.as_str())?;
    if newcomer.status != Status::Active {
        row.status = newcomer.status;
        books.update_account(&row)?;
    }
    let past = bring_past(posting, arrival, &row, circumstances, tell)?;
    Ok((books.brought(id)?.unwrap_or_default().0, past))
}

/// Posts the past of an account after the opening entry from which it leads to the balance. Between the two it may
/// have owed more than it may owe now, so its limit is as high as it has to be until all is posted.
fn bring_past(
    posting: &Posting<'_>,
    arrival: &Arrival,
    user: &AccountRow,
    circumstances: Circumstances<'_>,
    tell: &mut dyn FnMut(),
) -> Result<PastTaken, BillingError> {
    let Some(sums) = posting.past.sums(&arrival.key)? else {
        open(posting.books, arrival, user, arrival.balance, circumstances)?;
        return Ok(PastTaken::default());
    };
    let too_large = || Refusal::new("its past is more than the books can hold");
    let opening = arrival.balance.checked_sub(sums.net).ok_or_else(too_large)?;
    let lowest = opening.min(Money::ZERO).checked_sub(sums.out);
    let credit_limit = lowest.and_then(|lowest| user.credit_limit.checked_sub(lowest)).ok_or_else(too_large)?;
    posting.books.update_account(&AccountRow { credit_limit, ..user.clone() })?;
    let note = circumstances.note.map(|note| format!("{note} before its past"));
    let circumstances = Circumstances { note: note.as_deref(), time: sums.begins.minus_millis(1), ..circumstances };
    open(posting.books, arrival, user, opening, circumstances)?;
    let past = posting.post(user, &arrival.key, tell)?;
    posting.books.update_account(user)?;
    Ok(past)
}

/// Posts the opening entry of an account, unless it opens with nothing.
fn open(
    books: &Books<'_>,
    arrival: &Arrival,
    user: &AccountRow,
    balance: Money,
    circumstances: Circumstances<'_>,
) -> Result<(), BillingError> {
    let (house, user) = (Party::System(SystemAccount::Adjustment), Party::User(user.id));
    let owed = Money::ZERO.checked_sub(balance).unwrap_or(Money::MAX);
    let (amount, debit, credit) = if owed > Money::ZERO { (owed, user, house) } else { (balance, house, user) };
    if let Ok(amount) = Amount::try_from(amount) {
        let cause = Cause::Origin(&arrival.origin);
        books.post(&Movement { kind: EntryKind::Opening, debit, credit, amount, cause, circumstances })?;
    }
    Ok(())
}

/// Returns what a person can read of a name.
pub(in crate::billing) fn visible(name: &str) -> Option<String> {
    let name: String = name.chars().filter(|&letter| !is_invisible(letter)).collect();
    let name = name.trim();
    (!name.is_empty()).then(|| name.to_owned())
}

/// Returns a person's name as the books have it, cut where it is longer than one.
pub(super) fn person(name: &str) -> Option<Line> {
    let name: String = visible(name)?.chars().take(Line::<200>::LONGEST).collect();
    name.trim_end().parse().ok()
}
