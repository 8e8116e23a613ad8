//! A SIP phone for one call, played by SIPp.

use std::fs;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use tempfile::TempDir;

use crate::dialogue::Dialogue;
use crate::eventually::{eventually, eventually_or};
use crate::lab::Lab;
use crate::port;
use crate::scenario::VOICE;

/// The phone; it is put away with the value.
pub(crate) struct Phone {
    process: Child,
    papers: Papers,
}

/// What SIPp reads and writes.
pub(crate) struct Papers(TempDir);

impl Phone {
    /// Calls from the loopback address `address` to the lab's port `asterisk`.
    pub(crate) fn calling(lab: &Lab, address: &str, asterisk: u16, scenario: &str) -> Self {
        Self::start(lab, address, port::free(), scenario, Some(asterisk), 1)
    }

    /// Waits for one call on the port; returns as soon as it can be called.
    pub(crate) fn waiting(lab: &Lab, port: u16, scenario: &str) -> Self {
        Self::waiting_for(lab, port, scenario, 1)
    }

    /// Waits for so many calls on the port, one after the other or at once.
    pub(crate) fn waiting_for(lab: &Lab, port: u16, scenario: &str, calls: u32) -> Self {
        let phone = Self::start(lab, "127.0.0.1", port, scenario, None, calls);
        eventually("the phone listens", || {
            phone.papers.assert_clean();
            port::has_listener(port).then_some(())
        });
        phone
    }

    /// Does its part from the port that a phone has, towards the lab's port `asterisk`.
    pub(crate) fn from_port(lab: &Lab, port: u16, asterisk: u16, scenario: &str) -> Self {
        Self::start(lab, "127.0.0.1", port, scenario, Some(asterisk), 1)
    }

    fn start(lab: &Lab, address: &str, port: u16, scenario: &str, asterisk: Option<u16>, calls: u32) -> Self {
        let papers = Papers::new(lab, scenario);
        let mut sipp = papers.sipp(address, port);
        sipp.args(["-m", &calls.to_string(), "-trace_msg", "-message_file", "messages"]);
        sipp.args(asterisk.map(|asterisk| format!("127.0.0.1:{asterisk}")));
        let process = sipp.spawn().expect("setpriv starts");
        Self { process, papers }
    }

    /// Waits until the phone has done its part, and returns what was said.
    pub(crate) fn finish(mut self) -> Dialogue {
        let papers = &self.papers;
        let status = eventually_or(
            || format!("the phone's call ends\n{}", papers.record()),
            || {
                papers.assert_clean();
                self.process.try_wait().expect("sipp is our child")
            },
        );
        assert!(status.success(), "the phone's call went wrong: {status}\n{}", papers.record());
        self.dialogue()
    }

    /// Returns the From header of the first call to arrive here.
    pub(crate) fn shown(&self) -> Option<String> {
        let messages = self.papers.read("messages");
        let invite = messages.split_once("\nINVITE sip:")?.1;
        Some(invite.lines().find_map(|line| line.strip_prefix("From: "))?.trim().to_owned())
    }

    /// Returns what was said up to now.
    pub(crate) fn dialogue(&self) -> Dialogue {
        Dialogue::parse(&self.papers.read("short"))
    }
}

impl Papers {
    pub(crate) fn new(lab: &Lab, scenario: &str) -> Self {
        let folder =
            tempfile::Builder::new().prefix("phone-").tempdir_in(lab.folder()).expect("a folder for the phone");
        let papers = Self(folder);
        papers.write("scenario.xml", scenario.as_bytes());
        papers.write(VOICE, &[0xff; 8000]);
        papers
    }

    /// Makes the SIPp that plays the scenario; whom it calls is to be added.
    pub(crate) fn sipp(&self, address: &str, port: u16) -> Command {
        let file = |name: &str| fs::File::create(self.0.path().join(name)).unwrap();
        // A phone dies with whoever holds it, even if that is killed.
        let mut sipp = Command::new("setpriv");
        sipp.args(["--pdeathsig", "KILL", "sipp", "-sf", "scenario.xml", "-nostdin"]);
        sipp.args(["-i", address, "-p", &port.to_string(), "-cp", &port::free().to_string()]);
        sipp.args(["-mp", &port::sound().to_string()]);
        // On a busy machine it would complain of the machine.
        sipp.args(["-watchdog_interval", "0"]);
        sipp.args(["-trace_err", "-error_file", "errors", "-trace_shortmsg", "-shortmessage_file", "short"]);
        sipp.current_dir(self.0.path()).env("TERM", "dumb");
        sipp.stdin(Stdio::null()).stdout(file("screen")).stderr(file("stderr"));
        sipp
    }

    pub(crate) fn write(&self, name: &str, bytes: &[u8]) {
        fs::write(self.0.path().join(name), bytes).unwrap();
    }

    fn assert_clean(&self) {
        let is_clean = || {
            let errors = self.read("errors");
            // A phone of SIPp's has no lamp for messages, of which Asterisk notifies those with a mailbox; and while it
            // registers, it does not say that it is there.
            errors.is_empty() || ["NOTIFY sip:", "OPTIONS sip:"].iter().any(|request| errors.contains(request))
        };
        // It may be just writing what it was asked.
        assert!(
            is_clean() || {
                sleep(Duration::from_millis(200));
                is_clean()
            },
            "the phone's call went wrong\n{}",
            self.record()
        );
    }

    pub(crate) fn record(&self) -> String {
        ["stderr", "errors", "messages"].map(|name| self.read(name)).join("\n")
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read(self.0.path().join(name)).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
    }
}

impl Drop for Phone {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
