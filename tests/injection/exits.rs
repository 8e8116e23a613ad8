//! Where texts leave again: each format has the text and nothing but the text.

use celcombiller::domain::visible::cell_text;
use serde_json::Value;

use crate::doors::is_seen;
use crate::support::Ledger;

/// Asserts that a list has exactly these texts in a column: JSON has them as they are, a table so that they are seen,
/// CSV so that no spreadsheet takes one for a formula and that they are read back the same.
pub(crate) fn lists(ledger: &Ledger, list: &[&str], column: &str, texts: &[&str]) {
    let listed = ledger.json(list);
    let mut found: Vec<_> = listed.as_array().unwrap().iter().filter_map(|row| row[column].as_str()).collect();
    let mut texts = texts.to_vec();
    found.sort_unstable();
    texts.sort_unstable();
    assert_eq!(found, texts, "JSON has what was entered");
    let table = ledger.ok(list);
    is_seen(&table);
    assert_eq!(table.lines().count(), 1 + listed.as_array().unwrap().len(), "a row is a line: {table}");
    let csv = ledger.ok(&[&["--format", "csv"], list].concat());
    let mut cells = cells(&csv, column);
    cells.retain(|cell| !cell.is_empty());
    let mut read: Vec<_> = cells.iter().map(|cell| cell_text(cell)).collect();
    read.sort_unstable();
    assert_eq!(read, texts, "CSV is read back as what was entered");
}

/// Returns the cells of a column, none of which is a formula.
pub(crate) fn cells(csv: &str, column: &str) -> Vec<String> {
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let place = reader.headers().unwrap().iter().position(|name| name == column).unwrap();
    let rows: Vec<_> = reader.records().map(Result::unwrap).collect();
    for cell in rows.iter().flatten() {
        let is_number = cell.trim_start_matches('-').parse::<u64>().is_ok() || cell.parse::<f64>().is_ok();
        assert!(is_number || !cell.starts_with(['=', '+', '-', '@', '\t', '\r', '＝']), "{cell:?} is a formula");
    }
    rows.iter().map(|row| row[place].to_owned()).collect()
}

/// Returns the texts that were taken.
pub(crate) fn taken<'a>(texts: &[&'a str], taken: &[bool]) -> Vec<&'a str> {
    texts.iter().zip(taken).filter(|(_, taken)| **taken).map(|(text, _)| *text).collect()
}

/// Asserts that a page has markup of ours alone.
pub(crate) fn is_page(page: &str) {
    for tag in page.split('<').skip(1).map(|tag| tag.split(['>', ' ']).next().unwrap_or_default()) {
        let name = tag.trim_start_matches('/');
        let ours = [
            "!doctype", "html", "head", "meta", "title", "style", "body", "header", "div", "h1", "p", "address", "br",
            "table", "thead", "tr", "th", "tbody", "td", "small",
        ];
        assert!(ours.contains(&name), "<{tag}> is none of ours");
    }
    assert!(!page.contains("onerror=alert(1)>"), "an attribute of somebody else's");
}

/// Returns a field of an object.
pub(crate) fn field<'a>(object: &'a Value, key: &str) -> &'a str {
    object[key].as_str().unwrap_or_default()
}
