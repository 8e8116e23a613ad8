//! Which of the rates of one prefix is in force.

use super::hours::{Clock, Closeness, Hours};
use super::time::Timestamp;
use super::zone::ZoneError;

/// When a rate applies.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Validity {
    /// From when on.
    pub starts: Timestamp,
    /// Before when. One that ends when it starts withdraws those before it.
    pub ends: Option<Timestamp>,
    /// At which days and hours.
    pub hours: Hours,
}

impl Validity {
    /// Tells whether this is no price but the end of the ones before it.
    #[must_use]
    pub fn is_withdrawal(&self) -> bool {
        self.ends.is_some_and(|ends| ends <= self.starts)
    }
}

/// What became of a rate that matched a number's prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It prices the call.
    Won,
    /// It starts later.
    NotYet,
    /// A newer one of the same hours is in its place.
    Replaced,
    /// It ended, or was withdrawn.
    Ended,
    /// Its hours are others.
    OtherHours,
    /// Another one's hours are made more closely for the moment.
    LessSpecific,
    /// Another one has a longer prefix.
    ShorterPrefix,
}

impl Verdict {
    /// Returns the word that programs know it by.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Won => "won",
            Self::NotYet => "not_yet",
            Self::Replaced => "replaced",
            Self::Ended => "ended",
            Self::OtherHours => "other_hours",
            Self::LessSpecific => "less_specific",
            Self::ShorterPrefix => "shorter_prefix",
        }
    }

    /// Returns the reason in words.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Won => "prices the call",
            Self::NotYet => "starts later",
            Self::Replaced => "a newer rate is in its place",
            Self::Ended => "has ended",
            Self::OtherHours => "applies at other hours",
            Self::LessSpecific => "another has closer hours",
            Self::ShorterPrefix => "another has a longer prefix",
        }
    }
}

/// Judges the rates of one prefix, which are in the order in which they were added: at most one wins. Among
/// those of the same hours the newest that has started holds; among different hours that cover the moment,
/// the closest.
///
/// # Errors
/// What `clock` returns; it is asked only if some rate has hours.
pub fn judge<'a>(
    validities: impl IntoIterator<Item = &'a Validity>,
    at: Timestamp,
    clock: impl Fn() -> Result<Clock, ZoneError>,
) -> Result<Vec<Verdict>, ZoneError> {
    let validities: Vec<_> = validities.into_iter().collect();
    let shown = match validities.iter().all(|validity| validity.hours.is_always()) {
        true => None,
        false => Some(clock()?),
    };
    let replaced = |index: usize, validity: &Validity| {
        validities.iter().enumerate().any(|(other, newer)| {
            newer.starts <= at
                && newer.hours == validity.hours
                && (newer.starts, other) > (validity.starts, index)
                && (newer.is_withdrawal() || newer.ends.is_none_or(|ends| ends > at))
        })
    };
    let mut best: Option<(Closeness, Timestamp, usize)> = None;
    let mut verdicts = Vec::with_capacity(validities.len());
    for (index, validity) in validities.iter().enumerate() {
        let closeness = match &shown {
            None => validity.hours.closeness(&Clock::default()),
            Some(clock) => validity.hours.closeness(clock),
        };
        verdicts.push(match closeness {
            _ if validity.starts > at => Verdict::NotYet,
            _ if replaced(index, validity) => Verdict::Replaced,
            _ if validity.ends.is_some_and(|ends| ends <= at) => Verdict::Ended,
            None => Verdict::OtherHours,
            Some(closeness) => {
                best = best.max(Some((closeness, validity.starts, index)));
                Verdict::LessSpecific
            }
        });
    }
    if let Some(won) = best.and_then(|(_, _, index)| verdicts.get_mut(index)) {
        *won = Verdict::Won;
    }
    Ok(verdicts)
}
