//! Flags of a call with places that a row of a table fills in.

/// Why words are no template.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// A value without a flag before it.
    #[error("`{0}` is not a flag: expected one such as --channel before it")]
    NoFlag(String),
    /// A flag that a row would choose.
    #[error("`{0}` has a place in the name of a flag")]
    Flag(String),
    /// A place that does not end, or ends without having begun.
    #[error("`{0}` has a brace without the other: expected {{column}}, or two for a brace itself")]
    Brace(String),
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(String),
    Column(String),
}

/// Flags whose values have places, `{column}`. What fills a place stays within its value, whatever it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template(Vec<Vec<Piece>>);

impl Template {
    /// Reads the words of a command line. A flag and its value become one word, so that a value that looks like a
    /// flag is none.
    ///
    /// # Errors
    /// A value stands alone, a place is in the name of a flag, or a brace without the other.
    pub fn of(words: &[String]) -> Result<Self, TemplateError> {
        let mut flags: Vec<String> = Vec::new();
        let mut valued = true;
        for word in words {
            if let Some(flag) = word.strip_prefix("--") {
                let name = flag.split('=').next().unwrap_or_default();
                if name.contains(['{', '}']) {
                    return Err(TemplateError::Flag(word.clone()));
                }
                valued = flag.contains('=');
                flags.push(word.clone());
            } else if let (false, Some(flag)) = (valued, flags.last_mut()) {
                flag.push('=');
                flag.push_str(word);
                valued = true;
            } else {
                return Err(TemplateError::NoFlag(word.clone()));
            }
        }
        flags
            .iter()
            .map(|flag| pieces(flag).ok_or_else(|| TemplateError::Brace(flag.clone())))
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// Returns the columns that fill its places.
    pub fn columns(&self) -> impl Iterator<Item = &str> {
        self.0.iter().flatten().filter_map(|piece| match piece {
            Piece::Column(name) => Some(name.as_str()),
            Piece::Text(_) => None,
        })
    }

    /// Returns the words with every place filled in.
    pub fn fill<'a>(&self, column: impl Fn(&str) -> &'a str) -> Vec<String> {
        let fill = |piece: &Piece| match piece {
            Piece::Text(text) => text.clone(),
            Piece::Column(name) => column(name).to_owned(),
        };
        self.0.iter().map(|word| word.iter().map(fill).collect()).collect()
    }
}

/// Reads text and places; `None` where a brace has no other.
fn pieces(text: &str) -> Option<Vec<Piece>> {
    let mut pieces = Vec::new();
    let mut plain = String::new();
    let mut rest = text;
    while let Some(brace) = rest.find(['{', '}']) {
        plain.push_str(&rest[..brace]);
        let from_brace = &rest[brace..];
        if let Some(after) = ["{{", "}}"].iter().find_map(|twice| from_brace.strip_prefix(twice)) {
            plain.push_str(&from_brace[..1]);
            rest = after;
            continue;
        }
        let (column, after) = from_brace.strip_prefix('{')?.split_once('}')?;
        if column.contains('{') {
            return None;
        }
        pieces.push(Piece::Text(std::mem::take(&mut plain)));
        pieces.push(Piece::Column(column.trim().to_ascii_lowercase()));
        rest = after;
    }
    plain.push_str(rest);
    pieces.push(Piece::Text(plain));
    Some(pieces)
}
