//! A dump of a MySQL database, read as a stream: the rows of the tables that are wanted.

use std::borrow::Cow;
use std::collections::HashMap;
use std::io::BufRead;

use anyhow::{Context as _, Result};
use celcombiller::domain::refusal::Refusal;

/// The most that is kept of a value; no column that is read comes near.
const LONGEST: usize = 1 << 20;

/// What begins a line of a table's definition that is no column.
const NO_COLUMN: &[&str] =
    &["PRIMARY", "KEY", "UNIQUE", "INDEX", "CONSTRAINT", "FULLTEXT", "SPATIAL", "FOREIGN", "CHECK"];

/// A row of a table.
pub(super) struct Record<'a> {
    pub(super) table: &'a str,
    columns: &'a [String],
    values: &'a [Option<Vec<u8>>],
}

impl Record<'_> {
    /// Returns what stands in a column; empty where nothing does, or where there is no such column.
    pub(super) fn text(&self, column: &str) -> Cow<'_, str> {
        let place = self.columns.iter().position(|name| name.eq_ignore_ascii_case(column));
        let value = place.and_then(|place| self.values.get(place)).and_then(Option::as_deref);
        String::from_utf8_lossy(value.unwrap_or_default())
    }
}

/// Reads the whole dump and hands over every row of the tables that are `wanted`.
///
/// # Errors
/// The dump is cut, or is none; what was handed over before must be forgotten then.
pub(super) fn read_dump<R: BufRead>(
    source: R,
    name: &str,
    wanted: &[&str],
    mut each: impl FnMut(&Record<'_>),
) -> Result<()> {
    let mut dump = Dump { source, name, line: 1, columns: HashMap::new(), commented: false, completed: false };
    let mut statements = 0_u64;
    while dump.skip_blanks()? {
        statements += 1;
        match dump.word()?.to_ascii_uppercase().as_str() {
            "CREATE" => dump.create()?,
            "INSERT" | "REPLACE" => dump.insert(wanted, &mut each)?,
            "DELIMITER" => dump.skip_routines()?,
            _ => dump.skip_statement()?,
        }
    }
    if dump.commented && !dump.completed {
        return Err(dump.cut("without `-- Dump completed`").into());
    }
    if statements == 0 {
        return Err(dump.refused("there is no statement: this is no dump").into());
    }
    Ok(())
}

struct Dump<'a, R> {
    source: R,
    name: &'a str,
    line: u64,
    /// The columns of each table, in order.
    columns: HashMap<String, Vec<String>>,
    /// Whether the dump says by whom it was written, and so also says where it ends.
    commented: bool,
    completed: bool,
}

impl<R: BufRead> Dump<'_, R> {
    fn refused(&self, fact: &str) -> Refusal {
        Refusal::new(format!("{} line {}: {fact}; nothing was changed", self.name, self.line))
    }

    fn cut(&self, how: &str) -> Refusal {
        self.refused(&format!("the dump ends {how}, so it was cut")).hint("make it again: mysqldump DATABASE > FILE")
    }

    /// Refuses what stands here, or that nothing does.
    fn wrong<T>(&mut self, fact: &str) -> Result<T> {
        Err(match self.peek()? {
            None => self.cut("in the middle of a statement"),
            Some(_) => self.refused(fact),
        }
        .into())
    }

    fn peek(&mut self) -> Result<Option<u8>> {
        let buffer = self.source.fill_buf().with_context(|| format!("reading {}", self.name))?;
        Ok(buffer.first().copied())
    }

    /// Takes the next byte, or `None` at the end.
    fn next(&mut self) -> Result<Option<u8>> {
        let byte = self.peek()?;
        if let Some(byte) = byte {
            self.source.consume(1);
            self.line += u64::from(byte == b'\n');
        }
        Ok(byte)
    }

    /// Takes the next byte of a statement.
    fn within(&mut self) -> Result<u8> {
        self.next()?.ok_or_else(|| self.cut("in the middle of a statement").into())
    }

    fn take(&mut self, byte: u8) -> Result<bool> {
        let there = self.peek()? == Some(byte);
        if there {
            self.next()?;
        }
        Ok(there)
    }

    fn expect(&mut self, byte: u8) -> Result<()> {
        self.skip_blanks()?;
        match self.within()? {
            found if found == byte => Ok(()),
            found => {
                let (found, expected) = (char::from(found).escape_debug(), char::from(byte));
                self.wrong(&format!("`{found}` stands where `{expected}` is expected"))
            }
        }
    }

    /// Skips blanks, comments and empty statements; tells whether something follows.
    fn skip_blanks(&mut self) -> Result<bool> {
        loop {
            match self.peek()? {
                None => return Ok(false),
                Some(b'-' | b'#') => self.skip_line()?,
                Some(b'/') => self.skip_comment()?,
                Some(byte) if byte.is_ascii_whitespace() => drop(self.next()?),
                Some(_) => return Ok(true),
            }
        }
    }

    /// Skips a comment to the end of its line, which may say where the dump begins and ends.
    fn skip_line(&mut self) -> Result<()> {
        let mut line = Vec::new();
        while let Some(byte) = self.next()?.filter(|&byte| byte != b'\n') {
            if line.len() < 64 {
                line.push(byte);
            }
        }
        self.commented |= line.starts_with(b"-- MySQL dump") || line.starts_with(b"-- MariaDB dump");
        self.completed |= line.starts_with(b"-- Dump completed");
        Ok(())
    }

    fn skip_comment(&mut self) -> Result<()> {
        let mut last = self.within()?;
        if !self.take(b'*')? {
            return self.wrong("`/` begins no statement");
        }
        loop {
            let byte = self.within()?;
            if (last, byte) == (b'*', b'/') {
                // A statement that only some servers run ends with a semicolon of its own.
                self.take(b';')?;
                return Ok(());
            }
            last = byte;
        }
    }

    /// Takes a word; empty where there is none.
    fn word(&mut self) -> Result<String> {
        self.skip_blanks()?;
        let mut word = String::new();
        while let Some(byte) = self.peek()?.filter(|byte| byte.is_ascii_alphanumeric() || b"_.+-".contains(byte)) {
            self.next()?;
            word.push(char::from(byte));
        }
        Ok(word)
    }

    /// Takes the name of a table or column, without that of its database.
    fn identifier(&mut self) -> Result<String> {
        loop {
            self.skip_blanks()?;
            let name = if self.take(b'`')? { self.quoted(b'`')? } else { self.word()?.into_bytes() };
            if !self.take(b'.')? {
                let name = String::from_utf8_lossy(&name);
                return Ok(name.rsplit('.').next().unwrap_or_default().to_owned());
            }
        }
    }

    /// Takes what is left of a text in quotes.
    fn quoted(&mut self, quote: u8) -> Result<Vec<u8>> {
        let mut text = Vec::new();
        loop {
            let byte = match self.within()? {
                b'\\' if quote != b'`' => match self.within()? {
                    b'0' => 0,
                    b'b' => 8,
                    b'n' => b'\n',
                    b'r' => b'\r',
                    b't' => b'\t',
                    b'Z' => 26,
                    byte => byte,
                },
                byte if byte == quote => match self.take(quote)? {
                    true => byte,
                    false => return Ok(text),
                },
                byte => byte,
            };
            if text.len() < LONGEST {
                text.push(byte);
            }
        }
    }

    /// Takes a value of a row; `None` for NULL.
    fn value(&mut self) -> Result<Option<Vec<u8>>> {
        self.skip_value_blanks()?;
        if let Some(quote @ (b'\'' | b'"')) = self.peek()? {
            self.next()?;
            return self.quoted(quote).map(Some);
        }
        let word = self.plain()?;
        let quoted = self.skip_value_blanks().and_then(|()| self.take(b'\''))?;
        Ok(match (word.as_str(), quoted) {
            ("X" | "x", true) => {
                let digits = self.quoted(b'\'')?;
                Some(self.bytes(&String::from_utf8_lossy(&digits))?)
            }
            // The character set that a text is in.
            (_, true) if word.starts_with('_') => Some(self.quoted(b'\'')?),
            (_, true) => return self.wrong(&format!("`{word}` stands before a text")),
            (word, false) if word.eq_ignore_ascii_case("NULL") => None,
            ("", false) => return self.wrong("a value is missing"),
            (word, false) => match word.strip_prefix("0x") {
                Some(digits) => Some(self.bytes(digits)?),
                None => Some(word.as_bytes().to_owned()),
            },
        })
    }

    /// Takes a word or number of a row, whose sign begins no comment.
    fn plain(&mut self) -> Result<String> {
        let mut word = String::new();
        while let Some(byte) = self.peek()?.filter(|byte| byte.is_ascii_alphanumeric() || b"_.+-".contains(byte)) {
            self.next()?;
            word.push(char::from(byte));
        }
        Ok(word)
    }

    fn skip_value_blanks(&mut self) -> Result<()> {
        while self.peek()?.is_some_and(|byte| byte.is_ascii_whitespace()) {
            self.next()?;
        }
        Ok(())
    }

    fn bytes(&mut self, digits: &str) -> Result<Vec<u8>> {
        let byte = |pair: &[u8]| std::str::from_utf8(pair).ok().and_then(|pair| u8::from_str_radix(pair, 16).ok());
        let bytes: Option<_> = digits.as_bytes().chunks(2).map(byte).collect();
        match bytes {
            Some(bytes) => Ok(bytes),
            None => self.wrong(&format!("`{digits}` are no hexadecimal digits")),
        }
    }

    /// Learns the columns of a table.
    fn create(&mut self) -> Result<()> {
        if !self.word()?.eq_ignore_ascii_case("TABLE") {
            return self.skip_statement();
        }
        let mut table = self.identifier()?;
        if table.eq_ignore_ascii_case("IF") {
            // IF NOT EXISTS
            self.word()?;
            self.word()?;
            table = self.identifier()?;
        }
        self.expect(b'(')?;
        let mut columns = Vec::new();
        loop {
            self.skip_blanks()?;
            let is_quoted = self.peek()? == Some(b'`');
            let name = self.identifier()?;
            if is_quoted || !NO_COLUMN.contains(&name.to_ascii_uppercase().as_str()) {
                columns.push(name);
            }
            if !self.skip_definition()? {
                break;
            }
        }
        self.columns.insert(table, columns);
        self.skip_statement()
    }

    /// Skips the rest of a column's definition; tells whether another follows.
    fn skip_definition(&mut self) -> Result<bool> {
        let mut depth = 0_u32;
        loop {
            match self.within()? {
                quote @ (b'\'' | b'"' | b'`') => drop(self.quoted(quote)?),
                b'(' => depth += 1,
                b')' if depth == 0 => return Ok(false),
                b')' => depth -= 1,
                b',' if depth == 0 => return Ok(true),
                _ => {}
            }
        }
    }

    fn insert(&mut self, wanted: &[&str], each: &mut impl FnMut(&Record<'_>)) -> Result<()> {
        while !self.word()?.eq_ignore_ascii_case("INTO") {
            if !self.peek()?.is_some_and(|byte| byte.is_ascii_whitespace()) {
                return self.wrong("an INSERT without INTO");
            }
        }
        let table = self.identifier()?;
        let Some(table) = wanted.iter().find(|name| name.eq_ignore_ascii_case(&table)) else {
            return self.skip_statement();
        };
        self.skip_blanks()?;
        let columns = if self.take(b'(')? {
            let mut named = vec![self.identifier()?];
            loop {
                self.skip_blanks()?;
                if !self.take(b',')? {
                    break;
                }
                named.push(self.identifier()?);
            }
            self.expect(b')')?;
            named
        } else {
            match self.columns.get(*table).cloned() {
                Some(known) => known,
                None => return self.wrong(&format!("what the columns of {table} are was not said before")),
            }
        };
        if !["VALUES", "VALUE"].contains(&self.word()?.to_ascii_uppercase().as_str()) {
            return self.wrong(&format!("an INSERT into {table} without VALUES"));
        }
        loop {
            self.expect(b'(')?;
            let mut values = vec![self.value()?];
            loop {
                self.skip_value_blanks()?;
                match self.within()? {
                    b',' => values.push(self.value()?),
                    b')' => break,
                    found => {
                        let found = char::from(found).escape_debug();
                        return self.wrong(&format!("`{found}` stands after a value"));
                    }
                }
            }
            if values.len() != columns.len() {
                let fact = format!("{} values under {} columns of {table}", values.len(), columns.len());
                return self.wrong(&fact);
            }
            each(&Record { table, columns: &columns, values: &values });
            self.skip_value_blanks()?;
            match self.within()? {
                b',' => {}
                b';' => return Ok(()),
                _ => return self.skip_statement(),
            }
        }
    }

    /// Skips to the end of a statement, which no text in quotes is.
    fn skip_statement(&mut self) -> Result<()> {
        loop {
            match self.within()? {
                b';' => return Ok(()),
                quote @ (b'\'' | b'"' | b'`') => drop(self.quoted(quote)?),
                _ => {}
            }
        }
    }

    /// Skips triggers and procedures, whose statements are none of the dump.
    fn skip_routines(&mut self) -> Result<()> {
        let mut line = Vec::new();
        loop {
            match self.within()? {
                b'\n' if line.trim_ascii().eq_ignore_ascii_case(b"DELIMITER ;") => return Ok(()),
                b'\n' => line.clear(),
                byte if line.len() < 64 => line.push(byte),
                _ => {}
            }
        }
    }
}
