//! Values of a call file's directives: each stays the value that it is, whatever is in it.

use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;

use crate::domain::visible::is_invisible;

/// A text that Asterisk would not read as the value it is meant to be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{}` is not {field}: {fault}", value.escape_debug())]
pub struct ValueError {
    /// What the text was meant to be.
    pub field: &'static str,
    value: String,
    fault: String,
}

/// The bytes of the longest value that fits into a line as Asterisk reads it (1,024, of which the directive and
/// the name of a variable have their part).
const LONGEST: usize = 900;

/// What Asterisk keeps of names: contexts, extensions, account codes and the parts of a caller id.
const NAME: usize = 79;

/// Characters besides letters and digits, and how an error tells what is expected.
type Plain = Option<(&'static str, &'static str)>;

/// Holds a text against what a line of a call file can carry, in so many bytes.
///
/// `;` is written as `\;`. A `#` begins a comment after a blank and cannot be written otherwise there. Blanks
/// around a value are dropped.
fn check(field: &'static str, text: &str, bytes: RangeInclusive<usize>, plain: Plain) -> Result<(), ValueError> {
    let allowed = |c: char| plain.is_none_or(|(more, _)| c.is_ascii_alphanumeric() || more.contains(c));
    let written = text.len() + text.matches(';').count();
    let fault = match text.chars().find(|&c| is_invisible(c)) {
        Some('\n') => "a line feed would begin another directive".to_owned(),
        Some('\r') => "a carriage return would end it".to_owned(),
        Some('\0') => "a NUL would end it".to_owned(),
        Some(c) if c.is_control() => format!("the control character {} has no place in it", c.escape_unicode()),
        Some(unseen) => format!("the character {}, which is not seen, has no place in it", unseen.escape_unicode()),
        None if text.trim() != text => "blanks around it would be dropped".to_owned(),
        None if text.contains(" #") => "a # after a blank would begin a comment".to_owned(),
        None if written < *bytes.start() => "expected a text".to_owned(),
        None if written > *bytes.end() => format!("it has more than {} bytes", bytes.end()),
        None => match plain.filter(|_| !text.chars().all(allowed)) {
            Some((_, expected)) => format!("expected {expected}"),
            None => return Ok(()),
        },
    };
    Err(ValueError { field, value: text.chars().take(64).collect(), fault })
}

/// Makes the error of a text that is not built as it should be.
fn expected(field: &'static str, text: &str, expected: &str) -> ValueError {
    ValueError { field, value: text.chars().take(64).collect(), fault: format!("expected {expected}") }
}

/// Defines a newtype over a text of so many bytes that a line of a call file can carry.
macro_rules! values {
    ($($(#[$doc:meta])* $name:ident, $field:literal, $bytes:expr, $plain:expr;)+) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct $name(String);

        impl $name {
            /// Returns the text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = ValueError;

            fn from_str(text: &str) -> Result<Self, ValueError> {
                check($field, text, $bytes, $plain)?;
                Ok(Self(text.to_owned()))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str(&self.0)
            }
        }
    )+};
}

values! {
    /// A dialplan application.
    Application, "an application", 1..=NAME, Some(("_", "letters, digits and _"));
    /// What an application is given.
    Data, "the data of an application", 0..=LONGEST, None;
    /// A context of the dialplan.
    Context, "a context", 1..=NAME, None;
    /// An extension of the dialplan.
    Extension, "an extension", 1..=NAME, None;
    /// An account code.
    Account, "an account code", 1..=NAME, None;
    /// Codecs that are offered besides signed linear.
    Codecs, "codecs", 1..=LONGEST, Some(("_,!", "names with commas between them"));
    /// The name that the callee is shown.
    CallerName, "a caller's name", 1..=NAME, None;
    /// The number that the callee is shown; Asterisk drops `.`, `-` and brackets from one.
    CallerNumber, "a caller's number", 1..=NAME, Some(("+*#_", "letters, digits and + * # _"));
    /// The value of a variable.
    VariableValue, "the value of a variable", 0..=LONGEST, None;
}

/// One channel to call, `TECHNOLOGY/destination`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Channel(String);

impl Channel {
    const FIELD: &'static str = "a channel";

    /// Returns the text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the extension and the options of a channel that is a call into the dialplan,
    /// `Local/EXTENSION@CONTEXT/OPTIONS`.
    #[must_use]
    pub fn local(&self) -> Option<(&str, &str)> {
        let (technology, rest) = self.0.split_once('/')?;
        let (place, options) = rest.split_once('/').unwrap_or((rest, ""));
        let extension = place.split('@').next()?;
        technology.eq_ignore_ascii_case("local").then_some((extension, options))
    }
}

impl FromStr for Channel {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        check(Self::FIELD, text, 1..=LONGEST, None)?;
        let built = text.split_once('/').is_some_and(|(technology, rest)| {
            !technology.is_empty() && !rest.is_empty() && technology.chars().all(|c| c.is_ascii_alphanumeric())
        });
        match built && !text.contains(['&', ',']) {
            true => Ok(Self(text.to_owned())),
            false => Err(expected(Self::FIELD, text, "TECHNOLOGY/destination, such as PJSIP/100")),
        }
    }
}

/// What is called: one channel, or several at once with `&` between them, of which the first to answer has the
/// call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Channels(Vec<Channel>);

impl Channels {
    /// Returns the channels.
    #[must_use]
    pub fn all(&self) -> &[Channel] {
        &self.0
    }

    /// Returns the variable that names them to the dialplan and to what it dials.
    pub(super) fn variable(&self, name: &str) -> Variable {
        Variable { name: name.to_owned(), value: VariableValue(self.to_string()) }
    }
}

impl FromStr for Channels {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        check(Channel::FIELD, text, 1..=LONGEST, None)?;
        text.split('&').map(str::parse).collect::<Result<_, _>>().map(Self)
    }
}

impl fmt::Display for Channels {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let texts: Vec<&str> = self.0.iter().map(Channel::as_str).collect();
        out.write_str(&texts.join("&"))
    }
}

/// Who the callee is shown to be called by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallerId {
    /// The name.
    pub name: Option<CallerName>,
    /// The number.
    pub number: Option<CallerNumber>,
}

impl FromStr for CallerId {
    type Err = ValueError;

    /// Reads `"Name" <number>`, `Name <number>` or a number. Quotes of either kind around the name are not part
    /// of it.
    fn from_str(text: &str) -> Result<Self, ValueError> {
        check("a caller id", text, 1..=LONGEST, None)?;
        let unknown = || expected("a caller id", text, "\"Name\" <number>, or digits");
        let Some((name, rest)) = text.rsplit_once('<') else {
            // Without brackets, Asterisk takes what is no telephone number for a name.
            let digits = text.chars().all(|c| c.is_ascii_digit() || "+*#".contains(c));
            return digits.then_some(Self { name: None, number: Some(text.parse()?) }).ok_or_else(unknown);
        };
        let number = rest.strip_suffix('>').ok_or_else(unknown)?;
        let name = name.trim_end();
        let unquoted = |quote| name.strip_prefix(quote).and_then(|name| name.strip_suffix(quote));
        let name = unquoted('"').or_else(|| unquoted('\'')).unwrap_or(name);
        Ok(Self { name: (!name.is_empty()).then(|| name.parse()).transpose()?, number: Some(number.parse()?) })
    }
}

impl fmt::Display for CallerId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = self.number.as_ref().map_or("", CallerNumber::as_str);
        match &self.name {
            Some(name) => write!(out, "\"{}\" <{number}>", name.as_str().replace('\\', "\\\\").replace('"', "\\\"")),
            None => write!(out, "<{number}>"),
        }
    }
}

/// A variable that the channel has, or one of a few dialplan functions that may be set like one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variable {
    name: String,
    value: VariableValue,
}

impl Variable {
    const FIELD: &'static str = "the name of a variable";

    /// Makes a variable. A name that begins with `_` is inherited by the channels that this one makes, `__` by
    /// theirs too.
    ///
    /// # Errors
    /// The name is none. Functions other than those that tell about a channel can do what a program can.
    pub fn new(name: &str, value: VariableValue) -> Result<Self, ValueError> {
        let plain = |text: &str| text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        let bare = name.strip_prefix("__").or_else(|| name.strip_prefix('_')).unwrap_or(name);
        let variable = bare.starts_with(|c: char| c.is_ascii_alphabetic()) && plain(bare);
        let function =
            name.strip_suffix(')').and_then(|call| call.split_once('(')).is_some_and(|(function, argument)| {
                ["CDR", "CHANNEL", "CALLERID"].contains(&function)
                    && !argument.is_empty()
                    && argument.chars().all(|c| c.is_ascii_alphanumeric() || "_-".contains(c))
            });
        match name.len() <= NAME && (variable || function) {
            true => Ok(Self { name: name.to_owned(), value }),
            false => Err(expected(
                Self::FIELD,
                name,
                "a letter, then letters, digits and _, all after up to two _; or CDR(x), CHANNEL(x) or CALLERID(x)",
            )),
        }
    }

    /// Returns the name, without what makes it inherited.
    #[must_use]
    pub fn bare_name(&self) -> &str {
        self.name.trim_start_matches('_')
    }
}

impl FromStr for Variable {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        let (name, value) = text.split_once('=').ok_or_else(|| expected("a variable", text, "NAME=VALUE"))?;
        Self::new(name, value.parse()?)
    }
}

impl fmt::Display for Variable {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}={}", self.name, self.value)
    }
}

/// The name of a file in the spool.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FileName(String);

impl FileName {
    /// Returns the name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for FileName {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        let plain = text.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c));
        match plain && (1..=64).contains(&text.len()) && !text.starts_with('.') {
            true => Ok(Self(text.to_owned())),
            false => {
                Err(expected("the name of a call file", text, "1 to 64 letters, digits and . _ -, the first not a dot"))
            }
        }
    }
}

impl fmt::Display for FileName {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}
