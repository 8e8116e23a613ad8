//! One running Asterisk in its root.

use std::collections::HashMap;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{LazyLock, Mutex, OnceLock};
use std::{env, fs};

use crate::configuration::{self, Ports, Setup};
use crate::eventually::{eventually, eventually_or};
use crate::ledger::Ledger;
use crate::port;
use crate::version::Version;

pub(crate) struct Lab {
    supervisor: Child,
    folder: PathBuf,
    pub(crate) ports: Ports,
}

/// What the dialplan's `h` extension says about a call that is over, by name.
pub(crate) type Over = HashMap<String, String>;

type Shared = HashMap<(Version, Setup), &'static OnceLock<Lab>>;

impl Lab {
    /// Returns the Asterisk of this setup that the whole run shares, booted by whoever comes first.
    pub(crate) fn shared(version: Version, setup: Setup) -> &'static Self {
        // For the rest of the process; the end of the process ends the supervisors and so every Asterisk.
        static LABS: LazyLock<Mutex<Shared>> = LazyLock::new(Mutex::default);
        let lab = *LABS.lock().unwrap().entry((version, setup)).or_insert_with(|| Box::leak(Box::default()));
        lab.get_or_init(|| Self::boot(version, setup))
    }

    /// Starts an Asterisk, to be stopped with the value.
    pub(crate) fn boot(version: Version, setup: Setup) -> Self {
        let folder = tempfile::Builder::new().prefix("celcombiller-").tempdir().expect("a folder for the lab");
        let ports = Ports { pjsip: port::free(), sip: port::free(), phone: port::free() };
        configuration::write(folder.path(), version, &setup, ports);
        if setup.ledger {
            Ledger::at(folder.path()).run(&["init", "--unit", "seconds"]);
        }
        let mut unshare = Command::new("unshare");
        unshare.args([
            "--mount",
            "--pid",
            "--fork",
            "--kill-child",
            "sh",
            "-c",
            include_str!("supervise"),
            "supervise",
        ]);
        unshare.arg(version.root()).arg(folder.path());
        unshare
            .env_clear()
            .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
            .env("CELCOMBILLER_CONFIG", "/lab/celcombiller.toml");
        unshare.envs(env::vars_os().filter(|(name, _)| name == "CELCOMBILLER_KEEP"));
        unshare.stdin(Stdio::piped()).stdout(Stdio::null());
        let supervisor = unshare.spawn().expect("unshare starts");
        // From here on the supervisor removes it.
        let mut lab = Self { supervisor, folder: folder.keep(), ports };
        lab.await_boot();
        lab
    }

    fn await_boot(&mut self) {
        eventually("Asterisk boots", || {
            if let Some(status) = self.supervisor.try_wait().unwrap() {
                panic!("Asterisk did not start: {status}\n{}", self.read("log/console"));
            }
            self.is_up().then_some(())
        });
    }

    fn is_up(&self) -> bool {
        let booted = self.command("core waitfullybooted").is_ok_and(|answer| answer.contains("fully booted"));
        booted && port::has_listener(self.ports.pjsip)
    }

    /// Kills Asterisk with `kill -9`. What it had started goes on.
    pub(crate) fn kill(&self) {
        self.order("kill");
        eventually("Asterisk is gone", || self.command("core show uptime").is_err().then_some(()));
    }

    /// Starts Asterisk again after it was killed or stopped.
    pub(crate) fn start_again(&self) {
        self.order("start");
        eventually_or(|| self.read("log/console"), || self.is_up().then_some(()));
    }

    /// Waits until no channel is left, whose programs have run then.
    pub(crate) fn await_silence(&self) {
        eventually_or(
            || self.recently(),
            || self.console("core show channels count").contains("0 active channels").then_some(()),
        );
    }

    /// Stops Asterisk as an operator does, so that it has written every record of a call.
    pub(crate) fn stop(&self) {
        // It may be gone before it answers.
        let _ = self.command("core stop now");
        eventually("Asterisk is stopped", || self.command("core show uptime").is_err().then_some(()));
    }

    /// Tells whether a process runs in here: it sees this lab's mounts.
    pub(crate) fn holds(&self, process: u32) -> bool {
        let mounts = |process: u32| fs::read_link(format!("/proc/{process}/ns/mnt")).ok();
        mounts(process).is_some_and(|theirs| mounts(self.supervisor.id()) == Some(theirs))
    }

    fn order(&self, order: &str) {
        let mut stdin = self.supervisor.stdin.as_ref().expect("the supervisor listens");
        writeln!(stdin, "{order}").expect("the supervisor lives");
    }

    /// Makes a program that does what `asterisk -rx` does, from outside of the root.
    pub(crate) fn console_program(&self, version: Version) -> PathBuf {
        let program = self.folder.join("console.sh");
        let script = format!(
            "#!/bin/sh\nexport PATH=/usr/sbin:/usr/bin:/sbin:/bin\nexec nsenter --mount --target {} chroot {} asterisk -C /lab/etc/asterisk.conf \"$@\"\n",
            self.supervisor.id(),
            version.root().display()
        );
        // Written by a process of its own, so that none of ours has it open when it is run.
        let mut sh = Command::new("sh");
        sh.args(["-c", "printf %s \"$1\" > \"$2\" && chmod 755 \"$2\"", "sh", &script]).arg(&program);
        assert!(sh.status().unwrap().success());
        program
    }

    /// Runs a command on Asterisk's console.
    pub(crate) fn console(&self, command: &str) -> String {
        self.command(command).unwrap_or_else(|error| panic!("`{command}` on the console: {error}"))
    }

    /// Speaks what `asterisk -rx` speaks.
    fn command(&self, command: &str) -> std::io::Result<String> {
        let mut console = UnixStream::connect(self.folder.join("run/asterisk.ctl"))?;
        console.write_all(format!("cli quit after {command}\0").as_bytes())?;
        let mut answer = Vec::new();
        console.read_to_end(&mut answer)?;
        Ok(String::from_utf8_lossy(&answer).into_owned())
    }

    pub(crate) fn ledger(&self) -> Ledger {
        Ledger::at(&self.folder)
    }

    /// Returns the folder that Asterisk sees as `/lab`.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Waits until this many calls from the number are over and returns what the dialplan says of them, in that order.
    pub(crate) fn over(&self, caller: &str, calls: usize) -> Vec<Over> {
        let mark = format!("OVER caller={caller} ");
        let tell = || format!("{calls} calls from {caller} are over, of which {}", self.recently());
        eventually_or(tell, || {
            let log = self.log();
            let notices = log.lines().filter(|line| line.contains("] NOTICE["));
            let told: Vec<Over> = notices.filter_map(|line| Some(over(&line[line.find(&mark)?..]))).collect();
            (told.len() >= calls).then_some(told)
        })
    }

    pub(crate) fn log(&self) -> String {
        self.read("log/full")
    }

    /// Returns the end of Asterisk's log.
    fn recently(&self) -> String {
        let log = self.log();
        let lines: Vec<&str> = log.lines().collect();
        let last = lines.len().saturating_sub(60);
        format!("Asterisk says:\n{}", lines[last..].join("\n"))
    }

    fn read(&self, name: &str) -> String {
        fs::read(self.folder.join(name)).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
    }
}

fn over(line: &str) -> Over {
    let pairs = line.split_whitespace().filter_map(|word| word.split_once('='));
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

impl Drop for Lab {
    fn drop(&mut self) {
        drop(self.supervisor.stdin.take());
        self.supervisor.wait().expect("the supervisor is our child");
    }
}
