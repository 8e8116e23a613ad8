//! Notes: any text, which every exit shows as one.

use crate::doors::{is_seen, takes};
use crate::exits::{cells, is_page, lists, taken};
use crate::support::Ledger;

pub(crate) fn notes(texts: &[&str]) -> Vec<bool> {
    let ledger = Ledger::new("EUR");
    ledger.ok(&["user", "add", "ana", "--clid", "999999999"]);
    let post = |text: &&str| takes(&ledger, &["balance", "add", "ana", "1", &format!("--note={text}")]);
    let verdicts: Vec<_> = texts.iter().map(post).collect();
    let notes = taken(texts, &verdicts);
    lists(&ledger, &["balance", "history", "ana"], "note", &notes);
    let statement =
        |more: &[&str]| ledger.ok(&[more, &["balance", "statement", "ana", "--since", "2026-01-01"]].concat());
    let table = statement(&[]);
    is_seen(&table);
    assert_eq!(table.lines().count(), notes.len() + 3, "an entry is a line: {table}");
    let cells = cells(&statement(&["--format", "csv"]), "note");
    assert_eq!(cells.len(), notes.len() + 2, "an entry is a row");
    let page = ledger.ok(&["balance", "statement", "ana", "--since", "2026-01-01", "--html"]);
    is_page(&page);
    assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;"), "{page}");
    ledger.check();
    verdicts
}
