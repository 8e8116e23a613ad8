//! Programs under strace, on a ledger whose files at the beginning are known.

use std::env;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

use celcombiller::agi::stand_in::{Answer, Channel};
use tempfile::TempDir;

use crate::record::{Files, Record, SYSTEM_CALLS};
use crate::support::{Ended, Ledger, accompany, executable, piped};

/// A ledger on which every program is traced.
pub(crate) struct Traced {
    pub(crate) ledger: Ledger,
    base: Files,
    traces: TempDir,
    programs: AtomicUsize,
}

impl Traced {
    /// Makes a ledger in euros, unless strace cannot run here: a failure in CI, else said loudly. `database`
    /// is more of that section of the configuration.
    pub(crate) fn new(database: &str) -> Option<Self> {
        let tried = Command::new("strace").args(["-o", "/dev/null", "true"]).stderr(Stdio::null()).status();
        if !tried.is_ok_and(|status| status.success()) {
            assert_ne!(env::var("CI").as_deref(), Ok("true"), "strace cannot run here, which CI needs");
            eprintln!("\n*** SKIPPED: strace cannot run here, so no power is cut ***\n");
            return None;
        }
        let ledger = Ledger::in_euros();
        ledger.configure(&format!("[calls]\nmax_seconds = 60\n[database]\nbusy_timeout = 60\n{database}"));
        let mut base = Files::new();
        take(ledger.folder.path(), ledger.folder.path(), &mut base);
        let traces = tempfile::tempdir().unwrap();
        Some(Self { ledger, base, traces, programs: AtomicUsize::new(0) })
    }

    /// Plays a channel against a program.
    pub(crate) fn play(
        &self,
        program: &str,
        channel: &mut Channel,
        arguments: &[&str],
        instead: impl FnMut(&Channel, &str) -> Answer,
    ) -> Ended {
        let mut strace = self.strace(&format!("{program}@{}", channel.uniqueid));
        accompany(piped(strace.arg(executable(program)).args(arguments)), channel, arguments, instead)
    }

    /// Plays a channel against a program that is killed instead of its `count`th system call of that name.
    pub(crate) fn play_killed(&self, program: &str, channel: &mut Channel, system_call: &str, count: u32) {
        let mut strace = self.strace(&format!("{program}@{}", channel.uniqueid));
        strace.arg(format!("--inject={system_call}:error=EIO:signal=KILL:when={count}"));
        let child = piped(strace.arg(executable(program)));
        let ended = accompany(child, channel, &[], |_, _| Answer::AsAsterisk);
        assert_eq!(ended.status.code(), None, "{program} was killed: {}", ended.stderr);
    }

    /// Runs billctl, which must succeed.
    pub(crate) fn billctl(&self, arguments: &[&str]) {
        let output = self.strace("billctl@").arg(executable("billctl")).args(arguments).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    /// Prepares a trace; its name is the process's in the record.
    fn strace(&self, name: &str) -> Command {
        let number = self.programs.fetch_add(1, Ordering::SeqCst);
        let mut strace = self.ledger.command_of("strace");
        strace.args(["-ff", "-y", "-xx", "-s", "1000000", "-a", "1", "-q", "-e", SYSTEM_CALLS]);
        strace.args(["--absolute-timestamps=format:unix,precision:ns", "--syscall-times=ns", "-o"]);
        strace.arg(self.traces.path().join(format!("{number}@{name}")));
        strace
    }

    /// Reads what happened.
    pub(crate) fn record(&self) -> Record {
        Record::read(self.base.clone(), self.traces.path(), self.ledger.folder.path())
    }
}

/// Takes the files of a folder and of those in it.
fn take(root: &Path, folder: &Path, files: &mut Files) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            take(root, &path, files);
        } else {
            let name = path.strip_prefix(root).unwrap().to_str().unwrap();
            files.insert(name.to_owned(), fs::read(&path).unwrap());
        }
    }
}
