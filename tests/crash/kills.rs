//! A program that is killed at every system call by which it changes something, before it and after it, each time in
//! the same books.

use std::collections::BTreeSet;
use std::process::Command;

use celcombiller::agi::stand_in::{Answer, Channel};
use rusqlite::Connection;

use crate::outages::Outage;
use crate::page::{Page, put_back};
use crate::script::{CALLER, FAR_AHEAD};
use crate::support::{Ended, Ledger, accompany, executable, is_dial, piped};
use crate::system_calls::{Blow, Change, can_trace, tell};

/// A program that will be killed.
pub(crate) struct Victim {
    pub(crate) ledger: Ledger,
    pub(crate) program: Program,
    /// How many pages of the books there may be when it is killed: one more than it has transactions.
    pub(crate) pages: usize,
    /// Whether somebody else has the books open all the time.
    pub(crate) resident: bool,
}

/// What runs, and what is done when it was killed.
pub(crate) enum Program {
    /// One of Asterisk's two. Then the channel hangs up, for which the reducer runs, and later the expiry.
    Call(&'static str, Channel),
    /// The caller's, whose books are gone when it has dialled and there again when the channel hangs up.
    CallIntoOutage(Channel),
    /// A command of billctl that is simply run again.
    Again(Vec<String>),
    /// One that is run again if nothing of it is to be seen.
    AgainIfMissing(Vec<String>),
}

/// What became of a run.
struct Ran {
    killed: bool,
    /// Whether anybody was told that it is done.
    acknowledged: bool,
    /// The channel as it was left.
    channel: Option<Channel>,
}

impl Victim {
    fn run(&self, mut strace: Command) -> Ran {
        let arguments = match &self.program {
            Program::Call(program, channel) => return self.call(strace.arg(executable(program)), channel, || {}),
            Program::CallIntoOutage(channel) => {
                let begin = || drop(Outage::Missing.begin(&self.ledger));
                return self.call(strace.arg(executable(CALLER)), channel, begin);
            }
            Program::Again(arguments) | Program::AgainIfMissing(arguments) => arguments,
        };
        let ended = piped(strace.arg(executable("billctl")).args(arguments)).wait_with_output().unwrap();
        let killed = ended.status.code().is_none();
        assert!(killed || ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
        Ran { killed, acknowledged: !ended.stdout.is_empty(), channel: None }
    }

    fn call(&self, program: &mut Command, channel: &Channel, dials: impl Fn()) -> Ran {
        let mut channel = channel.clone();
        let Ended { status, stderr } = accompany(piped(program), &mut channel, &[], |_, command| {
            if is_dial(command) {
                dials();
            }
            Answer::AsAsterisk
        });
        let killed = status.code().is_none();
        assert!(killed || status.success(), "{stderr}");
        let told = !channel.variable("CELCOMBILLER_BILLSEC").is_empty();
        Ran { killed, acknowledged: told || !killed, channel: Some(channel) }
    }

    /// Does what is done in real life; returns whether what the program was for must be in the books then.
    fn recover(&self, ran: Ran, is_missing: bool) -> bool {
        if !self.ledger.database().exists() {
            Outage::Missing.end(&self.ledger, None);
        }
        match (&self.program, ran.channel) {
            (Program::Again(arguments), _) => {
                let again = self.ledger.command("billctl").args(arguments).output().unwrap();
                // Refused, where it can be done only once.
                assert!(matches!(again.status.code(), Some(0 | 1)), "{}", String::from_utf8_lossy(&again.stderr));
                true
            }
            (Program::AgainIfMissing(arguments), _) => {
                if is_missing {
                    self.ledger.ok(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
                }
                true
            }
            (_, channel) => {
                let mut channel = channel.unwrap();
                self.ledger.hang_up(&mut channel);
                self.ledger.ok(&["hold", "expire", "--as-of", FAR_AHEAD]);
                channel.variable("DIALSTATUS") == "ANSWER"
            }
        }
    }

    /// Lets somebody who had the books open leave them. A commit that was written whole, but whose program was killed
    /// before it told those who had them open, is there from then on: so a hold may come back, until the next expiry.
    fn leaves(&self, resident: Option<Connection>) {
        if resident.map(drop).is_some() {
            self.ledger.ok(&["hold", "expire", "--as-of", FAR_AHEAD]);
        }
    }

    fn page(&self) -> Page {
        Page::of(self.ledger.folder.path())
    }

    /// Kills it everywhere. Then the books must be at one of its pages, the last if somebody was told that it is done.
    /// After the recovery they must be as if nobody had been killed, or, where a call was never answered, as if it had
    /// not been made.
    pub(crate) fn is_killed_everywhere(&self, what: &str) {
        if !can_trace() {
            return;
        }
        let (folder, snapshot) = (self.ledger.folder.path(), tempfile::tempdir().unwrap());
        put_back(folder, snapshot.path());
        let sit_in = || self.resident.then(|| resident(&self.ledger));
        let before = self.page();
        let (mut whole, seat) = (None, sit_in());
        let changes = Change::all_of(&self.ledger, |strace| whole = Some(self.run(strace)));
        let whole = whole.unwrap();
        assert!(!whole.killed && whole.acknowledged, "{what} is done");
        let last = self.page();
        self.recover(whole, false);
        self.leaves(seat);
        let recovered = self.page();

        let mut pages = BTreeSet::from([before.clone(), last.clone()]);
        for (change, blow) in changes.iter().flat_map(|change| Blow::DEATHS.map(|blow| (change, blow))) {
            put_back(snapshot.path(), folder);
            let seat = sit_in();
            let ran = self.run(change.strikes(blow, &self.ledger));
            let killed = format!("{what} killed {blow:?} {change:?}");
            assert!(ran.killed, "{killed}: it lived");
            let left = self.page();
            assert!(!ran.acknowledged || left == last, "{killed}: told as done and not there");
            let must_be_there = self.recover(ran, left == before);
            pages.insert(left);
            self.leaves(seat);
            let (found, right) = match must_be_there {
                true => (self.page(), recovered.clone()),
                false => (self.page().without_calls(), before.without_calls()),
            };
            assert_eq!(found.changes_since(&right), [""; 0], "{killed}, and recovered");
            self.ledger.check();
        }
        let left: Vec<_> = pages.iter().map(|page| page.changes_since(&before)).collect();
        assert_eq!(pages.len(), self.pages, "{what} leaves {left:#?}");
        tell(what, &changes);
    }
}

fn resident(ledger: &Ledger) -> Connection {
    let resident = Connection::open(ledger.database()).unwrap();
    resident.query_row("SELECT count(*) FROM account", [], |_| Ok(())).unwrap();
    resident
}
