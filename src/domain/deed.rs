//! What somebody does to the books by hand.

use super::time::Timestamp;

/// Who does what, as the audit has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deed {
    /// When.
    pub time: Timestamp,
    /// Who.
    pub actor: String,
    /// What is done, such as `tariff.add`.
    pub verb: String,
    /// To whom or what, such as a username.
    pub subject: Option<String>,
    /// What else was asked for, without secrets; empty where there is nothing to add.
    pub change: String,
}
