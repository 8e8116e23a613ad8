//! The books that every simulation begins with.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::effect::Giving;
use crate::billing::{self, BillingError, Circumstances, NewUser, Policy, UserChange};
use crate::domain::account::{IdentifyBy, Level};
use crate::domain::calendar::Calendar;
use crate::domain::contact::Contact;
use crate::domain::gift::Gift;
use crate::domain::money::Money;
use crate::domain::plan::{Draft, DraftEnd, End, Every};
use crate::domain::rate::{Destinations, Increment, Rate, TalkTime};
use crate::domain::rating::Validity;
use crate::domain::refusal::Refusal;
use crate::domain::routing::RouteOrder;
use crate::domain::tariff::Tariff;
use crate::domain::terms::Terms;
use crate::domain::time::Timestamp;
use crate::store::{Access, AccountId, Role, STANDARD_TARIFF, Store, StoreError, Unit};

/// The file of the books.
pub(super) const BOOKS: &str = "books.db";
/// When the simulated time begins: a Saturday, three days before a month ends.
pub(super) const BEGINNING: Timestamp = Timestamp::from_millis(1_764_320_400_000);
/// The other tariff.
pub(super) const OTHER_TARIFF: &str = "other";
/// What the two groups are called, with their members.
const GROUPS: [(&str, &[&str], &str); 2] =
    [("credited", &["ana", "bob", "eva"], "credit=0.5"), ("talkers", &["eva", "leo"], "seconds=90 days=2")];
/// Who calls: name, number, credit limit, calls at once.
const USERS: [(&str, &str, &str, Option<u32>); 5] = [
    ("ana", "999999991", "0", None),
    ("bob", "999999992", "5", None),
    ("eva", "999999993", "0", None),
    ("leo", "999999994", "0", Some(2)),
    ("mia", "999999995", "1.5", None),
];

/// A user of the books.
#[derive(Clone, Debug)]
pub(super) struct User {
    pub(super) id: AccountId,
    pub(super) name: &'static str,
    pub(super) number: &'static str,
}

/// Books to begin with, as they are copied.
#[derive(Debug)]
pub(super) struct Scratch {
    pub(super) content: Vec<u8>,
    pub(super) users: Vec<User>,
    /// What the groups give.
    pub(super) groups: Vec<Giving>,
    pub(super) policy: Policy,
}

pub(super) fn access(path: PathBuf, role: Role) -> Access {
    // Nobody ever waits: there is one thread.
    Access { path, role, busy_timeout: Duration::ZERO, queue: false }
}

pub(super) fn circumstances(note: Option<&str>, time: Timestamp) -> Circumstances<'_> {
    Circumstances { actor: "torture", note, time }
}

/// Reads a text of this file.
pub(super) fn read<T: std::str::FromStr<Err: std::fmt::Display>>(text: &str) -> Result<T, BillingError> {
    text.parse().map_err(|error: T::Err| Refusal::new(error.to_string()).into())
}

pub(super) fn rate(to: Destinations, price_per_minute: &str) -> Result<Rate, BillingError> {
    Ok(Rate {
        destinations: to,
        price_per_minute: read(price_per_minute)?,
        connect_fee: read("0.05")?,
        increment: Increment::new(30, 6),
        terms: Terms::default(),
    })
}

impl Scratch {
    /// Makes them in a folder.
    pub(super) fn make(folder: &Path) -> Result<Self, BillingError> {
        let path = folder.join(BOOKS);
        let access = access(path.clone(), Role::Manage);
        Store::create(&access, &read::<Unit>("EUR")?, BEGINNING)?;
        let mut store = Store::open(&access)?;
        let mut tariff: Tariff = store.read(|books| billing::find_tariff(books, STANDARD_TARIFF))?.tariff;
        OTHER_TARIFF.clone_into(&mut tariff.name);
        billing::add_tariff(&mut store, &tariff, BEGINNING)?;
        let validity = Validity { starts: BEGINNING, ..Validity::default() };
        for (tariff, price) in [(STANDARD_TARIFF, "1.2"), (OTHER_TARIFF, "0.9")] {
            for to in ["onnet", ""] {
                billing::add_rate(&mut store, tariff, &rate(read(to)?, price)?, &validity)?;
            }
        }
        let mut users = Vec::new();
        for (name, number, credit_limit, max_calls) in USERS {
            let new = NewUser {
                username: read(name)?,
                clid: read(number)?,
                imsi: None,
                name: None,
                level: Level::User,
                tariff: STANDARD_TARIFF.to_owned(),
                credit_limit: read(credit_limit)?,
                max_calls,
                expires: None,
                valid_days: None,
                language: None,
                contact: Contact::default(),
                warn_below: None,
                password: None,
                balance: Some(read("12")?),
            };
            let id = billing::add_user(&mut store, &new, circumstances(None, BEGINNING))?.id;
            users.push(User { id, name, number });
        }
        let mut groups = Vec::new();
        for (name, members, gift) in GROUPS {
            let gift: Gift = read(gift)?;
            let draft = Draft {
                every: Some(Every::Day),
                end: Some(DraftEnd::At(End::Open)),
                gift: Some(gift.clone()),
                ..Draft::default()
            };
            let utc = Calendar::named("UTC").map_err(|error| Refusal::new(error.to_string()))?;
            let named: Vec<_> = members.iter().map(|name| (*name).to_owned()).collect();
            billing::add_group(&mut store, &read(name)?, &named, &billing::PlanChange::Drafted(draft, utc), BEGINNING)?;
            let members = users.iter().filter(|user| members.contains(&user.name)).map(|user| user.id).collect();
            let (amount, as_bundle) = (gift.amount().money(), matches!(gift, Gift::Bundle(_)));
            groups.push(Giving { members, amount, as_bundle });
        }
        store.close()?;
        let content = fs::read(&path).map_err(|cause| StoreError::File { action: "reading", path, cause })?;
        let policy = Policy {
            identify_by: vec![IdentifyBy::CallerId],
            onnet: read("PJSIP/{number}")?,
            offnet: Some(read("PJSIP/{number}@carrier")?),
            routes: RouteOrder::Priority,
            longest: TalkTime::new(300).unwrap_or(TalkTime::SHORTEST),
            announcement_seconds: 0,
            ring_seconds: 40,
        };
        Ok(Self { content, users, groups, policy })
    }
}

/// Changes a credit limit.
pub(super) fn limit(credit_limit: Money) -> UserChange {
    UserChange { credit_limit: Some(credit_limit), ..UserChange::default() }
}
