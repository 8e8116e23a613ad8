//! What holds for every tariff, balance and order of events.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that fails says where")]

use std::collections::BTreeMap;
use std::time::Duration;

use celcombiller::billing::{self, BillingError, Circumstances, NewUser, Policy, Settlement};
use celcombiller::domain::account::{Caller, IdentifyBy, Level};
use celcombiller::domain::call::{Authorisation, CallId, CallRequest};
use celcombiller::domain::dialling::DialTemplate;
use celcombiller::domain::money::Money;
use celcombiller::domain::numbering::Prefix;
use celcombiller::domain::outcome::{CallReport, Disposition, Witness};
use celcombiller::domain::tariff::{Increment, Rate, TalkTime};
use celcombiller::domain::time::Timestamp;
use celcombiller::store::{Access, EntryId, Role, STANDARD_TARIFF, Store, Unit};
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use rust_decimal::Decimal;

fn rates() -> impl Strategy<Value = Rate> {
    (0..=5_000_000_i64, 0..=1_000_000_i64, 0..=120_u32, 0..=120_u32).prop_map(|(price, fee, initial, subsequent)| {
        Rate {
            prefix: Prefix::any(),
            price_per_minute: Decimal::new(price, Money::SCALE),
            connect_fee: Decimal::new(fee, Money::SCALE),
            increment: Increment::new(initial, subsequent),
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100_000))]

    #[test]
    fn a_grant_is_paid_by_its_funds_and_one_second_more_is_not(
        rate in rates(),
        funds in 0..=50_000_000_i64,
        cap in 1..=86_400_u32,
    ) {
        let (funds, cap) = (Money::from_millionths(funds), TalkTime::new(cap).unwrap());
        match rate.max_talk_time(funds, cap) {
            None => prop_assert!(rate.charge(1).unwrap() > funds),
            Some(granted) => {
                prop_assert!(rate.charge(granted.seconds()).unwrap() <= funds);
                prop_assert!(granted <= cap);
                if granted < cap {
                    prop_assert!(rate.charge(granted.seconds() + 1).unwrap() > funds);
                }
            }
        }
    }
}

/// One thing that happens to a ledger; numbers choose among what is there.
#[derive(Clone, Debug)]
enum Event {
    TopUp { user: usize, millionths: i64 },
    Withdraw { user: usize, millionths: i64 },
    Authorise { user: usize },
    AuthoriseAgain { call: usize },
    Settle { call: usize, talked: u64, by_dialler: bool, answered: bool },
    Expire { after_seconds: u32 },
    Release { call: usize },
    Reverse { entry: i64 },
    CreditLimit { user: usize, millionths: i64 },
}

fn events() -> impl Strategy<Value = Event> {
    let user = 0..USERS.len();
    let money = 1..=200_000_000_i64;
    prop_oneof![
        1 => (user.clone(), money.clone()).prop_map(|(user, millionths)| Event::TopUp { user, millionths }),
        1 => (user.clone(), money.clone()).prop_map(|(user, millionths)| Event::Withdraw { user, millionths }),
        3 => user.clone().prop_map(|user| Event::Authorise { user }),
        1 => (0..8_usize).prop_map(|call| Event::AuthoriseAgain { call }),
        4 => (0..8_usize, 0..400_000_u64, any::<bool>(), any::<bool>())
            .prop_map(|(call, talked, by_dialler, answered)| Event::Settle { call, talked, by_dialler, answered }),
        1 => (0..500_u32).prop_map(|after_seconds| Event::Expire { after_seconds }),
        1 => (0..8_usize).prop_map(|call| Event::Release { call }),
        1 => (1..40_i64).prop_map(|entry| Event::Reverse { entry }),
        1 => (user, 0..=50_000_000_i64).prop_map(|(user, millionths)| Event::CreditLimit { user, millionths }),
    ]
}

const USERS: [(&str, &str); 3] = [("ana", "999999999"), ("bob", "999999998"), ("eva", "999999997")];

struct World {
    _folder: tempfile::TempDir,
    store: Store,
    now: Timestamp,
    policy: Policy,
    calls: Vec<(CallId, CallRequest)>,
    charged: BTreeMap<String, Money>,
}

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("books.db");
        let (timeout, now) = (Duration::from_secs(5), Timestamp::from_millis(1_763_690_000_000));
        let access = Access { path, role: Role::Settle, busy_timeout: timeout, queue: true };
        Store::create(&access, &"EUR".parse::<Unit>().unwrap(), now).unwrap();
        let mut store = Store::open(&access).unwrap();
        let rate = Rate {
            prefix: Prefix::any(),
            price_per_minute: Decimal::new(12, 1),
            connect_fee: Decimal::new(5, 2),
            increment: Increment::new(30, 6),
        };
        billing::replace_rate(&mut store, STANDARD_TARIFF, &rate, now).unwrap();
        for (username, clid) in USERS {
            let new = NewUser {
                username: username.parse().unwrap(),
                clid: clid.parse().unwrap(),
                imsi: None,
                name: None,
                level: Level::User,
                tariff: STANDARD_TARIFF.to_owned(),
                credit_limit: Money::ZERO,
                max_calls: None,
                expires: None,
                password: None,
                balance: Some("20".parse().unwrap()),
            };
            billing::add_user(&mut store, &new, Circumstances { actor: "test", note: None, time: now }).unwrap();
        }
        let policy = Policy {
            identify_by: vec![IdentifyBy::CallerId],
            onnet: "PJSIP/{number}".parse::<DialTemplate>().unwrap(),
            offnet: Some("PJSIP/{number}@carrier".parse().unwrap()),
            longest: TalkTime::new(300).unwrap(),
            ring_seconds: 40,
        };
        Self { _folder: folder, store, now, policy, calls: Vec::new(), charged: BTreeMap::new() }
    }

    fn call(&self, index: usize) -> Option<(CallId, CallRequest)> {
        self.calls.iter().rev().nth(index).cloned()
    }

    fn happens(&mut self, event: &Event) -> Result<(), TestCaseError> {
        let circumstances = Circumstances { actor: "test", note: None, time: self.now };
        let amount = |millionths| Money::from_millionths(millionths).try_into().unwrap();
        match *event {
            Event::TopUp { user, millionths } => {
                billing::top_up(&mut self.store, USERS[user].0, amount(millionths), circumstances).unwrap();
            }
            Event::Withdraw { user, millionths } => {
                refused_or_done(billing::withdraw(&mut self.store, USERS[user].0, amount(millionths), circumstances));
            }
            Event::Authorise { user } => {
                let call: CallId = format!("1763690000.{}#1", self.calls.len()).parse().unwrap();
                let request = CallRequest {
                    call: call.clone(),
                    caller: Caller::from_channel("", USERS[user].1),
                    dialled: "5511999990002".parse().unwrap(),
                    answered_before: false,
                    at: self.now,
                };
                let answer = billing::authorise(&mut self.store, &request, &self.policy).unwrap();
                if matches!(answer, Authorisation::Granted(_)) {
                    self.calls.push((call, request));
                }
            }
            Event::AuthoriseAgain { call } => {
                let Some((id, request)) = self.call(call) else { return Ok(()) };
                let first = self.store.read(|books| books.stored_call(&id)).unwrap().unwrap();
                let again = billing::authorise(&mut self.store, &request, &self.policy).unwrap();
                if let Authorisation::Granted(grant) = again {
                    prop_assert_eq!(grant.held, first.amount, "a replay returns the first grant");
                    prop_assert_eq!(grant.talk_time, first.facts.granted);
                }
            }
            Event::Settle { call, talked, by_dialler, answered } => {
                let Some((id, _)) = self.call(call) else { return Ok(()) };
                let report = CallReport {
                    call: id.clone(),
                    disposition: if answered { Disposition::Answered } else { Disposition::Busy },
                    answered_millis: Some(talked),
                    answered_at: None,
                    witness: if by_dialler { Witness::Dialler { dial_millis: talked } } else { Witness::Afterwards },
                    at: self.now,
                };
                let settlement = billing::settle(&mut self.store, &report).unwrap();
                match (settlement, self.charged.get(&id.to_string())) {
                    (Settlement::Posted { charge, .. }, None) => drop(self.charged.insert(id.to_string(), charge)),
                    (Settlement::Before { charge, .. }, Some(first)) => prop_assert_eq!(charge, *first),
                    (other, first) => prop_assert!(false, "{:?} after {:?}", other, first),
                }
            }
            Event::Expire { after_seconds } => {
                self.now = self.now.plus_seconds(after_seconds);
                billing::expire(&mut self.store, self.now, false).unwrap();
            }
            Event::Release { call } => {
                let Some((id, _)) = self.call(call) else { return Ok(()) };
                refused_or_done(billing::release(&mut self.store, &id, "by hand"));
            }
            Event::Reverse { entry } => {
                refused_or_done(billing::reverse(&mut self.store, EntryId(entry), circumstances));
            }
            Event::CreditLimit { user, millionths } => {
                let change = billing::UserChange {
                    credit_limit: Some(Money::from_millionths(millionths)),
                    ..billing::UserChange::default()
                };
                refused_or_done(billing::update_user(&mut self.store, USERS[user].0, &change));
            }
        }
        Ok(())
    }

    fn holds(&mut self) -> Result<(), TestCaseError> {
        for check in self.store.read(|books| books.check()).unwrap() {
            prop_assert!(check.faults.is_empty(), "{}: {:?}", check.name, check.faults);
        }
        for account in self.store.read(|books| books.accounts(true)).unwrap() {
            prop_assert!(account.available().unwrap() >= Money::ZERO, "{} is overdrawn", account.username);
        }
        Ok(())
    }
}

/// A refusal is an outcome; the books failing is not.
fn refused_or_done<T>(outcome: Result<T, BillingError>) {
    if let Err(BillingError::Store(error)) = outcome {
        panic!("the books failed: {error}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, max_shrink_iters: 200, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_the_books_balance_and_nobody_overspends(events in prop::collection::vec(events(), 1..50)) {
        let mut world = World::new();
        for event in &events {
            world.happens(event)?;
            world.holds()?;
        }
    }
}
