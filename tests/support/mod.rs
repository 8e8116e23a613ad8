//! What the tests of whole processes share: a ledger of their own, the executables, and a channel to play.

#![allow(dead_code, unreachable_pub, reason = "each test binary uses its own part of it")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that fails says where")]

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::io::{self, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Output, Stdio};

use celcombiller::agi::stand_in::{Answer, Channel, Line};
use serde_json::Value;
use tempfile::TempDir;

/// The three executables under test: in the folder that `CELCOMBILLER_EXECUTABLES` names, else as cargo
/// built them for this test.
pub fn executable(name: &str) -> PathBuf {
    match env::var_os("CELCOMBILLER_EXECUTABLES") {
        Some(folder) => PathBuf::from(folder).join(name),
        None => Path::new(env!("CARGO_BIN_EXE_billctl")).with_file_name(name),
    }
}

/// A ledger in a folder of its own, with its configuration.
pub struct Ledger {
    pub folder: TempDir,
}

impl Ledger {
    /// Makes a ledger that counts in `unit`.
    pub fn new(unit: &str) -> Self {
        let ledger = Self { folder: tempfile::tempdir().expect("a folder for the ledger") };
        ledger.configure("");
        ledger.ok(&["init", "--unit", unit]);
        ledger
    }

    /// Makes a ledger in seconds with ana (999999999, so many seconds) and bob (999999998, nothing).
    pub fn with_ana_and_bob(seconds: u32) -> Self {
        let ledger = Self::new("seconds");
        let balance = seconds.to_string();
        let mut ana = vec!["user", "add", "ana", "--clid", "999999999", "--imsi", "001010000000001"];
        if seconds > 0 {
            ana.extend(["--balance", &balance]);
        }
        ledger.ok(&ana);
        ledger.ok(&["user", "add", "bob", "--clid", "999999998", "--imsi", "001010000000002"]);
        ledger
    }

    /// Makes a ledger in euros, where an answered call costs 0.05 and 0.01 a second, with ana (10 euros) and
    /// bob (nothing): there even a call that ends at once has its price.
    pub fn in_euros() -> Self {
        let ledger = Self::new("EUR");
        for prefix in ["", "onnet"] {
            ledger.ok(&["rate", "add", "--prefix", prefix, "--price-per-minute", "0.60", "--connect-fee", "0.05"]);
        }
        ledger.ok(&["user", "add", "ana", "--clid", "999999999", "--imsi", "001010000000001", "--balance", "10"]);
        ledger.ok(&["user", "add", "bob", "--clid", "999999998", "--imsi", "001010000000002"]);
        ledger
    }

    pub fn database(&self) -> PathBuf {
        self.folder.path().join("celcombiller.db")
    }

    pub fn config(&self) -> PathBuf {
        self.folder.path().join("celcombiller.toml")
    }

    /// Writes the configuration anew.
    pub fn configure(&self, toml: &str) {
        fs::write(self.config(), toml).expect("the configuration is written");
    }

    /// Prepares one of the executables to run on this ledger.
    pub fn command(&self, name: &str) -> Command {
        self.command_of(executable(name))
    }

    /// Prepares another program to run on this ledger.
    pub fn command_of(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command.env("CELCOMBILLER_DB", self.database()).env("CELCOMBILLER_CONFIG", self.config());
        command
    }

    /// Runs billctl.
    pub fn billctl(&self, arguments: &[&str]) -> Output {
        self.command("billctl").args(arguments).stdin(Stdio::null()).output().expect("billctl runs")
    }

    /// Runs billctl, which must succeed; returns what it printed.
    pub fn ok(&self, arguments: &[&str]) -> String {
        let output = self.billctl(arguments);
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "billctl {arguments:?} ended with {}: {error}", output.status);
        String::from_utf8(output.stdout).expect("billctl prints UTF-8")
    }

    /// Runs billctl, which must refuse with this exit code; returns what it said on standard error.
    pub fn refused(&self, code: i32, arguments: &[&str]) -> String {
        let output = self.billctl(arguments);
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(code), "billctl {arguments:?}: {error}");
        assert_eq!(String::from_utf8_lossy(&output.stdout), "", "a refusal prints no result");
        error
    }

    /// Runs billctl, which must succeed; returns its JSON.
    pub fn json(&self, arguments: &[&str]) -> Value {
        let text = self.ok(&[&["--format", "json"], arguments].concat());
        serde_json::from_str(&text).expect("billctl prints JSON")
    }

    /// Proves every invariant of the books.
    pub fn check(&self) {
        let output = self.billctl(&["--format", "json", "db", "check"]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    }

    /// Returns a user's balance and what is held of it.
    pub fn balance(&self, user: &str) -> (String, String) {
        let shown = self.json(&["balance", "show", user]);
        let text = |key: &str| shown[key].as_str().expect("an amount").to_owned();
        (text("balance"), text("held"))
    }

    /// Starts an AGI executable with its pipes.
    pub fn start(&self, program: &str, arguments: &[&str]) -> Child {
        piped(self.command(program).args(arguments))
    }

    /// Plays a channel against an AGI executable to its end.
    pub fn play(&self, program: &str, channel: &mut Channel, arguments: &[&str]) -> Ended {
        self.play_with(program, channel, arguments, |_, _| Answer::AsAsterisk)
    }

    /// Plays a channel against an AGI executable, except where `instead` has another answer.
    pub fn play_with(
        &self,
        program: &str,
        channel: &mut Channel,
        arguments: &[&str],
        instead: impl FnMut(&Channel, &str) -> Answer,
    ) -> Ended {
        accompany(self.start(program, arguments), channel, arguments, instead)
    }

    /// Plays the `h` extension of a channel.
    pub fn hang_up(&self, channel: &mut Channel) -> Ended {
        channel.extension = "h".to_owned();
        self.play("celcombiller-reducer", channel, &[])
    }
}

/// Starts a program with its pipes.
pub fn piped(command: &mut Command) -> Child {
    let command = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().expect("the program starts")
}

/// Plays a channel against a program that was started, to its end.
pub fn accompany(
    mut child: Child,
    channel: &mut Channel,
    arguments: &[&str],
    instead: impl FnMut(&Channel, &str) -> Answer,
) -> Ended {
    let (to, from) = pipes(&mut child);
    converse((to, from), channel, arguments, instead);
    Ended::of(child)
}

/// Returns a started program's pipes: what it hears, and what it says.
pub fn pipes(child: &mut Child) -> (ChildStdin, ChildStdout) {
    child.stdin.take().zip(child.stdout.take()).expect("pipes")
}

/// Plays a channel over pipes until the program closes them. It must say whole commands and nothing else,
/// one at a time.
pub fn converse<W: Write>(
    (to, from): (W, ChildStdout),
    channel: &mut Channel,
    arguments: &[&str],
    instead: impl FnMut(&Channel, &str) -> Answer,
) {
    let before = channel.dialogue.len();
    let mut heard = Vec::new();
    let from = BufReader::new(Heard { from, bytes: &mut heard });
    channel.play_with(to, from, arguments, instead).expect("the pipe works");
    let said: String = commands(&channel.dialogue[before..]).map(|command| format!("{command}\n")).collect();
    assert_eq!(String::from_utf8_lossy(&heard), said, "nothing but commands is written, one at a time");
}

/// Returns what the program said.
pub fn commands(dialogue: &[Line]) -> impl Iterator<Item = &str> {
    dialogue.iter().filter_map(|line| match line {
        Line::Said(command) => Some(command.as_str()),
        Line::Replied(_) => None,
    })
}

/// Tells whether a command dials.
pub fn is_dial(command: &str) -> bool {
    command.starts_with("EXEC \"Dial\"")
}

/// Sends a signal to a process that was not waited for yet.
pub fn signal(name: &str, process: u32) {
    let sent = Command::new("sh").args(["-c", &format!("kill -{name} {process}")]).status().expect("sh runs");
    assert!(sent.success(), "no signal to {process}");
}

/// Keeps every byte that passes.
struct Heard<'a, R> {
    from: R,
    bytes: &'a mut Vec<u8>,
}

impl<R: Read> Read for Heard<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.from.read(buffer)?;
        self.bytes.extend_from_slice(&buffer[..count]);
        Ok(count)
    }
}

/// How an AGI executable ended.
pub struct Ended {
    pub status: ExitStatus,
    pub stderr: String,
}

impl Ended {
    /// Waits for the end.
    pub fn of(child: Child) -> Self {
        let output = child.wait_with_output().expect("the program ends");
        Self { status: output.status, stderr: String::from_utf8_lossy(&output.stderr).into_owned() }
    }

    /// Asserts that the program was content, and had nothing to tell the operator.
    pub fn quietly(&self) {
        assert_eq!((self.status.code(), self.stderr.as_str()), (Some(0), ""));
    }
}
