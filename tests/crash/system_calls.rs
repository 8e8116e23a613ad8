//! The system calls by which a program changes something, at each of which it can be killed.

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::fs;
use std::process::{Command, Stdio};

use tempfile::NamedTempFile;

use crate::support::Ledger;

/// The system calls that change what others find, or say something to them, or make it survive a power cut. So does one
/// that makes a file by opening it.
const CHANGES: [&str; 34] = [
    "write",
    "writev",
    "pwrite64",
    "pwritev",
    "pwritev2",
    "sendfile",
    "copy_file_range",
    "fallocate",
    "truncate",
    "ftruncate",
    "creat",
    "mkdir",
    "mkdirat",
    "rmdir",
    "unlink",
    "unlinkat",
    "rename",
    "renameat",
    "renameat2",
    "link",
    "linkat",
    "symlink",
    "symlinkat",
    "chmod",
    "fchmod",
    "fchmodat",
    "chown",
    "fchown",
    "utimensat",
    "fsync",
    "fdatasync",
    "sync_file_range",
    "msync",
    "sync",
];

/// A system call of a program that changes something: the so-many-eth of its name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Change {
    name: String,
    count: u32,
}

/// What happens to a program at a change.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Blow {
    /// It is killed instead.
    Before,
    /// It is killed when it has changed that, and has done nothing since.
    After,
    /// It is stopped then.
    Stop,
}

impl Blow {
    /// Both ways to be killed.
    pub(crate) const DEATHS: [Self; 2] = [Self::Before, Self::After];

    /// Every signal but KILL waits until a system call that has begun is over. Nobody catches USR1, so it kills as well.
    fn signal(self) -> &'static str {
        match self {
            Self::Before => "KILL",
            Self::After => "USR1",
            Self::Stop => "STOP",
        }
    }
}

impl Change {
    /// Finds those of a whole run of a program, by a command that still lacks it.
    pub(crate) fn all_of(ledger: &Ledger, run: impl FnOnce(Command)) -> BTreeSet<Self> {
        let trace = NamedTempFile::new().unwrap();
        let mut strace = ledger.command_of("strace");
        strace.arg("-f").arg("-o").arg(trace.path());
        run(strace);
        Self::read(&fs::read_to_string(trace.path()).unwrap())
    }

    /// Finds them in what strace wrote, a line for each system call: `THREAD NAME(ARGUMENTS...`.
    fn read(trace: &str) -> BTreeSet<Self> {
        let (mut changes, mut counts) = (BTreeSet::new(), BTreeMap::new());
        for line in trace.lines() {
            let (thread, said) = line.split_once(' ').unwrap();
            let (name, arguments) = said.trim_start().split_once('(').unwrap_or_default();
            let count = counts.entry((thread, name)).or_default();
            *count += 1;
            if CHANGES.contains(&name) || (name.starts_with("open") && arguments.contains("O_CREAT")) {
                changes.insert(Self { name: name.to_owned(), count: *count });
            }
        }
        changes
    }

    /// Prepares a program that is struck there. What it says is traced too.
    pub(crate) fn strikes(&self, blow: Blow, ledger: &Ledger) -> Command {
        let mut strace = ledger.command_of("strace");
        let Self { name, count } = self;
        let inject = format!("inject={name}:signal={}:when={count}", blow.signal());
        strace.args(["-f", "-e", &format!("trace=write,{name}"), "-e", &inject]);
        if !matches!(blow, Blow::Stop) {
            strace.args(["-o", "/dev/null"]);
        }
        strace
    }
}

/// Tells how often a program was killed.
pub(crate) fn tell(program: &str, changes: &BTreeSet<Change>) {
    let changes = changes.len();
    eprintln!("{program}: killed {} times, before and after each of its {changes} changes", 2 * changes);
}

/// Tells whether programs can be killed at their system calls here; in CI they must be.
pub(crate) fn can_trace() -> bool {
    let traced = Command::new("strace").args(["-o", "/dev/null", "true"]).stderr(Stdio::null()).status();
    let can = traced.is_ok_and(|status| status.success());
    if !can {
        assert_ne!(env::var("CI").as_deref(), Ok("true"), "strace cannot run here, which CI needs");
        eprintln!("\n*** SKIPPED: strace cannot run here, so no program is killed at its system calls ***\n");
    }
    can
}
