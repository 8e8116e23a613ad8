//! What the tests of whole processes share: a ledger of their own, the executables, and a channel to play.

#![allow(unreachable_pub, reason = "each test binary has this module as its own")]
#![allow(dead_code, reason = "each test binary uses its own part of it")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that fails says where")]

use std::env;
use std::fs;
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};

use celcombiller::agi::stand_in::{Answer, Channel};
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
        let mut command = Command::new(executable(name));
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
        self.command(program)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts")
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
        let mut child = self.start(program, arguments);
        let (to, from) = child.stdin.take().zip(child.stdout.take()).expect("pipes");
        channel.play_with(to, BufReader::new(from), arguments, instead).expect("the pipe works");
        let output = child.wait_with_output().expect("the program ends");
        Ended { status: output.status, stderr: String::from_utf8_lossy(&output.stderr).into_owned() }
    }

    /// Plays the `h` extension of a channel.
    pub fn hang_up(&self, channel: &mut Channel) -> Ended {
        channel.extension = "h".to_owned();
        self.play("celcombiller-reducer", channel, &[])
    }
}

/// How an AGI executable ended.
pub struct Ended {
    pub status: ExitStatus,
    pub stderr: String,
}
