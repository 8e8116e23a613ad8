//! Groups: who is in them.

use super::caps::find_group;
use super::group_credit::credit_leaving;
use super::plan::{PlanChange, change_plan};
use super::user::find_users;
use crate::billing::error::BillingError;
use crate::domain::group::GroupName;
use crate::domain::money::Money;
use crate::domain::refusal::Refusal;
use crate::domain::time::Timestamp;
use crate::store::{Circumstances, GroupRow, Store, StoreError};

/// Adds a group with its first members and its plan, or nothing of it.
///
/// # Errors
/// The name is taken, there is no such user or plan, a user is named twice, or the books fail.
pub fn add_group(
    store: &mut Store,
    name: &GroupName,
    members: &[String],
    plan: &PlanChange,
    now: Timestamp,
) -> Result<GroupRow, BillingError> {
    store.write(|books| {
        let id = free_name(books.add_group(name, now), name)?;
        for member in find_users(books, members)? {
            books.join_group(id, member.id, now)?;
        }
        change_plan(books, &find_group(books, name)?, plan, now)?;
        find_group(books, name)
    })
}

/// What to change about a group; `None` leaves it.
#[derive(Clone, Debug, Default)]
pub struct GroupChange {
    /// A new name.
    pub name: Option<GroupName>,
    /// Another plan for its dates to come.
    pub plan: PlanChange,
    /// Below which balance members are told so, or that they are not.
    pub warn_below: Option<Option<Money>>,
}

/// Changes a group, all of it or nothing.
///
/// # Errors
/// The name is taken, there is no such group or plan, members are still to have what the group has given others
/// or should have given before today, or the books fail.
pub fn update_group(
    store: &mut Store,
    name: &GroupName,
    change: &GroupChange,
    now: Timestamp,
) -> Result<GroupRow, BillingError> {
    store.write(|books| {
        let group = find_group(books, name)?;
        change_plan(books, &group, &change.plan, now)?;
        if let Some(below) = change.warn_below {
            books.warn_group(group.id, below)?;
        }
        let name = change.name.as_ref().unwrap_or(name);
        free_name(books.rename_group(group.id, name), name)?;
        find_group(books, name)
    })
}

fn free_name<T>(done: Result<T, StoreError>, name: &GroupName) -> Result<T, BillingError> {
    match done {
        Err(error) if error.breaks("account_group.name") => {
            let taken = Refusal::new(format!("group \"{name}\" exists"));
            Err(taken.hint(format!("billctl group join {name} USER")).into())
        }
        done => Ok(done?),
    }
}

/// Makes users members of a group; all of them or none. Who is one already stays one.
///
/// # Errors
/// There is no such group or user, a user is named twice, or the books fail.
pub fn join_group(
    store: &mut Store,
    name: &GroupName,
    users: &[String],
    now: Timestamp,
) -> Result<GroupRow, BillingError> {
    store.write(|books| {
        let group = find_group(books, name)?;
        for user in find_users(books, users)? {
            books.join_group(group.id, user.id, now)?;
        }
        find_group(books, name)
    })
}

/// Ends memberships in a group; all of them or none. Who leaves is given what is due.
///
/// # Errors
/// There is no such group or user, a user is no member or is named twice, or the books fail.
pub fn leave_group(
    store: &mut Store,
    name: &GroupName,
    users: &[String],
    circumstances: Circumstances<'_>,
) -> Result<GroupRow, BillingError> {
    store.write(|books| {
        let group = find_group(books, name)?;
        let users = find_users(books, users)?;
        for user in &users {
            credit_leaving(books, &group, user.id, circumstances)?;
            if !books.leave_group(group.id, user.id)? {
                let fact = format!("{} is no member of group \"{name}\"", user.username);
                return Err(Refusal::new(fact).hint(format!("billctl group show {name}")).into());
            }
        }
        find_group(books, name)
    })
}

/// Removes a group; its members stay users, and what it has not given is not given any more.
///
/// # Errors
/// There is no such group, or the books fail.
pub fn remove_group(store: &mut Store, name: &GroupName) -> Result<GroupRow, BillingError> {
    store.write(|books| {
        let group = find_group(books, name)?;
        books.remove_group(group.id)?;
        Ok(group)
    })
}
