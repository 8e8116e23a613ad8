//! The rooms of celcombiller that read what others wrote, and what every target asks of them.

#![allow(dead_code, unreachable_pub, unused_imports, reason = "the programs use the rest of it")]

#[path = "../../src/agi/mod.rs"]
pub mod agi;
#[path = "../../src/config/mod.rs"]
pub mod config;
#[path = "../../src/domain/mod.rs"]
pub mod domain;
#[path = "../../src/pbx/mod.rs"]
pub mod pbx;

use std::fmt::{Debug, Display};
use std::str::FromStr;

/// What stands between two values of an input.
pub const BETWEEN: char = '¦';

/// Splits an input into as many values as are wanted; those that are not there are empty.
#[must_use]
pub fn values<const MANY: usize>(text: &str) -> [&str; MANY] {
    let mut values = text.split(BETWEEN);
    [(); MANY].map(|()| values.next().unwrap_or_default())
}

/// Reads a text. What is refused is refused in one short line, in which everything is seen; what is accepted is seen
/// too, and reads the same when it is written again.
pub fn read<T: FromStr<Err: Display> + Display + Debug + PartialEq>(text: &str) -> Option<T> {
    let value = read_unwritten::<T>(text)?;
    let written = value.to_string();
    assert!(!written.contains(domain::visible::is_invisible), "{value:?} is written with something unseen");
    match written.parse::<T>() {
        Ok(again) => assert_eq!(again, value, "{written} reads the same when it is written again"),
        Err(error) => panic!("{value:?} was read, and {written} is refused: {error}"),
    }
    Some(value)
}

/// Reads a text of a kind that is not written.
pub fn read_unwritten<T: FromStr<Err: Display>>(text: &str) -> Option<T> {
    text.parse().map_err(|error: T::Err| refused(&error)).ok()
}

/// A refusal is one line, in which everything is seen, and which is not as long as what it refuses.
pub fn refused(error: &impl Display) {
    let said = error.to_string();
    assert!(!said.contains(domain::visible::is_invisible), "a refusal with something unseen: {said:?}");
    assert!(said.len() < 1500, "a refusal of {} bytes: {said}", said.len());
}
