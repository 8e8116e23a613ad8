//! A phone inside: an extension of the books, rendered for a lab's Asterisk; and one outside.

use std::fs;

use crate::configuration::Setup;
use crate::eventually::eventually;
use crate::lab::Lab;
use crate::phone::Phone;
use crate::port;
use crate::scenario::{self, Callee, Caller};
use crate::version::Version;

/// Extensions are billed by their account code.
pub(crate) const INSIDE: Setup = Setup {
    celcombiller: "\n[identify]\nby = [\"accountcode\"]\n[dial]\nring_seconds = 20\n",
    extensions: true,
    ..Setup::PLAIN
};

/// The same with `chan_sip` beside PJSIP.
pub(crate) const INSIDE_WITH_CHAN_SIP: Setup = Setup { chan_sip: true, ..INSIDE };

pub(crate) struct Extension<'lab> {
    lab: &'lab Lab,
    /// Where Asterisk listens for its technology.
    asterisk: u16,
    pub(crate) number: String,
    pub(crate) secret: String,
    port: u16,
}

/// Whoever is called outside.
pub(crate) struct Carrier<'lab> {
    lab: &'lab Lab,
    port: u16,
}

impl Carrier<'_> {
    /// Waits for one call.
    pub(crate) fn takes_a_call(&self, callee: &Callee) -> Phone {
        Phone::waiting(self.lab, self.port, &scenario::callee(callee))
    }
}

impl Lab {
    /// Starts an Asterisk of its own, with ana and bob, who have sixty seconds each.
    pub(crate) fn inside(version: Version) -> Self {
        Self::inside_with(version, INSIDE)
    }

    /// The same of another setup.
    pub(crate) fn inside_with(version: Version, setup: Setup) -> Self {
        let lab = Self::boot(version, setup);
        let (folder, program) = (lab.folder().display(), lab.console_program(version));
        let config = lab.folder().join("celcombiller.toml");
        let asterisk = format!("[asterisk]\netc = \"{folder}/etc\"\nprogram = \"{}\"\n", program.display());
        fs::write(&config, fs::read_to_string(&config).unwrap() + &asterisk).unwrap();
        for (user, number) in [("ana", "999999999"), ("bob", "999999998")] {
            lab.ledger().run(&["user", "add", user, "--clid", number, "--balance", "60"]);
        }
        lab
    }

    /// Adds an extension that a user pays for, with these flags.
    pub(crate) fn extension(&self, user: &str, flags: &[&str]) -> Extension<'_> {
        let added = self.ledger().read(&[&["extension", "add", "--user", user], flags].concat());
        let text = |key: &str| added[key].as_str().unwrap().to_owned();
        let asterisk = if added["tech"] == "sip" { self.ports.sip } else { self.ports.pjsip };
        Extension { lab: self, asterisk, number: text("extension"), secret: text("secret"), port: port::free() }
    }

    /// Routes numbers outside that begin with 55 to a phone.
    pub(crate) fn carrier(&self) -> Carrier<'_> {
        let port = port::free();
        let dial = format!("PJSIP/openbts/sip:{{number}}@127.0.0.1:{port}");
        self.ledger().run(&["trunk", "add", "carrier", "--dial", &dial]);
        self.ledger().run(&["route", "add", "--prefix", "55", "--trunk", "carrier"]);
        Carrier { lab: self, port }
    }

    /// Renders the books, and has Asterisk read them.
    pub(crate) fn render(&self) {
        self.ledger().run(&["asterisk", "install"]);
        self.ledger().run(&["asterisk", "reload"]);
    }

    /// Tells whether it has voicemail, which Debian 11 has in a package of its own.
    pub(crate) fn has_voicemail(&self) -> bool {
        self.console("module show like app_voicemail.so").contains("1 modules loaded")
    }

    /// Returns which extensions were rung, in order, with the milliseconds of the day.
    pub(crate) fn rung(&self) -> Vec<(String, u64)> {
        let mut rung: Vec<_> = self.log().lines().filter_map(rung).collect();
        // Lines of several calls are not always written in their order.
        rung.sort_by_key(|&(_, millis)| millis);
        rung
    }

    /// Returns what a user has left once nothing is held of it.
    pub(crate) fn left(&self, user: &str) -> u64 {
        eventually("nothing is held", || {
            let balance = self.ledger().read(&["balance", "show", user]);
            (balance["held"] == "0").then(|| balance["balance"].as_str().unwrap().parse().unwrap())
        })
    }
}

/// Reads `[date 15:04:05.123] VERBOSE... Called PJSIP/1000`, or `SIP/1000`.
fn rung(line: &str) -> Option<(String, u64)> {
    let called = line.split_once("Called ")?.1.trim();
    let number = called.strip_prefix("PJSIP/").or_else(|| called.strip_prefix("SIP/"))?;
    let number = number.bytes().all(|byte| byte.is_ascii_digit()).then(|| number.to_owned())?;
    let clock = line.split([' ', ']']).nth(1)?;
    let millis = clock.split([':', '.']).map(|part| part.parse::<u64>().unwrap());
    let [hours, minutes, seconds, millis] = millis.collect::<Vec<_>>()[..] else { panic!("no time in {line}") };
    Some((number, ((hours * 60 + minutes) * 60 + seconds) * 1000 + millis))
}

impl Extension<'_> {
    /// Registers with a secret, which Asterisk answers with this code.
    pub(crate) fn registers_with(&self, secret: &str, code: u16) {
        let scenario = scenario::register(&self.number, secret, code);
        Phone::from_port(self.lab, self.port, self.asterisk, &scenario).finish();
    }

    pub(crate) fn registers(&self) {
        self.registers_with(&self.secret, 200);
    }

    /// Waits for calls.
    pub(crate) fn takes_calls(&self, callee: &Callee, calls: u32) -> Phone {
        Phone::waiting_for(self.lab, self.port, &scenario::callee(callee), calls)
    }

    /// Calls from another port than the one that it is called on.
    pub(crate) fn calls(&self, to: &str, caller: &Caller) -> Phone {
        let scenario = scenario::extension_caller(&self.number, &self.secret, to, caller);
        Phone::from_port(self.lab, port::free(), self.asterisk, &scenario)
    }
}
