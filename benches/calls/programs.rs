//! The executables, run as Asterisk would, with a stopwatch around each whole process.

use std::env;
use std::ffi::OsStr;
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use celcombiller::agi::stand_in::{Answer, Channel};

use crate::books::{Books, User};

pub(crate) const CALLER: &str = "celcombiller-caller";
pub(crate) const REDUCER: &str = "celcombiller-reducer";

/// Who settles a call; either way it is two commits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Settler {
    /// The caller's program authorises, dials and settles; the reducer in `h` finds it settled.
    Caller,
    /// The caller's program only authorises, and the reducer in `h` settles: one commit each.
    Reducer,
}

impl Settler {
    pub(crate) fn arguments(self) -> &'static [&'static str] {
        match self {
            Self::Caller => &[],
            Self::Reducer => &["authorise"],
        }
    }
}

/// How writers wait for each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Waiting {
    /// In the program's own queue.
    Queue,
    /// By SQLite's busy handler, as `queue = false` has it.
    BusyHandler,
}

/// What a call took.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Took {
    pub(crate) caller: Duration,
    pub(crate) reducer: Duration,
    /// Whether it was granted and charged its connect fee.
    pub(crate) charged: bool,
}

impl Took {
    pub(crate) fn call(self) -> Duration {
        self.caller + self.reducer
    }
}

/// Where everything is that gets forked.
#[derive(Debug)]
pub(crate) struct Programs {
    executables: PathBuf,
    floors: PathBuf,
}

impl Programs {
    /// Finds what `make bench` has built.
    pub(crate) fn built() -> Self {
        let folder = |variable: &str| {
            let named = env::var_os(variable).unwrap_or_else(|| panic!("{variable} is not set: run `make bench`"));
            PathBuf::from(named)
        };
        Self { executables: folder("CELCOMBILLER_EXECUTABLES"), floors: folder("CELCOMBILLER_FLOORS") }
    }

    pub(crate) fn executable(&self, name: &str) -> PathBuf {
        self.executables.join(name)
    }

    pub(crate) fn floor(&self, name: &str) -> PathBuf {
        self.floors.join(name)
    }

    /// Runs billctl, which must succeed.
    pub(crate) fn billctl(&self, books: &Books, arguments: &[&str]) {
        let output = self
            .command(&self.executable("billctl"), books, Waiting::Queue)
            .args(arguments)
            .stderr(Stdio::piped())
            .output()
            .expect("billctl runs");
        let (said, wrong) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "billctl {arguments:?} ended with {}: {said}{wrong}", output.status);
    }

    /// Runs billctl, which must succeed; returns how long the process was there.
    pub(crate) fn report(&self, books: &Books, arguments: &[&str]) -> Duration {
        let mut command = self.command(&self.executable("billctl"), books, Waiting::Queue);
        command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null());
        let started = Instant::now();
        let status = command.status().expect("billctl runs");
        let took = started.elapsed();
        assert!(status.success(), "billctl {arguments:?} ended with {status}");
        took
    }

    fn command(&self, program: &Path, books: &Books, waiting: Waiting) -> Command {
        let mut command = Command::new(program);
        command.env_clear().env("CELCOMBILLER_DB", books.database()).env("CELCOMBILLER_CONFIG", books.config(waiting));
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        command
    }

    /// Makes a call, from the first fork to the end of the last process.
    pub(crate) fn call(&self, books: &Books, user: User, settler: Settler, waiting: Waiting) -> Took {
        let mut channel = new_channel(books, user);
        let ours = |name| self.command(&self.executable(name), books, waiting);
        let caller = play(ours(CALLER), &mut channel, settler.arguments(), |_| {});
        end_of_dial(&mut channel, settler);
        let reducer = play(ours(REDUCER), &mut channel, &[], |_| {});
        Took { caller, reducer, charged: is_charged(&channel) }
    }

    /// Makes a call under a tracer: `wrapped` gives its command for the program of that name. `look` sees the
    /// process before each answer.
    pub(crate) fn watched_call(
        &self,
        books: &Books,
        settler: Settler,
        wrapped: impl Fn(&str) -> Vec<PathBuf>,
        mut look: impl FnMut(&str, u32),
    ) {
        let mut channel = new_channel(books, User::FIRST);
        let mut run = |name: &str, channel: &mut Channel, arguments: &[&str]| {
            let words = wrapped(name);
            let (program, rest) = words.split_first().expect("a program");
            let mut command = self.command(program, books, Waiting::Queue);
            command.args(rest.iter().map(|word| word.as_os_str()));
            play(command, channel, arguments, |process| look(name, process));
        };
        run(CALLER, &mut channel, settler.arguments());
        end_of_dial(&mut channel, settler);
        run(REDUCER, &mut channel, &[]);
        assert!(is_charged(&channel), "the watched call is charged: {:?}", channel.variables);
    }
}

fn new_channel(books: &Books, user: User) -> Channel {
    static CHANNELS: AtomicU64 = AtomicU64::new(1);
    let uniqueid = format!("1790000000.{}", CHANNELS.fetch_add(1, Ordering::Relaxed));
    Channel::new(&uniqueid, &user.number(), &books.callee().number())
}

/// Does what the dialplan's own Dial would have done, where the program left dialling to it; then the channel
/// is in `h`.
fn end_of_dial(channel: &mut Channel, settler: Settler) {
    if settler == Settler::Reducer {
        for (name, value) in [("DIALSTATUS", "ANSWER"), ("ANSWEREDTIME", "0"), ("ANSWEREDTIME_MS", "0")] {
            channel.variables.insert(name.to_owned(), value.to_owned());
        }
    }
    channel.extension = "h".to_owned();
}

fn is_charged(channel: &Channel) -> bool {
    channel.variable("CELCOMBILLER_STATUS") == "GRANTED" && channel.variable("CELCOMBILLER_CHARGE") == "0.05"
}

/// Plays a channel against a program; returns how long the process was there. `look` sees it before each answer.
fn play(mut command: Command, channel: &mut Channel, arguments: &[&str], mut look: impl FnMut(u32)) -> Duration {
    command.args(arguments);
    let started = Instant::now();
    let mut child = command.spawn().expect("the program starts");
    let process = child.id();
    let (to, from) = child.stdin.take().zip(child.stdout.take()).expect("pipes");
    let answer = |_: &Channel, _: &str| {
        look(process);
        Answer::AsAsterisk
    };
    channel.play_with(to, BufReader::with_capacity(1024, from), arguments, answer).expect("the pipe works");
    child.wait().expect("the program ends");
    started.elapsed()
}

/// Runs a program that says nothing; returns how long the process was there.
pub(crate) fn run(program: &Path, arguments: &[impl AsRef<OsStr>]) -> Duration {
    let mut command = Command::new(program);
    command.env_clear().args(arguments).stdin(Stdio::null()).stdout(Stdio::null());
    let started = Instant::now();
    let status = command.status().expect("the program runs");
    let took = started.elapsed();
    assert!(status.success(), "{} ended with {status}", program.display());
    took
}
