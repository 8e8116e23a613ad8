//! The pace of a campaign: when its next call may begin.

use std::num::NonZeroU32;

use chrono::{NaiveDateTime, Timelike};

use super::hours::{Clock, Hours};
use super::tariff::Holidays;
use super::time::Timestamp;
use super::words::words;

const MINUTE: u64 = 60_000;
/// How soon to look again whether a call has ended, in milliseconds.
const LOOK_AGAIN: u64 = 250;

words! {
    /// What a campaign waits for.
    Reason, "what a campaign waits for", {
        /// The hours in which it may call.
        Hours = "its hours",
        /// The next call of the minute.
        Pace = "its pace",
        /// The end of a call.
        Room = "a call to end",
    }
}

/// What a campaign does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// It makes a call.
    Call,
    /// It asks again after so many milliseconds.
    Wait(Reason, u64),
}

/// How fast a campaign may call, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pacing {
    /// Calls a minute.
    pub pace: NonZeroU32,
    /// Calls at once, whoever makes them.
    pub ceiling: NonZeroU32,
    /// When it may call, by the clock on the wall.
    pub hours: Hours,
}

impl Pacing {
    /// Tells what comes next when the clock on the wall shows `local`, the call before began at `last`, and so many
    /// are in progress. A clock that was set back holds nothing up.
    #[must_use]
    pub fn next(&self, now: Timestamp, local: NaiveDateTime, last: Option<Timestamp>, in_progress: usize) -> Next {
        if self.hours.closeness(&Clock::showing(local, &Holidays::default())).is_none() {
            let into_minute = u64::from(local.second() * 1000 + local.nanosecond() / 1_000_000);
            return Next::Wait(Reason::Hours, MINUTE.saturating_sub(into_minute).max(1));
        }
        let gap = MINUTE.div_ceil(u64::from(self.pace.get()));
        let passed = last.and_then(|last| now.millis_since(last)).unwrap_or(gap);
        match gap.saturating_sub(passed) {
            0 if u32::try_from(in_progress).is_ok_and(|calls| calls < self.ceiling.get()) => Next::Call,
            0 => Next::Wait(Reason::Room, LOOK_AGAIN),
            left => Next::Wait(Reason::Pace, left),
        }
    }
}
