//! Extensions and ring groups, which stand in Asterisk's own files and in tables that are exported and imported.

use std::fs;

use crate::doors::takes;
use crate::exits::{lists, taken};
use crate::support::Ledger;

/// Renders what the books have; returns the lines of every file.
fn rendered(ledger: &Ledger) -> Vec<String> {
    let folder = ledger.folder.path().join("rendered");
    ledger.ok(&["asterisk", "render", folder.to_str().unwrap()]);
    let read = |name| fs::read_to_string(folder.join(name)).unwrap();
    let files = ["pjsip.conf", "sip.conf", "extensions.conf", "hints.conf", "voicemail.conf"].map(read);
    files.iter().flat_map(|file| file.lines()).map(str::to_owned).collect()
}

fn with_phone() -> Ledger {
    let ledger = Ledger::with_ana_and_bob(60);
    ledger.ok(&["extension", "add", "1000", "--user", "ana", "--voicemail", "yes", "--name", "Ana"]);
    ledger.ok(&["ringgroup", "add", "600", "--members", "1000", "--name", "Sales", "--cid-name-prefix", "Sales"]);
    ledger
}

/// Asserts that the files have the lines that they had, where only those with the value may have changed, and that
/// nothing but a comment of ours begins in one.
fn only_its_lines_changed(before: &[String], after: &[String], value: &str) {
    assert_eq!(before.len(), after.len(), "{value:?} adds or takes a line");
    for (before, after) in before.iter().zip(after).filter(|(before, after)| before != after) {
        let keys = [before, after].map(|line| line.split('=').next().unwrap_or_default().to_owned());
        let revision = before.starts_with("exten => ") && before.ends_with(",1,NoOp()");
        assert!(revision || keys[0] == keys[1], "{before} became {after}");
        assert!(!after.starts_with(['[', '#']) && !after.replace("\\;", "").contains(';'), "{after}");
    }
}

/// Names of phones, also through a table that is exported and imported again.
pub(crate) fn phones(texts: &[&str]) -> Vec<bool> {
    let ledger = with_phone();
    let before = rendered(&ledger);
    let enter = |text: &&str| {
        let taken = takes(&ledger, &["extension", "update", "1000", &format!("--name={text}")]);
        if taken {
            only_its_lines_changed(&before, &rendered(&ledger), text);
        }
        taken
    };
    let verdicts: Vec<_> = texts.iter().map(enter).collect();
    ledger.ok(&["ringgroup", "remove", "600"]);
    ledger.ok(&["extension", "remove", "1000"]);
    let names = taken(texts, &verdicts);
    for (place, name) in names.iter().enumerate() {
        ledger.ok(&["extension", "add", &format!("2{place:03}"), "--user", "bob", &format!("--name={name}")]);
    }
    lists(&ledger, &["extension", "list"], "name", &names);
    let exported = ledger.ok(&["extension", "export", "--secrets"]);
    let table = ledger.folder.path().join("phones.csv");
    fs::write(&table, &exported).unwrap();
    let imported = ledger.json(&["extension", "import", table.to_str().unwrap()]);
    assert_eq!((&imported["added"], &imported["changed"]), (&0.into(), &names.len().into()));
    assert_eq!(ledger.ok(&["extension", "export", "--secrets"]), exported, "what was exported changes nothing");
    lists(&ledger, &["extension", "list"], "name", &names);
    verdicts
}

/// What a ring group puts before callers' names.
pub(crate) fn prefixes(texts: &[&str]) -> Vec<bool> {
    changed(texts, |text| {
        vec!["ringgroup".to_owned(), "update".to_owned(), "600".to_owned(), format!("--cid-name-prefix={text}")]
    })
}

/// Where messages of a voicemail box are sent.
pub(crate) fn mail(texts: &[&str]) -> Vec<bool> {
    changed(texts, |text| {
        vec!["extension".to_owned(), "update".to_owned(), "1000".to_owned(), format!("--email={text}")]
    })
}

fn changed(texts: &[&str], change: impl Fn(&str) -> Vec<String>) -> Vec<bool> {
    let ledger = with_phone();
    let before = rendered(&ledger);
    let enter = |text: &&str| {
        let change = change(text);
        let taken = takes(&ledger, &change.iter().map(String::as_str).collect::<Vec<_>>());
        if taken {
            only_its_lines_changed(&before, &rendered(&ledger), text);
        }
        taken
    };
    texts.iter().map(enter).collect()
}
