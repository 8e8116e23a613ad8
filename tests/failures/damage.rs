//! Databases that are not what they were, and their way back.

use std::fs::{self, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use rusqlite::Connection;

const PAGE: u64 = 4096;

/// Returns where a database is put meanwhile.
pub(crate) fn elsewhere(database: &Path) -> PathBuf {
    database.with_file_name("elsewhere.db")
}

/// Brings everything into the file, and keeps a copy of it.
pub(crate) fn put_aside(database: &Path) {
    let connection = Connection::open(database).unwrap();
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
    drop(connection);
    fs::copy(database, elsewhere(database)).unwrap();
}

/// Puts the copy back, into the same file.
pub(crate) fn put_back(database: &Path) {
    // What was logged meanwhile is of the damaged file.
    for suffix in ["-wal", "-shm"] {
        drop(fs::remove_file(database.with_file_name(format!("celcombiller.db{suffix}"))));
    }
    fs::write(database, fs::read(elsewhere(database)).unwrap()).unwrap();
}

fn overwrite(database: &Path, at: u64, bytes: &[u8]) {
    let file = OpenOptions::new().write(true).open(database).unwrap();
    file.write_all_at(bytes, at).unwrap();
}

pub(crate) fn damage_the_header(database: &Path) {
    overwrite(database, 0, &[0xa5; 100]);
}

/// Damages the page where the table of accounts begins, which everything reads.
pub(crate) fn damage_a_page(database: &Path) {
    let root = Connection::open(database).unwrap().query_row(
        "SELECT rootpage FROM sqlite_schema WHERE type = 'table' AND name = 'account'",
        [],
        |row| row.get::<_, i64>(0),
    );
    overwrite(database, (u64::try_from(root.unwrap()).unwrap() - 1) * PAGE, &[0xa5; PAGE as usize]);
}

/// Says which program's it is; returns what it said before.
pub(crate) fn set_application(database: &Path, application: i64) -> i64 {
    let database = Connection::open(database).unwrap();
    let before = database.pragma_query_value(None, "application_id", |row| row.get(0)).unwrap();
    database.pragma_update(None, "application_id", application).unwrap();
    before
}

pub(crate) fn set_schema(database: &Path, change: impl Fn(i64) -> i64) {
    let database = Connection::open(database).unwrap();
    let schema = database.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
    database.pragma_update(None, "user_version", change(schema)).unwrap();
}
