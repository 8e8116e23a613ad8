//! The days and hours at which a price applies.

use std::fmt;
use std::str::FromStr;

use chrono::{Datelike, Days, NaiveDate, NaiveDateTime, Timelike};

use super::numbering::shown;
use super::tariff::Holidays;
use super::time::Timestamp;
use super::zone::{Zone, ZoneError};

pub(super) const MINUTES_A_DAY: u16 = 1440;
pub(super) const DAY_NAMES: [&str; 8] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun", "holiday"];
const HOLIDAY: u8 = 7;

/// A set of days of the week, and perhaps holidays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct WeekDays(u8);

impl WeekDays {
    const ALL: Self = Self(0b111_1111);

    const fn has(self, day: u8) -> bool {
        self.0 & (1 << day) != 0
    }

    fn parse(text: &str) -> Option<Self> {
        let number = |name: &str| DAY_NAMES.iter().zip(0_u8..).find(|(day, _)| **day == name).map(|(_, number)| number);
        let mut days = 0;
        for part in text.split(',') {
            match part.split_once('-') {
                None => days |= 1 << number(part)?,
                Some((first, last)) => {
                    let (first, last) = (number(first)?, number(last)?);
                    if first == HOLIDAY || last == HOLIDAY {
                        return None;
                    }
                    // `sat-mon` goes over the end of the week.
                    let length = (last + 7 - first) % 7;
                    (0..=length).for_each(|step| days |= 1 << ((first + step) % 7));
                }
            }
        }
        Some(Self(days))
    }
}

impl fmt::Display for WeekDays {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut comma = "";
        for (name, day) in DAY_NAMES.iter().zip(0..) {
            if self.has(day) {
                write!(out, "{comma}{name}")?;
                comma = ",";
            }
        }
        Ok(())
    }
}

/// A stretch of some days: `mon-fri 08:00-18:00`. One that ends before it begins goes on past midnight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Window {
    days: WeekDays,
    /// The minute of the day at which it begins.
    from: u16,
    /// The minute of the day before which it ends, of the next day if that is not later.
    until: u16,
}

impl Window {
    fn minutes(self) -> u16 {
        if self.until > self.from { self.until - self.from } else { MINUTES_A_DAY - self.from + self.until }
    }

    /// Tells whether it covers what a clock shows, and whether because of a holiday.
    fn covers(self, clock: &Clock) -> Option<ByHoliday> {
        let crosses = self.until <= self.from;
        let on = |day: &Day| match () {
            () if self.days.has(HOLIDAY) && day.is_holiday => Some(ByHoliday(true)),
            () if self.days.has(day.weekday) => Some(ByHoliday(false)),
            () => None,
        };
        let begun = clock.minute >= self.from && (crosses || clock.minute < self.until);
        let continued = crosses && clock.minute < self.until;
        begun.then(|| on(&clock.today)).flatten().or_else(|| continued.then(|| on(&clock.yesterday)).flatten())
    }

    fn parse(text: &str) -> Option<Self> {
        let minute = |text: &str| {
            let (hour, minute) = text.split_once(':')?;
            let number = |text: &str, most: u16| {
                let digits = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
                text.parse().ok().filter(|&number: &u16| digits && number <= most)
            };
            Some(number(hour, 24)? * 60 + number(minute, 59)?).filter(|&minute| minute <= MINUTES_A_DAY)
        };
        let (days, times) = match text.split_once(' ') {
            Some((days, times)) => (WeekDays::parse(days)?, Some(times.trim())),
            None if text.contains(':') => (WeekDays::ALL, Some(text)),
            None => (WeekDays::parse(text)?, None),
        };
        let (from, until) = match times {
            None => (0, MINUTES_A_DAY),
            Some(times) => {
                let (from, until) = times.split_once('-')?;
                (minute(from)?, minute(until)?)
            }
        };
        (from < MINUTES_A_DAY && until > 0 && from != until).then_some(Self { days, from, until })
    }
}

impl fmt::Display for Window {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (from, until) = (self.from, self.until);
        write!(out, "{} {:02}:{:02}-{:02}:{:02}", self.days, from / 60, from % 60, until / 60, until % 60)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct ByHoliday(bool);

/// How closely hours are made for a moment: those of a holiday before any other, then the fewest a week.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Closeness {
    by_holiday: bool,
    scarce: std::cmp::Reverse<u32>,
}

/// The days and hours at which a price applies; none means always.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hours(Vec<Window>);

/// A text that is no hours.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` are not hours: expected days and times such as `mon-fri 08:00-18:00; sat,holiday`")]
pub struct HoursError(String);

impl Hours {
    /// Tells whether they are all hours.
    #[must_use]
    pub fn is_always(&self) -> bool {
        self.0.is_empty()
    }

    /// Tells how closely they are made for what a clock shows; `None` if they do not cover it.
    #[must_use]
    pub fn closeness(&self, clock: &Clock) -> Option<Closeness> {
        if self.is_always() {
            return Some(Closeness { by_holiday: false, scarce: std::cmp::Reverse(u32::MAX) });
        }
        let by_holiday = self.0.iter().filter_map(|window| window.covers(clock)).max()?;
        Some(Closeness { by_holiday: by_holiday.0, scarce: std::cmp::Reverse(self.minutes_a_week()) })
    }

    /// Returns the minutes of a week that they have, counting a holiday as one more day.
    #[must_use]
    pub fn minutes_a_week(&self) -> u32 {
        self.0.iter().map(|window| window.days.0.count_ones() * u32::from(window.minutes())).sum()
    }

    /// Tells whether they name holidays.
    #[must_use]
    pub fn has_holidays(&self) -> bool {
        self.0.iter().any(|window| window.days.has(HOLIDAY))
    }

    /// Tells for each minute of a week without holidays, from Monday 00:00, whether they cover it.
    pub fn week(&self) -> impl Iterator<Item = bool> {
        (0..7_u8).flat_map(move |weekday| {
            (0..MINUTES_A_DAY).map(move |minute| {
                let day = |weekday| Day { weekday, is_holiday: false };
                self.closeness(&Clock { today: day(weekday), yesterday: day((weekday + 6) % 7), minute }).is_some()
            })
        })
    }
}

impl FromStr for Hours {
    type Err = HoursError;

    /// Reads windows with semicolons between them; nothing means always.
    fn from_str(text: &str) -> Result<Self, HoursError> {
        let lower = text.trim().to_ascii_lowercase();
        if lower.is_empty() {
            return Ok(Self::default());
        }
        let window = |window: &str| Window::parse(window.trim()).ok_or_else(|| HoursError(shown(text)));
        let mut windows = lower.split(';').map(window).collect::<Result<Vec<_>, _>>()?;
        windows.sort_unstable();
        windows.dedup();
        Ok(Self(windows))
    }
}

impl fmt::Display for Hours {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, window) in self.0.iter().enumerate() {
            write!(out, "{}{window}", if index == 0 { "" } else { "; " })?;
        }
        Ok(())
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Day {
    /// 0 for Monday.
    weekday: u8,
    is_holiday: bool,
}

/// What a clock and a calendar show at one moment in one zone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Clock {
    today: Day,
    yesterday: Day,
    minute: u16,
}

impl Clock {
    /// Reads the clock of a zone at an instant.
    ///
    /// # Errors
    /// The zone's rules are none.
    pub fn at(at: Timestamp, zone: &Zone, holidays: &Holidays) -> Result<Self, ZoneError> {
        Ok(Self::showing(zone.local(at)?, holidays))
    }

    /// Returns the clock that shows a local time.
    #[must_use]
    pub fn showing(local: NaiveDateTime, holidays: &Holidays) -> Self {
        let day = |date: NaiveDate| Day {
            weekday: u8::try_from(date.weekday().num_days_from_monday()).unwrap_or(0),
            is_holiday: holidays.contains(date),
        };
        let today = local.date();
        Self {
            today: day(today),
            yesterday: day(today.checked_sub_days(Days::new(1)).unwrap_or(today)),
            minute: u16::try_from(local.hour() * 60 + local.minute()).unwrap_or(0),
        }
    }
}
