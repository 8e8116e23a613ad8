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

    /// Tells whether the rate is in force, at its hours.
    #[must_use]
    pub const fn stands(self) -> bool {
        !matches!(self, Self::NotYet | Self::Replaced | Self::Ended)
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

/// Returns which of the rates of one prefix and of the same hours, in the order in which they were added, is in
/// force at an instant: its place among them.
pub fn standing<'a>(validities: impl IntoIterator<Item = &'a Validity>, at: Timestamp) -> Option<usize> {
    let holds = |validity: &Validity| {
        validity.starts <= at && (validity.is_withdrawal() || validity.ends.is_none_or(|ends| ends > at))
    };
    let held = validities.into_iter().enumerate().filter(|(_, validity)| holds(validity));
    let (place, newest) = held.max_by_key(|(place, validity)| (validity.starts, *place))?;
    (!newest.is_withdrawal()).then_some(place)
}

/// Returns the instants, `at` and later ones in order, at which one of these rates begins or ends.
pub fn turns<'a>(validities: impl IntoIterator<Item = &'a Validity>, at: Timestamp) -> Vec<Timestamp> {
    let mut turns = vec![at];
    for validity in validities {
        turns.extend([Some(validity.starts), validity.ends].into_iter().flatten().filter(|&turn| turn > at));
    }
    turns.sort_unstable();
    turns.dedup();
    turns
}

/// Returns what of the rates of one prefix and of the same hours is in force at an instant or will be: the places
/// in order, each with the end that it has or that a withdrawal gives it.
#[must_use]
pub fn remaining(validities: &[&Validity], at: Timestamp) -> Vec<(usize, Option<Timestamp>)> {
    let all = || validities.iter().copied();
    let mut places: Vec<_> = turns(all(), at).into_iter().filter_map(|turn| standing(all(), turn)).collect();
    places.sort_unstable();
    places.dedup();
    let ends = |place: usize| {
        let own = validities.get(place)?;
        let withdrawn = all().enumerate().filter(|(other, later)| {
            later.is_withdrawal() && later.starts > at && (later.starts, *other) > (own.starts, place)
        });
        withdrawn.map(|(_, later)| later.starts).chain(own.ends).min()
    };
    places.into_iter().map(|place| (place, ends(place))).collect()
}
