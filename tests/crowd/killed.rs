//! Five hundred calls at once, while one program after the other is killed.

use std::collections::BTreeMap;
use std::io::Read;
use std::process::Child;
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use celcombiller::agi::stand_in::{Answer, Channel};
use celcombiller::domain::money::Money;
use rusqlite::Connection;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use serde_json::Value;

use crate::support::{Ledger, converse, is_dial, pipes};
use crate::{BOB, CALLER, FAR_AHEAD, counted, patient_ledger};

const CALLS: usize = 500;

/// What a program says last, if it says anything: it was refused, or settled.
const LAST_COMMANDS: [&str; 2] = ["VERBOSE", "SET VARIABLE \"CELCOMBILLER_BILLSEC\""];

/// Cents that a grant holds, and that a call costs in which nobody talks for a second.
const HELD: usize = 65;
const COST: usize = 5;

/// One crowd at a time: each is as many processes as a machine should have.
static CROWD: Mutex<()> = Mutex::new(());

/// How many have come so far, for those who wait for all.
#[derive(Default)]
struct Gate {
    come: Mutex<usize>,
    changed: Condvar,
}

impl Gate {
    fn come(&self) {
        *self.come.lock().unwrap() += 1;
        self.changed.notify_all();
    }

    fn wait_for_all(&self) {
        let come = self.come.lock().unwrap();
        let patience = Duration::from_secs(120);
        let (come, _) = self.changed.wait_timeout_while(come, patience, |come| *come < CALLS).unwrap();
        assert_eq!(*come, CALLS, "all come in time");
    }
}

/// A program to be killed, and where that is told when it is done.
type Doomed = (Arc<Mutex<Child>>, Sender<()>);

/// Whom a program is handed to, and after how many of its commands; what it does meanwhile goes on.
struct Doom {
    killer: Sender<Doomed>,
    after: usize,
}

/// Kills whoever is handed over, one every few milliseconds; returns how many those were.
fn kill_all(doomed: &Receiver<Doomed>) -> usize {
    doomed
        .iter()
        .map(|(child, done)| {
            child.lock().unwrap().kill().unwrap();
            done.send(()).ok();
            thread::sleep(Duration::from_millis(2));
        })
        .count()
}

/// Plays a channel against a program. One that is doomed never hears the reply to its last command, so it is killed
/// there if the killer has not come before.
fn play(mut child: Child, channel: &mut Channel, doom: Option<Doom>, mut says: impl FnMut(&str)) {
    let (pipes, mut stderr) = (pipes(&mut child), child.stderr.take().unwrap());
    let child = Arc::new(Mutex::new(child));
    let (done, is_done) = mpsc::channel();
    let mut heard = 0;
    let hand_over = |heard: usize, is_last: bool| {
        let Some(Doom { killer, after }) = &doom else { return };
        if heard == *after || (is_last && heard < *after) {
            killer.send((Arc::clone(&child), done.clone())).unwrap();
        }
        if is_last {
            is_done.recv().unwrap();
        }
    };
    hand_over(heard, false);
    converse(pipes, channel, &[], |_, command| {
        says(command);
        heard += 1;
        hand_over(heard, LAST_COMMANDS.iter().any(|last| command.starts_with(last)));
        Answer::AsAsterisk
    });
    let mut told = String::new();
    stderr.read_to_string(&mut told).unwrap();
    let ended = child.lock().unwrap().wait().unwrap();
    let expected = if doom.is_some() { None } else { Some(0) };
    assert_eq!((told.as_str(), ended.code()), ("", expected), "{:#?}", channel.dialogue);
}

/// Runs a program, whose whole dialogue has so many commands, for each channel, all at once: they are all there before
/// the first hears anything, and nobody's dial ends before all have their answer. The doomed ones are killed.
fn all_at_once(
    ledger: &Ledger,
    (program, most_commands): (&str, usize),
    channels: Vec<Channel>,
    doomed: &[bool],
) -> Vec<Channel> {
    let (started, decided) = (&Gate::default(), &Gate::default());
    let (killer, handed_over) = mpsc::channel();
    let play = |number: usize, mut channel: Channel, killer: Sender<Doomed>| {
        let child = ledger.start(program, &[]);
        started.come();
        started.wait_for_all();
        let doom = doomed[number].then(|| Doom { killer, after: number % most_commands });
        let mut waits = true;
        play(child, &mut channel, doom, |command| {
            if waits && command.starts_with("EXEC \"MSet\"") {
                decided.come();
                waits = false;
            }
            if is_dial(command) {
                decided.wait_for_all();
            }
        });
        if waits {
            decided.come();
        }
        channel
    };
    thread::scope(|crowd| {
        let killing = crowd.spawn(move || kill_all(&handed_over));
        let start = |(number, channel)| {
            let (play, killer) = (&play, killer.clone());
            crowd.spawn(move || play(number, channel, killer))
        };
        let threads: Vec<_> = channels.into_iter().enumerate().map(start).collect();
        drop(killer);
        let channels = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
        let killed = killing.join().unwrap();
        assert_eq!(killed, doomed.iter().filter(|doomed| **doomed).count());
        assert!(killed > 0, "somebody is killed");
        eprintln!("{CALLS} times {program} at once, of which {killed} were killed");
        channels
    })
}

/// Lets so many accounts make all the calls at once, each with funds for so many grants. Two of five callers' programs
/// are killed, and every other reducer that has to settle for those.
fn calls_of(accounts: usize, grants: usize) {
    let _alone = CROWD.lock().unwrap_or_else(PoisonError::into_inner);
    let most = getrlimit(Resource::Nofile).maximum;
    setrlimit(Resource::Nofile, Rlimit { current: most, maximum: most }).unwrap();
    let ledger = &patient_ledger();
    let number = |account: usize| format!("55{account:09}");
    let cents = |cents: usize| Money::from_millionths(10_000 * i64::try_from(cents).unwrap()).to_string();
    for account in 0..accounts {
        let (name, funds) = (format!("user{account}"), cents(HELD * grants));
        ledger.ok(&["user", "add", &name, "--clid", &number(account), "--balance", &funds]);
    }
    let call = |counter| Channel::new(&format!("1763690000.{counter}"), &number(counter % accounts), BOB);
    // Of every account's calls the same part.
    let doomed: Vec<bool> = (0..CALLS).map(|counter| (counter / accounts + counter) % 5 < 2).collect();
    let channels = all_at_once(ledger, (CALLER, 10), (0..CALLS).map(call).collect(), &doomed);

    let must_settle = |channel: &Channel| dialled(channel) && !is_settled(channel);
    let mut every_other = [true, false].into_iter().cycle();
    let doomed: Vec<bool> =
        channels.iter().map(|channel| must_settle(channel) && every_other.next() == Some(true)).collect();
    let hangs_up = |channel: Channel| Channel { extension: "h".to_owned(), ..channel };
    let channels = channels.into_iter().map(hangs_up).collect();
    let channels = all_at_once(ledger, ("celcombiller-reducer", 3), channels, &doomed);
    ledger.ok(&["hold", "expire", "--as-of", FAR_AHEAD]);

    let calls = ledger.json(&["hold", "list", "--all"]);
    let granted = counted(calls.as_array().unwrap().iter().map(|call| text(call, "username")));
    assert_eq!((granted.len(), granted.values().all(|&granted| granted == grants)), (accounts, true), "{granted:?}");
    let charged = charged(ledger, &channels, &doomed);
    for account in 0..accounts {
        let mine = charged.iter().filter(|counter| **counter % accounts == account).count();
        let left = cents(HELD * grants - COST * mine);
        assert_eq!(ledger.balance(&format!("user{account}")), (left, "0".to_owned()), "user{account}");
    }
    let entries = "SELECT count(*), count(DISTINCT call_id) FROM ledger_entry WHERE kind = 'charge'";
    let books = Connection::open(ledger.database()).unwrap();
    let entries = books.query_row(entries, [], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    let charged = i64::try_from(charged.len()).unwrap();
    assert_eq!(entries, (charged, charged), "an entry for each call that is charged");
    ledger.check();
}

/// Lists the calls that are charged: those that were answered, save that some may be missing of which only programs knew
/// that were killed.
fn charged(ledger: &Ledger, channels: &[Channel], unreported: &[bool]) -> Vec<usize> {
    let cdrs = ledger.json(&["cdr", "list"]);
    let charge = |cdr| (text(cdr, "call"), text(cdr, "charge"));
    let charges: BTreeMap<&str, &str> = cdrs.as_array().unwrap().iter().map(charge).collect();
    let is_charged = |counter: &usize| {
        let channel = &channels[*counter];
        let charge = charges.get(format!("{}#1", channel.uniqueid).as_str()).copied();
        let is_right = match (dialled(channel), is_settled(channel) || !unreported[*counter]) {
            (true, true) => charge == Some("0.05"),
            (true, false) => matches!(charge, Some("0.05") | None),
            (false, _) => matches!(charge, Some("0") | None),
        };
        assert!(is_right, "charged {charge:?}: {:#?}", channel.dialogue);
        charge == Some("0.05")
    };
    (0..channels.len()).filter(is_charged).collect()
}

fn dialled(channel: &Channel) -> bool {
    channel.variable("DIALSTATUS") == "ANSWER"
}

fn is_settled(channel: &Channel) -> bool {
    !channel.variable("CELCOMBILLER_BILLSEC").is_empty()
}

fn text<'a>(row: &'a Value, key: &str) -> &'a str {
    row[key].as_str().unwrap()
}

#[test]
fn five_hundred_calls_of_one_account_that_are_killed_all_the_time_are_charged_right() {
    calls_of(1, 100);
}

#[test]
fn five_hundred_calls_of_a_hundred_accounts_that_are_killed_all_the_time_are_charged_right() {
    calls_of(100, 3);
}
