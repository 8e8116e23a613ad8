//! Groups: who is in them.

use super::caps::find_group;
use super::error::BillingError;
use super::user::find_user;
use crate::domain::group::GroupName;
use crate::domain::money::Money;
use crate::domain::refusal::Refusal;
use crate::domain::time::Timestamp;
use crate::store::{GroupRow, Store};

/// Adds a group with its first members, or nothing of it.
///
/// # Errors
/// The name is taken, there is no such user, or the books fail.
pub fn add_group(
    store: &mut Store,
    name: &GroupName,
    members: &[String],
    now: Timestamp,
) -> Result<GroupRow, BillingError> {
    store.write(|books| {
        let id = match books.add_group(name, now) {
            Err(error) if error.breaks("account_group.name") => {
                let taken = Refusal::new(format!("group \"{name}\" exists"));
                return Err(taken.hint(format!("billctl group join {name} USER")).into());
            }
            added => added?,
        };
        for user in members {
            books.join_group(id, find_user(books, user)?.id, now)?;
        }
        find_group(books, name)
    })
}

/// Makes users members of a group; all of them or none. Who is one already stays one.
///
/// # Errors
/// There is no such group or user, or the books fail.
pub fn join_group(
    store: &mut Store,
    name: &GroupName,
    users: &[String],
    now: Timestamp,
) -> Result<GroupRow, BillingError> {
    store.write(|books| {
        let group = find_group(books, name)?;
        for user in users {
            books.join_group(group.id, find_user(books, user)?.id, now)?;
        }
        find_group(books, name)
    })
}

/// Ends memberships in a group; all of them or none.
///
/// # Errors
/// There is no such group or user, a user is no member, or the books fail.
pub fn leave_group(store: &mut Store, name: &GroupName, users: &[String]) -> Result<GroupRow, BillingError> {
    store.write(|books| {
        let group = find_group(books, name)?;
        for user in users {
            let row = find_user(books, user)?;
            if !books.leave_group(group.id, row.id)? {
                let fact = format!("{} is no member of group \"{name}\"", row.username);
                return Err(Refusal::new(fact).hint(format!("billctl group show {name}")).into());
            }
        }
        find_group(books, name)
    })
}

/// Removes a group; its members stay users.
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

/// Sets below which balance the members of a group are told so; `None` for not at all.
///
/// # Errors
/// There is no such group, or the books fail.
pub fn warn_group(store: &mut Store, name: &GroupName, below: Option<Money>) -> Result<GroupRow, BillingError> {
    store.write(|books| {
        let group = find_group(books, name)?;
        books.warn_group(group.id, below)?;
        find_group(books, name)
    })
}
