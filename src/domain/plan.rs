//! When a group gives: the first date, how often, until when, and what each date is worth.

use std::fmt;
use std::str::FromStr;

use jiff::Span;
use jiff::civil::Date;

use super::bundle::{self, Bundle, Reach, Worth};
use super::calendar::{Calendar, When};
use super::gift::Gift;
use super::numbering::shown;
use super::time::Timestamp;
use super::words::words;
use super::zone::ZoneError;

words! {
    /// How often a group gives.
    Every, "a period: expected day, week or month", {
        /// Each day.
        Day = "day",
        /// Each week, on the weekday of the first date.
        Week = "week",
        /// Each month, on the same day, or on the last day of a month that is shorter.
        Month = "month",
    }
}

/// The way from one date to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pace {
    Day,
    Week,
    /// To this day of the next month, or to its last.
    Month(i8),
}

/// When a plan ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// After so many dates.
    Count(u32),
    /// With its last date that is not after this one.
    Until(Date),
    /// Not by itself.
    Open,
}

/// The dates on which a group gives, and what. They are dates of a place, and due from its midnight on.
///
/// Its text is words of `name=value`, and the gift: `first=2026-11-30 every=month:31 count=12 zone=Europe/Berlin
/// done=2026-11-20 gives credit=5`. With `expires=next`, what a date gives ends with the next.
///
/// ```compile_fail
/// let plan: celcombiller::domain::plan::Plan = String::from("every=month");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    first: Date,
    pace: Pace,
    end: End,
    gift: Gift,
    /// Whether what a date gives ends with the next.
    expires: bool,
    calendar: Calendar,
    zone: String,
    /// Everybody has what there was to have up to this date.
    done: Date,
}

/// What an operator says about a plan; what is `None` stays as it is, or has its default in a new one.
#[derive(Clone, Debug, Default)]
pub struct Draft {
    /// The day of the first date.
    pub day: Option<i8>,
    /// The month of the first date; by default the next that has the day.
    pub month: Option<i8>,
    /// The year of the first date; by default the next that has the date.
    pub year: Option<i16>,
    /// How often; each month by default.
    pub every: Option<Every>,
    /// When it ends.
    pub end: Option<DraftEnd>,
    /// What each date is worth.
    pub gift: Option<Gift>,
    /// Whether what a date gives ends with the next; it stays by default.
    pub expires: Option<bool>,
    /// Where the dates are.
    pub calendar: Option<Calendar>,
}

/// What an operator says about the end of a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DraftEnd {
    /// It ends there, counted from the next date on.
    At(End),
    /// So many dates more.
    Extend(u32),
}

/// Why there is no such plan.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// A text that says none.
    #[error("`{0}` is no plan: expected first=DATE every=PERIOD count=N zone=ZONE done=DATE gives GIFT")]
    Text(String),
    /// What a date is worth was not said.
    #[error("a plan needs what each date gives: an amount")]
    NoGift,
    /// What a date gives would end twice.
    #[error("`{0}` ends by itself, so it cannot end with the next date")]
    TwoEnds(String),
    /// When it ends was not said.
    #[error("a plan needs an end: a count, a last date, or that it is open-ended")]
    NoEnd,
    /// A day that its month does not have.
    #[error("there is no day {0} in month {1}")]
    NoSuchDay(i8, i8),
    /// The last date is before the first.
    #[error("a plan that ends on {0} has no date: its first is {1}")]
    Never(Date, Date),
    /// No dates, or more than a plan may have.
    #[error("a plan has 1 to {max} dates, not {0}", max = Plan::MOST_DATES)]
    Dates(u32),
    /// More dates than a plan may have lie before its last one.
    #[error("a plan until {0} has more than {max} dates", max = Plan::MOST_DATES)]
    TooFar(Date),
    /// It has no count that could grow.
    #[error("the plan has no count of dates that could be extended")]
    NotCounted,
    /// It would go on after the end of the calendar.
    #[error("{0} dates from {1} on go beyond the calendar")]
    Beyond(u32, Date),
    /// The zone of the machine is in no database.
    #[error("the time zone of this machine has no name")]
    NamelessZone,
    /// The zone cannot tell the date.
    #[error(transparent)]
    Zone(#[from] ZoneError),
}

impl Plan {
    /// The most dates that a plan with an end has.
    pub const MOST_DATES: u32 = 10_000;

    /// Makes a plan for dates from today on; of those before today, nobody is given anything.
    ///
    /// # Errors
    /// There is no such plan.
    pub fn of(draft: &Draft, local: &Calendar, now: Timestamp) -> Result<Self, PlanError> {
        let (zone, calendar) = kept(draft.calendar.as_ref().unwrap_or(local))?;
        let today = calendar.date(now)?;
        let first = draft.first(today)?.unwrap_or(today);
        let every = draft.every.unwrap_or(Every::Month);
        let end = match draft.end.ok_or(PlanError::NoEnd)? {
            DraftEnd::At(end) => end,
            DraftEnd::Extend(_) => return Err(PlanError::NotCounted),
        };
        let plan = Self {
            first,
            pace: Pace::of(every, draft.day.unwrap_or(first.day())),
            end,
            gift: draft.gift.clone().ok_or(PlanError::NoGift)?,
            expires: draft.expires.unwrap_or(false),
            calendar,
            zone,
            done: today.yesterday().unwrap_or(today),
        };
        plan.checked()
    }

    /// Changes the plan for its dates to come: those from today on that are after `given`, the last on which
    /// something was given. A new period or end counts from the first of them.
    ///
    /// # Errors
    /// There is no such plan.
    pub fn changed(&self, draft: &Draft, now: Timestamp, given: Option<Date>) -> Result<Self, PlanError> {
        let mut plan = self.clone();
        if let Some(calendar) = &draft.calendar {
            (plan.zone, plan.calendar) = kept(calendar)?;
        }
        plan.gift = draft.gift.clone().unwrap_or(plan.gift);
        plan.expires = draft.expires.unwrap_or(plan.expires);
        let named = draft.first(plan.today(now)?)?;
        if named.is_none() && draft.every.is_none() && draft.end.is_none() {
            return plan.checked();
        }
        plan.done = plan.behind(now, given)?;
        let left = u32::try_from(plan.to_come(plan.done).count()).unwrap_or(u32::MAX);
        plan.end = match draft.end {
            Some(DraftEnd::At(end)) => end,
            Some(DraftEnd::Extend(more)) => match plan.end {
                End::Count(_) => End::Count(left.saturating_add(more)),
                End::Until(_) | End::Open => return Err(PlanError::NotCounted),
            },
            None => match plan.end {
                End::Count(_) => End::Count(left),
                end => end,
            },
        };
        // Also where the plan had ended: it goes on as if it had not.
        let next = plan.next_after(plan.done).unwrap_or(plan.first);
        plan.first = match (draft.day, draft.month) {
            (Some(day), None) => next_day(day, plan.done.tomorrow().unwrap_or(plan.done)).unwrap_or(next),
            _ => named.unwrap_or(next),
        };
        let every = draft.every.unwrap_or(plan.every());
        plan.pace = match (draft.day, plan.pace) {
            (None, Pace::Month(day)) if every == Every::Month => Pace::Month(day),
            (day, _) => Pace::of(every, day.unwrap_or(plan.first.day())),
        };
        plan.checked()
    }

    fn checked(self) -> Result<Self, PlanError> {
        if self.expires && matches!(&self.gift, Gift::Bundle(bundle) if bundle.end.is_some()) {
            return Err(PlanError::TwoEnds(self.gift.to_string()));
        }
        match self.end {
            End::Count(count) if !(1..=Self::MOST_DATES).contains(&count) => Err(PlanError::Dates(count)),
            End::Count(count) if self.date(count - 1).is_none() => Err(PlanError::Beyond(count, self.first)),
            End::Until(last) if last < self.first => Err(PlanError::Never(last, self.first)),
            End::Until(last) if self.date(Self::MOST_DATES).is_some_and(|date| date <= last) => {
                Err(PlanError::TooFar(last))
            }
            _ => Ok(self),
        }
    }

    /// Returns how often it gives.
    #[must_use]
    pub const fn every(&self) -> Every {
        match self.pace {
            Pace::Day => Every::Day,
            Pace::Week => Every::Week,
            Pace::Month(_) => Every::Month,
        }
    }

    /// Returns the day of the month on which it gives, if it gives each month.
    #[must_use]
    pub const fn day(&self) -> Option<i8> {
        match self.pace {
            Pace::Month(day) => Some(day),
            Pace::Day | Pace::Week => None,
        }
    }

    /// Returns the first date.
    #[must_use]
    pub const fn first(&self) -> Date {
        self.first
    }

    /// Returns when it ends.
    #[must_use]
    pub const fn end(&self) -> End {
        self.end
    }

    /// Tells whether it ends by itself.
    #[must_use]
    pub fn ends(&self) -> bool {
        self.end != End::Open
    }

    /// Returns what each date is worth.
    #[must_use]
    pub const fn gift(&self) -> &Gift {
        &self.gift
    }

    /// Tells whether what a date gives ends with the next.
    #[must_use]
    pub const fn expires(&self) -> bool {
        self.expires
    }

    /// Returns what a date gives: if that ends with the next, credit is a bundle, which calls use up before the
    /// balance.
    ///
    /// # Errors
    /// The next date is outside the calendar.
    pub fn gift_on(&self, date: Date) -> Result<Gift, PlanError> {
        if !self.expires {
            return Ok(self.gift.clone());
        }
        let next = self.next_after(date).ok_or(ZoneError::Date(date))?;
        let end = Some(bundle::End::At(self.calendar.instant(When::Date(next))?));
        Ok(Gift::Bundle(match &self.gift {
            Gift::Bundle(bundle) => Bundle { end, ..bundle.clone() },
            Gift::Credit(amount) => {
                Bundle { worth: Worth::Bonus(*amount), reach: Reach::default(), priority: Bundle::PRIORITY, end }
            }
        }))
    }

    /// Returns the name of the zone in which its dates are.
    #[must_use]
    pub fn zone(&self) -> &str {
        &self.zone
    }

    /// Returns the date up to which everybody has what there was to have.
    #[must_use]
    pub const fn done(&self) -> Date {
        self.done
    }

    /// Notes that up to a date everybody has what there was to have.
    #[must_use]
    pub fn done_up_to(self, date: Date) -> Self {
        Self { done: date.max(self.done), ..self }
    }

    /// Returns every date, in order.
    pub fn dates(&self) -> impl Iterator<Item = Date> + '_ {
        let (count, last) = match self.end {
            End::Count(count) => (count, Date::MAX),
            End::Until(last) => (u32::MAX, last),
            End::Open => (u32::MAX, Date::MAX),
        };
        self.endless().take(usize::try_from(count).unwrap_or(usize::MAX)).take_while(move |&date| date <= last)
    }

    fn endless(&self) -> impl Iterator<Item = Date> + '_ {
        (0..).map_while(|index| self.date(index))
    }

    fn date(&self, index: u32) -> Option<Date> {
        let later = |span: Result<Span, jiff::Error>, from: Date| from.checked_add(span.ok()?).ok();
        match self.pace {
            Pace::Day => later(Span::new().try_days(index), self.first),
            Pace::Week => later(Span::new().try_weeks(index), self.first),
            Pace::Month(day) => {
                later(Span::new().try_months(index), self.first.first_of_month()).and_then(|month| on_day(month, day))
            }
        }
    }

    /// Returns the dates after one, in order.
    pub fn to_come(&self, after: Date) -> impl Iterator<Item = Date> + '_ {
        self.dates().skip_while(move |&date| date <= after)
    }

    /// Returns the dates that are due by one and not done, in order, without those whose gift would have ended
    /// today.
    pub fn due(&self, by: Date, today: Date) -> impl Iterator<Item = Date> + '_ {
        let ended = move |date| self.expires && self.next_after(date).is_none_or(|next| next <= today);
        self.to_come(self.done).take_while(move |&date| date <= by).filter(move |&date| !ended(date))
    }

    /// Returns the date after one, as if the plan had no end.
    fn next_after(&self, date: Date) -> Option<Date> {
        self.endless().find(|&next| next > date)
    }

    /// Tells whether something is still to be given on a date.
    #[must_use]
    pub fn has(&self, date: Date) -> bool {
        self.to_come(self.done).take_while(|&next| next <= date).last() == Some(date)
    }

    /// Returns the date that it is where the plan is.
    ///
    /// # Errors
    /// The instant is outside the calendar.
    pub fn today(&self, now: Timestamp) -> Result<Date, PlanError> {
        Ok(self.calendar.date(now)?)
    }

    /// Returns the date of an instant, or the date itself.
    ///
    /// # Errors
    /// The instant is outside the calendar.
    pub fn date_of(&self, when: When) -> Result<Date, PlanError> {
        match when {
            When::Date(date) => Ok(date),
            When::At(at) => self.today(at),
        }
    }

    /// Returns the instant at which a date is over.
    ///
    /// # Errors
    /// It is outside the calendar.
    pub fn end_of(&self, date: Date) -> Result<Timestamp, PlanError> {
        let next = date.tomorrow().map_err(|_| ZoneError::Date(date))?;
        Ok(self.calendar.instant(When::Date(next))?)
    }

    /// Returns the last date that is not to come any more: yesterday, or the last on which something was given.
    ///
    /// # Errors
    /// The instant is outside the calendar.
    pub fn behind(&self, now: Timestamp, given: Option<Date>) -> Result<Date, PlanError> {
        let today = self.today(now)?;
        let yesterday = today.yesterday().unwrap_or(today);
        Ok(given.map_or(yesterday, |given| given.max(yesterday)))
    }
}

impl Pace {
    const fn of(every: Every, day: i8) -> Self {
        match every {
            Every::Day => Self::Day,
            Every::Week => Self::Week,
            Every::Month => Self::Month(day),
        }
    }
}

impl Draft {
    /// Tells whether it says anything.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        let Self { day, month, year, every, end, gift, expires, calendar } = self;
        day.is_none()
            && month.is_none()
            && year.is_none()
            && every.is_none()
            && end.is_none()
            && gift.is_none()
            && expires.is_none()
            && calendar.is_none()
    }

    /// Returns the first date that it names, from today on where the month or the year is left open.
    fn first(&self, today: Date) -> Result<Option<Date>, PlanError> {
        let Some(day) = self.day else { return Ok(None) };
        let Some(month) = self.month else { return Ok(next_day(day, today)) };
        // 29 February comes in eight years at the latest.
        let years = self.year.map_or(today.year()..=today.year().saturating_add(8), |year| year..=year);
        let mut dates = years.filter_map(|year| Date::new(year, month, day).ok());
        let first = dates.find(|&date| self.year.is_some() || date >= today);
        first.map(Some).ok_or(PlanError::NoSuchDay(day, month))
    }
}

/// Returns a zone by its name, as it is read when it has been kept.
fn kept(calendar: &Calendar) -> Result<(String, Calendar), PlanError> {
    let zone = calendar.zone().ok_or(PlanError::NamelessZone)?;
    Ok((zone.to_owned(), Calendar::named(zone)?))
}

/// Returns a day of a month, or the last of it.
fn on_day(month: Date, day: i8) -> Option<Date> {
    Date::new(month.year(), month.month(), day.min(month.days_in_month())).ok()
}

/// Returns the next day of a month that is not before a date.
fn next_day(day: i8, from: Date) -> Option<Date> {
    let month = from.first_of_month();
    let next = month.checked_add(Span::new().months(1)).ok();
    on_day(month, day).filter(|&date| date >= from).or_else(|| on_day(next?, day))
}

impl FromStr for Plan {
    type Err = PlanError;

    fn from_str(text: &str) -> Result<Self, PlanError> {
        let error = || PlanError::Text(shown(text));
        let (words, gift) = text.split_once(" gives ").ok_or_else(error)?;
        let word = |name: &str| words.split(' ').find_map(|word| word.strip_prefix(name)?.strip_prefix('='));
        let date = |text: &str| Date::strptime("%Y-%m-%d", text).map_err(|_| error());
        let number = |text: &str| text.parse().map_err(|_| error());
        let first = date(word("first").ok_or_else(error)?)?;
        let pace = match word("every").ok_or_else(error)? {
            "day" => Pace::Day,
            "week" => Pace::Week,
            every => {
                let day = every.strip_prefix("month:").and_then(|day| day.parse().ok()).ok_or_else(error)?;
                Pace::Month(day)
            }
        };
        if matches!(pace, Pace::Month(day) if !(1..=31).contains(&day) || on_day(first, day) != Some(first)) {
            return Err(error());
        }
        let end = match (word("count"), word("until")) {
            (Some(count), None) => End::Count(number(count)?),
            (None, Some(last)) => End::Until(date(last)?),
            (None, None) => End::Open,
            (Some(_), Some(_)) => return Err(error()),
        };
        let zone = word("zone").ok_or_else(error)?;
        let plan = Self {
            first,
            pace,
            end,
            gift: gift.parse().map_err(|_| error())?,
            expires: match word("expires") {
                None => false,
                Some("next") => true,
                Some(_) => return Err(error()),
            },
            calendar: Calendar::named(zone)?,
            zone: zone.to_owned(),
            done: date(word("done").ok_or_else(error)?)?,
        };
        plan.checked()
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "first={} every={}", self.first, self.every())?;
        if let Pace::Month(day) = self.pace {
            write!(out, ":{day}")?;
        }
        match self.end {
            End::Count(count) => write!(out, " count={count}")?,
            End::Until(last) => write!(out, " until={last}")?,
            End::Open => {}
        }
        write!(out, " zone={} done={}", self.zone, self.done)?;
        if self.expires {
            out.write_str(" expires=next")?;
        }
        write!(out, " gives {}", self.gift)
    }
}
