//! The system calls at which a program is killed: each that changes something, and the one after it, when it has.

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

/// A system call of a program: the so-many-eth of its name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct SystemCall {
    name: String,
    count: u32,
}

/// Where a program is killed.
#[derive(Debug, Default)]
pub(crate) struct KillPoints {
    /// Its system calls that change something.
    pub(crate) changes: BTreeSet<SystemCall>,
    /// Those that come next, when it has changed.
    after: BTreeSet<SystemCall>,
}

impl KillPoints {
    /// Finds them in what strace writes of a whole run, a line for each system call: `THREAD NAME(ARGUMENTS...`.
    fn read(trace: &str) -> Self {
        let (mut points, mut counts) = (Self::default(), BTreeMap::new());
        let mut has_changed = BTreeMap::new();
        for line in trace.lines() {
            let (thread, said) = line.split_once(' ').unwrap();
            let (name, arguments) = said.trim_start().split_once('(').unwrap_or_default();
            if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
                continue;
            }
            let count = counts.entry((thread, name)).or_default();
            *count += 1;
            let call = SystemCall { name: name.to_owned(), count: *count };
            let changes = CHANGES.contains(&name) || (name.starts_with("open") && arguments.contains("O_CREAT"));
            if has_changed.insert(thread, changes) == Some(true) {
                points.after.insert(call.clone());
            }
            if changes {
                points.changes.insert(call);
            }
        }
        points
    }

    /// Lists all of them.
    pub(crate) fn all(&self) -> impl Iterator<Item = &SystemCall> {
        self.changes.union(&self.after)
    }

    /// Tells how many there were.
    pub(crate) fn tell(&self, program: &str) {
        let changes = self.changes.len();
        eprintln!("{program}: killed {} times, before and after each of {changes} changes", self.all().count());
    }

    /// Finds them in a whole run of a program, by a command that still lacks it.
    pub(crate) fn of(ledger: &Ledger, run: impl FnOnce(Command)) -> Self {
        let trace = NamedTempFile::new().unwrap();
        let mut strace = ledger.command_of("strace");
        strace.arg("-f").arg("-o").arg(trace.path());
        run(strace);
        Self::read(&fs::read_to_string(trace.path()).unwrap())
    }
}

impl SystemCall {
    /// Prepares to kill a program instead of this system call.
    pub(crate) fn kills(&self, ledger: &Ledger) -> Command {
        let mut strace = ledger.command_of("strace");
        let Self { name, count } = self;
        let kill = format!("inject={name}:signal=KILL:when={count}");
        strace.args(["-f", "-o", "/dev/null", "-e", &format!("trace={name}"), "-e", &kill]);
        strace
    }
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
