//! Whatever is killed, wherever, and whatever becomes of the database meanwhile: a call that took place is
//! charged once, one that did not costs nothing, and nothing stays held.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that fails says where")]

mod support;

use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use celcombiller::agi::stand_in::{Answer, Channel};
use celcombiller::domain::money::Money;
use rusqlite::Connection;
use serde_json::{Value, json};
use support::{Ended, Ledger, accompany, commands, converse, executable, is_dial, piped, pipes, signal};

const CALLER: &str = "celcombiller-caller";
const REDUCER: &str = "celcombiller-reducer";
const ANA: &str = "999999999";
const BOB: &str = "999999998";
const FAR_AHEAD: &str = "2099-01-01";
/// Cents that ana begins with, and that an answered call of no whole second costs.
const FUNDS: u32 = 1000;
const PRICE: u32 = 5;

/// A ledger on which many calls can be made one after the other, and what they must have cost by now.
struct Books {
    ledger: Ledger,
    calls: u32,
    charged: u32,
}

impl Books {
    fn new() -> Self {
        let ledger = Ledger::in_euros();
        ledger.configure(
            "[calls]\nmax_seconds = 60\n[dial]\noffnet = \"PJSIP/{number}@carrier\"\n\
             [prompts]\nNO_ROUTE = \"pbx-invalid\"\n[database]\nbusy_timeout = 1\n",
        );
        Self { ledger, calls: 0, charged: 0 }
    }

    /// Makes a channel that was never seen before.
    fn ana_calls(&mut self, dialled: &str) -> Channel {
        self.calls += 1;
        Channel::new(&format!("1763690000.{}", self.calls), ANA, dialled)
    }

    /// Plays a whole call, which is charged.
    fn completes(&mut self, channel: &mut Channel) {
        self.ledger.play(CALLER, channel, &[]).quietly();
        self.charged += 1;
    }

    /// Ends a channel on which everything may have happened: `h`, then the expiry. A call that was dialled
    /// must have been charged once, and any other not at all.
    fn close(&mut self, channel: &mut Channel, circumstances: &str) {
        let dialled = commands(&channel.dialogue).filter(|command| is_dial(command)).count();
        self.ledger.hang_up(channel);
        self.ledger.ok(&["hold", "expire", "--as-of", FAR_AHEAD]);
        self.charged += u32::try_from(dialled).unwrap();
        self.are_right(&format!("{circumstances}: {:#?}", channel.dialogue));
    }

    /// Asserts what ana has, that nothing is held or waits, and every invariant.
    fn are_right(&self, circumstances: &str) {
        let left = Money::from_millionths(10_000 * i64::from(FUNDS - PRICE * self.charged));
        assert_eq!(self.ledger.balance("ana"), (left.to_string(), "0".to_owned()), "{circumstances}");
        assert_eq!(waiting(&self.ledger), [""; 0], "{circumstances}");
        self.ledger.check();
    }
}

/// Returns the names of the ends that are kept beside the books.
fn waiting(ledger: &Ledger) -> Vec<String> {
    let entries = fs::read_dir(spool(ledger)).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name != "ballast").collect()
}

fn spool(ledger: &Ledger) -> PathBuf {
    ledger.folder.path().join("celcombiller.db-spool")
}

/// Where a dialogue is cut.
#[derive(Clone, Copy, Debug)]
enum Cut {
    /// When the program's command has arrived, before the reply.
    Command(usize),
    /// When the reply has been written, and before them the environment block.
    Reply(usize),
}

/// Kills a process after so many texts have been written to it.
struct KillAfter {
    to: ChildStdin,
    process: u32,
    left: Option<usize>,
}

impl Write for KillAfter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.to.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.left == Some(0) {
            signal("KILL", self.process);
        }
        self.left = self.left.and_then(|left| left.checked_sub(1));
        self.to.flush()
    }
}

/// Plays a channel against a program that is killed there; Asterisk still does what it was told.
fn play_cut(mut child: Child, channel: &mut Channel, cut: Cut) {
    let process = child.id();
    let (to, from) = pipes(&mut child);
    let left = match cut {
        Cut::Reply(count) => Some(count),
        Cut::Command(_) => None,
    };
    let mut heard = 0;
    converse((KillAfter { to, process, left }, from), channel, &[], |_, _| {
        heard += 1;
        if matches!(cut, Cut::Command(count) if count == heard) {
            signal("KILL", process);
        }
        Answer::AsAsterisk
    });
    let ended = Ended::of(child);
    if matches!(cut, Cut::Command(_)) {
        assert_eq!(ended.status.code(), None, "killed at {cut:?}");
    }
}

/// Lists the cuts of a dialogue of so many commands.
fn cuts(commands: usize) -> impl Iterator<Item = Cut> {
    (0..=commands).map(Cut::Reply).chain((1..=commands).map(Cut::Command))
}

/// Cuts the caller's dialogue everywhere; `prepare` makes the channel on which it begins.
fn cut_everywhere(expected_commands: usize, prepare: impl Fn(&mut Books) -> Channel) {
    let mut books = Books::new();
    let mut whole = prepare(&mut books);
    books.ledger.play(CALLER, &mut whole, &[]).quietly();
    assert_eq!(commands(&whole.dialogue).count(), expected_commands, "the dialogue is cut at each of its lines");
    books.close(&mut whole, "not cut");
    for cut in cuts(expected_commands) {
        let mut channel = prepare(&mut books);
        play_cut(books.ledger.start(CALLER, &[]), &mut channel, cut);
        books.close(&mut channel, &format!("{cut:?}"));
    }
}

#[test]
fn a_granted_call_that_is_cut_anywhere_is_charged_once_or_not_at_all() {
    cut_everywhere(10, |books| books.ana_calls(BOB));
}

#[test]
fn a_refused_call_that_is_cut_anywhere_costs_nothing() {
    cut_everywhere(5, |books| books.ana_calls("IMSI001010000000009"));
}

#[test]
fn an_off_net_call_that_is_cut_anywhere_is_charged_once_or_not_at_all() {
    cut_everywhere(10, |books| books.ana_calls("5511999990002"));
}

#[test]
fn a_channels_second_call_that_is_cut_anywhere_is_charged_once_or_not_at_all() {
    cut_everywhere(12, |books| {
        let mut channel = books.ana_calls(BOB);
        books.completes(&mut channel);
        channel.dialogue.clear();
        channel
    });
}

#[test]
fn a_second_call_after_a_killed_first_one_that_is_cut_anywhere_leaves_both_right() {
    cut_everywhere(11, |books| {
        let mut channel = books.ana_calls(BOB);
        kill_the_caller_mid_dial(&books.ledger, &mut channel);
        channel.dialogue.clear();
        books.charged += 1;
        channel
    });
}

fn kill_the_caller_mid_dial(ledger: &Ledger, channel: &mut Channel) {
    let child = ledger.start(CALLER, &[]);
    let process = child.id();
    let ended = accompany(child, channel, &[], |_, command| {
        if is_dial(command) {
            signal("KILL", process);
        }
        Answer::AsAsterisk
    });
    assert_eq!(ended.status.code(), None, "killed");
}

#[test]
fn a_reducer_that_is_cut_anywhere_and_run_again_charges_once() {
    let mut books = Books::new();
    for cut in cuts(3) {
        let mut channel = books.ana_calls(BOB);
        kill_the_caller_mid_dial(&books.ledger, &mut channel);
        channel.extension = "h".to_owned();
        play_cut(books.ledger.start(REDUCER, &[]), &mut channel, cut);
        books.close(&mut channel, &format!("{cut:?}"));
    }
}

#[test]
fn a_call_whose_programs_are_killed_at_any_moment_is_charged_once_or_not_at_all() {
    const MOMENTS: u32 = 40;
    let mut books = Books::new();
    let mut channel = books.ana_calls(BOB);
    let began = Instant::now();
    books.completes(&mut channel);
    let span = began.elapsed();
    for moment in 0..MOMENTS {
        let mut channel = books.ana_calls(BOB);
        let delay = span * moment / MOMENTS;
        play_and_kill_after(&books.ledger, CALLER, &mut channel, delay);
        let h = Channel { extension: "h".to_owned(), ..channel.clone() };
        play_and_kill_after(&books.ledger, REDUCER, &mut Channel { dialogue: Vec::new(), ..h }, delay);
        books.close(&mut channel, &format!("killed after {delay:?}"));
    }
}

fn play_and_kill_after(ledger: &Ledger, program: &str, channel: &mut Channel, delay: Duration) {
    let mut child = ledger.start(program, &[]);
    let pipes = pipes(&mut child);
    thread::scope(|both| {
        both.spawn(|| {
            thread::sleep(delay);
            child.kill().unwrap();
        });
        converse(pipes, channel, &[], |_, _| Answer::AsAsterisk);
    });
    child.wait().unwrap();
}

/// The system calls by which a database changes on the disk.
const WRITES: [&str; 4] = ["pwrite64", "ftruncate", "fdatasync", "unlink"];

#[test]
fn a_call_whose_caller_is_killed_at_any_write_is_charged_once_or_not_at_all() {
    let most = kill_at_each_write(CALLER, |books| books.ana_calls(BOB));
    assert!(most > 10, "only {most} writes were cut");
}

#[test]
fn a_call_whose_reducer_is_killed_at_any_write_is_charged_once() {
    let most = kill_at_each_write(REDUCER, |books| {
        let mut channel = books.ana_calls(BOB);
        kill_the_caller_mid_dial(&books.ledger, &mut channel);
        channel.extension = "h".to_owned();
        channel
    });
    assert!(most > 10, "only {most} writes were cut");
}

/// Kills a program at the first, second, … of each kind of write until it lives to its end; returns the most
/// of a kind.
fn kill_at_each_write(program: &str, prepare: impl Fn(&mut Books) -> Channel) -> u32 {
    let traced = Command::new("strace").args(["-o", "/dev/null", "true"]).stderr(Stdio::null()).status();
    if !traced.is_ok_and(|status| status.success()) {
        eprintln!("\n*** SKIPPED: strace cannot run here, so {program} is not killed at its writes ***\n");
        return u32::MAX;
    }
    let mut books = Books::new();
    let mut cut_at = |write: &str, count: u32| {
        let mut channel = prepare(&mut books);
        let mut strace = books.ledger.command_of("strace");
        strace.args(["-o", "/dev/null", "-e", &format!("inject={write}:signal=KILL:when={count}")]);
        let child = piped(strace.arg(executable(program)));
        let killed = accompany(child, &mut channel, &[], |_, _| Answer::AsAsterisk).status.code().is_none();
        books.close(&mut channel, &format!("{program} killed at its {write} {count}"));
        killed
    };
    WRITES
        .into_iter()
        .map(|write| (1..).take_while(|&count| cut_at(write, count)).count())
        .max()
        .map_or(0, |most| u32::try_from(most).unwrap())
}

/// What may become of the database while a call goes on.
#[derive(Clone, Copy, Debug)]
enum Outage {
    /// Somebody writes for longer than the busy timeout.
    Locked,
    /// The file is elsewhere.
    Missing,
    /// A newer program has migrated it.
    Newer,
}

const OUTAGES: [Outage; 3] = [Outage::Locked, Outage::Missing, Outage::Newer];

impl Outage {
    /// Begins; what is returned must be kept until the end.
    fn begin(self, ledger: &Ledger) -> Option<Connection> {
        match self {
            Self::Missing => {
                fs::rename(ledger.database(), elsewhere(ledger)).unwrap();
                None
            }
            Self::Locked => {
                let lock = Connection::open(ledger.database()).unwrap();
                lock.execute_batch("BEGIN EXCLUSIVE").unwrap();
                Some(lock)
            }
            Self::Newer => {
                set_schema(ledger, |schema| schema + 1);
                None
            }
        }
    }

    fn end(self, ledger: &Ledger, lock: Option<Connection>) {
        drop(lock);
        match self {
            Self::Missing => fs::rename(elsewhere(ledger), ledger.database()).unwrap(),
            Self::Locked => {}
            Self::Newer => set_schema(ledger, |schema| schema - 1),
        }
    }

    /// What the operator is told.
    fn told(self) -> &'static str {
        match self {
            Self::Locked => "locked",
            Self::Missing => "no database at",
            Self::Newer => "newer than this program's",
        }
    }
}

fn elsewhere(ledger: &Ledger) -> PathBuf {
    ledger.folder.path().join("elsewhere.db")
}

fn set_schema(ledger: &Ledger, change: impl Fn(i64) -> i64) {
    let database = Connection::open(ledger.database()).unwrap();
    let schema = database.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
    database.pragma_update(None, "user_version", change(schema)).unwrap();
}

/// Plays a call during whose dial an outage begins, which lasts until `meanwhile` is over.
fn call_into(outage: Outage, books: &mut Books, meanwhile: impl FnOnce(&mut Books, &mut Channel)) -> Channel {
    let mut channel = books.ana_calls(BOB);
    let mut lock = None;
    let ended = books.ledger.play_with(CALLER, &mut channel, &[], |_, command| {
        if is_dial(command) {
            lock = outage.begin(&books.ledger);
        }
        Answer::AsAsterisk
    });
    assert_eq!(ended.status.code(), Some(0), "{outage:?}: {}", ended.stderr);
    assert!(ended.stderr.contains(outage.told()) && ended.stderr.contains("its end was kept"), "{}", ended.stderr);
    assert_eq!(channel.variable("CELCOMBILLER_BILLSEC"), "", "nothing is said to be charged before it is");
    assert_eq!(waiting(&books.ledger), [format!("{}#1.end", channel.uniqueid)]);
    meanwhile(books, &mut channel);
    outage.end(&books.ledger, lock);
    books.charged += 1;
    channel
}

#[test]
fn a_call_is_refused_while_the_books_cannot_be_used() {
    let mut books = Books::new();
    for outage in OUTAGES {
        let lock = outage.begin(&books.ledger);
        let mut channel = books.ana_calls(BOB);
        let ended = books.ledger.play(CALLER, &mut channel, &[]);
        assert_eq!(ended.status.code(), Some(0), "{outage:?}");
        assert_eq!(channel.variable("CELCOMBILLER_STATUS"), "UNAVAILABLE", "{outage:?}");
        assert!(ended.stderr.contains(outage.told()), "{}", ended.stderr);
        assert!(!commands(&channel.dialogue).any(is_dial), "{outage:?}");
        outage.end(&books.ledger, lock);
        books.close(&mut channel, &format!("{outage:?}"));
    }
    assert_eq!(books.ledger.json(&["hold", "list", "--all"]), json!([]));
}

#[test]
fn an_end_that_was_kept_is_posted_once_by_the_expiry() {
    for outage in OUTAGES {
        let mut books = Books::new();
        let channel = call_into(outage, &mut books, |_, _| {});
        let expire = || {
            let output = books.ledger.billctl(&["--format", "json", "hold", "expire", "--as-of", FAR_AHEAD]);
            assert!(output.status.success(), "{outage:?}");
            (String::from_utf8(output.stderr).unwrap(), serde_json::from_slice::<Value>(&output.stdout).unwrap())
        };
        let posted = format!("posted the end of call {}#1, which had been kept\n", channel.uniqueid);
        assert_eq!(expire(), (posted, json!([])), "posted, and therefore not given back");
        books.are_right(&format!("{outage:?}"));
        assert_eq!(expire(), (String::new(), json!([])));
        books.are_right(&format!("{outage:?}"));
    }
}

#[test]
fn an_end_that_was_kept_is_posted_once_by_the_next_call() {
    for outage in OUTAGES {
        let mut books = Books::new();
        call_into(outage, &mut books, |_, _| {});
        let mut next = books.ana_calls(BOB);
        books.completes(&mut next);
        books.are_right(&format!("{outage:?}"));
    }
}

#[test]
fn an_end_that_was_kept_is_posted_once_by_its_own_reducer() {
    for outage in OUTAGES {
        let mut books = Books::new();
        let mut channel = call_into(outage, &mut books, |_, _| {});
        books.ledger.hang_up(&mut channel).quietly();
        assert_eq!(channel.variable("CELCOMBILLER_CHARGE"), "0.05");
        books.are_right(&format!("{outage:?}"));
    }
}

#[test]
fn an_end_that_both_programs_kept_is_kept_and_posted_once() {
    for outage in OUTAGES {
        let mut books = Books::new();
        let mut channel = call_into(outage, &mut books, |books, channel| {
            let ended = books.ledger.hang_up(channel);
            assert_eq!(ended.status.code(), Some(0), "{outage:?}");
            assert!(ended.stderr.contains("its end was kept"), "{}", ended.stderr);
            assert_eq!(waiting(&books.ledger).len(), 1);
        });
        books.ledger.hang_up(&mut channel);
        books.are_right(&format!("{outage:?}"));
    }
}

#[test]
fn an_end_that_was_kept_survives_the_expiry_of_its_hold() {
    let mut books = Books::new();
    let channel = call_into(Outage::Missing, &mut books, |_, _| {});
    let end = spool(&books.ledger).join(format!("{}#1.end", channel.uniqueid));
    let aside = books.ledger.folder.path().join("aside");
    fs::rename(&end, &aside).unwrap();
    assert_eq!(books.ledger.json(&["hold", "expire", "--as-of", FAR_AHEAD]).as_array().unwrap().len(), 1);
    fs::rename(&aside, &end).unwrap();
    books.ledger.ok(&["hold", "expire"]);
    books.are_right("posted after its hold was given back");
}

#[test]
fn a_file_that_is_no_end_stays_and_is_told() {
    let mut books = Books::new();
    let channel = call_into(Outage::Missing, &mut books, |_, _| {});
    let odd = spool(&books.ledger).join("0.end");
    fs::write(&odd, "call = 5\n").unwrap();
    let told = books.ledger.billctl(&["hold", "expire"]);
    assert_eq!(told.status.code(), Some(1));
    let told = String::from_utf8(told.stderr).unwrap();
    assert!(told.contains(&format!("posted the end of call {}#1", channel.uniqueid)), "{told}");
    assert!(told.contains(&format!("kept: {}: ", odd.display())), "{told}");
    assert_eq!(waiting(&books.ledger), ["0.end"]);
    fs::remove_file(odd).unwrap();
    books.are_right("the other end was posted");
}

#[test]
fn an_end_of_a_call_that_the_books_do_not_know_stays_and_is_told() {
    let books = Books::new();
    let mut channel = Channel::new("1763690000.1", ANA, "h");
    let unknown =
        [("CELCOMBILLER_CALL", "1763690000.1#1"), ("CELCOMBILLER_STATUS", "GRANTED"), ("DIALSTATUS", "ANSWER")];
    channel.variables.extend(unknown.map(|(name, value)| (name.to_owned(), value.to_owned())));
    let ended = books.ledger.hang_up(&mut channel);
    assert_eq!(ended.stderr, "celcombiller: call 1763690000.1#1 is unknown to the books; its end was kept\n");
    assert_eq!(waiting(&books.ledger), ["1763690000.1#1.end"]);
    assert_eq!(books.ledger.billctl(&["hold", "expire"]).status.code(), Some(1));
    assert_eq!(waiting(&books.ledger), ["1763690000.1#1.end"]);
    books.ledger.check();
}

/// A user whom permissions bind, as they do not bind root.
const NOBODY: u32 = 65534;

#[test]
fn a_folder_that_became_read_only_refuses_calls_and_keeps_ends() {
    let mut books = Books::new();
    let folder = books.ledger.folder.path().to_owned();
    let root = fs::metadata(&folder).unwrap().uid() == 0;
    if root {
        give_to_nobody(&folder);
    }
    let start = |ledger: &Ledger| {
        // Where the build is may be closed to others than root.
        let mut command = ledger.command_of(folder.join(CALLER));
        if root {
            command.uid(NOBODY).gid(NOBODY);
        }
        piped(&mut command)
    };
    fs::copy(executable(CALLER), folder.join(CALLER)).unwrap();
    let permit = |mode| fs::set_permissions(&folder, fs::Permissions::from_mode(mode)).unwrap();

    let mut channel = books.ana_calls(BOB);
    let ended = accompany(start(&books.ledger), &mut channel, &[], |_, command| {
        if is_dial(command) {
            permit(0o555);
        }
        Answer::AsAsterisk
    });
    assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
    assert!(ended.stderr.contains("its end was kept"), "{}", ended.stderr);
    assert_eq!(waiting(&books.ledger), [format!("{}#1.end", channel.uniqueid)]);
    let mut refused = books.ana_calls(BOB);
    accompany(start(&books.ledger), &mut refused, &[], |_, _| Answer::AsAsterisk);
    assert_eq!(refused.variable("CELCOMBILLER_STATUS"), "UNAVAILABLE");
    assert!(!commands(&refused.dialogue).any(is_dial));

    permit(0o755);
    books.ledger.ok(&["hold", "expire", "--as-of", FAR_AHEAD]);
    books.charged += 1;
    books.are_right("the folder is writable again");
}

fn give_to_nobody(path: &Path) {
    chown(path, Some(NOBODY), Some(NOBODY)).unwrap();
    if path.is_dir() {
        fs::read_dir(path).unwrap().for_each(|entry| give_to_nobody(&entry.unwrap().path()));
    }
}

/// A small file system of its own, until it is dropped.
struct SmallDisk(PathBuf);

impl SmallDisk {
    /// Mounts it, where this process may.
    fn mount(folder: &Path) -> Option<Self> {
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=2m", "celcombiller-test"]).arg(folder).stderr(Stdio::null());
        mount.status().is_ok_and(|status| status.success()).then(|| Self(folder.to_owned()))
    }

    /// Writes until nothing more fits.
    fn fill(&self) {
        let mut file = fs::File::create(self.0.join("filler")).unwrap();
        for size in [4096, 1] {
            while file.write_all(&vec![0; size]).is_ok() {}
        }
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        drop(Command::new("umount").arg("-l").arg(&self.0).status());
    }
}

#[test]
fn a_full_disk_refuses_calls_and_keeps_ends_in_the_room_of_the_ballast() {
    let ledger = Ledger::in_euros();
    let inside = ledger.folder.path().join("disk");
    fs::create_dir(&inside).unwrap();
    let Some(disk) = SmallDisk::mount(&inside) else {
        eprintln!("\n*** SKIPPED: only root can mount a small disk to fill it ***\n");
        return;
    };
    // The ledger moves onto the disk; the configuration stays where it was.
    let on_disk = inside.join("celcombiller.db");
    fs::copy(ledger.database(), &on_disk).unwrap();
    let run = |program: &str| {
        let mut command = ledger.command(program);
        command.env("CELCOMBILLER_DB", &on_disk);
        command
    };
    let ends = || {
        let entries = fs::read_dir(inside.join("celcombiller.db-spool")).unwrap();
        let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    };
    let billctl = |arguments: &[&str]| {
        let output = run("billctl").args(arguments).output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    billctl(&["init"]);
    assert_eq!(ends(), ["ballast"]);

    let mut channel = Channel::new("1763690000.1", ANA, BOB);
    let ended = accompany(piped(&mut run(CALLER)), &mut channel, &[], |_, command| {
        if is_dial(command) {
            disk.fill();
        }
        Answer::AsAsterisk
    });
    assert!(ended.stderr.contains("its end was kept"), "{}", ended.stderr);
    assert_eq!(ends(), ["1763690000.1#1.end"]);
    disk.fill();
    let mut refused = Channel::new("1763690000.2", ANA, BOB);
    accompany(piped(&mut run(CALLER)), &mut refused, &[], |_, _| Answer::AsAsterisk);
    assert_eq!(refused.variable("CELCOMBILLER_STATUS"), "UNAVAILABLE");
    assert!(!commands(&refused.dialogue).any(is_dial));

    fs::remove_file(inside.join("filler")).unwrap();
    billctl(&["hold", "expire", "--as-of", FAR_AHEAD]);
    assert_eq!(ends(), ["ballast"]);
    billctl(&["db", "check"]);
    let shown: Value = serde_json::from_str(&billctl(&["--format", "json", "balance", "show", "ana"])).unwrap();
    assert_eq!((&shown["balance"], &shown["held"]), (&json!("9.95"), &json!("0")));
}
