//! `[roles]`: who may use `billctl` for what.

use serde::Deserialize;

/// Who may do what. Users and groups are named, or numbered where the machine's files do not know them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Role {
    /// The users of this machine.
    pub users: Vec<String>,
    /// Its groups.
    pub groups: Vec<String>,
    /// What they may.
    pub may: Vec<Right>,
}

/// What may be done: `balance.add`, `balance.*`, `*.show` or `*`; or `--actor`, which is to answer in another's name.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Right(String);

impl Right {
    /// Returns the text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Tells whether this is the right to do what a verb does, such as `balance.add` or `stats`.
    #[must_use]
    pub fn covers(&self, verb: &str) -> bool {
        let (mine, theirs) = (self.0.split('.'), verb.split('.'));
        self.0 == "*"
            || mine.clone().count() == theirs.clone().count() && mine.zip(theirs).all(|(m, t)| m == "*" || m == t)
    }
}

impl TryFrom<String> for Right {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let word = |part: &str| {
            part == "*" || !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-')
        };
        match text == "--actor" || text.split('.').count() <= 2 && text.split('.').all(word) {
            true => Ok(Self(text)),
            false => Err(format!("`{text}` is no right: expected NOUN.VERB, * for either, or --actor")),
        }
    }
}
