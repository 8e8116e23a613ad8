//! The chain through the ledger, and that through the audit: every entry carries the hash of the one before and of its
//! own content, so that a change to any of them shows in all that follow.

use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, OptionalExtension, named_params, params_from_iter};
use sha2::{Digest, Sha256};

use super::checks::Check;
use super::ledger::EntryId;
use crate::domain::entry_hash::{EntryHash, hexadecimal};
use crate::store::Books;
use crate::store::error::StoreError;
use crate::store::statements::Statements;

/// What an entry is, in the order in which it is hashed.
const CONTENT: &str = "id, time, kind, debit_account, credit_account, amount, debit_balance, credit_balance, \
                       call_id, reverses, origin, actor, note";

/// How many columns that are.
const COLUMNS: usize = 13;

/// How many faults of the chain are told one by one.
const MOST_TOLD: usize = 20;

/// The newest entry and its hash, which stands for all that was posted so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// The entry.
    pub entry: EntryId,
    /// Its hash, or `None` where somebody took it away.
    pub hash: Option<EntryHash>,
}

/// Returns the hash of a row that follows one with the hash `before`, which is empty for the first.
///
/// Hashed are `before` in lower-case hexadecimal digits and then each column of its content, as UTF-8: the
/// number of bytes, a colon, the bytes and a comma. Numbers are written in decimal digits, and NULL is `-,`.
pub(in crate::store) fn hash_of<'a>(before: &[u8], content: impl IntoIterator<Item = ValueRef<'a>>) -> EntryHash {
    let mut hashed = Vec::with_capacity(512);
    let mut add = |bytes: Option<&[u8]>| match bytes {
        None => hashed.extend_from_slice(b"-,"),
        Some(bytes) => {
            hashed.extend_from_slice(itoa::Buffer::new().format(bytes.len()).as_bytes());
            hashed.push(b':');
            hashed.extend_from_slice(bytes);
            hashed.push(b',');
        }
    };
    add(Some(hexadecimal(before).as_bytes()));
    for column in content {
        match column {
            ValueRef::Integer(number) => add(Some(itoa::Buffer::new().format(number).as_bytes())),
            ValueRef::Text(bytes) | ValueRef::Blob(bytes) => add(Some(bytes)),
            // The tables are STRICT and have no column for anything else.
            ValueRef::Null | ValueRef::Real(_) => add(None),
        }
    }
    EntryHash::new(Sha256::digest(&hashed).into())
}

/// Writes an entry with its hash; `before` is the stored hash of the newest one.
///
/// # Errors
/// A rule of the schema forbids it, or the database fails.
pub(in crate::store) fn append(
    connection: Statements<'_>,
    before: Option<&[u8]>,
    content: [ValueRef<'_>; COLUMNS],
) -> Result<(), StoreError> {
    let hash = hash_of(before.unwrap_or_default(), content);
    let row = content.into_iter().chain([ValueRef::Blob(hash.bytes())]);
    connection
        .prepare(&format!(
            "INSERT INTO ledger_entry ({CONTENT}, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
        ))?
        .execute(params_from_iter(row.map(ToSqlOutput::Borrowed)))?;
    Ok(())
}

/// Gives every entry of older books its hash, in order, a row at a time.
pub(in crate::store) fn chain_all(connection: &Connection) -> Result<(), StoreError> {
    let guard: String = connection.query_row(
        "SELECT sql FROM sqlite_schema WHERE type = 'trigger' AND name = 'entry_stays'",
        [],
        |row| row.get(0),
    )?;
    connection.execute_batch("DROP TRIGGER entry_stays")?;
    let mut next =
        connection.prepare(&format!("SELECT {CONTENT} FROM ledger_entry WHERE id > :id ORDER BY id LIMIT 1"))?;
    let mut update = connection.prepare("UPDATE ledger_entry SET hash = :hash WHERE id = :id")?;
    let mut last: Option<(i64, EntryHash)> = None;
    loop {
        let (id, before) = last.as_ref().map_or((i64::MIN, &[][..]), |(id, hash)| (*id, hash.bytes()));
        let hashed = next
            .query_row(named_params! { ":id": id }, |row| {
                let content = (0..COLUMNS).map(|at| row.get_ref(at)).collect::<Result<Vec<_>, _>>()?;
                Ok((row.get(0)?, hash_of(before, content)))
            })
            .optional()?;
        let Some((id, hash)) = hashed else { break };
        update.execute(named_params! { ":hash": hash.bytes(), ":id": id })?;
        last = hashed;
    }
    Ok(connection.execute_batch(&guard)?)
}

/// Follows a chain through the rows that `sql` lists, whose first column is their number and whose last, after so
/// many of content, is their hash; returns what is wrong with them. `seen` is told each row's number and hash, and
/// whether everything up to it is sound.
pub(in crate::store) fn faults(
    connection: Statements<'_>,
    sql: &str,
    columns: usize,
    what: &str,
    mut seen: impl FnMut(i64, &[u8], bool),
) -> Result<Vec<String>, StoreError> {
    let mut statement = connection.prepare(sql)?;
    let mut rows = statement.query([])?;
    let (mut faults, mut untold) = (Vec::new(), 0_u64);
    let (mut last, mut before) = (0, Vec::new());
    while let Some(row) = rows.next()? {
        let id: i64 = row.get(0)?;
        let stored: Option<Vec<u8>> = row.get(columns)?;
        let content = (0..columns).map(|at| row.get_ref(at)).collect::<Result<Vec<_>, _>>()?;
        let fault = match &stored {
            None => Some(format!("{what} {id} has no hash")),
            Some(_) if id != last + 1 => {
                Some(format!("{what} {id} follows {what} {last}: what was between is missing"))
            }
            Some(hash) if hash_of(&before, content).bytes() != hash.as_slice() => {
                Some(format!("{what} {id} is not what its hash says"))
            }
            Some(_) => None,
        };
        match fault {
            Some(fault) if faults.len() < MOST_TOLD => faults.push(fault),
            Some(_) => untold += 1,
            None => {}
        }
        (last, before) = (id, stored.unwrap_or_default());
        seen(id, &before, faults.is_empty());
    }
    if untold > 0 {
        faults.push(format!("and {untold} more"));
    }
    Ok(faults)
}

impl Books<'_> {
    /// Returns the newest entry with its hash, or `None` before the first.
    ///
    /// # Errors
    /// The database fails.
    pub fn head(&self) -> Result<Option<Head>, StoreError> {
        Ok(self
            .connection()
            .query_row("SELECT id, hash FROM ledger_entry ORDER BY id DESC LIMIT 1", [], |row| {
                let hash: Option<Vec<u8>> = row.get(1)?;
                let hash = hash.and_then(|bytes| bytes.try_into().ok()).map(EntryHash::new);
                Ok(Head { entry: EntryId(row.get(0)?), hash })
            })
            .optional()?)
    }

    /// Proves from the entries alone that each is what it was when it was posted and that none is missing
    /// before the last; and, with a `noted` head, that nothing was changed up to it. Only a head that was
    /// noted elsewhere shows that the newest entries were removed, or that all hashes were made anew.
    pub(in crate::store) fn check_chain(&self, noted: Option<EntryHash>) -> Result<Vec<Check>, StoreError> {
        let sql = format!("SELECT {CONTENT}, hash FROM ledger_entry ORDER BY id");
        let mut found = None;
        let faults = faults(self.connection(), &sql, COLUMNS, "entry", |id, hash, sound| {
            if noted.is_some_and(|noted| noted.bytes() == hash) {
                found = Some((id, sound));
            }
        })?;
        let whole = Check { name: "every entry carries the hash of its content and of the one before", faults };
        let unchanged = noted.map(|noted| {
            let fault = match found {
                Some((_, true)) => None,
                Some((id, false)) => Some(format!("entry {id} has the hash, but what it follows was changed")),
                None => Some(format!("no entry has the hash {noted}")),
            };
            Check { name: "nothing was changed up to the noted head", faults: fault.into_iter().collect() }
        });
        Ok([whole].into_iter().chain(unchanged).collect())
    }
}
