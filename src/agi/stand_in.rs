//! A stand-in for Asterisk: plays its end of the pipe for one channel, where no Asterisk is.
//!
//! It keeps the channel's variables, rings and talks in real time, cuts the call at the limit that Dial was
//! given, and writes down everything that was said.

use std::collections::BTreeMap;
use std::io::{self, BufRead, Write};
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// What the callee does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CalleeBehaviour {
    /// Rings so long, answers, and hangs up after talking so long unless the limit comes first.
    Answers {
        /// Before the answer.
        ring: Duration,
        /// After it.
        talk: Duration,
    },
    /// Ends without an answer, with this `DIALSTATUS`.
    Fails(&'static str),
}

/// A line of a dialogue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    /// The program's command.
    Said(String),
    /// Asterisk's reply.
    Replied(String),
}

/// What to do about a command instead of what Asterisk would.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// What Asterisk would.
    AsAsterisk,
    /// These bytes.
    Raw(Vec<u8>),
    /// Close the pipe.
    Close,
}

/// A channel, as Asterisk knows it.
#[derive(Clone, Debug)]
pub struct Channel {
    /// Its identity.
    pub uniqueid: String,
    /// The caller's number.
    pub callerid: String,
    /// The dialled extension, or `h`.
    pub extension: String,
    /// Its account code.
    pub accountcode: String,
    /// Variables and functions by the text between `${` and `}`.
    pub variables: BTreeMap<String, String>,
    /// What a dial meets.
    pub callee: CalleeBehaviour,
    /// What a dial of these destinations ends with instead, as `DIALSTATUS`.
    pub unreachable: BTreeMap<String, &'static str>,
    /// Everything said so far.
    pub dialogue: Vec<Line>,
}

impl Channel {
    /// Makes a channel that was not answered yet and whose callee answers at once and hangs up.
    #[must_use]
    pub fn new(uniqueid: &str, callerid: &str, extension: &str) -> Self {
        let text = str::to_owned;
        Self {
            uniqueid: text(uniqueid),
            callerid: text(callerid),
            extension: text(extension),
            accountcode: String::new(),
            variables: [("CHANNEL(state)", "Ring"), ("TIMEOUT(absolute)", "0")].map(|(k, v)| (text(k), text(v))).into(),
            callee: CalleeBehaviour::Answers { ring: Duration::ZERO, talk: Duration::ZERO },
            unreachable: BTreeMap::new(),
            dialogue: Vec::new(),
        }
    }

    /// Returns a variable; what is not set is empty.
    #[must_use]
    pub fn variable(&self, name: &str) -> &str {
        self.variables.get(name).map_or("", String::as_str)
    }

    /// Returns the environment block that Asterisk writes for this channel.
    #[must_use]
    pub fn environment(&self, arguments: &[&str]) -> String {
        let Self { uniqueid, callerid, extension, accountcode, .. } = self;
        let mut block = format!(
            "agi_request: celcombiller\nagi_channel: PJSIP/{callerid}-00000001\nagi_language: en\nagi_type: PJSIP\n\
             agi_uniqueid: {uniqueid}\nagi_version: 22.10.0\nagi_callerid: {callerid}\nagi_calleridname: unknown\n\
             agi_callingpres: 0\nagi_callingani2: 0\nagi_callington: 0\nagi_callingtns: 0\nagi_dnid: {extension}\n\
             agi_rdnis: unknown\nagi_context: users\nagi_extension: {extension}\nagi_priority: 1\nagi_enhanced: 0.0\n\
             agi_accountcode: {accountcode}\nagi_threadid: 139741\n"
        );
        for (index, argument) in arguments.iter().enumerate() {
            block.push_str(&format!("agi_arg_{}: {argument}\n", index + 1));
        }
        block + "\n"
    }

    /// Plays Asterisk's end until the program closes the pipe.
    ///
    /// # Errors
    /// The pipe fails in another way than by its end.
    pub fn play(&mut self, to: impl Write, from: impl BufRead, arguments: &[&str]) -> io::Result<()> {
        self.play_with(to, from, arguments, |_, _| Answer::AsAsterisk)
    }

    /// Plays Asterisk's end, except where `instead` has another answer to a command.
    ///
    /// # Errors
    /// The pipe fails in another way than by its end.
    pub fn play_with(
        &mut self,
        mut to: impl Write,
        mut from: impl BufRead,
        arguments: &[&str],
        mut instead: impl FnMut(&Self, &str) -> Answer,
    ) -> io::Result<()> {
        let mut hears = |bytes: &[u8]| match to.write_all(bytes).and_then(|()| to.flush()) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(false),
            written => written.map(|()| true),
        };
        if !hears(self.environment(arguments).as_bytes())? {
            return Ok(());
        }
        loop {
            let mut command = String::new();
            if from.read_line(&mut command)? == 0 {
                return Ok(());
            }
            let command = command.trim_end_matches('\n').to_owned();
            self.dialogue.push(Line::Said(command.clone()));
            let reply = match instead(self, &command) {
                Answer::AsAsterisk => (self.reply(&command) + "\n").into_bytes(),
                Answer::Raw(bytes) => bytes,
                Answer::Close => return Ok(()),
            };
            self.dialogue.push(Line::Replied(String::from_utf8_lossy(&reply).trim_end().to_owned()));
            if !hears(&reply)? {
                return Ok(());
            }
        }
    }

    fn reply(&mut self, command: &str) -> String {
        let words = words(command);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        match words.as_slice() {
            ["GET", "FULL", "VARIABLE", expression] => format!("200 result=1 ({})", self.expanded(expression)),
            ["SET", "VARIABLE", name, value] => {
                self.variables.insert((*name).to_owned(), (*value).to_owned());
                "200 result=1".to_owned()
            }
            ["EXEC", "MSet", data] => {
                for (name, value) in data.split(',').filter_map(|variable| variable.split_once('=')) {
                    self.variables.insert(name.to_owned(), value.to_owned());
                }
                "200 result=0".to_owned()
            }
            ["EXEC", "Dial", data] => format!("200 result={}", self.dial(data)),
            ["EXEC" | "SET", ..] | ["SAY", "NUMBER", _, _] => "200 result=0".to_owned(),
            ["CHANNEL", "STATUS"] => {
                format!("200 result={}", if self.variable("CHANNEL(state)") == "Up" { 6 } else { 4 })
            }
            ["VERBOSE", ..] => "200 result=1".to_owned(),
            _ => "510 Invalid or unknown command".to_owned(),
        }
    }

    fn expanded(&self, expression: &str) -> String {
        let mut text = String::new();
        let mut rest = expression;
        while let Some((before, after)) = rest.split_once("${") {
            let (name, after) = after.split_once('}').unwrap_or((after, ""));
            text.push_str(before);
            text.push_str(self.variable(name));
            rest = after;
        }
        text + rest
    }

    /// Rings and talks; returns what Dial returns.
    fn dial(&mut self, data: &str) -> i32 {
        for blanked in ["DIALSTATUS", "ANSWEREDTIME", "ANSWEREDTIME_MS"] {
            self.variables.remove(blanked);
        }
        let destination = data.split(',').next().unwrap_or_default();
        let callee = match self.unreachable.get(destination) {
            Some(status) => CalleeBehaviour::Fails(status),
            None => self.callee,
        };
        let mut set = |name: &str, value: String| self.variables.insert(name.to_owned(), value);
        match callee {
            CalleeBehaviour::Fails(status) => {
                set("DIALSTATUS", status.to_owned());
                0
            }
            CalleeBehaviour::Answers { ring, talk } => {
                thread::sleep(ring);
                if data.contains("U(") {
                    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
                    set("CELCOMBILLER_ANSWERED", format!("{}.{:03}", now.as_secs(), now.subsec_millis()));
                }
                let talked = limit(data).map_or(talk, |limit| talk.min(limit));
                thread::sleep(talked);
                set("DIALSTATUS", "ANSWER".to_owned());
                set("ANSWEREDTIME", talked.as_secs().to_string());
                set("ANSWEREDTIME_MS", talked.as_millis().to_string());
                -1
            }
        }
    }
}

/// Returns the limit that Dial was given by `S(seconds)` or `L(milliseconds…)`.
fn limit(data: &str) -> Option<Duration> {
    let digits = |option: &str| -> Option<u64> {
        let (_, rest) = data.rsplit_once(',')?.1.split_once(option)?;
        rest.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
    };
    digits("S(").map(Duration::from_secs).or_else(|| digits("L(").map(Duration::from_millis))
}

/// Splits a command as Asterisk does: at blanks, with quotes removed and backslashes taken literally.
#[must_use]
pub fn words(command: &str) -> Vec<String> {
    let (mut words, mut word, mut quoted, mut begun) = (Vec::new(), String::new(), false, false);
    let mut characters = command.chars();
    while let Some(character) = characters.next() {
        match character {
            '"' => (quoted, begun) = (!quoted, true),
            '\\' => word.extend(characters.next()),
            ' ' | '\t' if !quoted => {
                if begun || !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
                begun = false;
            }
            _ => word.push(character),
        }
    }
    if begun || !word.is_empty() {
        words.push(word);
    }
    words
}
