//! Extensions: added, changed and removed, each with the number that it gives to its payer.

use super::ring_group;
use crate::billing::accounts::user::{find_user, taken_number};
use crate::billing::error::BillingError;
use crate::domain::extension::{Extension, Secret, Settings, ShownName};
use crate::domain::numbering::PhoneNumber;
use crate::domain::refusal::Refusal;
use crate::domain::ring_group::Destination;
use crate::store::{Books, Store};

/// Which numbers may be given.
#[derive(Clone, Copy, Debug)]
pub struct Numbering<'a> {
    /// The first that is given where none is named.
    pub first: u32,
    /// Those that are neither an extension's nor a group's: free numbers.
    pub reserved: &'a [PhoneNumber],
}

impl Numbering<'_> {
    /// Returns the number that is named, unless it is in use, or else the next free one.
    pub(in crate::billing) fn number(
        self,
        books: &Books<'_>,
        named: Option<PhoneNumber>,
    ) -> Result<PhoneNumber, BillingError> {
        let Some(number) = named else {
            let next = books.next_free(self.first, |number| self.reserved.contains(number))?;
            return next.ok_or_else(|| Refusal::new(format!("no number from {} on is free", self.first)).into());
        };
        let (kind, noun) = if books.extension(&number)?.is_some() {
            ("an extension", "extension")
        } else if books.ring_group(&number)?.is_some() {
            ("a ring group", "ringgroup")
        } else if self.reserved.contains(&number) {
            return Err(Refusal::new(format!("number {number} is a free number")).hint("[free] numbers").into());
        } else {
            return Ok(number);
        };
        Err(Refusal::new(format!("number {number} is {kind}")).hint(format!("billctl {noun} show {number}")).into())
    }
}

/// An extension that is to be, or what an existing one is to become.
#[derive(Debug)]
pub struct Entry<C> {
    /// Its number; without one, the next free one.
    pub number: Option<PhoneNumber>,
    /// The user that pays, as users are named; needed for a new one.
    pub user: Option<String>,
    /// The secret of a new one, where `change` sets none.
    pub secret: Secret,
    /// What is set of it.
    pub change: C,
}

/// Finds an extension.
///
/// # Errors
/// There is none, or the books fail.
pub fn find_extension(books: &Books<'_>, number: &PhoneNumber) -> Result<Extension, BillingError> {
    let found = books.extension(number)?;
    found.ok_or_else(|| Refusal::new(format!("no extension {number}")).hint("billctl extension list").into())
}

/// Adds an extension, whose number becomes one of its payer's.
///
/// # Errors
/// The number is in use, there is no such user, it would be forwarded to itself, or the books fail.
pub fn add_extension(
    store: &mut Store,
    entry: Entry<impl FnOnce(&mut Extension)>,
    numbering: Numbering<'_>,
) -> Result<Extension, BillingError> {
    store.write(|books| add(books, entry, numbering))
}

fn add(
    books: &Books<'_>,
    entry: Entry<impl FnOnce(&mut Extension)>,
    numbering: Numbering<'_>,
) -> Result<Extension, BillingError> {
    let number = numbering.number(books, entry.number)?;
    let Some(user) = entry.user else {
        let refusal = Refusal::new(format!("nobody would pay for extension {number}"));
        return Err(refusal.hint("--user USER; billctl user list").into());
    };
    let payer = find_user(books, &user)?;
    if books.owner_of_number(&number)?.is_none_or(|owner| owner != payer.username) {
        taken_number(books, books.add_number(payer.id, &number), &number)?;
    }
    let name: ShownName = format!("Extension {number}").parse().map_err(|error| Refusal::new(format!("{error}")))?;
    let mut extension = Extension { number, name, payer: payer.username, settings: Settings::new(entry.secret) };
    (entry.change)(&mut extension);
    checked(&extension)?;
    books.add_extension(&extension, payer.id)?;
    Ok(extension)
}

fn checked(extension: &Extension) -> Result<(), Refusal> {
    extension.contradiction().map_or(Ok(()), |fact| Err(Refusal::new(fact)))
}

/// Changes an extension; with another payer, its number becomes one of theirs.
///
/// # Errors
/// There is no such extension or user, the number is its payer's main one, it would be forwarded to itself, or the
/// books fail.
pub fn update_extension(
    store: &mut Store,
    number: &PhoneNumber,
    user: Option<&str>,
    change: impl FnOnce(&mut Extension),
) -> Result<Extension, BillingError> {
    store.write(|books| update(books, number, user, change))
}

fn update(
    books: &Books<'_>,
    number: &PhoneNumber,
    user: Option<&str>,
    change: impl FnOnce(&mut Extension),
) -> Result<Extension, BillingError> {
    let mut extension = find_extension(books, number)?;
    let payer = find_user(books, user.unwrap_or(extension.payer.as_str()))?;
    if payer.username != extension.payer {
        if !books.remove_further_number(number)? {
            let fact = format!("{number} is the main number of {}", extension.payer);
            return Err(Refusal::new(fact)
                .hint(format!("billctl user update {} --clid NUMBER", extension.payer))
                .into());
        }
        taken_number(books, books.add_number(payer.id, number), number)?;
        extension.payer = payer.username;
    }
    change(&mut extension);
    checked(&extension)?;
    books.update_extension(&extension, payer.id)?;
    Ok(extension)
}

/// Adds the extensions that are new and changes those that are there, all or none, and returns them with whether
/// they are new. With `dry_run` it only tells.
///
/// # Errors
/// As for [`add_extension`] and [`update_extension`].
pub fn import_extensions<C: FnOnce(&mut Extension)>(
    store: &mut Store,
    entries: Vec<Entry<C>>,
    numbering: Numbering<'_>,
    dry_run: bool,
) -> Result<Vec<(Extension, bool)>, BillingError> {
    let import = |books: &Books<'_>| {
        entries
            .into_iter()
            .map(|entry| match &entry.number {
                Some(number) if books.extension(number)?.is_some() => {
                    Ok((update(books, number, entry.user.as_deref(), entry.change)?, false))
                }
                _ => Ok((add(books, entry, numbering)?, true)),
            })
            .collect()
    };
    store.write(|books| if dry_run { books.rehearse(import) } else { import(books) })
}

/// Removes extensions, all or none. Groups that ring one are told, unless `cascade` takes it out of them too.
///
/// # Errors
/// There is no such extension, a group rings it or would be left with nobody to ring, or the books fail.
pub fn remove_extensions(
    store: &mut Store,
    numbers: &[PhoneNumber],
    cascade: bool,
) -> Result<Vec<Extension>, BillingError> {
    store.write(|books| {
        let mut removed = Vec::with_capacity(numbers.len());
        for number in numbers {
            let extension = find_extension(books, number)?;
            leave_groups(books, number, cascade)?;
            // The main number stays with its user.
            books.remove_inside(number)?;
            books.remove_further_number(number)?;
            removed.push(extension);
        }
        Ok(removed)
    })
}

fn leave_groups(books: &Books<'_>, number: &PhoneNumber, cascade: bool) -> Result<(), BillingError> {
    let groups: Vec<_> = books.ring_groups()?.into_iter().filter(|group| group.names(number)).collect();
    if !groups.is_empty() && !cascade {
        let told: Vec<_> = groups.iter().map(|group| format!("{} ({})", group.number, group.name)).collect();
        let fact = format!("extension {number} is rung by ring group {}", told.join(", "));
        return Err(Refusal::new(fact).hint("--cascade takes it out of them").into());
    }
    for mut group in groups {
        if group.sends_to(number) {
            group.settings.destination = Destination::Hangup;
        }
        group.settings.members = group.settings.members.without(number).map_err(|_| {
            let fact = format!("ring group {} ({}) would ring nobody", group.number, group.name);
            Refusal::new(fact).hint(format!("billctl ringgroup remove {}", group.number))
        })?;
        ring_group::write_back(books, &group)?;
    }
    Ok(())
}
