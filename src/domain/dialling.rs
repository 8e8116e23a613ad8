//! Dial strings: the operator's template, filled with nothing but parsed numbers.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::numbering::shown;

/// The facts about a destination that a template may name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DialFacts<'a> {
    /// The number, digits only.
    pub number: Option<&'a str>,
    /// The callee's SIM identity, digits only.
    pub imsi: Option<&'a str>,
    /// The callee's username.
    pub username: Option<&'a str>,
}

/// How a destination is reached, such as `SIP/IMSI{imsi}@127.0.0.1:5062`.
///
/// The technology, the host and the `&` between several legs come from here and from nowhere else.
///
/// ```compile_fail
/// let dial: celcombiller::domain::dialling::DialTemplate = "PJSIP/{number}@carrier";
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DialTemplate(String);

/// Why a text is no dial template.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DialTemplateError {
    /// No technology before a slash.
    #[error("`{0}` is not a dial template: expected TECHNOLOGY/destination, such as PJSIP/{{number}}@carrier")]
    NoTechnology(String),
    /// A character that Dial or AGI would read as more than a destination.
    #[error("dial template `{0}` has {1:?}, which Dial would not read as part of a destination")]
    Unsafe(String, char),
    /// A placeholder that does not exist.
    #[error("dial template `{0}` has an unknown placeholder: expected {{number}}, {{imsi}} or {{username}}")]
    UnknownPlaceholder(String),
}

impl DialTemplate {
    /// Returns the template of a GSM cell: OpenBTS on the same host, each SIM by its identity.
    #[must_use]
    pub fn openbts() -> Self {
        Self("SIP/IMSI{imsi}@127.0.0.1:5062".to_owned())
    }

    /// Returns the template of an extension: what the dialplan does that is rendered from the books. The `/n`
    /// keeps Dial's limit on the call.
    #[must_use]
    pub fn extension() -> Self {
        Self("Local/{number}@celcombiller-extensions/n".to_owned())
    }

    /// Tells whether a leg is a Local channel that optimises itself away and takes Dial's limit with it: one
    /// without the option `n`.
    #[must_use]
    pub fn loses_limit(&self) -> bool {
        self.0.split('&').any(|leg| {
            let mut parts = leg.split('/');
            let local = parts.next().is_some_and(|technology| technology.eq_ignore_ascii_case("local"));
            local && !parts.nth(1).is_some_and(|options| options.contains('n'))
        })
    }

    /// Tells whether it is for any number: whether it names the number, and no fact that only a user has.
    #[must_use]
    pub fn is_for_any_number(&self) -> bool {
        self.0.contains("{number}") && !self.0.contains("{imsi}") && !self.0.contains("{username}")
    }

    /// Fills the template; `None` when it names a fact that the destination does not have, or that would name
    /// another: what follows an `@` is where a channel goes.
    #[must_use]
    pub fn dial_string(&self, facts: &DialFacts<'_>) -> Option<DialString> {
        let mut filled = self.0.clone();
        for (placeholder, fact) in [("{number}", facts.number), ("{imsi}", facts.imsi), ("{username}", facts.username)]
        {
            if filled.contains(placeholder) {
                filled = filled.replace(placeholder, fact.filter(|fact| !fact.contains('@'))?);
            }
        }
        Some(DialString(filled))
    }
}

impl FromStr for DialTemplate {
    type Err = DialTemplateError;

    fn from_str(text: &str) -> Result<Self, DialTemplateError> {
        let plain = ["{number}", "{imsi}", "{username}"]
            .iter()
            .fold(text.to_owned(), |rest, placeholder| rest.replace(placeholder, "0"));
        if plain.contains(['{', '}']) {
            return Err(DialTemplateError::UnknownPlaceholder(shown(text)));
        }
        let allowed = |c: char| c.is_ascii_alphanumeric() || "/@:;=._-+&#*[]!~".contains(c);
        if let Some(bad) = plain.chars().find(|&c| !allowed(c)) {
            return Err(DialTemplateError::Unsafe(shown(text), bad));
        }
        let reached = |leg: &str| {
            leg.split_once('/').is_some_and(|(technology, rest)| {
                !rest.is_empty() && !technology.is_empty() && technology.bytes().all(|b| b.is_ascii_alphanumeric())
            })
        };
        // Of the text itself: a technology is none that a number or a name chooses.
        match text.split('&').all(reached) {
            true => Ok(Self(text.to_owned())),
            false => Err(DialTemplateError::NoTechnology(shown(text))),
        }
    }
}

impl TryFrom<String> for DialTemplate {
    type Error = DialTemplateError;

    fn try_from(text: String) -> Result<Self, DialTemplateError> {
        text.parse()
    }
}

impl From<DialTemplate> for String {
    fn from(template: DialTemplate) -> Self {
        template.0
    }
}

impl fmt::Display for DialTemplate {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

/// A destination as Dial takes it; only a template makes one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DialString(String);

impl DialString {
    /// Takes a string that a template made for an earlier grant, as it was kept with its hold; `None`
    /// where it could not have been.
    #[must_use]
    pub fn granted_before(kept: &str) -> Option<Self> {
        let kept = DialTemplate::from_str(kept).ok().filter(|template| !template.0.contains('{'));
        kept.map(|template| Self(template.0))
    }

    /// Returns the text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
