//! Names of users, tariffs, groups, trunks and batches, and of whoever is said to have done something.

use crate::doors::{is_seen, takes};
use crate::exits::{cells, field, is_page, lists, taken};
use crate::support::Ledger;

pub(crate) fn usernames(texts: &[&str]) -> Vec<bool> {
    let ledger = Ledger::new("EUR");
    let enter =
        |(place, text): (usize, &&str)| takes(&ledger, &["user", "add", "--clid", &format!("7{place:04}"), "--", text]);
    let verdicts: Vec<_> = texts.iter().enumerate().map(enter).collect();
    lists(&ledger, &["user", "list"], "username", &taken(texts, &verdicts));
    verdicts
}

/// A person's name, which also stands on statements.
pub(crate) fn of_a_person(texts: &[&str]) -> Vec<bool> {
    let ledger = Ledger::new("EUR");
    ledger.ok(&["user", "add", "ana", "--clid", "999999999", "--balance", "10"]);
    let enter = |text: &&str| {
        let taken = takes(&ledger, &["user", "update", "ana", &format!("--name={text}")]);
        if taken {
            let shown = ledger.json(&["user", "show", "ana"]);
            assert_eq!(field(&shown, "name"), *text);
            let csv = ledger.ok(&["--format", "csv", "user", "list"]);
            assert_eq!(cells(&csv, "name").len(), 1, "a name is part of one row: {csv}");
            is_page(&ledger.ok(&["balance", "statement", "ana", "--month", "2026-11", "--html"]));
        }
        taken
    };
    texts.iter().map(enter).collect()
}

pub(crate) fn tariffs(texts: &[&str]) -> Vec<bool> {
    let ledger = Ledger::new("EUR");
    let verdicts: Vec<_> = texts.iter().map(|text| takes(&ledger, &["tariff", "add", "--", text])).collect();
    let mut names = taken(texts, &verdicts);
    names.push("standard");
    lists(&ledger, &["tariff", "list"], "name", &names);
    verdicts
}

pub(crate) fn groups(texts: &[&str]) -> Vec<bool> {
    let ledger = Ledger::new("EUR");
    let verdicts: Vec<_> = texts.iter().map(|text| takes(&ledger, &["group", "add", "--", text])).collect();
    lists(&ledger, &["group", "list"], "name", &taken(texts, &verdicts));
    verdicts
}

pub(crate) fn trunks(texts: &[&str]) -> Vec<bool> {
    let ledger = Ledger::new("EUR");
    let add = |text: &&str| takes(&ledger, &["trunk", "add", "--dial", "PJSIP/{number}@carrier", "--", text]);
    let verdicts: Vec<_> = texts.iter().map(add).collect();
    lists(&ledger, &["trunk", "list"], "name", &taken(texts, &verdicts));
    verdicts
}

pub(crate) fn batches(texts: &[&str]) -> Vec<bool> {
    let ledger = Ledger::new("EUR");
    let generate = |text: &&str| {
        let batch = format!("--batch={text}");
        takes(&ledger, &["voucher", "generate", "--count", "1", "--amount", "1", "--dry-run", &batch])
    };
    texts.iter().map(generate).collect()
}

/// Who is said to have posted something.
pub(crate) fn actors(texts: &[&str]) -> Vec<bool> {
    let ledger = Ledger::new("EUR");
    ledger.ok(&["user", "add", "ana", "--clid", "999999999"]);
    let post = |text: &&str| takes(&ledger, &[&format!("--actor={text}"), "balance", "add", "ana", "1"]);
    let verdicts: Vec<_> = texts.iter().map(post).collect();
    lists(&ledger, &["balance", "history", "ana"], "actor", &taken(texts, &verdicts));
    is_seen(&ledger.ok(&["balance", "statement", "ana", "--since", "2026-01-01"]));
    ledger.check();
    verdicts
}
