//! What the books say at a moment, to be compared, and folders that are put back as they were.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use rusqlite::Connection;
use rusqlite::types::Value;

/// What differs from one run to the next: when it was, and the proof of it.
const MOMENTS: [&str; 6] = ["time", "hash", "placed", "expires", "answered", "ended"];

/// Every row of the books, the ends that are kept beside them, and the calls that Asterisk is to make.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Page(BTreeSet<String>);

impl Page {
    /// Reads what whoever came next would find. Nothing is changed by that: a copy is read.
    pub(crate) fn of(folder: &Path) -> Self {
        let copy = tempfile::tempdir().unwrap();
        let at = |name: &str| copy.path().join(name);
        let found = ["celcombiller.db", "elsewhere.db"].map(|name| folder.join(name));
        fs::copy(found.iter().find(|path| path.exists()).unwrap(), at("books.db")).unwrap();
        let log = folder.join("celcombiller.db-wal");
        if log.exists() {
            fs::copy(log, at("books.db-wal")).unwrap();
        }
        let mut page = Self(rows(&Connection::open(at("books.db")).unwrap()));
        for spool in ["celcombiller.db-spool", "outgoing"] {
            for file in fs::read_dir(folder.join(spool)).into_iter().flatten() {
                let file = file.unwrap();
                let name = file.file_name().into_string().unwrap();
                if name.ends_with(".end") {
                    page.0.insert(format!("{spool}/{name}"));
                } else if spool == "outgoing" {
                    page.0.insert(format!("{spool}/{name}: {}", fs::read_to_string(file.path()).unwrap()));
                }
            }
        }
        page
    }

    /// Lists the rows that are new or gone.
    pub(crate) fn changes_since(&self, other: &Self) -> Vec<String> {
        let gone = other.0.difference(&self.0).map(|row| format!("- {row}"));
        gone.chain(self.0.difference(&other.0).map(|row| format!("+ {row}"))).collect()
    }

    /// Leaves out what was asked and answered about calls, and who came for them, which alone moves nothing.
    pub(crate) fn without_calls(&self) -> Self {
        self.without(&["call:", "call_bundle:", "audit:"])
    }

    /// Leaves out who did it, which also tells of the first run and of who recovered what that left.
    pub(crate) fn without_audit(&self) -> Self {
        self.without(&["audit:"])
    }

    fn without(&self, tables: &[&str]) -> Self {
        let others = self.0.iter().filter(|row| !tables.iter().any(|table| row.starts_with(table)));
        Self(others.cloned().collect())
    }
}

fn rows(books: &Connection) -> BTreeSet<String> {
    let mut tables = books.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").unwrap();
    let tables: Vec<String> = tables.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    let mut page = BTreeSet::new();
    for table in tables {
        let mut all = books.prepare(&format!("SELECT * FROM {table}")).unwrap();
        let columns: Vec<String> = all.column_names().map(str::to_owned).collect();
        let mut rows = all.query([]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            let cells = columns.iter().enumerate().filter(|(_, column)| !MOMENTS.contains(&column.as_str()));
            let cells = cells.map(|(index, column)| (column, row.get::<_, Value>(index).unwrap()));
            let cells = cells.filter(|(_, value)| *value != Value::Null);
            let cells: Vec<String> = cells.map(|(column, value)| format!("{column} {value:?}")).collect();
            page.insert(format!("{table}: {}", cells.join(", ")));
        }
    }
    page
}

/// Empties a folder and copies another into it.
pub(crate) fn put_back(from: &Path, to: &Path) {
    for entry in fs::read_dir(to).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) }.unwrap();
    }
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let copy = to.join(path.file_name().unwrap());
        if path.is_dir() {
            fs::create_dir(&copy).unwrap();
            put_back(&path, &copy);
        } else {
            fs::copy(&path, &copy).unwrap();
        }
    }
}
