//! A caller's program that is stopped after each thing that it changes, while the reducer of its call runs, and killed
//! then: so it is when a channel hangs up while its program is still busy.

use std::fs;
use std::io::{self, BufRead, BufReader};
use std::process::{Child, ChildStderr};
use std::sync::{Condvar, Mutex, mpsc};
use std::thread;
use std::time::Duration;

use celcombiller::agi::stand_in::{Answer, Channel};

use crate::books::Books;
use crate::page::{Page, put_back};
use crate::script::{BOB, CALLER, FAR_AHEAD};
use crate::support::{Ledger, accompany, converse, executable, piped, pipes, signal};
use crate::system_calls::{Blow, Change, can_trace};

/// How long a reducer may take before the caller's program is killed, which may hold what it waits for.
const PATIENCE: Duration = Duration::from_millis(100);

/// The channel as its program left it, and how many commands that has said.
struct Heard {
    channel: Mutex<(Channel, usize)>,
    changed: Condvar,
}

impl Heard {
    /// Does what the program says.
    fn hears(&self, channel: &Channel, command: &str) {
        let mut then = channel.clone();
        then.play(io::sink(), command.as_bytes(), &[]).unwrap();
        let mut heard = self.channel.lock().unwrap();
        *heard = (then, heard.1 + 1);
        self.changed.notify_all();
    }

    /// Waits until so many commands are heard.
    fn after(&self, said: usize) -> Channel {
        let heard = self.channel.lock().unwrap();
        self.changed.wait_while(heard, |heard| heard.1 < said).unwrap().0.clone()
    }
}

/// Waits until strace tells that its program is stopped; returns how many commands that has said.
fn said_until_stopped(strace: ChildStderr) -> usize {
    let mut said = 0;
    for line in BufReader::new(strace).lines() {
        let line = line.unwrap();
        said += usize::from(line.starts_with("write(1,"));
        if line.contains("stopped by SIGSTOP") {
            return said;
        }
    }
    panic!("the program was never stopped");
}

/// Returns the program that a strace runs.
fn traced(strace: &Child) -> u32 {
    let id = strace.id();
    let children = fs::read_to_string(format!("/proc/{id}/task/{id}/children")).unwrap();
    children.trim().parse().unwrap()
}

/// Plays a call whose program is stopped after a system call and overtaken there; returns the channel at its end.
fn overtake(ledger: &Ledger, channel: &Channel, change: &Change) -> Channel {
    let mut strace = piped(change.strikes(Blow::Stop, ledger).arg(executable(CALLER)));
    let ((to, from), stderr) = (pipes(&mut strace), strace.stderr.take().unwrap());
    let heard = Heard { channel: Mutex::new((channel.clone(), 0)), changed: Condvar::new() };
    let ended = thread::scope(|both| {
        both.spawn(|| {
            converse((to, from), &mut channel.clone(), &[], |channel, command| {
                heard.hears(channel, command);
                Answer::AsAsterisk
            });
        });
        let mut channel = heard.after(said_until_stopped(stderr));
        let (done, is_done) = mpsc::channel();
        let reducer = both.spawn(move || {
            ledger.hang_up(&mut channel).quietly();
            done.send(()).ok();
            channel
        });
        is_done.recv_timeout(PATIENCE).ok();
        signal("KILL", traced(&strace));
        reducer.join().unwrap()
    });
    assert_eq!(strace.wait().unwrap().code(), None, "killed after {change:?}");
    ended
}

#[test]
fn a_call_whose_reducer_runs_before_its_caller_is_killed_anywhere_is_charged_once_or_not_at_all() {
    if !can_trace() {
        return;
    }
    let mut books = Books::new();
    books.ledger.configure("[calls]\nmax_seconds = 60\n[database]\nbusy_timeout = 60\n");
    let channel = books.ana_calls(BOB);
    let ledger = &books.ledger;
    let (folder, snapshot) = (ledger.folder.path(), tempfile::tempdir().unwrap());
    put_back(folder, snapshot.path());
    let before = Page::of(folder);
    let changes = Change::all_of(ledger, |mut strace| {
        let whole = piped(strace.arg(executable(CALLER)));
        accompany(whole, &mut channel.clone(), &[], |_, _| Answer::AsAsterisk).quietly();
    });
    let charged = Page::of(folder);
    let mut charges = 0;
    for change in &changes {
        put_back(snapshot.path(), folder);
        let channel = overtake(ledger, &channel, change);
        ledger.ok(&["hold", "expire", "--as-of", FAR_AHEAD]);
        let dialled = channel.variable("DIALSTATUS") == "ANSWER";
        let (found, right) = match dialled {
            true => (Page::of(folder), charged.clone()),
            false => (Page::of(folder).without_calls(), before.without_calls()),
        };
        assert_eq!(found.changes_since(&right), [""; 0], "overtaken after {change:?}: {:#?}", channel.dialogue);
        ledger.check();
        charges += usize::from(dialled);
    }
    assert!(0 < charges && charges < changes.len(), "before the dial and after it");
    eprintln!("celcombiller-caller: overtaken and killed after each of {} changes", changes.len());
}
