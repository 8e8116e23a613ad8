//! What a channel says about how its dial ended.

use std::io::{BufRead, Write};

use super::variables;
use crate::agi::session::Session;
use crate::agi::wire::WireError;
use crate::domain::call::{CallId, UniqueId};
use crate::domain::outcome::{CallReport, Disposition, Witness, did_not_reach, disposition};
use crate::domain::time::Timestamp;

/// The channel's variables about its last dial, as read in one exchange.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Ending {
    status: String,
    call: String,
    billsec: String,
    dial_status: String,
    answered_time: String,
    answered_time_ms: String,
    answered_at: String,
}

impl Ending {
    /// The expressions that make one, in order.
    pub(super) const EXPRESSIONS: [&str; 7] = [
        "${CELCOMBILLER_STATUS}",
        "${CELCOMBILLER_CALL}",
        "${CELCOMBILLER_BILLSEC}",
        "${DIALSTATUS}",
        "${ANSWEREDTIME}",
        "${ANSWEREDTIME_MS}",
        "${CELCOMBILLER_ANSWERED}",
    ];

    /// Takes the values of [`Self::EXPRESSIONS`]; what is missing is empty.
    pub(super) fn of(values: impl IntoIterator<Item = String>) -> Self {
        let mut values = values.into_iter();
        let mut next = || values.next().unwrap_or_default();
        Self {
            status: next(),
            call: next(),
            billsec: next(),
            dial_status: next(),
            answered_time: next(),
            answered_time_ms: next(),
            answered_at: next(),
        }
    }

    /// Reads the channel's variables, also where one of them is odd: a call that was made is not forgotten over it.
    pub(super) fn read<R: BufRead, W: Write>(session: &mut Session<R, W>) -> Result<Self, WireError> {
        session.expressions_however_odd(&Self::EXPRESSIONS).map(Self::of)
    }

    /// Returns the call that the caller's program named, if it is one of this channel.
    pub(super) fn call(&self, uniqueid: &UniqueId) -> Option<CallId> {
        self.call.parse().ok().filter(|call: &CallId| call.uniqueid == *uniqueid)
    }

    /// Tells whether the caller's program settled that call itself and said so.
    pub(super) fn is_settled(&self) -> bool {
        !self.billsec.is_empty()
    }

    /// Tells whether the caller's program said what became of its request.
    pub(super) fn is_decided(&self) -> bool {
        !self.status.is_empty()
    }

    /// Tells whether another trunk may be tried: this one reached nobody, and nothing says that anybody answered.
    pub(super) fn did_not_reach(&self) -> bool {
        let evidence = [&self.answered_time, &self.answered_time_ms, &self.answered_at];
        did_not_reach(&self.dial_status) && evidence.into_iter().all(String::is_empty)
    }

    /// Returns the variables, among those that an earlier dial left, which would pass for the next one's.
    pub(super) fn stale(&self) -> impl Iterator<Item = &'static str> {
        [
            (!self.billsec.is_empty(), variables::BILLSEC),
            (!self.dial_status.is_empty(), "DIALSTATUS"),
            (!self.answered_at.is_empty(), variables::ANSWERED),
        ]
        .into_iter()
        .filter_map(|(left, name)| left.then_some(name))
    }

    /// Returns the milliseconds since the channel's first answer.
    fn answered_millis(&self) -> Option<u64> {
        let whole = |text: &str, factor: u64| text.parse::<u64>().ok().and_then(|number| number.checked_mul(factor));
        whole(&self.answered_time_ms, 1).or_else(|| whole(&self.answered_time, 1000))
    }

    /// Returns Asterisk's figure for the talk where it can be none, which was at most so many milliseconds.
    /// Asterisk takes it from the wall clock: it is negative where somebody has set that back.
    pub(super) fn odd_time(&self, longest: u64) -> Option<&str> {
        let figure = [&self.answered_time_ms, &self.answered_time].into_iter().find(|figure| !figure.is_empty())?;
        let odd = self.answered_millis().is_none_or(|millis| millis > longest);
        (odd && disposition(&self.dial_status) == Disposition::Answered).then_some(figure)
    }

    /// Makes the report of a call's end.
    pub(super) fn report(&self, call: CallId, witness: Witness, at: Timestamp) -> CallReport {
        let is_over = !(self.answered_time_ms.is_empty() && self.answered_time.is_empty());
        let longest = match witness {
            // A figure that cannot be read still says that the talk is over.
            Witness::Dialler { dial_millis } => Some(dial_millis).filter(|_| is_over),
            Witness::Afterwards => None,
        };
        CallReport {
            call,
            disposition: disposition(&self.dial_status),
            answered_millis: self.answered_millis().or(longest),
            answered_at: stamp(&self.answered_at),
            limit_is_heard: false,
            witness,
            at,
        }
    }
}

/// Reads `SECONDS.MILLISECONDS`, as the dialplan stamps an answer.
fn stamp(text: &str) -> Option<Timestamp> {
    let (seconds, millis) = text.split_once('.')?;
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if millis.len() != 3 || !digits(seconds) || !digits(millis) {
        return None;
    }
    format!("{seconds}{millis}").parse().ok().map(Timestamp::from_millis)
}
