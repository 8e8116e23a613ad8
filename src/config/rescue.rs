//! What a configuration that cannot be used still says: where the books and the ends of calls are, and which numbers
//! are free.

use std::fs;
use std::str::FromStr;

use toml::{Table, Value};

use super::{Config, ConfigError};

impl ConfigError {
    /// Returns what can still be read of the file, with the defaults for everything else. No call that costs may be
    /// granted by it: only free ones are dialled, and those that were made are settled.
    #[must_use]
    pub fn rescue(&self) -> Config {
        match self {
            // What anybody could have written is no better than nothing.
            Self::Unreadable { .. } | Self::Exposed { .. } => Config::default(),
            Self::Invalid { path, .. } => {
                fs::read_to_string(path).map_or_else(|_| Config::default(), |text| read(&text))
            }
        }
    }
}

/// Reads each section by itself, so that a fault takes no other along, and of those only what is needed.
fn read(text: &str) -> Config {
    let mut rescued = Config::default();
    for section in sections(text) {
        let Ok(table) = section.parse::<Table>() else { continue };
        let value = |section: &str, key: &str| table.get(section)?.get(key);
        if let Some(path) = value("database", "path").and_then(Value::as_str) {
            rescued.database.path = path.into();
        }
        if let Some(spool) = value("asterisk", "spool").and_then(Value::as_str) {
            rescued.asterisk.spool = spool.into();
        }
        if let Some(numbers) = value("free", "numbers").and_then(Value::as_array) {
            rescued.free.numbers.extend(numbers.iter().filter_map(|number| parsed(Some(number))));
        }
        rescued.free.dial = parsed(value("free", "dial")).or(rescued.free.dial);
        rescued.dial.offnet = parsed(value("dial", "offnet")).or(rescued.dial.offnet);
    }
    rescued
}

fn parsed<T: FromStr>(value: Option<&Value>) -> Option<T> {
    value?.as_str()?.parse().ok()
}

/// Parts a text before each header of a section.
fn sections(text: &str) -> Vec<String> {
    let mut sections = vec![String::new()];
    for line in text.lines() {
        if line.starts_with('[') {
            sections.push(String::new());
        }
        if let Some(section) = sections.last_mut() {
            section.push_str(line);
            section.push('\n');
        }
    }
    sections
}
