//! The life of a group over months: whenever the crediting runs or does not, each member has each date of their
//! membership once.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that fails says where")]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use celcombiller::billing::{self, Circumstances, CreditRun, PlanChange};
use celcombiller::domain::calendar::Calendar;
use celcombiller::domain::group::GroupName;
use celcombiller::domain::money::Money;
use celcombiller::domain::plan::{Draft, DraftEnd, End, Every, Plan};
use celcombiller::domain::time::Timestamp;
use celcombiller::store::{Access, Role, Store};
use jiff::civil::Date;
use proptest::prelude::*;
use support::Ledger;

const USERS: [&str; 3] = ["ana", "bob", "eva"];

/// What somebody does after so many hours.
#[derive(Clone, Debug)]
enum Act {
    /// Cron's line.
    Run,
    /// The next date by hand.
    Early,
    Join(&'static str),
    Leave(&'static str),
}

fn acts() -> impl Strategy<Value = Vec<(u32, Act)>> {
    let user = || prop::sample::select(&USERS[..]);
    let act = prop_oneof![
        3 => Just(Act::Run),
        1 => Just(Act::Early),
        2 => user().prop_map(Act::Join),
        2 => user().prop_map(Act::Leave),
    ];
    prop::collection::vec((prop_oneof![0..48_u32, 0..1500_u32], act), 1..30)
}

/// A group in the books, and what each member must have of it.
struct Life {
    store: Store,
    name: GroupName,
    plan: Plan,
    now: Timestamp,
    members: BTreeMap<&'static str, Date>,
    earned: BTreeSet<(&'static str, Date)>,
}

impl Life {
    fn today(&self) -> Date {
        self.plan.today(self.now).unwrap()
    }

    /// Ends a membership today: every date since it began has been earned.
    fn ends(&mut self, user: &'static str) {
        let today = self.today();
        if let Some(joined) = self.members.remove(user) {
            self.earned
                .extend(self.plan.dates().filter(|date| (joined..=today).contains(date)).map(|date| (user, date)));
        }
    }

    fn credit(&mut self, group: Option<GroupName>) {
        let run = CreditRun { group, as_of: None, now: self.now };
        let foreseen = self.store.read(|books| billing::foresee_credit(books, &run)).unwrap();
        let circumstances = circumstances(self.now);
        let credited = billing::credit_groups(&mut self.store, &run, circumstances, |_| ()).unwrap();
        assert_eq!(credited, foreseen, "what was foreseen is done");
    }

    fn act(&mut self, act: &Act) {
        let today = self.today();
        let (store, name) = (&mut self.store, &self.name);
        match act {
            Act::Run => self.credit(None),
            Act::Early => {
                self.credit(Some(self.name.clone()));
                if let Some(next) = self.plan.dates().find(|&date| date >= today) {
                    self.earned.extend(self.members.keys().map(|&user| (user, next)));
                }
            }
            Act::Join(user) => {
                billing::join_group(store, name, &[(*user).to_owned()], self.now).unwrap();
                self.members.entry(user).or_insert(today);
            }
            Act::Leave(user) => {
                let left = billing::leave_group(store, name, &[(*user).to_owned()], circumstances(self.now));
                assert_eq!(left.is_ok(), self.members.contains_key(user));
                self.ends(user);
            }
        }
    }
}

fn circumstances(time: Timestamp) -> Circumstances<'static> {
    Circumstances { actor: "test", note: None, time }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn each_member_has_each_date_of_their_membership_once(
        every in prop::sample::select(Every::ALL),
        day in 1..=31_i8,
        count in 1..=12_u32,
        zone in prop::sample::select(&["UTC", "America/Sao_Paulo", "Europe/Berlin"][..]),
        acts in acts(),
    ) {
        let ledger = Ledger::new("EUR");
        for (number, user) in USERS.iter().enumerate() {
            ledger.ok(&["user", "add", user, "--clid", &format!("99999990{number}")]);
        }
        let busy_timeout = Duration::from_secs(5);
        let access = Access { path: ledger.database(), role: Role::Manage, busy_timeout, queue: false };
        let mut store = Store::open(&access).unwrap();
        let (name, now): (GroupName, Timestamp) = ("club".parse().unwrap(), "2027-01-20T10:00:00Z".parse().unwrap());
        let local = Calendar::named(zone).unwrap();
        let draft = Draft {
            day: Some(day),
            every: Some(every),
            end: Some(DraftEnd::At(End::Count(count))),
            gift: Some("credit=1".parse().unwrap()),
            ..Draft::default()
        };
        let plan = Plan::of(&draft, &local, now).unwrap();
        billing::add_group(&mut store, &name, &[], &PlanChange::Drafted(draft, local), now).unwrap();
        let mut life = Life { store, name, plan, now, members: BTreeMap::new(), earned: BTreeSet::new() };
        for (hours, act) in &acts {
            life.now = life.now.plus_seconds(hours * 3600);
            life.act(act);
        }
        life.credit(None);
        for user in USERS {
            life.ends(user);
            let balance = life.store.read(|books| billing::find_user(books, user)).unwrap().balance;
            let earned = life.earned.iter().filter(|(who, _)| *who == user).count();
            prop_assert_eq!(balance, Money::from_millionths(1_000_000 * i64::try_from(earned).unwrap()), "{}", user);
        }
        life.store.close().unwrap();
        ledger.check();
    }
}
