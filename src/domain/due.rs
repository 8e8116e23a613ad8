//! When something is to happen, as an operator types it.

use chrono::{DateTime, LocalResult, NaiveTime, TimeZone};

use super::numbering::shown;
use super::time::{Timestamp, date};

/// The last second that files of Asterisk's spool can wait for: it counts in 32 bits.
const LATEST: Timestamp = Timestamp::from_millis(i32::MAX as i64 * 1000);

/// Why a text is no time that something can wait for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DueError {
    /// Not written as a time is.
    #[error(
        "`{0}` is not a time: expected +90s, +5m, +1h or +2d, `today 17:30`, `tomorrow 09:00`, `2026-11-22 09:00` \
         or 2026-11-22T09:00:00+01:00"
    )]
    Unknown(String),
    /// The clocks are put forward over it.
    #[error("`{0}` does not exist there: the clocks are put forward over it")]
    Skipped(String),
    /// The clocks are put back over it.
    #[error("`{0}` comes twice there, as {1} and as {2}: say which")]
    Twice(String, Timestamp, Timestamp),
    /// Not ahead.
    #[error("`{0}` is {1}, which has passed")]
    Past(String, Timestamp),
    /// Beyond what Asterisk counts.
    #[error("`{0}` is after {LATEST}, which is as far as Asterisk's spool counts")]
    TooLate(String),
}

/// Reads when something is to happen: RFC 3339, a local time or a delay; the first whole second that is not
/// before it.
///
/// # Errors
/// The text is none of them, or no instant between `now` and January 2038.
pub fn parse_due<Z: TimeZone>(text: &str, now: Timestamp, zone: &Z) -> Result<Timestamp, DueError> {
    let unknown = || DueError::Unknown(shown(text));
    let due = match text.strip_prefix('+') {
        Some(delay) => now.plus_seconds(seconds(delay).ok_or_else(unknown)?),
        None => match DateTime::parse_from_rfc3339(text) {
            Ok(time) => Timestamp::from_millis(time.timestamp_millis()),
            Err(_) => local(text, now, zone)?,
        },
    };
    let whole = Timestamp::from_millis(due.millis().saturating_add(999).div_euclid(1000).saturating_mul(1000));
    match whole {
        _ if due < now => Err(DueError::Past(shown(text), whole)),
        _ if whole > LATEST => Err(DueError::TooLate(shown(text))),
        _ => Ok(whole),
    }
}

/// Reads a delay: digits and s, m, h or d.
fn seconds(delay: &str) -> Option<u32> {
    let unit = delay.chars().last()?;
    let (_, seconds) = [('s', 1), ('m', 60), ('h', 3600), ('d', 86_400)].into_iter().find(|(name, _)| *name == unit)?;
    let digits = delay.strip_suffix(unit).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))?;
    digits.parse::<u32>().ok()?.checked_mul(seconds)
}

/// Reads a date and a time of the clock on the wall.
fn local<Z: TimeZone>(text: &str, now: Timestamp, zone: &Z) -> Result<Timestamp, DueError> {
    let unknown = || DueError::Unknown(shown(text));
    let (day, time) = text.split_once([' ', 'T']).ok_or_else(unknown)?;
    let today = || DateTime::from_timestamp_millis(now.millis()).map(|now| now.with_timezone(zone).date_naive());
    let day = match day {
        "today" => today(),
        "tomorrow" => today().and_then(|today| today.succ_opt()),
        text => date(text),
    };
    let time = ["%H:%M", "%H:%M:%S"].iter().find_map(|format| NaiveTime::parse_from_str(time, format).ok());
    let wall = day.ok_or_else(unknown)?.and_time(time.ok_or_else(unknown)?);
    let instant = |time: DateTime<Z>| Timestamp::from_millis(time.timestamp_millis());
    match zone.from_local_datetime(&wall) {
        LocalResult::Single(time) => Ok(instant(time)),
        LocalResult::None => Err(DueError::Skipped(shown(text))),
        LocalResult::Ambiguous(one, other) => {
            let (one, other) = (instant(one), instant(other));
            Err(DueError::Twice(shown(text), one.min(other), one.max(other)))
        }
    }
}
