//! Users who come from another system, with the balance that its books say they have.

use std::collections::HashSet;

use super::error::BillingError;
use super::user::{NewUser, add, find_user};
use crate::domain::account::Status;
use crate::domain::group::GroupName;
use crate::domain::ledger::{EntryKind, SystemAccount};
use crate::domain::money::{Amount, Money};
use crate::domain::numbering::PhoneNumber;
use crate::domain::refusal::Refusal;
use crate::store::{Books, Cause, Circumstances, Movement, Party};

/// An account of another system.
#[derive(Clone, Debug)]
pub struct Arrival {
    /// How reports call it.
    pub name: String,
    /// What names it in the ledger for good, so that it comes once.
    pub origin: String,
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
    /// What was not taken as it was.
    pub remarks: Vec<Remark>,
}

/// Takes accounts of another system in, each wholly or not at all, and tells of each after it. Who came before
/// is left as they are now. What came by the ledger's own figures and what stayed must make up `total`.
///
/// # Errors
/// They do not, or the books fail.
pub fn take_in(
    books: &Books<'_>,
    arrivals: &[Arrival],
    total: Money,
    circumstances: Circumstances<'_>,
    mut tell: impl FnMut(),
) -> Result<Arrived, BillingError> {
    let mut arrived = Arrived::default();
    let mut names = HashSet::new();
    for arrival in arrivals {
        let mut remarks = Vec::new();
        let come = match names.insert(&arrival.origin) {
            true => come(books, arrival, circumstances, &mut |fact| remarks.push(fact))?,
            false => Err("another before it has the same name".to_owned()),
        };
        let (count, came) = match come {
            Ok(Come::Now(came)) => (&mut arrived.added, came),
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
    /// Now, with so much.
    Now(Money),
    /// Before, with so much.
    Before(Money),
}

/// Takes an account in, unless it came before; the reason is why it cannot come.
fn come(
    books: &Books<'_>,
    arrival: &Arrival,
    circumstances: Circumstances<'_>,
    remark: &mut dyn FnMut(String),
) -> Result<Result<Come, String>, BillingError> {
    if let Some(came) = books.moved_by_origin(&arrival.origin)? {
        if came != arrival.balance {
            remark(format!("came before with {came}, and has {} there now", arrival.balance));
        }
        return Ok(Ok(Come::Before(came)));
    }
    let newcomer = match &arrival.newcomer {
        Ok(newcomer) => newcomer,
        Err(reason) => return Ok(Err(reason.clone())),
    };
    // Who had nothing has no entry, but their name and number.
    let user = &newcomer.user;
    let found = books.account_named(&user.username)?.filter(|found| found.clid.as_ref() == Some(&user.clid));
    if found.is_some() && arrival.balance == Money::ZERO {
        return Ok(Ok(Come::Before(Money::ZERO)));
    }
    match books.attempt(|books| welcome(books, arrival, newcomer, circumstances, remark)) {
        Err(BillingError::Refused(refusal)) => Ok(Err(refusal.fact)),
        done => done.map(|came| Ok(Come::Now(came))),
    }
}

fn welcome(
    books: &Books<'_>,
    arrival: &Arrival,
    newcomer: &Newcomer,
    circumstances: Circumstances<'_>,
    remark: &mut dyn FnMut(String),
) -> Result<Money, BillingError> {
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
    if newcomer.status != Status::Active {
        let mut row = find_user(books, user.username.as_str())?;
        row.status = newcomer.status;
        books.update_account(&row)?;
    }
    let (house, user) = (Party::System(SystemAccount::Adjustment), Party::User(id));
    let (amount, debit, credit) = if owed > Money::ZERO { (owed, user, house) } else { (arrival.balance, house, user) };
    if let Ok(amount) = Amount::try_from(amount) {
        let cause = Cause::Origin(&arrival.origin);
        books.post(&Movement { kind: EntryKind::Opening, debit, credit, amount, cause, circumstances })?;
    }
    Ok(books.moved_by_origin(&arrival.origin)?.unwrap_or_default())
}

/// Returns what a person can read of a name.
pub(super) fn visible(name: &str) -> Option<String> {
    let name: String = name.chars().filter(|letter| !letter.is_control()).collect();
    let name = name.trim();
    (!name.is_empty()).then(|| name.to_owned())
}
