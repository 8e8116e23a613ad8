//! What must be reached, beside what was.

use crate::figures::{print_table, times};
use crate::row;

/// Every figure that has a target.
#[derive(Debug, Default)]
pub(crate) struct Targets(Vec<Target>);

#[derive(Debug)]
struct Target {
    what: String,
    found: f64,
    bound: Bound,
}

/// What a figure must keep to.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Bound {
    AtMost(f64),
    AtLeast(f64),
}

impl Targets {
    pub(crate) fn add(&mut self, what: impl Into<String>, found: f64, bound: Bound) {
        self.0.push(Target { what: what.into(), found, bound });
    }

    /// Prints each figure with its target and whether it is reached.
    pub(crate) fn print(&self) {
        let mut rows = vec![row!["what", "figure", "target", ""]];
        for Target { what, found, bound } in &self.0 {
            let (words, reached) = match *bound {
                Bound::AtMost(most) => (format!("at most {}", times(most)), *found <= most),
                Bound::AtLeast(least) => (format!("at least {}", times(least)), *found >= least),
            };
            rows.push(row![what, times(*found), words, if reached { "reached" } else { "MISSED" }]);
        }
        print_table("Targets", &rows);
    }
}
