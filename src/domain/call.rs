//! A call: its identity, what it asks for, and what it is answered.

use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::account::Caller;
use super::dialling::DialString;
use super::money::Money;
use super::numbering::{Dialled, shown};
use super::rate::TalkTime;
use super::routing::Way;
use super::time::Timestamp;
use super::words::words;

/// A text that identifies no channel or call.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CallIdError {
    /// No `uniqueid` of a channel.
    #[error("`{0}` is not a channel's uniqueid: expected up to 149 letters, digits and . _ : @ + -")]
    UniqueId(String),
    /// No call.
    #[error("`{0}` is not a call: expected the channel's uniqueid, # and the attempt, such as 1763690000.12#1")]
    CallId(String),
}

/// A channel's `uniqueid`, as Asterisk gives it (`SECONDS.COUNTER`, or with the system's name before it).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UniqueId(String);

impl UniqueId {
    /// Returns the text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns how a text is written once it has been parsed, for whoever only passes it on.
    ///
    /// # Errors
    /// It is no `uniqueid`.
    pub fn written(text: &str) -> Result<&str, CallIdError> {
        // Asterisk's limit is 149 (AST_MAX_UNIQUEID); the set has no `/` and no `#`, because the text
        // also names a file and is followed by `#` and the attempt.
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._:@+-".contains(&byte);
        match (1..150).contains(&text.len()) && text.bytes().all(plain) && !text.starts_with('.') {
            true => Ok(text),
            false => Err(CallIdError::UniqueId(shown(text))),
        }
    }
}

impl FromStr for UniqueId {
    type Err = CallIdError;

    fn from_str(text: &str) -> Result<Self, CallIdError> {
        Self::written(text).map(|text| Self(text.to_owned()))
    }
}

impl fmt::Display for UniqueId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

/// One attempt to dial from one channel: what is authorised, held and charged.
///
/// ```compile_fail
/// use celcombiller::domain::call::{CallId, UniqueId};
/// let call: CallId = "1763690000.12".parse::<UniqueId>().unwrap();
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CallId {
    /// The calling channel.
    pub uniqueid: UniqueId,
    /// Which of its dials, from 1: a channel may dial several times.
    pub attempt: NonZeroU32,
}

impl CallId {
    /// Returns a channel's first attempt.
    #[must_use]
    pub const fn first(uniqueid: UniqueId) -> Self {
        Self { uniqueid, attempt: NonZeroU32::MIN }
    }

    /// Returns the same channel's next attempt.
    #[must_use]
    pub fn next(&self) -> Self {
        Self { uniqueid: self.uniqueid.clone(), attempt: self.attempt.saturating_add(1) }
    }
}

impl FromStr for CallId {
    type Err = CallIdError;

    fn from_str(text: &str) -> Result<Self, CallIdError> {
        let error = || CallIdError::CallId(shown(text));
        let (uniqueid, attempt) = text.split_once('#').ok_or_else(error)?;
        Ok(Self { uniqueid: uniqueid.parse().map_err(|_| error())?, attempt: attempt.parse().map_err(|_| error())? })
    }
}

impl TryFrom<String> for CallId {
    type Error = CallIdError;

    fn try_from(text: String) -> Result<Self, CallIdError> {
        text.parse()
    }
}

impl From<CallId> for String {
    fn from(call: CallId) -> Self {
        call.to_string()
    }
}

impl fmt::Display for CallId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        CallText { uniqueid: self.uniqueid.as_str(), attempt: self.attempt }.fmt(out)
    }
}

/// How a call is written, of which somebody else keeps the texts.
#[derive(Clone, Copy, Debug)]
pub struct CallText<'a> {
    /// The calling channel, as [`UniqueId::written`] gives it.
    pub uniqueid: &'a str,
    /// Which of its dials, from 1.
    pub attempt: NonZeroU32,
}

impl fmt::Display for CallText<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}#{}", self.uniqueid, self.attempt)
    }
}

/// What a channel asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallRequest {
    /// The attempt.
    pub call: CallId,
    /// Who calls.
    pub caller: Caller,
    /// Where to.
    pub dialled: Dialled,
    /// Whether the channel was up before this dial (an announcement, an IVR, an earlier dial): Asterisk
    /// then counts its answered time from that first answer.
    pub answered_before: bool,
    /// Where the other end of this call is connected to once it has answered, at the same account's cost: a
    /// callback.
    pub then: Option<Dialled>,
    /// Now.
    pub at: Timestamp,
}

words! {
    /// Why a call is not put through; each is also a value of `CELCOMBILLER_STATUS`.
    Denial, "a reason of refusal", {
        /// No account matches the caller.
        UnknownCaller = "UNKNOWN_CALLER",
        /// The account is suspended.
        Suspended = "SUSPENDED",
        /// The account has expired.
        Expired = "EXPIRED",
        /// What is available cannot pay for the first increment.
        NoCredit = "NO_CREDIT",
        /// Nothing reaches the destination.
        NoRoute = "NO_ROUTE",
        /// Every trunk to the destination has as many calls as it carries at once.
        TrunkBusy = "TRUNK_BUSY",
        /// The tariff has no rate for the destination.
        NoRate = "NO_RATE",
        /// The account has as many calls as it may have at once.
        TooManyCalls = "TOO_MANY_CALLS",
        /// The destination is barred.
        BlockedNumber = "BLOCKED_NUMBER",
        /// The destination is none of those that the account or its group may call.
        NotAllowed = "NOT_ALLOWED",
        /// A minute costs more than the account or its group may pay.
        TooExpensive = "TOO_EXPENSIVE",
        /// The account or its group has spent what it may in a day or a month.
        SpendingCap = "SPENDING_CAP",
        /// The account or its group has talked as long as it may in a day or a month.
        TimeCap = "TIME_CAP",
        /// What was dialled is no number.
        InvalidNumber = "INVALID_NUMBER",
        /// The books cannot be used, so nothing can be known.
        Unavailable = "UNAVAILABLE",
    }
}

/// What a call was granted, after its hold is committed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// The attempt.
    pub call: CallId,
    /// The longest talk that the hold pays for.
    pub talk_time: TalkTime,
    /// The funds held of the main balance: the exact price of that talk, without what bundles pay of it.
    pub held: Money,
    /// What the main balance had to spend before this hold.
    pub available: Money,
    /// Where to dial.
    pub dial: DialString,
    /// Where to dial when that does not reach the network, in order.
    pub further: Vec<Way>,
}

/// The answer to a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Authorisation {
    /// Dial, up to the limit.
    Granted(Grant),
    /// Do not dial: the reason, and the fact behind it for the operator's log.
    Denied(Denial, String),
}
