//! The tables of the document.

use crate::fault::Fault;

const DOCUMENT: &str = include_str!("../../docs/failures.md");

/// What is seen under a fault: a cell for each column after the first, or `None` where it cannot be brought about
/// here.
pub(crate) type Seen = Option<Vec<String>>;

/// A table of the document: its header and its rows, cell by cell.
pub(crate) struct Table {
    rows: Vec<Vec<String>>,
}

/// Returns the table below a heading.
pub(crate) fn table(title: &str) -> Table {
    let section = DOCUMENT.split("\n## ").find_map(|section| section.strip_prefix(title)?.strip_prefix('\n'));
    let section = section.unwrap_or_else(|| panic!("the document has no section {title}"));
    let rows = section.lines().filter(|line| line.starts_with('|') && !line.starts_with("|---"));
    let cells = |row: &str| row.trim_matches('|').split(" | ").map(|cell| cell.trim().replace('`', "")).collect();
    Table { rows: rows.map(cells).collect() }
}

impl Table {
    /// Returns the faults, in their order.
    pub(crate) fn faults(&self) -> Vec<&str> {
        self.rows[1..].iter().map(|row| row[0].as_str()).collect()
    }

    /// Returns the titles of the columns between that of the faults and that of what the operator reads.
    pub(crate) fn columns(&self) -> &[String] {
        let columns = &self.rows[0];
        &columns[1..columns.len() - 1]
    }

    pub(crate) fn row(&self, fault: &str) -> &[String] {
        let row = self.rows.iter().find(|row| row[0] == fault);
        row.unwrap_or_else(|| panic!("the document has no row {fault}"))
    }
}

/// Plays a row and holds what was seen against what is written. The last cell is part of what the operator reads.
pub(crate) fn holds(title: &str, fault: &str, play: fn(Fault) -> Seen) {
    let table = table(title);
    let row = table.row(fault);
    let Some(seen) = play(Fault::named(fault)) else {
        eprintln!("\n*** SKIPPED: {title}: {fault}: this user may not bring it about ***\n");
        return;
    };
    assert_eq!(seen.len(), row.len() - 1, "{title}: {fault}: {seen:#?}");
    let (told, seen) = seen.split_last().unwrap();
    let (expected, written) = row[1..].split_last().unwrap();
    let named = |cells: &[String]| -> Vec<String> {
        table.columns().iter().zip(cells).map(|(column, cell)| format!("{column}: {cell}")).collect()
    };
    assert_eq!(named(seen), named(written), "{title}: {fault}; the operator read: {told}");
    match expected.as_str() {
        "nothing" => assert_eq!(told, "", "{title}: {fault}: there is nothing to tell"),
        part => {
            assert!(told.replace('`', "").contains(part), "{title}: {fault}: the operator reads {part:?}, not {told:?}")
        }
    }
}
