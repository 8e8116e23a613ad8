//! What holds for every tariff, balance and order of events.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that fails says where")]

use std::collections::BTreeMap;
use std::time::Duration;

use celcombiller::billing::{self, BillingError, Circumstances, NewUser, Policy, Settlement};
use celcombiller::domain::account::{Caller, IdentifyBy, Level};
use celcombiller::domain::bundle::{Bundle, BundleId};
use celcombiller::domain::call::{Authorisation, CallId, CallRequest};
use celcombiller::domain::dialling::DialTemplate;
use celcombiller::domain::money::{Direction, Money, Price, Rounding};
use celcombiller::domain::numbering::Prefix;
use celcombiller::domain::outcome::{CallReport, Disposition, Witness};
use celcombiller::domain::purse::Purse;
use celcombiller::domain::rate::{Destinations, Increment, PriceLine, Rate, TalkTime};
use celcombiller::domain::rating::Validity;
use celcombiller::domain::routing::RouteOrder;
use celcombiller::domain::terms::{Band, Bands, Surcharge, Terms};
use celcombiller::domain::time::Timestamp;
use celcombiller::store::{Access, BundleQuery, EntryId, Role, STANDARD_TARIFF, Store, Unit};
use chrono::{DateTime, SecondsFormat, Utc};
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use rust_decimal::Decimal;

fn price(most: i64) -> impl Strategy<Value = Price> {
    // Half of all fees are none, so that each is also seen without the others.
    prop_oneof![Just(0), 0..=most].prop_map(|millionths| Money::from_millionths(millionths).try_into().unwrap())
}

fn seconds(most: u32) -> impl Strategy<Value = u32> {
    prop_oneof![Just(0), 0..=most]
}

fn increments() -> impl Strategy<Value = Increment> {
    (0..=120_u32, 0..=120_u32).prop_map(|(initial, subsequent)| Increment::new(initial, subsequent))
}

fn bands() -> impl Strategy<Value = Bands> {
    let band = (1..=4000_u32, price(5_000_000), increments(), price(100_000));
    prop::collection::vec(band, 0..4).prop_map(|bands| {
        let mut bands: Vec<_> = bands
            .into_iter()
            .map(|(from, price_per_minute, increment, entry_fee)| Band {
                from: from.try_into().unwrap(),
                price_per_minute,
                increment,
                entry_fee,
            })
            .collect();
        bands.sort_by_key(|band| band.from);
        bands.dedup_by_key(|band| band.from);
        bands.try_into().unwrap()
    })
}

fn terms() -> impl Strategy<Value = Terms> {
    let fees = (price(500_000), seconds(600), seconds(120), price(1_000_000), prop::option::of(price(20_000_000)));
    let free = (seconds(60), seconds(300), prop::option::of((price(100_000), 1..=600_u32)), bands());
    (fees, free).prop_map(|(fees, (free_below, free_seconds, surcharge, bands))| {
        let (disconnect_fee, disconnect_after, minimum_seconds, minimum_charge, maximum_charge) = fees;
        let surcharge = surcharge.map(|(fee, every)| Surcharge { fee, every: every.try_into().unwrap() });
        Terms {
            disconnect_fee,
            disconnect_after,
            minimum_seconds,
            minimum_charge,
            maximum_charge,
            free_below,
            free_seconds,
            surcharge,
            bands,
        }
    })
}

fn rates() -> impl Strategy<Value = Rate> {
    (price(5_000_000), price(1_000_000), increments(), terms()).prop_map(
        |(price_per_minute, connect_fee, increment, terms)| Rate {
            destinations: Destinations::Prefix(Prefix::any()),
            price_per_minute,
            connect_fee,
            increment,
            terms,
        },
    )
}

fn roundings() -> impl Strategy<Value = Rounding> {
    (0..=6_u8, prop::sample::select(Direction::ALL))
        .prop_map(|(decimals, direction)| format!("{decimals}:{direction}").parse().unwrap())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100_000))]

    #[test]
    fn a_grant_is_paid_by_its_funds_and_one_second_more_is_not(
        rate in rates(),
        rounding in roundings(),
        funds in prop_oneof![0..=50_000_000_i64, 0..=1_000_000_i64],
        cap in 1..=86_400_u32,
    ) {
        let (funds, cap) = (Money::from_millionths(funds), TalkTime::new(cap).unwrap());
        let charge = |seconds| rate.charge(seconds, rounding).unwrap();
        match rate.max_talk_time(funds, cap, rounding) {
            None => prop_assert!(charge(1) > funds),
            Some(granted) => {
                let hold = charge(granted.seconds());
                prop_assert!(hold <= funds);
                prop_assert!(granted <= cap);
                if granted < cap {
                    prop_assert!(charge(granted.seconds() + 1) > funds);
                }
                // Whenever the call ends before, it costs no more than what is held for it.
                for part in [0, 1, granted.seconds() / 3, granted.seconds() / 2, granted.seconds() - 1] {
                    prop_assert!(charge(part) <= hold, "{part} s of {granted}");
                }
            }
        }
    }

    #[test]
    fn the_lines_of_a_price_add_up_to_it(rate in rates(), rounding in roundings(), seconds in 0..=7200_u32) {
        let mut sum = Decimal::ZERO;
        let charge = rate.explained_charge(seconds, rounding, |line, amount| match line {
            PriceLine::MinimumCharge(_) | PriceLine::MaximumCharge(_) | PriceLine::Rounding(_) => sum = amount,
            _ => sum += amount,
        });
        prop_assert_eq!(Money::rounded(sum, Rounding::FINEST), charge);
        prop_assert_eq!(charge, rate.charge(seconds, rounding));
    }

    #[test]
    fn terms_are_read_as_they_are_written(terms in terms()) {
        prop_assert_eq!(terms.to_string().parse::<Terms>(), Ok(terms));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20_000))]

    #[test]
    fn money_is_written_as_the_decimal_that_it_is(millionths in any::<i64>(), zeros in 0..19_u32) {
        let money = Money::from_millionths(millionths / 10_i64.pow(zeros) * 10_i64.pow(zeros));
        prop_assert_eq!(money.to_string(), money.to_decimal().normalize().to_string());
    }

    #[test]
    fn a_time_is_written_as_rfc_3339_has_it(millis in any::<i64>(), nearer in 0..12_u32) {
        let time = Timestamp::from_millis(millis >> (nearer * 4));
        let written = DateTime::<Utc>::from_timestamp_millis(time.millis())
            .map_or_else(|| format!("{} ms", time.millis()), |time| time.to_rfc3339_opts(SecondsFormat::Secs, true));
        prop_assert_eq!(time.to_string(), written);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20_000))]

    #[test]
    fn a_grant_is_paid_by_its_bundles_and_its_funds_and_a_shorter_call_by_no_more_of_each(
        rate in rates(),
        rounding in roundings(),
        funds in prop_oneof![Just(0), 0..=10_000_000_i64],
        bundles in prop::collection::vec((any::<bool>(), 0..=900_000_000_i64), 0..4),
        cap in 1..=7200_u32,
    ) {
        let (funds, cap) = (Money::from_millionths(funds), TalkTime::new(cap).unwrap());
        let mut purse = Purse::default();
        let mut left = BTreeMap::new();
        for (index, (time, millionths)) in bundles.into_iter().enumerate() {
            let (worth, millionths) = if time { ("seconds=1", millionths) } else { ("bonus=1", millionths / 100) };
            let (id, amount) = (BundleId(index.try_into().unwrap()), Money::from_millionths(millionths));
            purse.add(id, worth.parse::<Bundle>().unwrap().worth, amount);
            left.insert(id, amount);
        }
        let freed = purse.freed(&rate);
        let spendable = funds.checked_add(purse.bonus()).unwrap();
        let charge = |seconds| freed.charge(seconds, rounding).unwrap();
        let Some(granted) = freed.max_talk_time(spendable, cap, rounding) else {
            prop_assert!(charge(1) > spendable);
            return Ok(());
        };
        if granted < cap {
            prop_assert!(charge(granted.seconds() + 1) > spendable);
        }
        let held = purse.pay(&rate, granted.seconds(), charge(granted.seconds()));
        prop_assert!(held.rest <= funds);
        for (bundle, part) in held.time.iter().chain(&held.bonus) {
            prop_assert!(Money::ZERO < *part && *part <= left[bundle]);
        }
        // What is held is all that settles it, and it does so to the same price.
        let mut kept = Purse::default();
        for (parts, worth) in [(&held.time, "seconds=1"), (&held.bonus, "bonus=1")] {
            for &(bundle, part) in parts {
                kept.add(bundle, worth.parse::<Bundle>().unwrap().worth, part);
            }
        }
        let parts: BTreeMap<BundleId, Money> = held.time.iter().chain(&held.bonus).copied().collect();
        for talked in [0, 1, granted.seconds() / 3, granted.seconds() / 2, granted.seconds() - 1, granted.seconds()] {
            let price = kept.freed(&rate).charge(talked, rounding).unwrap();
            prop_assert_eq!(price, charge(talked), "{} s of {}", talked, granted);
            let paid = kept.pay(&rate, talked, price);
            prop_assert!(paid.rest <= held.rest, "{} s of {}", talked, granted);
            prop_assert!(paid.time.iter().chain(&paid.bonus).all(|(bundle, part)| *part <= parts[bundle]));
            prop_assert!(paid.seconds() <= talked.max(rate.terms.minimum_seconds));
            let all = paid.rest.checked_add(paid.bonus()).unwrap();
            prop_assert_eq!(all, price);
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
    Give { user: usize, time: bool, millionths: i64, days: bool },
    End { bundle: usize },
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
        2 => (user.clone(), any::<bool>(), money, any::<bool>())
            .prop_map(|(user, time, millionths, days)| Event::Give { user, time, millionths, days }),
        1 => (0..4_usize).prop_map(|bundle| Event::End { bundle }),
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
        for destinations in [Destinations::OnNet, Destinations::Prefix(Prefix::any())] {
            let rate = Rate {
                destinations,
                price_per_minute: "1.2".parse().unwrap(),
                connect_fee: "0.05".parse().unwrap(),
                increment: Increment::new(30, 6),
                terms: Terms::default(),
            };
            billing::add_rate(&mut store, STANDARD_TARIFF, &rate, &Validity { starts: now, ..Validity::default() })
                .unwrap();
        }
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
                valid_days: None,
                language: None,
                contact: celcombiller::domain::contact::Contact::default(),
                warn_below: None,
                password: None,
                balance: Some("20".parse().unwrap()),
            };
            billing::add_user(&mut store, &new, Circumstances { actor: "test", note: None, time: now }).unwrap();
        }
        let policy = Policy {
            identify_by: vec![IdentifyBy::CallerId],
            onnet: "PJSIP/{number}".parse::<DialTemplate>().unwrap(),
            offnet: Some("PJSIP/{number}@carrier".parse().unwrap()),
            routes: RouteOrder::Priority,
            longest: TalkTime::new(300).unwrap(),
            announcement_seconds: 0,
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
                    then: None,
                    at: self.now,
                };
                let (answer, _) = billing::authorise(&mut self.store, &request, &self.policy).unwrap();
                if matches!(answer, Authorisation::Granted(_)) {
                    self.calls.push((call, request));
                }
            }
            Event::AuthoriseAgain { call } => {
                let Some((id, request)) = self.call(call) else { return Ok(()) };
                let first = self.store.read(|books| books.stored_call(&id)).unwrap().unwrap();
                let (again, _) = billing::authorise(&mut self.store, &request, &self.policy).unwrap();
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
                    limit_is_heard: false,
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
                billing::expire_bundles(&mut self.store, self.now, false, circumstances).unwrap();
            }
            Event::Release { call } => {
                let Some((id, _)) = self.call(call) else { return Ok(()) };
                refused_or_done(billing::release(&mut self.store, &id, "by hand"));
            }
            Event::Reverse { entry } => {
                refused_or_done(billing::reverse(&mut self.store, EntryId(entry), circumstances));
            }
            Event::Give { user, time, millionths, days } => {
                // Credit of up to 2 euros, or up to 200 s, some of it only for the first minutes of these events.
                let worth = if time {
                    format!("seconds={}", millionths / 1_000_000 + 1)
                } else {
                    format!("bonus={}", Money::from_millionths(millionths / 100 + 1))
                };
                let ends = if days { format!(" ends={}", self.now.plus_seconds(600).exact()) } else { String::new() };
                let bundle: Bundle = format!("{worth} to=55{ends}").parse().unwrap();
                billing::add_bundle(&mut self.store, USERS[user].0, &bundle, circumstances).unwrap();
            }
            Event::End { bundle } => {
                let all = self.store.read(|books| books.bundles(BundleQuery::default())).unwrap();
                let Some(bundle) = all.get(bundle) else { return Ok(()) };
                refused_or_done(billing::end_bundle(&mut self.store, bundle.id, circumstances));
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
        for check in self.store.read(|books| books.check(None)).unwrap().checks {
            prop_assert!(check.faults.is_empty(), "{}: {:?}", check.name, check.faults);
        }
        for account in self.store.read(|books| books.accounts(true)).unwrap() {
            prop_assert!(account.available().unwrap() >= Money::ZERO, "{} is overdrawn", account.username);
        }
        for bundle in self.store.read(|books| books.bundles(BundleQuery::default())).unwrap() {
            prop_assert!(bundle.left >= Money::ZERO, "bundle {} of {} is overdrawn", bundle.id, bundle.owner);
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
