//! Who a card holder is: where they live, how they are reached, and what the operator noted about them.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::line::Line;
use super::visible::is_invisible;
use super::words::{WordError, word_error};

/// Defines a newtype over a text that a rule holds of.
macro_rules! text_of {
    ($(#[$doc:meta])* $name:ident, $expected:literal, $rule:expr) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl FromStr for $name {
            type Err = WordError;

            fn from_str(text: &str) -> Result<Self, WordError> {
                let rule: fn(&str) -> bool = $rule;
                if rule(text) { Ok(Self(text.to_owned())) } else { Err(word_error(text, $expected)) }
            }
        }

        impl TryFrom<String> for $name {
            type Error = WordError;

            fn try_from(text: String) -> Result<Self, WordError> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(value: $name) -> Self {
                value.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str(&self.0)
            }
        }
    };
}

text_of!(
    /// An address that mail may reach: whether it does, only mail can tell.
    ///
    /// ```compile_fail
    /// let email: celcombiller::domain::contact::Email = "ana@example.org".to_owned();
    /// ```
    Email,
    "an e-mail address: expected NAME@DOMAIN, such as ana@example.org",
    |text| {
        let Some((name, domain)) = text.split_once('@') else { return false };
        let labels = domain.split('.').all(|label| {
            !label.is_empty()
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.chars().all(|c| c.is_alphanumeric() || c == '-')
        });
        let plain = |c: char| c.is_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c);
        (1..=64).contains(&name.len()) && name.chars().all(plain) && domain.contains('.') && labels && text.len() <= 254
    }
);

text_of!(
    /// A word by which users are found.
    ///
    /// ```compile_fail
    /// let tag: celcombiller::domain::contact::Tag = "vip".to_owned();
    /// ```
    Tag,
    "a tag: expected 1 to 32 visible characters without blanks and commas",
    |text| {
        let plain = |c: char| !is_invisible(c) && !c.is_whitespace() && c != ',';
        (1..=32).contains(&text.chars().count()) && text.chars().all(plain)
    }
);

/// What is known about a card holder. Its JSON has only what is known, under A2Billing's names.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Contact {
    /// Street and house.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<Line>,
    /// City.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub city: Option<Line>,
    /// State or province.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<Line>,
    /// Country.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub country: Option<Line>,
    /// Postal code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub zipcode: Option<Line>,
    /// A telephone that need not be one of ours.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<Line>,
    /// Company.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub company_name: Option<Line>,
    /// Mail.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<Email>,
    /// What the operator noted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notes: Option<Line<2000>>,
    /// What the user is found by.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub tags: BTreeSet<Tag>,
}

/// One thing that is to be known about a card holder; `None` takes it away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ContactFact {
    /// Street and house.
    Address(Option<Line>),
    /// City.
    City(Option<Line>),
    /// State or province.
    State(Option<Line>),
    /// Country.
    Country(Option<Line>),
    /// Postal code.
    Zipcode(Option<Line>),
    /// A telephone.
    Phone(Option<Line>),
    /// Company.
    CompanyName(Option<Line>),
    /// Mail.
    Email(Option<Email>),
    /// What the operator noted.
    Notes(Option<Line<2000>>),
    /// All the tags.
    Tags(BTreeSet<Tag>),
}

impl Contact {
    /// Tells whether nothing is known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Notes a fact in place of what was known before.
    pub fn set(&mut self, fact: ContactFact) {
        match fact {
            ContactFact::Address(address) => self.address = address,
            ContactFact::City(city) => self.city = city,
            ContactFact::State(state) => self.state = state,
            ContactFact::Country(country) => self.country = country,
            ContactFact::Zipcode(zipcode) => self.zipcode = zipcode,
            ContactFact::Phone(phone) => self.phone = phone,
            ContactFact::CompanyName(company_name) => self.company_name = company_name,
            ContactFact::Email(email) => self.email = email,
            ContactFact::Notes(notes) => self.notes = notes,
            ContactFact::Tags(tags) => self.tags = tags,
        }
    }
}
