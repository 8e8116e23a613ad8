//! Having Asterisk read what was installed, and asking it what it has.

use std::collections::HashSet;
use std::io;
use std::process::Command;
use std::thread;
use std::time::Duration;

use super::render;
use crate::domain::extension::{Extension, Technology};
use crate::domain::numbering::PhoneNumber;
use crate::domain::ring_group::RingGroup;

/// How often Asterisk is asked before it counts as refused; some of it reloads in the background.
const ASKED: u32 = 50;

/// Why Asterisk does not have what it should.
#[derive(Debug, thiserror::Error)]
pub enum ReloadError {
    /// The program cannot be run.
    #[error("cannot run `{program} -rx`: {cause}")]
    NoProgram {
        /// The program.
        program: String,
        /// Why.
        cause: io::Error,
    },
    /// No Asterisk answers.
    #[error("no Asterisk answers `{command}`: {answer}")]
    NoAnswer {
        /// What it was told.
        command: String,
        /// What came instead.
        answer: String,
    },
    /// It does not have what a phone speaks.
    #[error("extension {0} speaks sip, and Asterisk has not loaded chan_sip, which it has up to version 20")]
    NoChanSip(PhoneNumber),
    /// It answers that it has something else.
    #[error("Asterisk did not take {0}")]
    Refused(String),
}

/// Asterisk's console, by the program that speaks to it.
#[derive(Clone, Copy, Debug)]
pub struct Console<'a> {
    /// The program, `asterisk`.
    pub program: &'a str,
}

impl Console<'_> {
    /// Runs a command and returns the answer.
    ///
    /// # Errors
    /// The program cannot be run, or no Asterisk answers it.
    pub fn run(self, command: &str) -> Result<String, ReloadError> {
        let output = Command::new(self.program)
            .args(["-rx", command])
            .output()
            .map_err(|cause| ReloadError::NoProgram { program: self.program.to_owned(), cause })?;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
        match output.status.success() {
            true => Ok(text(&output.stdout)),
            false => {
                let answer = format!("{} {}", text(&output.stdout), text(&output.stderr)).trim().to_owned();
                Err(ReloadError::NoAnswer { command: command.to_owned(), answer })
            }
        }
    }

    /// Asks whether a module runs.
    ///
    /// # Errors
    /// As for [`Console::run`].
    pub fn has_loaded(self, module: &str) -> Result<bool, ReloadError> {
        Ok(self.run(&format!("module show like {module}"))?.contains("Running"))
    }
}

/// Returns the first extension that speaks `chan_sip` where Asterisk does not.
///
/// # Errors
/// As for [`Console::run`].
pub fn unspoken<'a>(console: Console<'_>, extensions: &'a [Extension]) -> Result<Option<&'a PhoneNumber>, ReloadError> {
    let Some(phone) = extensions.iter().find(|phone| phone.settings.technology == Technology::Sip) else {
        return Ok(None);
    };
    Ok((!console.has_loaded("chan_sip.so")?).then_some(&phone.number))
}

/// Has Asterisk read its files, and asks for what the books have until it is there.
///
/// # Errors
/// As for [`Console::run`], a phone speaks `chan_sip` where Asterisk does not, or Asterisk does not have it after five
/// seconds.
pub fn reload(console: Console<'_>, extensions: &[Extension], groups: &[RingGroup]) -> Result<(), ReloadError> {
    if let Some(number) = unspoken(console, extensions)? {
        return Err(ReloadError::NoChanSip(number.clone()));
    }
    read_again(console, extensions)?;
    let mut missing = missing(console, extensions, groups)?;
    for _ in 1..ASKED {
        if missing.is_none() {
            break;
        }
        thread::sleep(Duration::from_millis(100));
        missing = self::missing(console, extensions, groups)?;
    }
    missing.map_or(Ok(()), |what| Err(ReloadError::Refused(what)))
}

/// Has Asterisk read its files.
///
/// # Errors
/// As for [`Console::run`].
pub fn read_again(console: Console<'_>, extensions: &[Extension]) -> Result<(), ReloadError> {
    let speaks = |technology| extensions.iter().any(move |phone| phone.settings.technology == technology);
    let commands = [
        (true, "dialplan reload"),
        (true, "module reload res_pjsip.so"),
        (speaks(Technology::Sip), "sip reload"),
        (extensions.iter().any(|phone| phone.settings.voicemail.is_some()), "voicemail reload"),
    ];
    for (_, command) in commands.iter().filter(|(needed, _)| *needed) {
        console.run(command)?;
    }
    Ok(())
}

/// Asks Asterisk, and tells what it does not have.
///
/// # Errors
/// As for [`Console::run`].
pub fn missing(
    console: Console<'_>,
    extensions: &[Extension],
    groups: &[RingGroup],
) -> Result<Option<String>, ReloadError> {
    let revision = render::revision(extensions, groups);
    if !console.run(&format!("dialplan show {revision}@celcombiller-books"))?.contains("NoOp") {
        return Ok(Some("extensions.conf".to_owned()));
    }
    type Having = fn(&Extension) -> bool;
    let lists: [(&str, &str, Having); 3] = [
        ("phone", "pjsip list endpoints", |phone| phone.settings.technology == Technology::Pjsip),
        ("phone", "sip show peers", |phone| phone.settings.technology == Technology::Sip),
        ("voicemail box", "voicemail show users for celcombiller", |phone| phone.settings.voicemail.is_some()),
    ];
    for (what, command, has) in lists {
        let mut wanted = extensions.iter().filter(|phone| has(phone)).peekable();
        if wanted.peek().is_none() {
            continue;
        }
        let answer = console.run(command)?;
        let told: HashSet<&str> = answer.split([' ', '\n', '/', '\t']).collect();
        if let Some(phone) = wanted.find(|phone| !told.contains(phone.number.as_str())) {
            return Ok(Some(format!("{what} {}", phone.number)));
        }
    }
    Ok(None)
}
