//! A line of a log that programs read.

use std::fmt::{self, Display, Write};

/// The longest value, in characters.
const LONGEST: usize = 200;

/// `key=value` pairs on one line. A value that holds anything but letters, digits and plain signs stands in quotes, with
/// what could end it or the line escaped as in JSON: so whatever a value is, it stays one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine(String);

impl LogLine {
    /// Begins a line.
    #[must_use]
    pub fn new(key: &str, value: impl Display) -> Self {
        Self(String::with_capacity(200)).and(key, value)
    }

    /// Adds a value, of which only the beginning if it is very long.
    #[must_use]
    pub fn and(mut self, key: &str, value: impl Display) -> Self {
        let value = value.to_string();
        let plain = |c: char| c.is_ascii_alphanumeric() || ".:#@+-_/*%,".contains(c);
        let blank = if self.0.is_empty() { "" } else { " " };
        self.0.extend([blank, key, "="]);
        match !value.is_empty() && value.len() <= LONGEST && value.chars().all(plain) {
            true => self.0.push_str(&value),
            false => self.quote(value.chars().take(LONGEST)),
        }
        self
    }

    fn quote(&mut self, value: impl Iterator<Item = char>) {
        self.0.push('"');
        for c in value {
            match c {
                '"' | '\\' => self.0.extend(['\\', c]),
                '\n' => self.0.push_str("\\n"),
                // Some readers end a line there, too.
                c if c.is_control() || ['\u{2028}', '\u{2029}'].contains(&c) => {
                    // A text takes whatever is written to it.
                    let _ = write!(self.0, "\\u{:04x}", u32::from(c));
                }
                c => self.0.push(c),
            }
        }
        self.0.push('"');
    }
}

/// Returns a plain value of a written line; `None` where it has none, or one in quotes.
#[must_use]
pub fn plain_value<'a>(line: &'a str, key: &str) -> Option<&'a str> {
    let mut rest = line;
    while let Some((name, after)) = rest.split_once('=') {
        let quoted = after.strip_prefix('"');
        let end = match quoted {
            Some(text) => {
                let mut is_escaped = false;
                let closing = |c: char| {
                    let closes = c == '"' && !is_escaped;
                    is_escaped = c == '\\' && !is_escaped;
                    closes
                };
                text.find(closing)? + 2
            }
            None => after.find(' ').unwrap_or(after.len()),
        };
        let (value, next) = after.split_at(end);
        if name == key {
            return quoted.is_none().then_some(value);
        }
        rest = next.trim_start_matches(' ');
    }
    None
}

impl Display for LogLine {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}
