//! Who pays: users and how a call names them.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::numbering::{Imsi, PhoneNumber, shown};
use super::words::{WordError, word_error, words};

/// A user's name, which is also the account code that bills them.
///
/// ```compile_fail
/// let name: celcombiller::domain::account::Username = String::from("ana");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Username(String);

impl Username {
    /// Returns the name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Username {
    type Err = WordError;

    fn from_str(text: &str) -> Result<Self, WordError> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-@".contains(&byte);
        let right =
            (1..=64).contains(&text.len()) && text.bytes().all(plain) && text.as_bytes()[0].is_ascii_alphanumeric();
        match right {
            true => Ok(Self(text.to_owned())),
            false => Err(word_error(
                text,
                "a username: expected 1 to 64 letters, digits and . _ - @, the first a letter or digit",
            )),
        }
    }
}

impl TryFrom<String> for Username {
    type Error = WordError;

    fn try_from(text: String) -> Result<Self, WordError> {
        text.parse()
    }
}

impl From<Username> for String {
    fn from(name: Username) -> Self {
        name.0
    }
}

impl fmt::Display for Username {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

/// A language in which a user is spoken to, as Asterisk names the folder of its sounds.
///
/// ```compile_fail
/// let language: celcombiller::domain::account::Language = String::from("de");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Language(String);

impl Language {
    /// Returns the name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Language {
    type Err = WordError;

    fn from_str(text: &str) -> Result<Self, WordError> {
        let letters = |part: &str, most: usize| {
            (2..=most).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphabetic())
        };
        let right = match text.split_once('_') {
            None => letters(text, 8),
            Some((language, region)) => letters(language, 8) && letters(region, 2),
        };
        match right {
            true => Ok(Self(text.to_owned())),
            false => Err(word_error(text, "a language: expected 2 to 8 letters, such as de, or pt_BR")),
        }
    }
}

impl fmt::Display for Language {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

words! {
    /// What a user may do in the interfaces to come.
    Level, "a level: expected user, collaborator or admin", {
        /// Makes calls.
        User = "user",
        /// Sells and tops up.
        Collaborator = "collaborator",
        /// Does everything.
        Admin = "admin",
    }
}

words! {
    /// Whether an account may call.
    Status, "a status: expected active, suspended or closed", {
        /// May call.
        Active = "active",
        /// May not call until resumed.
        Suspended = "suspended",
        /// Removed; its books stay.
        Closed = "closed",
    }
}

words! {
    /// A way to find the account that pays for a call.
    IdentifyBy, "a way to identify: expected accountcode, callerid or imsi", {
        /// The channel's account code, which the operator sets for each endpoint.
        AccountCode = "accountcode",
        /// The caller's number, which a phone may choose unless its endpoint fixes it.
        CallerId = "callerid",
        /// The caller's number read as a SIM identity, as OpenBTS and Osmocom send it.
        Imsi = "imsi",
    }
}

/// What a channel says about its caller; each part is as trustworthy as the operator's dialplan.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Caller {
    /// The account code, or `None` when the channel has none.
    pub account_code: Option<AccountCode>,
    /// The caller's number, where it is one.
    pub number: Option<PhoneNumber>,
    /// The caller's number read as a SIM identity, where it is one.
    pub imsi: Option<Imsi>,
}

/// An account code that a channel carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AccountCode {
    /// One that can name a user.
    Username(Username),
    /// One that names nobody, shown fit for a log.
    Nobody(String),
}

impl Caller {
    /// Reads a channel's account code and caller number, both hostile.
    #[must_use]
    pub fn from_channel(account_code: &str, callerid: &str) -> Self {
        let account_code = (!account_code.is_empty()).then(|| match account_code.parse() {
            Ok(username) => AccountCode::Username(username),
            Err(_) => AccountCode::Nobody(shown(account_code)),
        });
        Self { account_code, number: callerid.parse().ok(), imsi: callerid.parse().ok() }
    }
}

impl fmt::Display for Caller {
    /// Writes what a CDR keeps as the caller's number: the number, else the SIM, else the account code.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self { number: Some(number), .. } => number.fmt(out),
            Self { imsi: Some(imsi), .. } => write!(out, "IMSI{imsi}"),
            Self { account_code: Some(AccountCode::Username(code)), .. } => code.fmt(out),
            Self { account_code: Some(AccountCode::Nobody(code)), .. } => out.write_str(code),
            _ => out.write_str("unknown"),
        }
    }
}
