//! What a person sees of a text, where the text would rather steer the terminal or the spreadsheet that shows it.

use std::borrow::Cow;

/// Tells whether a character is not seen and changes what is: a control such as ESC, what ends a line, what turns the
/// direction of text around, or nothing at all. Joiners are seen by what they join.
#[must_use]
pub fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// Tells whether a text can be a name: 1 to 64 characters that an operator sees, without blanks around them.
#[must_use]
pub fn is_visible_name(text: &str) -> bool {
    let fits = (1..=64).contains(&text.chars().count()) && text.trim() == text;
    fits && !text.contains(is_invisible)
}

/// Returns a text on one line with everything in it to be seen: `\n` for a line feed, `\u{1b}` for ESC.
#[must_use]
pub fn visible(text: &str) -> Cow<'_, str> {
    match text.contains(is_invisible) {
        false => Cow::Borrowed(text),
        true => {
            let shown = |c: char| if is_invisible(c) { c.escape_debug().to_string() } else { c.to_string() };
            Cow::Owned(text.chars().map(shown).collect())
        }
    }
}

/// Writes a text for the cell of a table that a spreadsheet opens: an apostrophe stands before what it would take for
/// a formula. A number is none.
#[must_use]
pub fn cell(text: &str) -> Cow<'_, str> {
    let is_number = text.trim_start_matches(['+', '-']).bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    match is_formula(text.trim_start_matches('\'')) && !is_number {
        true => Cow::Owned(format!("'{text}")),
        false => Cow::Borrowed(text),
    }
}

/// Reads what [`cell`] wrote, which is the same text again.
#[must_use]
pub fn cell_text(cell: &str) -> &str {
    cell.strip_prefix('\'').filter(|text| is_formula(text.trim_start_matches('\''))).unwrap_or(cell)
}

/// Tells whether a cell is a formula to a spreadsheet; the wide forms are that to those of East Asia.
fn is_formula(text: &str) -> bool {
    text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'])
}
