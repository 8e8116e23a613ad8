//! How a call ended, and the one function that decides how long it was talked.

use serde::{Deserialize, Serialize};

use super::call::CallId;
use super::rate::TalkTime;
use super::time::Timestamp;
use super::words::words;

words! {
    /// What a CDR says became of a call.
    Disposition, "a disposition: expected ANSWERED, BUSY, NO ANSWER, CANCEL, CONGESTION or FAILED", {
        /// The callee answered.
        Answered = "ANSWERED",
        /// The callee was busy.
        Busy = "BUSY",
        /// The callee rang and did not answer.
        NoAnswer = "NO ANSWER",
        /// The caller hung up before the answer.
        Cancelled = "CANCEL",
        /// The network was congested.
        Congestion = "CONGESTION",
        /// The callee could not be reached, or was never dialled.
        Failed = "FAILED",
    }
}

/// What Dial said of itself in `DIALSTATUS`; empty, and whatever is not known to mean an answer, is a failure.
#[must_use]
pub fn disposition(dial_status: &str) -> Disposition {
    match dial_status {
        "ANSWER" => Disposition::Answered,
        "BUSY" => Disposition::Busy,
        "NOANSWER" => Disposition::NoAnswer,
        "CANCEL" => Disposition::Cancelled,
        "CONGESTION" => Disposition::Congestion,
        _ => Disposition::Failed,
    }
}

/// Tells whether another trunk may still reach the callee: this one could not be used, or its network could not.
/// A callee that is busy or does not answer was reached.
#[must_use]
pub fn did_not_reach(dial_status: &str) -> bool {
    matches!(dial_status, "CHANUNAVAIL" | "CONGESTION")
}

/// Who looked at the end of a call, and how much of its time they saw.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Witness {
    /// The caller's program, which ran the dial and measured it on a clock that nobody sets, from before
    /// the ringing to the end.
    Dialler {
        /// The milliseconds that Dial took, rounded up.
        dial_millis: u64,
    },
    /// Somebody who came after the channel's end.
    Afterwards,
}

/// The end of a call as it was reported: evidence, not yet a verdict.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallReport {
    /// The attempt.
    pub call: CallId,
    /// What Dial said.
    pub disposition: Disposition,
    /// `ANSWEREDTIME_MS`, or `ANSWEREDTIME` in milliseconds: since the channel's *first* answer.
    pub answered_millis: Option<u64>,
    /// When the callee answered, by the dialplan's stamp on the called channel.
    pub answered_at: Option<Timestamp>,
    /// Whether sounds are played at the limit: they keep the caller's leg, and Asterisk's answered time, beyond it.
    #[serde(default)]
    pub limit_is_heard: bool,
    /// Who reports.
    pub witness: Witness,
    /// When they looked.
    pub at: Timestamp,
}

/// What the hold knows of its call, which the evidence is read against.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DialledCall {
    /// When the call was authorised, just before it was dialled.
    pub placed: Timestamp,
    /// The seconds granted.
    pub granted: TalkTime,
    /// Whether the channel was already up then.
    pub answered_before: bool,
}

/// How long a call was talked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Talk {
    /// Not at all.
    NotAnswered,
    /// So many milliseconds.
    Answered {
        /// The milliseconds between the callee's answer and the end.
        millis: u64,
    },
    /// At most so many: ringing or sounds may be among them, so what is beyond the grant proves nothing.
    AtMost {
        /// The milliseconds between the dial and the end.
        millis: u64,
    },
    /// Answered and perhaps still going on elsewhere: whoever sees the channel's end decides.
    GoesOn,
}

impl CallReport {
    /// Tells whether the dial ended although the talk did not: an answer without an answered time, seen by
    /// the dialler, means that the call was redirected. Whoever sees the channel's end reports it then.
    #[must_use]
    pub const fn leaves_the_call_open(&self) -> bool {
        matches!(
            (self.disposition, self.witness, self.answered_millis),
            (Disposition::Answered, Witness::Dialler { .. }, None)
        )
    }
}

impl Talk {
    /// Decides how long the call was talked: the only place that does.
    ///
    /// Asterisk offers several truths and most are wrong somewhere, so `CDR(billsec)` is not even asked:
    /// it is 0 in `h` for every call that the callee or the limit ended as soon as the dialplan went on
    /// after the AGI. What is asked, in order of trust:
    ///
    /// - After anything but an answer no figure means talk, whatever it says.
    /// - `ANSWEREDTIME` is exact on a channel that was not up before the dial.
    /// - On a channel that was, it also counts announcements and ringing; the stamp of the callee's own
    ///   answer is exact there.
    /// - With neither, the time since the dial began is the most it can have been.
    /// - A call that [goes on](CallReport::leaves_the_call_open) is left to whoever sees its end.
    #[must_use]
    pub fn decide(call: &DialledCall, report: &CallReport) -> Self {
        if report.disposition != Disposition::Answered {
            return Self::NotAnswered;
        }
        if report.leaves_the_call_open() {
            return Self::GoesOn;
        }
        let since_answer = report.answered_at.and_then(|answer| report.at.millis_since(answer));
        let answered = report.answered_millis;
        let exactly = |millis| match report.limit_is_heard {
            true => Self::AtMost { millis },
            false => Self::Answered { millis },
        };
        let at_most =
            |longest: u64| Self::AtMost { millis: answered.map_or(longest, |answered| answered.min(longest)) };
        match report.witness {
            // The monotonic clock bounds the talk even when somebody sets the wall clock meanwhile.
            Witness::Dialler { dial_millis } => {
                let exact = if call.answered_before { since_answer } else { answered };
                exact.filter(|&exact| exact < dial_millis).map_or_else(|| at_most(dial_millis), exactly)
            }
            Witness::Afterwards => match answered {
                Some(millis) if !call.answered_before => exactly(millis),
                // The channel may have gone on after the call, so the time since its answer is no more than
                // a bound either.
                _ => {
                    let granted = u64::from(call.granted.seconds()) * 1000;
                    at_most(since_answer.or(report.at.millis_since(call.placed)).unwrap_or(granted))
                }
            },
        }
    }
}

/// The whole seconds of a call, split at what was granted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BillableSeconds {
    /// The seconds to be rated, never more than granted. A second that was only begun does not count.
    pub billsec: u32,
    /// The seconds beyond the grant: a fault to find, not money to take.
    pub overrun: u32,
}

impl BillableSeconds {
    /// Cuts talk at the grant.
    #[must_use]
    pub fn of(talk: Talk, granted: TalkTime) -> Self {
        let (millis, proves_overrun) = match talk {
            Talk::NotAnswered | Talk::GoesOn => (0, false),
            Talk::AtMost { millis } => (millis, false),
            Talk::Answered { millis } => (millis, true),
        };
        let talked = u32::try_from(millis / 1000).unwrap_or(u32::MAX);
        let billsec = talked.min(granted.seconds());
        Self { billsec, overrun: if proves_overrun { talked - billsec } else { 0 } }
    }
}
