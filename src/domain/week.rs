//! The minutes of a week that hours cover.

use std::fmt;

use super::hours::{DAY_NAMES, Hours, MINUTES_A_DAY};

/// A set of the minutes of a week without holidays, from Monday 00:00.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Week(Vec<bool>);

impl Week {
    /// Returns the minutes that hours cover.
    #[must_use]
    pub fn of(hours: &Hours) -> Self {
        Self(hours.week().collect())
    }

    /// Adds the minutes of another.
    pub fn add(&mut self, other: &Self) {
        self.0.iter_mut().zip(&other.0).for_each(|(minute, other)| *minute |= other);
    }

    /// Returns the minutes that it does not have.
    #[must_use]
    pub fn rest(&self) -> Self {
        Self(self.0.iter().map(|minute| !minute).collect())
    }

    /// Tells whether it has no minute.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        !self.0.contains(&true)
    }

    /// Tells whether it has a minute of another.
    #[must_use]
    pub fn meets(&self, other: &Self) -> bool {
        self.0.iter().zip(&other.0).any(|(minute, other)| *minute && *other)
    }

    /// Tells whether it has every minute of another.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        self.0.iter().zip(&other.0).all(|(minute, other)| *minute || !*other)
    }
}

impl fmt::Display for Week {
    /// Writes them as hours: `mon,tue 08:00-18:00; sat 00:00-24:00`.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut windows: Vec<((usize, usize), Vec<&str>)> = Vec::new();
        for (day, minutes) in DAY_NAMES.iter().zip(self.0.chunks(MINUTES_A_DAY.into())) {
            let mut from = 0;
            for run in minutes.chunk_by(|a, b| a == b) {
                let window = (from, from + run.len());
                from = window.1;
                if run.first() != Some(&true) {
                    continue;
                }
                match windows.iter_mut().find(|(same, _)| *same == window) {
                    Some((_, days)) => days.push(day),
                    None => windows.push((window, vec![day])),
                }
            }
        }
        for (index, ((from, until), days)) in windows.iter().enumerate() {
            let semicolon = if index == 0 { "" } else { "; " };
            let (from, until) = ((from / 60, from % 60), (until / 60, until % 60));
            write!(out, "{semicolon}{} ", days.join(","))?;
            write!(out, "{:02}:{:02}-{:02}:{:02}", from.0, from.1, until.0, until.1)?;
        }
        Ok(())
    }
}
