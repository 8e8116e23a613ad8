//! Extensions: the phones inside, and what a call to one of them may do.
//!
//! Each of their values ends in several of Asterisk's files. What one of those files could read as anything but a
//! value is refused here, where the value enters.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::account::Username;
use super::numbering::{NumberingError, PhoneNumber};
use super::visible::is_invisible;
use super::words::{WordError, word_error, words};

/// Defines a newtype over a text that Asterisk's files can hold.
macro_rules! texts {
    ($($(#[$doc:meta])* $name:ident, $expected:literal, $right:expr;)+) => { $(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Returns the text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = WordError;

            fn from_str(text: &str) -> Result<Self, WordError> {
                let right: fn(&str) -> bool = $right;
                match right(text) {
                    true => Ok(Self(text.to_owned())),
                    false => Err(word_error(text, $expected)),
                }
            }
        }

        impl TryFrom<String> for $name {
            type Error = WordError;

            fn try_from(text: String) -> Result<Self, WordError> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(text: $name) -> Self {
                text.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str(&self.0)
            }
        }
    )+ };
}
pub(super) use texts;

texts! {
    /// The name that a phone shows of whoever calls.
    ///
    /// Asterisk keeps 79 bytes of it, and a quote, a backslash or an angle bracket would end the name there.
    ///
    /// ```compile_fail
    /// let name: celcombiller::domain::extension::ShownName = String::from("Ana");
    /// ```
    ShownName, "a name: expected 1 to 79 bytes without invisible characters, \" \\ < >, and no blank at either end",
    |text| (1..=79).contains(&text.len()) && text.trim() == text
        && !text.contains(|c: char| is_invisible(c) || "\"\\<>".contains(c));
    /// The PIN of a voicemail box.
    ///
    /// ```compile_fail
    /// let pin: celcombiller::domain::extension::Pin = String::from("4711");
    /// ```
    Pin, "a PIN: expected 4 to 10 digits",
    |text| (4..=10).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    /// An e-mail address, of the plain kind.
    ///
    /// ```compile_fail
    /// let email: celcombiller::domain::extension::Email = String::from("ana@example.org");
    /// ```
    Email, "an e-mail address: expected name@host of letters, digits and . _ + -",
    |text| text.len() <= 254 && text.split_once('@').is_some_and(|(name, host)| {
        let plain = |part: &str, more: &str| {
            part.starts_with(|c: char| c.is_ascii_alphanumeric())
                && part.chars().all(|c| c.is_ascii_alphanumeric() || more.contains(c))
        };
        plain(name, "._+-") && plain(host, ".-")
    });
}

/// What a phone registers with.
///
/// ```compile_fail
/// let secret: celcombiller::domain::extension::Secret = String::from("correct-horse");
/// ```
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Secret(String);

/// A text that is no secret; it does not repeat the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0} characters are not a secret: expected 8 to 64 letters, digits and . _ ~ -")]
pub struct SecretError(usize);

impl Secret {
    /// How many random bytes [`Secret::from_random`] takes.
    pub const RANDOM_BYTES: usize = 32;

    /// Makes a secret of random bytes: a letter or digit of five bits each, so 160 bits.
    #[must_use]
    pub fn from_random(bytes: &[u8; Self::RANDOM_BYTES]) -> Self {
        const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
        Self(bytes.iter().map(|&byte| char::from(LETTERS[usize::from(byte % 32)])).collect())
    }

    /// Returns the text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Secret {
    type Err = SecretError;

    fn from_str(text: &str) -> Result<Self, SecretError> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._~-".contains(&byte);
        match (8..=64).contains(&text.len()) && text.bytes().all(plain) {
            true => Ok(Self(text.to_owned())),
            false => Err(SecretError(text.chars().count())),
        }
    }
}

impl TryFrom<String> for Secret {
    type Error = SecretError;

    fn try_from(text: String) -> Result<Self, SecretError> {
        text.parse()
    }
}

impl From<Secret> for String {
    fn from(secret: Secret) -> Self {
        secret.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Secret")
    }
}

/// How long something rings, in seconds: 1 to 300.
///
/// ```compile_fail
/// let ring_time: celcombiller::domain::extension::RingTime = 20;
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "u32", into = "u32")]
pub struct RingTime(u32);

impl RingTime {
    /// Returns the seconds.
    #[must_use]
    pub const fn seconds(self) -> u32 {
        self.0
    }
}

impl Default for RingTime {
    fn default() -> Self {
        Self(20)
    }
}

impl TryFrom<u32> for RingTime {
    type Error = WordError;

    fn try_from(seconds: u32) -> Result<Self, WordError> {
        seconds.to_string().parse()
    }
}

impl From<RingTime> for u32 {
    fn from(time: RingTime) -> Self {
        time.0
    }
}

impl FromStr for RingTime {
    type Err = WordError;

    fn from_str(text: &str) -> Result<Self, WordError> {
        let seconds = text.parse().ok().filter(|seconds| (1..=300).contains(seconds));
        seconds.map(Self).ok_or_else(|| word_error(text, "a ring time: expected 1 to 300 seconds"))
    }
}

impl fmt::Display for RingTime {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(out)
    }
}

words! {
    /// What a phone speaks.
    Technology, "a technology: expected pjsip or sip", {
        /// PJSIP.
        Pjsip = "pjsip",
        /// SIP by `chan_sip`, which Asterisk has up to 20.
        Sip = "sip",
    }
}

impl Technology {
    /// Returns how a number of this technology is dialled, as in `PJSIP/1000`.
    #[must_use]
    pub fn device(self, number: &PhoneNumber) -> String {
        match self {
            Self::Pjsip => format!("PJSIP/{number}"),
            Self::Sip => format!("SIP/{number}"),
        }
    }
}

words! {
    /// Whether a call is recorded. `never` on either side wins, then `always` on either.
    Record, "a recording setting: expected always, never or dontcare", {
        /// It is.
        Always = "always",
        /// It is not.
        Never = "never",
        /// The other side decides.
        DontCare = "dontcare",
    }
}

/// Which calls of an extension are recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Recording {
    /// Those to it from inside.
    pub in_internal: Record,
    /// Those to it from outside.
    pub in_external: Record,
    /// Those that it makes to the inside.
    pub out_internal: Record,
    /// Those that it makes to the outside.
    pub out_external: Record,
}

impl Default for Recording {
    fn default() -> Self {
        let any = Record::DontCare;
        Self { in_internal: any, in_external: any, out_internal: any, out_external: any }
    }
}

/// A voicemail box.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mailbox {
    /// What opens it.
    pub pin: Pin,
    /// Where its messages are sent, too.
    pub email: Option<Email>,
}

/// Where calls go that the phone does not take; billed to the extension's payer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Forward {
    /// While it is on the phone, or not to be disturbed.
    pub busy: Option<PhoneNumber>,
    /// When nobody answers, or the phone is not there.
    pub no_answer: Option<PhoneNumber>,
    /// At once.
    pub always: Option<PhoneNumber>,
}

/// What is set of an extension besides its name and payer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// What the phone registers with.
    pub secret: Secret,
    /// What the phone speaks.
    #[serde(default = "pjsip")]
    pub technology: Technology,
    /// How long it rings.
    #[serde(default)]
    pub ring_time: RingTime,
    /// Its voicemail box.
    #[serde(default)]
    pub voicemail: Option<Mailbox>,
    /// Which calls are recorded.
    #[serde(default)]
    pub recording: Recording,
    /// The number that callees outside are shown instead of its own.
    #[serde(default)]
    pub caller_id: Option<PhoneNumber>,
    /// Whether it rings for a second call.
    #[serde(default = "yes")]
    pub call_waiting: bool,
    /// Whether it does not ring at all.
    #[serde(default)]
    pub do_not_disturb: bool,
    /// Where calls go instead.
    #[serde(default)]
    pub forward: Forward,
}

const fn pjsip() -> Technology {
    Technology::Pjsip
}

const fn yes() -> bool {
    true
}

impl Settings {
    /// Returns what holds where nothing is said.
    #[must_use]
    pub fn new(secret: Secret) -> Self {
        Self {
            secret,
            technology: Technology::Pjsip,
            ring_time: RingTime::default(),
            voicemail: None,
            recording: Recording::default(),
            caller_id: None,
            call_waiting: true,
            do_not_disturb: false,
            forward: Forward::default(),
        }
    }
}

/// A phone inside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extension {
    /// What is dialled, and what the phone registers as.
    pub number: PhoneNumber,
    /// Whose it is.
    pub name: ShownName,
    /// The user that pays, whose name is the account code of its calls.
    pub payer: Username,
    /// The rest.
    pub settings: Settings,
}

impl Extension {
    /// Tells what makes no sense about it, if anything does.
    #[must_use]
    pub fn contradiction(&self) -> Option<String> {
        let Forward { busy, no_answer, always } = &self.settings.forward;
        let itself = [busy, no_answer, always].into_iter().flatten().any(|target| *target == self.number);
        itself.then(|| format!("extension {} would be forwarded to itself", self.number))
    }
}

/// Several numbers, with commas between them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Numbers(pub Vec<PhoneNumber>);

impl FromStr for Numbers {
    type Err = NumberingError;

    fn from_str(text: &str) -> Result<Self, NumberingError> {
        text.split(',').map(|number| number.trim().parse()).collect::<Result<_, _>>().map(Self)
    }
}
