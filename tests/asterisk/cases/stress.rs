//! Twenty calls a second of every end, while their programs are killed, and Asterisk itself.
//!
//! For half a minute; `CELCOMBILLER_STRESS_SECONDS=60` makes it a whole one.

mod known;

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use std::{env, io, thread};

use celcombiller::domain::chance::Chance;
use serde_json::json;

use self::known::{FATES, Fate, Heard, Known, by_number};
use crate::configuration::{Dialplan, Setup};
use crate::dialogue::Dialogue;
use crate::eventually::eventually_or;
use crate::hunt::{Killed, hunt};
use crate::lab::Lab;
use crate::load::Load;
use crate::port;
use crate::scenario::{self, Callee, Caller, STAYS, Then};
use crate::subscriber::Subscriber;
use crate::version::Version;

on_both_versions! {
    every_answered_call_is_charged_once_or_told,
}

/// Somebody outside is reached over trunks by the first digits of the number: those decide what becomes of the call.
const STRESS: Setup = Setup { celcombiller: "\n[dial]\nring_seconds = 5\n[calls]\nmax_seconds = 4\n", ..Setup::PLAIN };

/// How a call is meant to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    CalleeHangsUp,
    LimitCuts,
    CallerHangsUp,
    Cancelled,
    Busy,
}

use Kind::{Busy, CalleeHangsUp, CallerHangsUp, Cancelled, LimitCuts};

/// How many of twenty calls are of each kind.
const MIX: [(Kind, usize); 5] = [(CalleeHangsUp, 6), (LimitCuts, 4), (CallerHangsUp, 5), (Cancelled, 3), (Busy, 2)];

impl Kind {
    /// Returns the first digits of the numbers that end so.
    fn prefix(self) -> &'static str {
        match self {
            CalleeHangsUp => "9911",
            LimitCuts | CallerHangsUp => "9912",
            Cancelled => "9913",
            Busy => "9914",
        }
    }

    fn callee(self) -> Callee {
        match self {
            CalleeHangsUp => Callee::Answers { ring: 300, then: Then::HangsUpAsListed(0) },
            LimitCuts | CallerHangsUp => Callee::Answers { ring: 300, then: Then::Stays },
            Cancelled => Callee::RingsOn,
            Busy => Callee::Rejects("486 Busy Here"),
        }
    }

    fn caller(self) -> Caller {
        match self {
            CallerHangsUp => Caller::Talks(Then::HangsUpAsListed(2)),
            Cancelled => Caller::CancelsAfter(400),
            CalleeHangsUp | LimitCuts | Busy => STAYS,
        }
    }
}

struct Plan {
    kind: Kind,
    from: String,
    number: String,
}

fn every_answered_call_is_charged_once_or_told(version: Version) {
    let seconds = env::var("CELCOMBILLER_STRESS_SECONDS").map_or(30, |text| text.parse().expect("whole seconds"));
    // One version after the other: the other tests' calls are beside this.
    static ALONE: Mutex<()> = Mutex::new(());
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let lab = Lab::boot(version, STRESS);
    let mut chance = Chance::new(20 + seconds as u64);
    // Three of them soon have nothing left.
    let users: Vec<_> = (0..20).map(|place| lab.subscriber(if place < 3 { 60 } else { 100_000 })).collect();
    let mut callees = outside(&lab, seconds, &mut chance);
    let (plans, mut callers) = callers(&lab, seconds, &users, &mut chance);
    let over = AtomicBool::new(false);
    let (killed, killed_at) = thread::scope(|scope| {
        let hunter = scope.spawn(|| hunt(&lab, &mut chance, &over));
        let killed_at = catch_unwind(AssertUnwindSafe(|| under_load(&lab, &mut callers, plans.len(), seconds)));
        over.store(true, Ordering::Relaxed);
        (hunter.join().unwrap(), killed_at.unwrap_or_else(|fault| resume_unwind(fault)))
    });
    lab.await_silence();
    lab.stop();

    let heard = Heard { callers: by_number(&mut callers), callees: by_number(&mut callees), killed_at };
    let known = Known::look(&lab);
    let mut table: BTreeMap<(Kind, Fate), usize> = BTreeMap::new();
    for plan in &plans {
        *table.entry((plan.kind, known.fate(plan, &heard))).or_default() += 1;
    }
    show(version, seconds, killed, &table);
    let all_of = |fate| table.iter().filter(|((_, of), _)| *of == fate).map(|(_, count)| count).sum::<usize>();
    let told = format!("{} of {} charged calls to the very second\n", known.exact(), all_of(Fate::Charged));
    io::stderr().write_all(told.as_bytes()).unwrap();
    assert!(killed.callers > 0 && killed.reducers > 0, "programs were killed: {killed:?}");
    assert!(all_of(Fate::Charged) > plans.len() / 10, "calls are charged, whoever is killed");
    assert!(all_of(Fate::Differs) <= plans.len() / 50, "next to no call is charged other seconds than Asterisk saw");
    assert!(all_of(Fate::LostInTalk) + all_of(Fate::LostBefore) > 0, "Asterisk was killed with calls");
    assert!(
        all_of(Fate::NeverDialled) <= usize::try_from(killed.reducers).unwrap(),
        "a reducer that lives ends what was never dialled"
    );
    // Several attempts of one number would have been found above; so would a number that was never planned.
    assert_eq!(known.settled.keys().filter(|number| !plans.iter().any(|plan| plan.number == **number)).count(), 0);
    let told = [Fate::NotCharged, Fate::StillHeld, Fate::ChargedUnseen, Fate::Differs].map(all_of);
    assert_eq!(known.told.len(), told.iter().sum::<usize>(), "nothing else is told");
    settle_the_rest(&lab, &known, &users);
}

/// Has somebody outside for each kind of number.
fn outside(lab: &Lab, seconds: usize, chance: &mut Chance) -> Vec<Load> {
    let talks: Vec<_> = (0..6 * seconds).map(|_| vec![chance.one_of(&TALKS).unwrap().to_string()]).collect();
    let kinds = [CalleeHangsUp, LimitCuts, Cancelled, Busy];
    let loads = kinds.map(|kind| {
        let port = port::free();
        let dial = format!("PJSIP/openbts/sip:{{number}}@127.0.0.1:{port}");
        lab.ledger().run(&["trunk", "add", kind.prefix(), "--dial", &dial]);
        lab.ledger().run(&["route", "add", "--prefix", kind.prefix(), "--trunk", kind.prefix()]);
        Load::waiting(lab, port, &scenario::callee(&kind.callee()), &talks)
    });
    loads.into()
}

/// Milliseconds of talk, well within their seconds.
const TALKS: [u16; 3] = [1500, 2500, 3500];

/// Has every kind of caller call: whoever waits for the other to end the call is one SIPp.
fn callers(lab: &Lab, seconds: usize, users: &[Subscriber<'_>], chance: &mut Chance) -> (Vec<Plan>, Vec<Load>) {
    let (mut plans, mut loads) = (Vec::new(), Vec::new());
    for kinds in [&[CalleeHangsUp, LimitCuts, Busy][..], &[CallerHangsUp], &[Cancelled]] {
        let mix = MIX.into_iter().filter(|(kind, _)| kinds.contains(kind));
        let mixed: Vec<Kind> = mix.flat_map(|(kind, of_twenty)| vec![kind; of_twenty]).collect();
        let first = plans.len();
        plans.extend((0..mixed.len() * seconds).map(|place| {
            let kind = *chance.one_of(&mixed).unwrap();
            let user = chance.one_of(users).unwrap();
            Plan { kind, from: user.number.clone(), number: format!("{}{:05}", kind.prefix(), first + place) }
        }));
        let lines: Vec<_> = plans[first..]
            .iter()
            .map(|plan| vec![plan.from.clone(), plan.number.clone(), chance.one_of(&TALKS).unwrap().to_string()])
            .collect();
        let caller = scenario::caller("<sip:[field0]@[local_ip]:[local_port]>", "[field1]", &kinds[0].caller());
        loads.push(Load::calling(lab, &Dialplan::Hangup.address(), &caller, &lines, mixed.len()));
    }
    (plans, loads)
}

/// Watches the load until all its calls are made and over; kills Asterisk half-way, and starts it again. Returns the
/// milliseconds since 1970 at which it was killed.
fn under_load(lab: &Lab, callers: &mut [Load], planned: usize, seconds: usize) -> u64 {
    let mut killed_at = None;
    let start = Instant::now();
    loop {
        for user in lab.ledger().list(&["user", "list"]) {
            assert!(!user["available"].as_str().unwrap().starts_with('-'), "nobody owes: {user:#}");
        }
        let made: usize = callers.iter_mut().map(|load| load.calls().len()).sum();
        if made >= planned / 2 && killed_at.is_none() {
            lab.kill();
            killed_at = Some(SystemTime::now());
            lab.start_again();
        }
        if made == planned {
            break;
        }
        assert!(start.elapsed() < Duration::from_secs(3 * seconds as u64 + 60), "{made} of {planned} calls were made");
        thread::sleep(Duration::from_millis(500));
    }
    // A channel of the last calls may still be about to come, unless its phone has given up asking for it.
    let late = RefCell::new(Vec::new());
    let tell = || format!("the last calls are over: {:#?}", late.borrow());
    eventually_or(tell, || {
        let mut calls: Vec<Dialogue> = callers.iter_mut().flat_map(Load::calls).collect();
        calls.retain(|call| call.began() + 15_000 > millis(SystemTime::now()) && !call.is_over());
        late.replace(calls);
        late.borrow().is_empty().then_some(())
    });
    millis(killed_at.expect("half of the calls were made before"))
}

fn millis(at: SystemTime) -> u64 {
    u64::try_from(at.duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap()
}

/// Has the operator charge what was not reported and give back what nobody knows of: everything is once in the books
/// then.
fn settle_the_rest(lab: &Lab, known: &Known, users: &[Subscriber<'_>]) {
    let ledger = lab.ledger();
    let charged = |difference: &&String| matches!(difference.as_str(), "not_seen" | "seconds");
    let left = known.told.values().filter(charged).count();
    let (well, settled, said) = lab.reconcile("cdr-csv/Master.csv", &["--settle"]);
    assert_eq!(well, left == 0, "{said}");
    for line in settled.iter().filter(|line| line["difference"] == "not_charged") {
        let granted = known.open[line["dialled"].as_str().unwrap()]["granted"].as_u64();
        let seconds = line["seen_seconds"].as_u64().min(granted).unwrap();
        assert_eq!((&line["billsec"], &line["charge"]), (&json!(seconds), &json!(seconds.to_string())), "{line:#}");
    }
    let settled_anew = lab.reconcile("cdr-csv/Master.csv", &["--settle"]).1;
    assert_eq!(settled_anew.len(), left, "each is charged once: {settled_anew:#?}");
    let lost = known.open.len() + left - known.told.len();
    assert_eq!(ledger.list(&["hold", "expire", "--as-of", "2099-01-01T00:00:00Z"]).len(), lost);
    assert_eq!(ledger.list(&["hold", "list"]).len(), 0);
    let mut spent: HashMap<String, u64> = HashMap::new();
    for cdr in ledger.list(&["cdr", "list"]) {
        let charge: u64 = cdr["charge"].as_str().unwrap().parse().unwrap();
        *spent.entry(cdr["username"].as_str().unwrap().to_owned()).or_default() += charge;
    }
    for user in users {
        user.assert_spent(spent.get(&user.name).copied().unwrap_or(0));
    }
    ledger.assert_sound();
}

/// Shows how the calls ended, past the harness, which would keep it to itself.
fn show(version: Version, seconds: usize, killed: Killed, table: &BTreeMap<(Kind, Fate), usize>) {
    let Killed { callers, reducers } = killed;
    let mut text =
        format!("\n{version:?}, {seconds} s: {callers} callers, {reducers} reducers and Asterisk were killed\n");
    let row = |text: &mut String, name: &str, cells: Vec<String>| {
        *text += &format!("{name:<16}{}\n", cells.iter().map(|cell| format!("{cell:>15}")).collect::<String>());
    };
    row(&mut text, "", FATES.iter().map(|(_, name)| (*name).to_owned()).collect());
    for (kind, _) in MIX {
        let count = |fate: &Fate| table.get(&(kind, *fate)).copied().unwrap_or(0).to_string();
        row(&mut text, &format!("{kind:?}"), FATES.iter().map(|(fate, _)| count(fate)).collect());
    }
    io::stderr().write_all(text.as_bytes()).unwrap();
}
