//! What `billctl group add` and `group update` say about a plan, and how it is shown.

use celcombiller::billing::{Coming, PlanChange};
use celcombiller::domain::calendar::Calendar;
use celcombiller::domain::gift::Gift;
use celcombiller::domain::money::Amount;
use celcombiller::domain::plan::{Draft, DraftEnd, End, Every, Plan};
use celcombiller::host;
use clap::Args;
use jiff::civil::Date;

use crate::render::Value;

/// When the members are credited, and with what.
#[derive(Debug, Args)]
#[command(next_help_heading = "When members are credited")]
pub(crate) struct PlanOptions {
    /// On this day, or on the last day of a shorter month [default: today's]
    #[arg(long, value_name = "DAY", value_parser = clap::value_parser!(i8).range(1..=31), allow_negative_numbers = true)]
    day: Option<i8>,
    /// First in this month [default: the next]
    #[arg(long, value_name = "MONTH", requires = "day", value_parser = clap::value_parser!(i8).range(1..=12), allow_negative_numbers = true)]
    month: Option<i8>,
    /// First in this year [default: the next]
    #[arg(long, value_name = "YEAR", requires = "month", value_parser = clap::value_parser!(i16).range(1970..=9998), allow_negative_numbers = true)]
    year: Option<i16>,
    /// Each day, week or month [default: month]
    #[arg(long, value_name = "PERIOD")]
    every: Option<Every>,
    /// So often, from the next date on
    #[arg(long, value_name = "N", group = "end", value_parser = dates(), allow_negative_numbers = true)]
    count: Option<u32>,
    /// Up to this date
    #[arg(long, value_name = "DATE", group = "end", value_parser = date)]
    until: Option<Date>,
    /// Until further notice
    #[arg(long, group = "end")]
    open_ended: bool,
    /// The credit that each member is given each time
    #[arg(long, value_name = "AMOUNT", allow_negative_numbers = true)]
    amount: Option<Amount>,
    /// A bundle instead of credit, such as 'minutes=100 to=34,onnet' (see billctl bundle add --help)
    #[arg(long, value_name = "BUNDLE", conflicts_with = "amount")]
    gives: Option<Gift>,
    /// What is left of it on the next date is lost; credit is then a bundle of credit for every destination
    #[arg(long, overrides_with = "no_expires")]
    expires: bool,
    /// What is given stays until it is used
    #[arg(long)]
    no_expires: bool,
    /// Where a date begins at midnight [default: where this machine is]
    #[arg(long, value_name = "ZONE", value_parser = zone)]
    zone: Option<Calendar>,
}

pub(crate) fn dates() -> clap::builder::RangedI64ValueParser<u32> {
    clap::value_parser!(u32).range(1..=i64::from(Plan::MOST_DATES))
}

fn date(text: &str) -> Result<Date, String> {
    Date::strptime("%Y-%m-%d", text)
        .map_err(|_| format!("`{}` is not a date: expected one such as 2026-12-25", text.escape_debug()))
}

fn zone(name: &str) -> Result<Calendar, String> {
    Calendar::named(name).map_err(|error| error.to_string())
}

impl PlanOptions {
    pub(crate) fn change(self, extend: Option<u32>) -> PlanChange {
        let end = match (self.count, self.until) {
            (Some(count), _) => Some(End::Count(count)),
            (None, Some(last)) => Some(End::Until(last)),
            (None, None) => self.open_ended.then_some(End::Open),
        };
        let draft = Draft {
            day: self.day,
            month: self.month,
            year: self.year,
            every: self.every,
            end: end.map(DraftEnd::At).or(extend.map(DraftEnd::Extend)),
            gift: self.amount.map(Gift::Credit).or(self.gives),
            expires: (self.expires || self.no_expires).then_some(self.expires),
            calendar: self.zone,
        };
        match draft.is_empty() {
            true => PlanChange::Stays,
            false => PlanChange::Drafted(draft, host::local_calendar()),
        }
    }
}

/// What a plan is, and what is to come of it.
pub(crate) const KEYS: &[&str] =
    &["gives", "amount", "expires", "every", "day", "first", "count", "until", "zone", "next", "left"];

pub(crate) fn row(coming: Option<&Coming>) -> Vec<Value> {
    let Some(Coming { plan, dates, left }) = coming else { return vec![Value::Nothing; KEYS.len()] };
    let (count, until) = match plan.end() {
        End::Count(count) => (Some(count), None),
        End::Until(last) => (None, Some(last)),
        End::Open => (None, None),
    };
    vec![
        Value::text(plan.gift()),
        plan.gift().amount().money().into(),
        plan.expires().into(),
        Value::text(plan.every()),
        plan.day().map(i64::from).into(),
        Value::text(plan.first()),
        count.into(),
        Value::text_of(until),
        plan.zone().into(),
        Value::text_of(dates.first()),
        (*left).into(),
    ]
}
