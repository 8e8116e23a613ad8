//! What stands on the pipe: the environment block, replies and quoted words. All of it is hostile.
//!
//! Asterisk escapes nothing: a caller's number that holds a line break writes lines of its own into the
//! block. So the block must be exactly the one that `res_agi.c` writes, the same from Asterisk 11 to 23.

use std::io::{self, BufRead};

use crate::domain::call::UniqueId;

/// The most that a whole environment block may take.
const BLOCK_BYTES: usize = 64 * 1024;
/// The most that one reply line may take.
const REPLY_BYTES: usize = 16 * 1024;
/// The most that one usage text may take, in lines.
const USAGE_LINES: usize = 200;
/// What a command line may take with its line feed: Asterisk up to 22.5 reads the rest as another command.
const COMMAND_BYTES: usize = 2000;

/// The keys in the order in which Asterisk writes them; `agi_arg_N` follow.
const KEYS: [&str; 20] = [
    "agi_request",
    "agi_channel",
    "agi_language",
    "agi_type",
    "agi_uniqueid",
    "agi_version",
    "agi_callerid",
    "agi_calleridname",
    "agi_callingpres",
    "agi_callingani2",
    "agi_callington",
    "agi_callingtns",
    "agi_dnid",
    "agi_rdnis",
    "agi_context",
    "agi_extension",
    "agi_priority",
    "agi_enhanced",
    "agi_accountcode",
    "agi_threadid",
];

/// A pipe that does not say what Asterisk would.
#[derive(Debug, thiserror::Error)]
pub enum WireError {
    /// The environment block is not one: forged, or not from Asterisk.
    #[error("malformed AGI environment: {0}")]
    Environment(String),
    /// A reply is none.
    #[error("malformed AGI reply: {0}")]
    Reply(String),
    /// As many values as were not asked for: one of them holds what parts them.
    #[error("malformed AGI reply: {found} values for {asked} expressions")]
    Count {
        /// What came.
        found: usize,
        /// What was asked for.
        asked: usize,
    },
    /// A command that cannot be said on one line.
    #[error("AGI command cannot be sent: {0}")]
    Command(&'static str),
    /// Asterisk closed the pipe.
    #[error("Asterisk closed the pipe")]
    Closed,
    /// The pipe fails.
    #[error("AGI pipe: {0}")]
    Pipe(#[from] io::Error),
}

/// What Asterisk says about the channel; each text is as the caller or the dialplan made it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Environment {
    /// The channel's identity.
    pub uniqueid: UniqueId,
    /// The caller's number, or `unknown`.
    pub callerid: String,
    /// The dialled extension; `h` after the hangup.
    pub extension: String,
    /// The channel's account code, or nothing.
    pub accountcode: String,
}

impl Environment {
    /// Reads the block up to its blank line.
    ///
    /// # Errors
    /// The block is not exactly one that Asterisk writes: a key missing, twice, unknown or out of order,
    /// a line without `: `, more than 64 KiB, or no end.
    pub fn read(input: &mut impl BufRead) -> Result<Self, WireError> {
        let mut left = BLOCK_BYTES;
        let mut values: [String; KEYS.len()] = Default::default();
        for (key, value) in KEYS.iter().zip(&mut values) {
            let line = block_line(input, &mut left)?;
            *value = value_of(&line, key)?.to_owned();
        }
        for argument in 1.. {
            let line = block_line(input, &mut left)?;
            if line.is_empty() {
                break;
            }
            value_of(&line, &format!("agi_arg_{argument}"))?;
        }
        let [_, _, _, _, uniqueid, _, callerid, _, _, _, _, _, _, _, _, extension, _, _, accountcode, _] = values;
        let uniqueid = uniqueid.parse().map_err(|error| WireError::Environment(format!("{error}")))?;
        Ok(Self { uniqueid, callerid, extension, accountcode })
    }
}

fn block_line(input: &mut impl BufRead, left: &mut usize) -> Result<String, WireError> {
    let line = read_line(input, *left)?.ok_or_else(|| WireError::Environment("no blank line at its end".into()))?;
    *left = left
        .checked_sub(line.len() + 1)
        .ok_or_else(|| WireError::Environment(format!("more than {BLOCK_BYTES} bytes")))?;
    // Only names and contexts may hold anything but ASCII, and none of those is used.
    Ok(String::from_utf8_lossy(&line).into_owned())
}

fn value_of<'a>(line: &'a str, key: &str) -> Result<&'a str, WireError> {
    line.strip_prefix(key).and_then(|rest| rest.strip_prefix(": ")).ok_or_else(|| {
        let found: String = line.chars().take(40).flat_map(char::escape_debug).collect();
        WireError::Environment(format!("`{found}` instead of `{key}: …`"))
    })
}

/// Reads up to a line feed, which is left out; `None` at the end of the pipe, also in the middle of a line.
fn read_line(input: &mut impl BufRead, most: usize) -> io::Result<Option<Vec<u8>>> {
    let mut line = Vec::new();
    let mut limited = io::Read::take(input, most as u64 + 1);
    limited.read_until(b'\n', &mut line)?;
    Ok(match line.pop() {
        Some(b'\n') => Some(line),
        _ => None,
    })
}

/// An answer to a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// `200`: the number after `result=`, and the text in parentheses.
    Done {
        /// The number.
        result: i32,
        /// The text.
        text: Option<String>,
    },
    /// `510`, `511`, `520` or another code: not done.
    NotDone(u16),
}

impl Reply {
    /// Reads one reply, with all the lines it has.
    ///
    /// # Errors
    /// What stands there is no reply, or the pipe ends.
    pub fn read(input: &mut impl BufRead) -> Result<Self, WireError> {
        let line = reply_line(input)?;
        // An over-network Asterisk announces a hangup between replies.
        let line = if line == "HANGUP" { reply_line(input)? } else { line };
        let malformed = || WireError::Reply(line.chars().take(80).flat_map(char::escape_debug).collect());
        let (code, rest) = line.split_at_checked(3).ok_or_else(malformed)?;
        let digits = code.bytes().all(|byte| byte.is_ascii_digit());
        let code: u16 = code.parse().ok().filter(|_| digits).ok_or_else(malformed)?;
        match rest.as_bytes().first() {
            Some(b' ') => {}
            Some(b'-') => return skip_usage(input, code, rest),
            _ => return Err(malformed()),
        }
        if code != 200 {
            return Ok(Self::NotDone(code));
        }
        let value = rest.strip_prefix(" result=").ok_or_else(malformed)?;
        let (number, text) = match value.split_once(" (") {
            // The text is raw: it may hold parentheses, so it ends at the last one.
            Some((number, text)) => (number, Some(text.strip_suffix(')').ok_or_else(malformed)?.to_owned())),
            None => (value.split(' ').next().unwrap_or(value), None),
        };
        Ok(Self::Done { result: number.parse().map_err(|_| malformed())?, text })
    }
}

fn reply_line(input: &mut impl BufRead) -> Result<String, WireError> {
    let line = read_line(input, REPLY_BYTES)?.ok_or(WireError::Closed)?;
    Ok(String::from_utf8_lossy(&line).into_owned())
}

/// Skips a usage text, whose lines may look like anything, to its end. Asterisk 11 may glue the end to the
/// last line of the text.
fn skip_usage(input: &mut impl BufRead, code: u16, first: &str) -> Result<Reply, WireError> {
    let end = format!("{code} End of proper usage.");
    let mut line = first.to_owned();
    for _ in 0..USAGE_LINES {
        if line.ends_with(&end) {
            return Ok(Reply::NotDone(code));
        }
        line = reply_line(input)?;
    }
    Err(WireError::Reply(format!("a usage text of more than {USAGE_LINES} lines")))
}

/// Builds one command line with its line feed; each word is quoted, so that it stays one word.
///
/// # Errors
/// A word holds a control character, which the wire cannot carry, or the line is longer than Asterisk
/// reads at once.
pub fn command(verb: &str, words: &[&str]) -> Result<String, WireError> {
    let mut line = verb.to_owned();
    for word in words {
        if word.bytes().any(|byte| byte.is_ascii_control()) {
            return Err(WireError::Command("a word holds a control character"));
        }
        line.push_str(" \"");
        for character in word.chars() {
            if matches!(character, '"' | '\\') {
                line.push('\\');
            }
            line.push(character);
        }
        line.push('"');
    }
    line.push('\n');
    match line.len() <= COMMAND_BYTES {
        true => Ok(line),
        false => Err(WireError::Command("the line is longer than Asterisk reads at once")),
    }
}
