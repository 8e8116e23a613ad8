//! Ring groups: added, changed and removed.

use super::extension::Numbering;
use crate::billing::accounts::user::find_user;
use crate::billing::error::BillingError;
use crate::domain::numbering::PhoneNumber;
use crate::domain::refusal::Refusal;
use crate::domain::ring_group::{Destination, GroupSettings, Member, Members, RingGroup};
use crate::store::{AccountId, Books, Store};

/// Finds a ring group.
///
/// # Errors
/// There is none, or the books fail.
pub fn find_ring_group(books: &Books<'_>, number: &PhoneNumber) -> Result<RingGroup, BillingError> {
    let found = books.ring_group(number)?;
    found.ok_or_else(|| Refusal::new(format!("no ring group {number}")).hint("billctl ringgroup list").into())
}

/// Adds a ring group.
///
/// # Errors
/// The number is in use, a member or the destination is not there, it rings itself, or the books fail.
pub fn add_ring_group(
    store: &mut Store,
    number: Option<PhoneNumber>,
    members: Members,
    change: impl FnOnce(&mut RingGroup),
    numbering: Numbering<'_>,
) -> Result<RingGroup, BillingError> {
    store.write(|books| {
        let number = numbering.number(books, number)?;
        if let Some(owner) = books.owner_of_number(&number)? {
            let fact = format!("number {number} belongs to {owner}");
            return Err(Refusal::new(fact).hint(format!("billctl user show {owner}")).into());
        }
        let name = format!("Ring group {number}").parse().map_err(|error| Refusal::new(format!("{error}")))?;
        let mut group = RingGroup { number, name, payer: None, settings: GroupSettings::new(members) };
        change(&mut group);
        let payer = checked(books, &group)?;
        books.add_ring_group(&group, payer)?;
        Ok(group)
    })
}

/// Changes a ring group.
///
/// # Errors
/// There is no such group, as for [`add_ring_group`], or the books fail.
pub fn update_ring_group(
    store: &mut Store,
    number: &PhoneNumber,
    change: impl FnOnce(&mut RingGroup),
) -> Result<RingGroup, BillingError> {
    store.write(|books| {
        let mut group = find_ring_group(books, number)?;
        change(&mut group);
        write_back(books, &group)?;
        Ok(group)
    })
}

/// Writes a changed group back.
pub(in crate::billing) fn write_back(books: &Books<'_>, group: &RingGroup) -> Result<(), BillingError> {
    let payer = checked(books, group)?;
    Ok(books.update_ring_group(group, payer)?)
}

/// Removes ring groups, all or none.
///
/// # Errors
/// There is no such group, another one sends its calls to it, or the books fail.
pub fn remove_ring_groups(store: &mut Store, numbers: &[PhoneNumber]) -> Result<Vec<RingGroup>, BillingError> {
    store.write(|books| {
        let mut removed = Vec::with_capacity(numbers.len());
        for number in numbers {
            removed.push(find_ring_group(books, number)?);
            books.remove_inside(number)?;
        }
        let groups = books.ring_groups()?;
        let sends = |number: &&PhoneNumber| groups.iter().find(|group| group.sends_to(number));
        match numbers.iter().find_map(|number| Some((number, sends(&number)?))) {
            None => Ok(removed),
            Some((number, group)) => {
                let fact = format!("ring group {} ({}) goes on to {number}", group.number, group.name);
                let hint = format!("billctl ringgroup update {} --destination hangup", group.number);
                Err(Refusal::new(fact).hint(hint).into())
            }
        }
    })
}

/// Proves that everything that a group names is there, and returns the account of its payer.
fn checked(books: &Books<'_>, group: &RingGroup) -> Result<Option<AccountId>, BillingError> {
    if let Some(fact) = group.contradiction() {
        return Err(Refusal::new(fact).into());
    }
    for member in group.settings.members.all() {
        let Member::Inside(number) = member else { continue };
        if books.extension(number)?.is_none() {
            let what = if books.ring_group(number)?.is_some() { "is a ring group" } else { "is no extension" };
            let refusal = Refusal::new(format!("member {number} {what}"));
            return Err(refusal.hint(format!("billctl extension list; {number}# rings a number outside")).into());
        }
    }
    match &group.settings.destination {
        Destination::Hangup | Destination::To(Member::Outside(_)) => {}
        Destination::To(Member::Inside(to)) => goes_on(books, group, to)?,
        Destination::Voicemail(of) => {
            if books.extension(of)?.is_none_or(|extension| extension.settings.voicemail.is_none()) {
                let refusal = Refusal::new(format!("extension {of} has no voicemail"));
                return Err(refusal.hint(format!("billctl extension update {of} --voicemail yes")).into());
            }
        }
    }
    let payer = group.payer.as_ref().map(|payer| find_user(books, payer.as_str())).transpose()?;
    Ok(payer.map(|payer| payer.id))
}

/// Follows where a group's calls go on to: to an extension sooner or later, never back.
fn goes_on(books: &Books<'_>, group: &RingGroup, to: &PhoneNumber) -> Result<(), BillingError> {
    let mut next = to.clone();
    let mut passed = vec![group.number.clone()];
    loop {
        if passed.contains(&next) {
            passed.push(next);
            let round: Vec<_> = passed.iter().map(PhoneNumber::as_str).collect();
            return Err(Refusal::new(format!("calls would go round: {}", round.join(" to "))).into());
        }
        if books.extension(&next)?.is_some() {
            return Ok(());
        }
        let Some(group) = books.ring_group(&next)? else {
            let refusal = Refusal::new(format!("destination {next} is no extension and no ring group"));
            return Err(refusal.hint(format!("{next}# is a number outside")).into());
        };
        passed.push(next);
        match group.settings.destination {
            Destination::To(Member::Inside(to)) => next = to,
            _ => return Ok(()),
        }
    }
}
