//! The dialogue: one command, one reply. Nothing else ever writes to the pipe.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::{BufRead, Write};

use super::wire::{Environment, Reply, WireError, command};

/// A dialogue with Asterisk about one channel.
#[derive(Debug)]
pub struct Session<R, W> {
    input: R,
    output: W,
    nonce: String,
}

impl<R: BufRead, W: Write> Session<R, W> {
    /// Begins a dialogue: reads what Asterisk says about the channel.
    ///
    /// # Errors
    /// The block is not one that Asterisk writes.
    pub fn begin(mut input: R, output: W) -> Result<(Self, Environment), WireError> {
        let environment = Environment::read(&mut input)?;
        // A caller's number that holds line feeds can write the rest of the block and then replies; it cannot
        // know this. The standard library seeds its hashers from the kernel's random numbers.
        let nonce = format!("{:016x}", RandomState::new().build_hasher().finish());
        Ok((Self { input, output, nonce }, environment))
    }

    /// Says one command and waits for its reply; for Dial that can take hours. Two commands are never
    /// under way at once: Asterisk polls the pipe but reads it through a buffer, and would see the second
    /// only when a third arrives.
    fn say(&mut self, verb: &str, words: &[&str]) -> Result<Reply, WireError> {
        self.say_and(verb, words, || {})
    }

    /// Says one command, does something while it is under way, and waits for its reply.
    fn say_and(&mut self, verb: &str, words: &[&str], meanwhile: impl FnOnce()) -> Result<Reply, WireError> {
        self.output.write_all(command(verb, words)?.as_bytes())?;
        self.output.flush()?;
        meanwhile();
        Reply::read(&mut self.input)
    }

    /// Reads several expressions, in an exchange each where one of them holds what would part them.
    ///
    /// # Errors
    /// Asterisk does not answer with a value, or the pipe fails.
    pub fn expressions_however_odd(&mut self, expressions: &[&'static str]) -> Result<Vec<String>, WireError> {
        match self.expressions(expressions) {
            Err(WireError::Count { .. }) => expressions.iter().map(|expression| self.answer(expression)).collect(),
            read => read,
        }
    }

    /// Reads several expressions in one exchange, such as `${DIALSTATUS}`; what is not set is empty.
    ///
    /// # Errors
    /// Asterisk does not answer with that many values, or the pipe fails.
    pub fn expressions(&mut self, expressions: &[&'static str]) -> Result<Vec<String>, WireError> {
        let values = self.answer(&expressions.join("|"))?;
        let values: Vec<String> = values.split('|').map(str::to_owned).collect();
        match values.len() == expressions.len() {
            true => Ok(values),
            false => Err(WireError::Count { found: values.len(), asked: expressions.len() }),
        }
    }

    /// Reads a text with expressions in it, as Asterisk expands it.
    fn answer(&mut self, text: &str) -> Result<String, WireError> {
        let expanded = match self.say("GET FULL VARIABLE", &[&format!("{text}|{}", self.nonce)])? {
            Reply::Done { text, .. } => text.unwrap_or_default(),
            Reply::NotDone(code) => return Err(WireError::Reply(format!("{code} to GET FULL VARIABLE"))),
        };
        let values = expanded.strip_suffix(&self.nonce).and_then(|values| values.strip_suffix('|'));
        let values = values.ok_or_else(|| WireError::Reply("an answer to another question".to_owned()))?;
        Ok(values.to_owned())
    }

    /// Sets a channel variable.
    ///
    /// # Errors
    /// The pipe fails, or the value cannot be said.
    pub fn set(&mut self, name: &'static str, value: &str) -> Result<(), WireError> {
        self.say("SET VARIABLE", &[name, value]).map(drop)
    }

    /// Sets some channel variables in one exchange, or in one each where Asterisk runs no application for us any more,
    /// as on a channel that is gone. No value may have a comma, a quote or a blank.
    ///
    /// # Errors
    /// The pipe fails, or a value cannot be said.
    pub fn set_all(&mut self, variables: &[(&'static str, &str)]) -> Result<(), WireError> {
        let data: Vec<String> = variables.iter().map(|(name, value)| format!("{name}={value}")).collect();
        match self.exec("MSet", &data.join(","))? {
            Reply::Done { result: 0, .. } => Ok(()),
            _ => variables.iter().try_for_each(|(name, value)| self.set(name, value)),
        }
    }

    /// Runs a dialplan application; only its data is more than one word to it.
    ///
    /// # Errors
    /// The pipe fails, or the data cannot be said.
    pub fn exec(&mut self, application: &'static str, data: &str) -> Result<Reply, WireError> {
        self.say("EXEC", &[application, data])
    }

    /// Runs a dialplan application, and does something once it was told to run.
    ///
    /// # Errors
    /// The pipe fails, or the data cannot be said.
    pub fn exec_and(
        &mut self,
        application: &'static str,
        data: &str,
        meanwhile: impl FnOnce(),
    ) -> Result<Reply, WireError> {
        self.say_and("EXEC", &[application, data], meanwhile)
    }

    /// Says a number by the rules of the channel's language, on a channel that stays as unanswered as it is.
    ///
    /// # Errors
    /// The pipe fails.
    pub fn say_number(&mut self, number: u32) -> Result<(), WireError> {
        self.say("SAY NUMBER", &[&number.to_string(), ""]).map(drop)
    }

    /// Tells whether the caller has hung up: Asterisk says nothing more of the state of such a channel.
    ///
    /// # Errors
    /// The pipe fails.
    pub fn is_gone(&mut self) -> Result<bool, WireError> {
        const NOT_ON_A_DEAD_CHANNEL: u16 = 511;
        self.say("CHANNEL STATUS", &[]).map(|reply| reply == Reply::NotDone(NOT_ON_A_DEAD_CHANNEL))
    }

    /// Has Asterisk hang the channel up so many seconds from now; 0 takes that back. A channel that is
    /// gone refuses, which is as good.
    ///
    /// # Errors
    /// The pipe fails.
    pub fn auto_hangup(&mut self, seconds: u32) -> Result<(), WireError> {
        self.say("SET AUTOHANGUP", &[&seconds.to_string()]).map(drop)
    }

    /// Writes a line to Asterisk's own log.
    ///
    /// # Errors
    /// The pipe fails.
    pub fn verbose(&mut self, line: &str) -> Result<(), WireError> {
        self.say("VERBOSE", &[line, "1"]).map(drop)
    }
}
