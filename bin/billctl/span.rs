//! From when to when, and by whose calendar: what lists of what happened are narrowed by.

use celcombiller::domain::calendar::{Calendar, When};
use celcombiller::domain::refusal::Refusal;
use celcombiller::domain::time::Timestamp;
use celcombiller::host;
use clap::Args;

/// A stretch of time.
#[derive(Debug, Args)]
pub(crate) struct Span {
    /// From a date or time on
    #[arg(long, value_name = "TIME")]
    pub(crate) since: Option<When>,
    /// Before a date or time
    #[arg(long, value_name = "TIME")]
    pub(crate) until: Option<When>,
    /// Where dates and hours are told [default: where this machine is]
    #[arg(long, value_name = "ZONE", value_parser = calendar)]
    zone: Option<Calendar>,
}

pub(crate) fn calendar(zone: &str) -> Result<Calendar, String> {
    Calendar::named(zone).map_err(|error| error.to_string())
}

impl Span {
    /// Returns the calendar by which dates are told.
    pub(crate) fn calendar(&self) -> Calendar {
        self.zone.clone().unwrap_or_else(host::local_calendar)
    }

    /// Returns the instants at which it begins and ends.
    pub(crate) fn instants(&self) -> Result<(Option<Timestamp>, Option<Timestamp>), Refusal> {
        let calendar = self.calendar();
        let instant = |when: Option<When>| {
            let instant = when.map(|when| calendar.instant(when)).transpose();
            instant.map_err(|error| Refusal::new(error.to_string()))
        };
        Ok((instant(self.since)?, instant(self.until)?))
    }
}
