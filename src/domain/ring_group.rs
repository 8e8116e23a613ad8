//! Ring groups: one number that rings several.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::account::Username;
use super::extension::{Record, RingTime, ShownName, texts};
use super::numbering::{PhoneNumber, shown};
use super::words::{WordError, word_error, words};

words! {
    /// Whom a group rings, and in which order. The first member is the primary one.
    Strategy, "a strategy: expected ringall, hunt, memoryhunt (each also with -prim), firstavailable or firstnotonphone", {
        /// All at once.
        RingAll = "ringall",
        /// All at once; while the primary is on the phone, only the primary.
        RingAllPrim = "ringall-prim",
        /// One after the other.
        Hunt = "hunt",
        /// One after the other; while the primary is on the phone, only the primary.
        HuntPrim = "hunt-prim",
        /// The first, then the first two, then the first three ...
        MemoryHunt = "memoryhunt",
        /// The first, then the first two ...; while the primary is on the phone, only the primary.
        MemoryHuntPrim = "memoryhunt-prim",
        /// The first whose phone can ring, and nobody else.
        FirstAvailable = "firstavailable",
        /// The first whose phone is idle, and nobody else.
        FirstNotOnPhone = "firstnotonphone",
    }
}

impl Strategy {
    /// Tells whether the others are left alone while the first member is on the phone.
    #[must_use]
    pub const fn minds_the_primary(self) -> bool {
        matches!(self, Self::RingAllPrim | Self::HuntPrim | Self::MemoryHuntPrim)
    }
}

words! {
    /// Which number callees outside are shown.
    ChangeCallerId, "a change of the caller id: expected default, fixed or extern", {
        /// The caller's.
        Default = "default",
        /// The group's fixed one.
        Fixed = "fixed",
        /// The group's fixed one, where the call came from outside.
        Extern = "extern",
    }
}

texts! {
    /// What is put before a caller's name; the dialplan evaluates it, so it is plain.
    ///
    /// ```compile_fail
    /// let prefix: celcombiller::domain::ring_group::NamePrefix = String::from("Sales: ");
    /// ```
    #[derive(Debug)]
    NamePrefix, "a prefix of names: expected 1 to 32 letters, digits, blanks and . : / _ -",
    |text| (1..=32).contains(&text.len())
        && text.chars().all(|c| c.is_alphanumeric() || " .:/_-".contains(c));
    /// A class of music on hold.
    ///
    /// ```compile_fail
    /// let class: celcombiller::domain::ring_group::MusicClass = String::from("default");
    /// ```
    #[derive(Debug)]
    MusicClass, "a class of music on hold: expected 1 to 64 letters, digits and _ -",
    |text| (1..=64).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte));
}

/// Somebody that a group rings: an extension, or with `#` at the end a number outside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Member {
    /// An extension.
    Inside(PhoneNumber),
    /// A number outside, which is billed.
    Outside(PhoneNumber),
}

/// Where a call goes that nobody in a group took.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Destination {
    /// It ends.
    #[default]
    Hangup,
    /// To an extension or another group, or to a number outside.
    To(Member),
    /// To the voicemail box of an extension.
    Voicemail(PhoneNumber),
}

/// Defines what types need that are written as one text.
macro_rules! as_text {
    ($($name:ident),+) => { $(
        impl TryFrom<String> for $name {
            type Error = WordError;

            fn try_from(text: String) -> Result<Self, WordError> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(value: $name) -> Self {
                value.to_string()
            }
        }
    )+ };
}
as_text!(Member, Destination);

impl FromStr for Member {
    type Err = WordError;

    fn from_str(text: &str) -> Result<Self, WordError> {
        let (digits, outside) = text.strip_suffix('#').map_or((text, false), |digits| (digits, true));
        let number = digits.parse().map_err(|_| {
            word_error(text, "a member: expected the number of an extension, or a number outside with # at its end")
        })?;
        Ok(if outside { Self::Outside(number) } else { Self::Inside(number) })
    }
}

impl fmt::Display for Member {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Inside(number) => number.fmt(out),
            Self::Outside(number) => write!(out, "{number}#"),
        }
    }
}

impl FromStr for Destination {
    type Err = WordError;

    fn from_str(text: &str) -> Result<Self, WordError> {
        let wrong = |_| word_error(text, "a destination: expected hangup, NUMBER, NUMBER# or voicemail:NUMBER");
        match text.strip_prefix("voicemail:") {
            Some(number) => number.parse().map(Self::Voicemail).map_err(|_| wrong(())),
            None if text == "hangup" => Ok(Self::Hangup),
            None => text.parse().map(Self::To).map_err(|_: WordError| wrong(())),
        }
    }
}

impl fmt::Display for Destination {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Hangup => out.write_str("hangup"),
            Self::To(member) => member.fmt(out),
            Self::Voicemail(number) => write!(out, "voicemail:{number}"),
        }
    }
}

/// The members of a group in order: 1 to 32, each once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<Member>", into = "Vec<Member>")]
pub struct Members(Vec<Member>);

/// Why members are none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MembersError {
    /// One that is neither kind of number.
    #[error(transparent)]
    Member(#[from] WordError),
    /// None at all.
    #[error("a ring group without members rings nobody: expected 1 to {MOST}")]
    Empty,
    /// More than one Dial rings.
    #[error("{0} members are too many: expected 1 to {MOST}")]
    TooMany(usize),
    /// One that stands there twice.
    #[error("member {} stands there twice", shown(.0))]
    Twice(String),
}

/// How many channels one Dial rings.
const MOST: usize = 32;

impl Members {
    /// Returns the members.
    #[must_use]
    pub fn all(&self) -> &[Member] {
        &self.0
    }

    /// Returns the members without an extension.
    ///
    /// # Errors
    /// Nobody is left.
    pub fn without(&self, number: &PhoneNumber) -> Result<Self, MembersError> {
        let leaving = Member::Inside(number.clone());
        self.0.iter().filter(|member| **member != leaving).cloned().collect::<Vec<_>>().try_into()
    }
}

impl TryFrom<Vec<Member>> for Members {
    type Error = MembersError;

    fn try_from(members: Vec<Member>) -> Result<Self, MembersError> {
        let twice = members.iter().enumerate().find(|(place, member)| members[..*place].contains(member));
        match (members.len(), twice) {
            (0, _) => Err(MembersError::Empty),
            (many, _) if many > MOST => Err(MembersError::TooMany(many)),
            (_, Some((_, member))) => Err(MembersError::Twice(member.to_string())),
            _ => Ok(Self(members)),
        }
    }
}

impl From<Members> for Vec<Member> {
    fn from(members: Members) -> Self {
        members.0
    }
}

impl FromStr for Members {
    type Err = MembersError;

    /// Reads members with commas between them.
    fn from_str(text: &str) -> Result<Self, MembersError> {
        let texts = text.split(',').map(str::trim).filter(|member| !member.is_empty());
        texts.map(str::parse).collect::<Result<Vec<Member>, _>>()?.try_into()
    }
}

impl fmt::Display for Members {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0.iter().map(Member::to_string).collect::<Vec<_>>().join(","))
    }
}

/// What is set of a group besides its name and payer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GroupSettings {
    /// Whom it rings, in which order.
    pub strategy: Strategy,
    /// How long each step rings.
    #[serde(default)]
    pub ring_time: RingTime,
    /// Whom it rings.
    pub members: Members,
    /// What is put before the caller's name.
    #[serde(default)]
    pub name_prefix: Option<NamePrefix>,
    /// Which number callees outside are shown.
    #[serde(default = "callers_own")]
    pub change_caller_id: ChangeCallerId,
    /// The number for that.
    #[serde(default)]
    pub fixed_caller_id: Option<PhoneNumber>,
    /// The music that the caller hears instead of ringing.
    #[serde(default)]
    pub music: Option<MusicClass>,
    /// Whether who answers must press 1 to take the call.
    #[serde(default)]
    pub confirm: bool,
    /// Whether phones that are on a call are left alone, also with call waiting.
    #[serde(default)]
    pub skip_busy: bool,
    /// Where the call goes that nobody took.
    #[serde(default)]
    pub destination: Destination,
    /// Whether its calls are recorded.
    #[serde(default = "dont_care")]
    pub recording: Record,
}

const fn callers_own() -> ChangeCallerId {
    ChangeCallerId::Default
}

const fn dont_care() -> Record {
    Record::DontCare
}

impl GroupSettings {
    /// Returns what holds where nothing is said.
    #[must_use]
    pub fn new(members: Members) -> Self {
        Self {
            strategy: Strategy::RingAll,
            ring_time: RingTime::default(),
            members,
            name_prefix: None,
            change_caller_id: callers_own(),
            fixed_caller_id: None,
            music: None,
            confirm: false,
            skip_busy: false,
            destination: Destination::Hangup,
            recording: dont_care(),
        }
    }
}

/// One number that rings several.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RingGroup {
    /// What is dialled.
    pub number: PhoneNumber,
    /// What it is for.
    pub name: ShownName,
    /// Who pays for numbers outside that it rings; without one, who calls.
    pub payer: Option<Username>,
    /// The rest.
    pub settings: GroupSettings,
}

impl RingGroup {
    /// Tells whether it rings an extension, or sends to it what nobody took.
    #[must_use]
    pub fn names(&self, number: &PhoneNumber) -> bool {
        self.settings.members.all().contains(&Member::Inside(number.clone())) || self.sends_to(number)
    }

    /// Tells whether it sends to an extension or its voicemail what nobody took.
    #[must_use]
    pub fn sends_to(&self, number: &PhoneNumber) -> bool {
        match &self.settings.destination {
            Destination::To(Member::Inside(to)) | Destination::Voicemail(to) => to == number,
            Destination::To(Member::Outside(_)) | Destination::Hangup => false,
        }
    }

    /// Tells what makes no sense about it, if anything does.
    #[must_use]
    pub fn contradiction(&self) -> Option<String> {
        let settings = &self.settings;
        if settings.members.all().contains(&Member::Inside(self.number.clone())) {
            Some(format!("ring group {} would ring itself", self.number))
        } else if settings.change_caller_id != ChangeCallerId::Default && settings.fixed_caller_id.is_none() {
            Some(format!("a caller id that is {} needs a number", settings.change_caller_id))
        } else {
            None
        }
    }
}
