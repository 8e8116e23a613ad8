//! Kept ends of calls: files beside the books, which are posted by their content and told of line by line.

use std::fs;

use celcombiller::agi::stand_in::Channel;
use rusqlite::Connection;

use crate::doors::is_seen;
use crate::support::Ledger;

/// What might lie in the folder: a file's name, and its text.
const FILES: &[(&str, &str)] = &[
    ("a\nforged: line.end", "call = 1"),
    ("b\u{1b}[2J.end", "\u{1b}[2J"),
    ("c.end", "\"\\u001B[31m\\nforged: line\" = 1"),
    ("d.end", "call = \"../../x#1\"\ndisposition = \"ANSWERED\"\nwitness = \"afterwards\"\nat = 1"),
    ("e.end", "call = \"1.1#1\"\ndisposition = \"\u{202e}ANSWERED\"\nwitness = \"afterwards\"\nat = 1"),
    ("f.end", "call = \"'; DROP TABLE call; --#1\"\ndisposition = \"BUSY\"\nwitness = \"afterwards\"\nat = 1"),
    ("g.end", "call = \"7.7#1\"\ndisposition = \"ANSWERED\"\nwitness = \"afterwards\"\nat = 9223372036854775807"),
];

#[test]
fn what_no_program_kept_stays_and_is_told_in_a_line_each() {
    let ledger = Ledger::with_ana_and_bob(60);
    let folder = ledger.folder.path().join("celcombiller.db-spool");
    fs::create_dir_all(&folder).unwrap();
    for (name, text) in FILES {
        fs::write(folder.join(name), text).unwrap();
    }
    let output = ledger.billctl(&["hold", "expire"]);
    let said = String::from_utf8(output.stderr).unwrap();
    is_seen(&said);
    assert_eq!(said.lines().count(), FILES.len(), "{said}");
    assert!(said.lines().all(|line| line.starts_with("kept: ")), "{said}");
    // The programs of a call tell of them as well, where the operator's log has a line for each.
    let mut channel = Channel::new("1763690000.1", "999999999", "999999998");
    let ended = ledger.play("celcombiller-caller", &mut channel, &[]);
    is_seen(&ended.stderr);
    let lines = ended.stderr.lines().count();
    assert!(
        lines == FILES.len() && ended.stderr.lines().all(|line| line.starts_with("celcombiller")),
        "{}",
        ended.stderr
    );
    assert_eq!(
        fs::read_dir(&folder)
            .unwrap()
            .filter(|entry| entry.as_ref().unwrap().path().extension().unwrap_or_default() == "end")
            .count(),
        FILES.len()
    );
    ledger.check();
}

#[test]
fn a_label_of_prometheus_stays_within_its_quotes() {
    let ledger = Ledger::with_ana_and_bob(60);
    let mut channel = Channel::new("1763690000.1", "999999999", "999999998");
    ledger.play("celcombiller-caller", &mut channel, &[]).quietly();
    let books = Connection::open(ledger.database()).unwrap();
    books.execute_batch("DROP TRIGGER call_ends_once").unwrap();
    books.execute("UPDATE call SET disposition = ?1", ["x\"} 1\nforged{a=\"\\"]).unwrap();
    drop(books);
    let output = ledger.billctl(&["--format", "prometheus", "stats"]);
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.lines().all(|line| line.starts_with("celcombiller_") || line.starts_with("# ")), "{said}");
    is_seen(&String::from_utf8(output.stderr).unwrap());
}
