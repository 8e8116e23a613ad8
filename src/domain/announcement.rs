//! What a caller is told before the dial, as sounds and numbers in the order in which they are heard.

use serde::Deserialize;

use super::money::Money;
use super::rate::TalkTime;

/// A sound file's name, as Playback takes it.
///
/// ```compile_fail
/// let sound: celcombiller::domain::announcement::Sound = "vm-youhave".to_owned();
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Sound(String);

impl Sound {
    /// Returns the name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Sound {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/._-".contains(&byte);
        match !name.is_empty() && name.len() <= 200 && name.bytes().all(plain) {
            true => Ok(Self(name)),
            false => {
                Err(format!("`{}` is not a sound file: expected letters, digits and / . _ -", name.escape_debug()))
            }
        }
    }
}

/// Sounds that are heard one after the other, with `&` between their names; none is silence.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Phrase(Vec<Sound>);

impl Phrase {
    fn one(sound: &str) -> Self {
        Self(vec![Sound(sound.to_owned())])
    }
}

impl TryFrom<String> for Phrase {
    type Error = String;

    fn try_from(names: String) -> Result<Self, String> {
        let sounds = names.split('&').filter(|_| !names.is_empty());
        sounds.map(|name| Sound::try_from(name.to_owned())).collect::<Result<_, _>>().map(Self)
    }
}

/// One thing that a caller hears.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Utterance<'a> {
    /// A sound.
    Sound(&'a Sound),
    /// A number, which Asterisk says by the rules of the channel's language.
    Number(u32),
}

/// `[announce]`: what a caller is told before the dial, and the words for it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Announcement {
    /// Whether to tell what the caller has.
    pub balance: bool,
    /// Whether to tell how long the call may last.
    pub minutes: bool,
    /// The seconds of talk below which that is not told.
    at_least: u32,
    before_balance: Phrase,
    unit_one: Phrase,
    unit_many: Phrase,
    part_one: Phrase,
    part_many: Phrase,
    between: Phrase,
    before_minutes: Phrase,
    minute_one: Phrase,
    minute_many: Phrase,
    second_one: Phrase,
    second_many: Phrase,
}

impl Default for Announcement {
    /// Tells nothing. The words are those that Asterisk has a sound for, which no currency is among.
    fn default() -> Self {
        Self {
            balance: false,
            minutes: false,
            at_least: 0,
            before_balance: Phrase::one("vm-youhave"),
            unit_one: Phrase::default(),
            unit_many: Phrase::default(),
            part_one: Phrase::default(),
            part_many: Phrase::default(),
            between: Phrase::one("vm-and"),
            before_minutes: Phrase::one("vm-youhave"),
            minute_one: Phrase::one("minute"),
            minute_many: Phrase::one("minutes"),
            second_one: Phrase::one("second"),
            second_many: Phrase::one("seconds"),
        }
    }
}

/// A number with the word for what is counted.
struct Count<'a> {
    number: u32,
    one: &'a Phrase,
    many: &'a Phrase,
}

impl<'a> Count<'a> {
    fn said(&self) -> impl Iterator<Item = Utterance<'a>> {
        let word = if self.number == 1 { self.one } else { self.many };
        std::iter::once(Utterance::Number(self.number)).chain(word.said())
    }
}

impl Phrase {
    fn said(&self) -> impl Iterator<Item = Utterance<'_>> {
        self.0.iter().map(Utterance::Sound)
    }
}

impl Announcement {
    /// The seconds that a hold allows for what is told, on top of ring and talk: two sentences take six. What
    /// takes longer is taken from the call, so that it never outlives its hold.
    const SECONDS: u32 = 60;
    /// The largest number that Asterisk can say in any of its languages.
    const LARGEST: u32 = 999_999_999;

    /// Returns the seconds that a hold allows for it.
    #[must_use]
    pub const fn seconds(&self) -> u32 {
        if self.balance || self.minutes { Self::SECONDS } else { 0 }
    }

    /// Returns what is told to a caller with these funds, where `in_seconds` says whether their unit is the
    /// second, who may talk so long. Amounts are rounded down: to hundredths of the unit, and to minutes from
    /// the first minute on. A balance that Asterisk cannot say is left out.
    #[must_use]
    pub fn said(&self, funds: Money, in_seconds: bool, talk_time: TalkTime) -> Vec<Utterance<'_>> {
        let mut said = Vec::new();
        if self.balance {
            self.say_balance(&mut said, funds, in_seconds);
        }
        let seconds = talk_time.seconds();
        if self.minutes && seconds >= self.at_least {
            said.extend(self.before_minutes.said());
            let left = if seconds < 60 { self.seconds_of(seconds) } else { self.minutes_of(seconds / 60) };
            said.extend(left.said());
        }
        said
    }

    /// Returns what tells somebody what these funds are, whether or not callers are told so before the dial.
    #[must_use]
    pub fn balance_said(&self, funds: Money, in_seconds: bool) -> Vec<Utterance<'_>> {
        let mut said = Vec::new();
        self.say_balance(&mut said, funds, in_seconds);
        said
    }

    fn say_balance<'a>(&'a self, said: &mut Vec<Utterance<'a>>, funds: Money, in_seconds: bool) {
        let hundredths = funds.millionths().max(0) / 10_000;
        let (whole, part) = match in_seconds {
            true => (hundredths / 6_000, hundredths / 100 % 60),
            false => (hundredths / 100, hundredths % 100),
        };
        let sayable = |number: i64| u32::try_from(number).ok().filter(|&number| number <= Self::LARGEST);
        let (Some(whole), Some(part)) = (sayable(whole), sayable(part)) else { return };
        let (whole, part) = match in_seconds {
            true => (self.minutes_of(whole), self.seconds_of(part)),
            false => (
                Count { number: whole, one: &self.unit_one, many: &self.unit_many },
                Count { number: part, one: &self.part_one, many: &self.part_many },
            ),
        };
        said.extend(self.before_balance.said());
        if part.number == 0 {
            said.extend(whole.said());
            return;
        }
        // Where the part has no word of its own, only the whole before it tells what it is a part of.
        if whole.number > 0 || part.many.0.is_empty() {
            said.extend(whole.said().chain(self.between.said()));
        }
        said.extend(part.said());
    }

    const fn minutes_of(&self, number: u32) -> Count<'_> {
        Count { number, one: &self.minute_one, many: &self.minute_many }
    }

    const fn seconds_of(&self, number: u32) -> Count<'_> {
        Count { number, one: &self.second_one, many: &self.second_many }
    }
}
