//! Who calls whom in a trace, and how a call is played.

use std::time::Duration;

use celcombiller::agi::stand_in::{Answer, CalleeBehaviour, Channel};

use crate::support::{Ended, Ledger, accompany, commands, is_dial, signal};
use crate::transcript::{nonce, reads_the_ending};

pub(crate) const CALLER: &str = "celcombiller-caller";
pub(crate) const UNIQUEID: &str = "1763690000.12";
pub(crate) const CALL: &str = "1763690000.12#1";
pub(crate) const ANA: &str = "999999999";
pub(crate) const BOB: &str = "999999998";
pub(crate) const BOBS_SIM: &str = "SIP/IMSI001010000000002@127.0.0.1:5062";
pub(crate) const FAR_AHEAD: &str = "2099-01-01";

/// A channel on which ana calls bob.
pub(crate) fn ana_calls_bob() -> Channel {
    ana_calls(BOB)
}

pub(crate) fn ana_calls(dialled: &str) -> Channel {
    Channel::new(UNIQUEID, ANA, dialled)
}

pub(crate) fn answers(ring: u64, talk: u64) -> CalleeBehaviour {
    CalleeBehaviour::Answers { ring: Duration::from_secs(ring), talk: Duration::from_secs(talk) }
}

/// Plays the caller's program, which must be content; returns its verdict.
pub(crate) fn call(ledger: &Ledger, channel: &mut Channel, arguments: &[&str]) -> String {
    ledger.play(CALLER, channel, arguments).quietly();
    channel.variable("CELCOMBILLER_STATUS").to_owned()
}

/// Plays the caller's program and kills it while Dial runs; the call goes on to its end.
pub(crate) fn call_and_kill_the_caller_mid_dial(ledger: &Ledger, channel: &mut Channel) {
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

/// Answers that the dial ended with these variables, from DIALSTATUS to the stamp.
pub(crate) fn ends_with(command: &str, variables: &str) -> Answer {
    let nonce = nonce(command).unwrap_or_default();
    Answer::Raw(format!("200 result=1 (GRANTED|{CALL}||{variables}|{nonce})\n").into_bytes())
}

/// Plays a call whose dial is said to have ended with these variables, from DIALSTATUS to the stamp.
pub(crate) fn call_that_ends_with(ledger: &Ledger, channel: &mut Channel, variables: &str) -> Ended {
    ledger.play_with(CALLER, channel, &[], |channel, command| match reads_the_ending(channel, command) {
        true => ends_with(command, variables),
        false => Answer::AsAsterisk,
    })
}

/// Sets what a Dial in the dialplan leaves.
pub(crate) fn dialled_by_the_dialplan<const N: usize>(channel: &mut Channel, left: [(&str, &str); N]) {
    channel.variables.extend(left.map(|(name, value)| (name.to_owned(), value.to_owned())));
}

/// Calls of many channels, one after another.
pub(crate) struct Calls<'a> {
    ledger: &'a Ledger,
    made: u32,
}

impl<'a> Calls<'a> {
    pub(crate) fn on(ledger: &'a Ledger) -> Self {
        Self { ledger, made: 0 }
    }

    pub(crate) fn channel(&mut self, from: &str, to: &str) -> Channel {
        self.made += 1;
        Channel::new(&format!("1763690000.{}", self.made), from, to)
    }

    /// Calls and talks for so many seconds, or until the limit; returns the verdict, or the seconds granted.
    pub(crate) fn talk(&mut self, from: &str, to: &str, seconds: u64) -> String {
        let mut channel = self.channel(from, to);
        let verdict = self.verdict(&mut channel, &["authorise"]);
        if let Ok(granted) = verdict.parse::<u64>() {
            let talked = seconds.min(granted).to_string();
            dialled_by_the_dialplan(&mut channel, [("DIALSTATUS", "ANSWER"), ("ANSWEREDTIME", &talked)]);
            channel.extension = "h".to_owned();
            self.ledger.play("celcombiller-reducer", &mut channel, &[]).quietly();
        }
        verdict
    }

    /// Is granted a call that then goes on.
    pub(crate) fn begin(&mut self, from: &str, to: &str) -> String {
        let mut channel = self.channel(from, to);
        self.verdict(&mut channel, &["authorise"])
    }

    pub(crate) fn verdict(&self, channel: &mut Channel, arguments: &[&str]) -> String {
        match call(self.ledger, channel, arguments).as_str() {
            "GRANTED" => channel.variable("CELCOMBILLER_SECONDS").to_owned(),
            reason => reason.to_owned(),
        }
    }

    /// Tells what Asterisk's log is told when a call is refused.
    pub(crate) fn fact(&mut self, from: &str, to: &str) -> String {
        let mut channel = self.channel(from, to);
        self.ledger.play(CALLER, &mut channel, &[]).quietly();
        let told = commands(&channel.dialogue).find_map(|command| command.strip_prefix("VERBOSE \"celcombiller: "));
        told.unwrap().trim_end_matches("\" \"1\"").to_owned()
    }
}
