//! How far long work has come, on a terminal.

use indicatif::{ProgressBar, ProgressStyle};

/// Shows how much of so many is done; of an unknown number only how much.
pub(crate) fn progress(what: &'static str, many: Option<u64>) -> ProgressBar {
    let (bar, template) = match many {
        Some(many) => (ProgressBar::new(many), "{msg} [{bar:40}] {percent}%, {eta} left"),
        None => (ProgressBar::new_spinner(), "{msg} {human_pos}"),
    };
    let bar = bar.with_message(what);
    match ProgressStyle::with_template(template) {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}
