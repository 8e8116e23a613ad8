//! Asterisk's own records in SQLite (`cdr_sqlite3_custom`), which it writes while we read.

use std::collections::HashMap;
use std::path::Path;
use std::time::Duration;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags, named_params};

use crate::domain::cdr;
use crate::store::error::StoreError;

/// What every SQLite file begins with.
pub const MAGIC: &[u8] = b"SQLite format 3\0";

/// Records that are read at once. Asterisk waits a few seconds for a lock and then loses its record, so none of
/// ours lasts longer than a moment.
const PAGE: usize = 20_000;

/// Tells every record of a file, in order: the texts of the columns, by the names that [`cdr::column`] gives them.
///
/// # Errors
/// The file has no such table, the table lacks a column that is needed, what `tell` returns, or the file cannot be
/// read.
pub fn each_record<E: From<StoreError>>(
    file: &Path,
    table: &str,
    mut tell: impl FnMut(&HashMap<&'static str, String>) -> Result<(), E>,
) -> Result<(), E> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let failed = StoreError::from;
    let connection = Connection::open_with_flags(file, flags).map_err(failed)?;
    connection.busy_timeout(Duration::from_secs(5)).map_err(failed)?;
    let table = table.replace('"', "\"\"");
    let mut statement = connection
        .prepare(&format!("SELECT rowid, * FROM \"{table}\" WHERE rowid > :after ORDER BY rowid LIMIT {PAGE}"))
        .map_err(failed)?;
    let columns: Vec<_> =
        statement.column_names().skip(1).map(|name| cdr::column(&name.to_ascii_lowercase())).collect();
    if let Some(missing) = cdr::NEEDED.iter().find(|name| !columns.contains(name)) {
        return Err(StoreError::Corrupt(format!("table {table} has no column {missing}")).into());
    }
    let mut after = i64::MIN;
    let mut texts = HashMap::new();
    loop {
        let mut count = 0;
        let mut rows = statement.query(named_params! { ":after": after }).map_err(failed)?;
        while let Some(row) = rows.next().map_err(failed)? {
            after = row.get(0).map_err(failed)?;
            count += 1;
            for (place, &name) in columns.iter().enumerate().filter(|(_, name)| !name.is_empty()) {
                let text = texts.entry(name).or_insert_with(String::new);
                text.clear();
                match row.get_ref(place + 1).map_err(failed)? {
                    ValueRef::Text(bytes) => text.push_str(&String::from_utf8_lossy(bytes)),
                    ValueRef::Integer(number) => text.push_str(&number.to_string()),
                    ValueRef::Real(number) => text.push_str(&number.to_string()),
                    ValueRef::Null | ValueRef::Blob(_) => {}
                }
            }
            tell(&texts)?;
        }
        if count < PAGE {
            return Ok(());
        }
    }
}
