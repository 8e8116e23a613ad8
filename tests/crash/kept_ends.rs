//! The end of a call that the books could not take: kept beside them, and posted once.

use std::fs;

use celcombiller::agi::stand_in::{Answer, Channel};
use serde_json::{Value, json};

use crate::books::{Books, spool, waiting};
use crate::outages::{OUTAGES, Outage};
use crate::script::{ANA, BOB, CALLER, FAR_AHEAD};
use crate::support::is_dial;

/// Plays a call during whose dial an outage begins, which lasts until `meanwhile` is over.
pub(crate) fn call_into(
    outage: Outage,
    books: &mut Books,
    meanwhile: impl FnOnce(&mut Books, &mut Channel),
) -> Channel {
    let mut channel = books.ana_calls(BOB);
    let mut lock = None;
    let ended = books.ledger.play_with(CALLER, &mut channel, &[], |_, command| {
        if is_dial(command) {
            lock = outage.begin(&books.ledger);
        }
        Answer::AsAsterisk
    });
    assert_eq!(ended.status.code(), Some(0), "{outage:?}: {}", ended.stderr);
    assert!(ended.stderr.contains(outage.told()) && ended.stderr.contains("its end was kept"), "{}", ended.stderr);
    assert_eq!(channel.variable("CELCOMBILLER_BILLSEC"), "", "nothing is said to be charged before it is");
    assert_eq!(waiting(&books.ledger), [format!("{}#1.end", channel.uniqueid)]);
    meanwhile(books, &mut channel);
    outage.end(&books.ledger, lock);
    books.charged += 1;
    channel
}

#[test]
fn an_end_that_was_kept_is_posted_once_by_the_expiry() {
    for outage in OUTAGES {
        let mut books = Books::new();
        let channel = call_into(outage, &mut books, |_, _| {});
        let expire = || {
            let output = books.ledger.billctl(&["--format", "json", "hold", "expire", "--as-of", FAR_AHEAD]);
            assert!(output.status.success(), "{outage:?}");
            (String::from_utf8(output.stderr).unwrap(), serde_json::from_slice::<Value>(&output.stdout).unwrap())
        };
        let posted = format!("posted the end of call {}#1, which had been kept\n", channel.uniqueid);
        assert_eq!(expire(), (posted, json!([])), "posted, and therefore not given back");
        books.are_right(&format!("{outage:?}"));
        assert_eq!(expire(), (String::new(), json!([])));
        books.are_right(&format!("{outage:?}"));
    }
}

#[test]
fn an_end_that_was_kept_is_posted_once_by_the_next_call() {
    for outage in OUTAGES {
        let mut books = Books::new();
        call_into(outage, &mut books, |_, _| {});
        let mut next = books.ana_calls(BOB);
        books.completes(&mut next);
        books.are_right(&format!("{outage:?}"));
    }
}

#[test]
fn an_end_that_was_kept_is_posted_once_by_its_own_reducer() {
    for outage in OUTAGES {
        let mut books = Books::new();
        let mut channel = call_into(outage, &mut books, |_, _| {});
        books.ledger.hang_up(&mut channel).quietly();
        assert_eq!(channel.variable("CELCOMBILLER_CHARGE"), "0.05");
        books.are_right(&format!("{outage:?}"));
    }
}

#[test]
fn an_end_that_both_programs_kept_is_kept_and_posted_once() {
    for outage in OUTAGES {
        let mut books = Books::new();
        let mut channel = call_into(outage, &mut books, |books, channel| {
            let ended = books.ledger.hang_up(channel);
            assert_eq!(ended.status.code(), Some(0), "{outage:?}");
            assert!(ended.stderr.contains("its end was kept"), "{}", ended.stderr);
            assert_eq!(waiting(&books.ledger).len(), 1);
        });
        books.ledger.hang_up(&mut channel);
        books.are_right(&format!("{outage:?}"));
    }
}

#[test]
fn an_end_that_was_kept_survives_the_expiry_of_its_hold() {
    let mut books = Books::new();
    let channel = call_into(Outage::Missing, &mut books, |_, _| {});
    let end = spool(&books.ledger).join(format!("{}#1.end", channel.uniqueid));
    let aside = books.ledger.folder.path().join("aside");
    fs::rename(&end, &aside).unwrap();
    assert_eq!(books.ledger.json(&["hold", "expire", "--as-of", FAR_AHEAD]).as_array().unwrap().len(), 1);
    fs::rename(&aside, &end).unwrap();
    books.ledger.ok(&["hold", "expire"]);
    books.are_right("posted after its hold was given back");
}

#[test]
fn a_file_that_is_no_end_stays_and_is_told() {
    let mut books = Books::new();
    let channel = call_into(Outage::Missing, &mut books, |_, _| {});
    let odd = spool(&books.ledger).join("0.end");
    fs::write(&odd, "call = 5\n").unwrap();
    let told = books.ledger.billctl(&["hold", "expire"]);
    assert_eq!(told.status.code(), Some(1));
    let told = String::from_utf8(told.stderr).unwrap();
    assert!(told.contains(&format!("posted the end of call {}#1", channel.uniqueid)), "{told}");
    assert!(told.contains(&format!("kept: {}: ", odd.display())), "{told}");
    assert_eq!(waiting(&books.ledger), ["0.end"]);
    fs::remove_file(odd).unwrap();
    books.are_right("the other end was posted");
}

#[test]
fn an_end_of_a_call_that_the_books_do_not_know_stays_and_is_told() {
    let books = Books::new();
    let mut channel = Channel::new("1763690000.1", ANA, "h");
    let unknown =
        [("CELCOMBILLER_CALL", "1763690000.1#1"), ("CELCOMBILLER_STATUS", "GRANTED"), ("DIALSTATUS", "ANSWER")];
    channel.variables.extend(unknown.map(|(name, value)| (name.to_owned(), value.to_owned())));
    let ended = books.ledger.hang_up(&mut channel);
    let end = spool(&books.ledger).join("1763690000.1#1.end");
    let told =
        format!("celcombiller: call 1763690000.1#1 is unknown to the books; its end was kept in {}\n", end.display());
    assert_eq!(ended.stderr, told);
    assert_eq!(waiting(&books.ledger), ["1763690000.1#1.end"]);
    assert_eq!(books.ledger.billctl(&["hold", "expire"]).status.code(), Some(1));
    assert_eq!(waiting(&books.ledger), ["1763690000.1#1.end"]);
    books.ledger.check();
}
