//! Vouchers: the codes that people type, and when guessing at them is stopped.

use std::collections::HashSet;
use std::fmt;
use std::str::FromStr;

use super::bundle::{Bundle, End};
use super::gift::Gift;
use super::money::Money;
use super::numbering::shown;
use super::time::Timestamp;
use super::visible::is_visible_name;
use super::words::words;

/// The totally anti-symmetric quasigroup of order ten from H. Michael Damm's dissertation (2004). From row to row,
/// each wrong digit and each two that changed places lead elsewhere than the right ones, which Luhn's sum does not
/// see of 09 and 90.
const DAMM: [[u8; 10]; 10] = [
    [0, 3, 1, 7, 5, 9, 8, 6, 4, 2],
    [7, 0, 9, 2, 1, 5, 4, 8, 6, 3],
    [4, 2, 0, 6, 8, 7, 1, 3, 5, 9],
    [1, 7, 5, 0, 9, 8, 3, 4, 2, 6],
    [6, 1, 2, 3, 0, 4, 5, 9, 7, 8],
    [3, 6, 7, 4, 2, 0, 9, 5, 8, 1],
    [5, 8, 6, 9, 7, 2, 0, 1, 3, 4],
    [8, 9, 4, 5, 3, 6, 2, 0, 1, 7],
    [9, 4, 3, 8, 6, 1, 7, 2, 0, 5],
    [2, 5, 8, 1, 4, 3, 6, 7, 9, 0],
];

/// Returns the check digit of digits; that of digits which end with theirs is 0.
fn check_digit(digits: impl IntoIterator<Item = u8>) -> u8 {
    digits.into_iter().fold(0, |row, digit| DAMM[usize::from(row)][usize::from(digit)])
}

/// How many digits a code has, of which the last is a check digit: 12 to 24.
///
/// ```compile_fail
/// let length: celcombiller::domain::voucher::CodeLength = 16;
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CodeLength(u8);

/// Why a text is no code, or no length of one. The code is not repeated: nearly the right one is still a secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CodeError {
    /// Not a number of digits that codes have.
    #[error("`{0}` is not a length of codes: expected 12 to 24 digits")]
    Length(String),
    /// Something else than digits.
    #[error("a voucher's code has only digits, blanks and dashes, not `{}`", .0.escape_debug())]
    NotDigits(char),
    /// Too few or too many digits.
    #[error("a voucher's code has 12 to 24 digits, not {0}")]
    Digits(usize),
    /// A check digit that is not that of the others.
    #[error("the code's check digit is wrong: a digit was mistyped")]
    CheckDigit,
}

impl FromStr for CodeLength {
    type Err = CodeError;

    fn from_str(text: &str) -> Result<Self, CodeError> {
        let length = text.parse().ok().filter(|length| (12..=24).contains(length));
        length.map(Self).ok_or_else(|| CodeError::Length(shown(text)))
    }
}

impl fmt::Display for CodeLength {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(out)
    }
}

/// The code of a voucher: digits with their check digit. Whoever has it has what the voucher is worth, so `Debug` does
/// not show it.
///
/// ```compile_fail
/// let code: celcombiller::domain::voucher::VoucherCode = String::from("572572572572");
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct VoucherCode(String);

impl VoucherCode {
    /// Returns the digits.
    #[must_use]
    pub fn digits(&self) -> &str {
        &self.0
    }

    /// Draws so many codes, all different and each as likely as any other, from random bytes.
    ///
    /// # Errors
    /// There are no random bytes.
    pub fn draw<E>(
        count: usize,
        length: CodeLength,
        mut random: impl FnMut(&mut [u8]) -> Result<(), E>,
    ) -> Result<Vec<Self>, E> {
        let (mut codes, mut drawn) = (Vec::with_capacity(count), HashSet::with_capacity(count));
        while codes.len() < count {
            let code = Self::draw_one(length, &mut random)?;
            if drawn.insert(code.clone()) {
                codes.push(code);
            }
        }
        Ok(codes)
    }

    fn draw_one<E>(length: CodeLength, random: &mut impl FnMut(&mut [u8]) -> Result<(), E>) -> Result<Self, E> {
        let mut digits = Vec::with_capacity(length.0.into());
        let mut bytes = [0; 32];
        let wanted = usize::from(length.0) - 1;
        while digits.len() < wanted {
            random(&mut bytes)?;
            // The highest six bytes would make the lowest six digits likelier.
            let fair = bytes.iter().filter(|byte| **byte < 250).map(|byte| byte % 10);
            digits.extend(fair.take(wanted - digits.len()));
        }
        digits.push(check_digit(digits.iter().copied()));
        Ok(Self(digits.into_iter().map(|digit| char::from(b'0' + digit)).collect()))
    }
}

impl FromStr for VoucherCode {
    type Err = CodeError;

    /// Reads a code as people write it, with blanks and dashes anywhere.
    fn from_str(text: &str) -> Result<Self, CodeError> {
        let between = |c: char| c.is_whitespace() || ['-', '\u{2010}', '\u{2011}', '\u{2013}'].contains(&c);
        let digits: String = text.chars().filter(|&c| !between(c)).collect();
        if let Some(other) = digits.chars().find(|c| !c.is_ascii_digit()) {
            return Err(CodeError::NotDigits(other));
        }
        match digits.len() {
            12..=24 if check_digit(digits.bytes().map(|byte| byte - b'0')) == 0 => Ok(Self(digits)),
            12..=24 => Err(CodeError::CheckDigit),
            other => Err(CodeError::Digits(other)),
        }
    }
}

impl fmt::Display for VoucherCode {
    /// Writes groups of four, which people read and which a spreadsheet does not take for a number.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, digit) in self.0.chars().enumerate() {
            let blank = if place > 0 && place % 4 == 0 { " " } else { "" };
            write!(out, "{blank}{digit}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for VoucherCode {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("VoucherCode(..)")
    }
}

/// What the books keep of a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CodeHash(pub [u8; 16]);

/// The name of a batch of vouchers: 1 to 64 characters, none of them invisible.
///
/// ```compile_fail
/// use celcombiller::domain::{group::GroupName, voucher::BatchName};
/// let name: BatchName = "christmas".parse::<GroupName>().unwrap();
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BatchName(String);

/// A text that is no batch's name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a batch's name: expected 1 to 64 visible characters")]
pub struct BatchNameError(String);

impl BatchName {
    /// Returns the name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for BatchName {
    type Err = BatchNameError;

    fn from_str(text: &str) -> Result<Self, BatchNameError> {
        match is_visible_name(text) {
            true => Ok(Self(text.to_owned())),
            false => Err(BatchNameError(shown(text))),
        }
    }
}

impl fmt::Display for BatchName {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

words! {
    /// What became of a voucher.
    VoucherState, "a state of vouchers: expected unused, redeemed, expired or revoked", {
        /// It can be redeemed.
        Unused = "unused",
        /// It gave what it was worth.
        Redeemed = "redeemed",
        /// Its date has passed.
        Expired = "expired",
        /// It was taken back.
        Revoked = "revoked",
    }
}

/// Wrong codes that a user may try before the next lock.
pub const TRIES: u32 = 5;

/// Returns for how many seconds a user is locked out by the wrong code that makes so many since the last right one:
/// a quarter of an hour at the fifth, and twice as long at each fifth after it, up to 32 hours.
#[must_use]
pub const fn lock_seconds(wrong_codes: u32) -> Option<u32> {
    if wrong_codes == 0 || !wrong_codes.is_multiple_of(TRIES) {
        return None;
    }
    let locks_before = wrong_codes / TRIES - 1;
    Some((15 * 60) << if locks_before < 7 { locks_before } else { 7 })
}

/// Returns the credit that so many vouchers give; `None` where they do not give credit, or more than the ledger holds.
#[must_use]
pub fn worth(gives: &Gift, count: u32) -> Option<Money> {
    let Gift::Credit(each) = gives else { return None };
    each.money().millionths().checked_mul(count.into()).map(Money::from_millionths)
}

/// Returns from when vouchers are refused that give `gives` and should be from `expires` on: not later than what they
/// give ends.
#[must_use]
pub fn refused_from(gives: &Gift, expires: Option<Timestamp>) -> Option<Timestamp> {
    let ends = match gives {
        Gift::Bundle(Bundle { end: Some(End::At(ends)), .. }) => Some(*ends),
        Gift::Bundle(_) | Gift::Credit(_) => None,
    };
    [expires, ends].into_iter().flatten().min()
}
