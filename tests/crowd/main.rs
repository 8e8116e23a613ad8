//! Crowds: many programs at once on the same books.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that fails says where")]

mod ends;
mod gifts;
mod grants;
mod killed;
mod trunks;
mod turns;

#[path = "../support/mod.rs"]
mod support;

use std::collections::BTreeMap;
use std::thread;
use std::time::{Duration, Instant};

use celcombiller::agi::stand_in::{Answer, Channel};
use support::{Ledger, is_dial};

const CALLER: &str = "celcombiller-caller";
const ANA: &str = "999999999";
const BOB: &str = "999999998";
const FAR_AHEAD: &str = "2099-01-01";

/// A ledger in euros on which a grant is 60 s, which cost 0.65, and everybody waits for their turn.
fn patient_ledger() -> Ledger {
    let ledger = Ledger::in_euros();
    ledger.configure("[calls]\nmax_seconds = 60\n[database]\nbusy_timeout = 60\n");
    ledger
}

/// Waits for others to do their part.
fn until(done: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !done() {
        assert!(Instant::now() < deadline, "the others did not come so far");
        thread::sleep(Duration::from_millis(2));
    }
}

/// Counts how often each text occurs.
fn counted<'a>(texts: impl IntoIterator<Item = &'a str>) -> BTreeMap<&'a str, usize> {
    texts.into_iter().fold(BTreeMap::new(), |mut counts, text| {
        *counts.entry(text).or_default() += 1;
        counts
    })
}

fn charges(ledger: &Ledger) -> Vec<String> {
    let cdrs = ledger.json(&["cdr", "list"]);
    cdrs.as_array().unwrap().iter().map(|cdr| cdr["charge"].as_str().unwrap().to_owned()).collect()
}

/// Plays a channel's call and hangs up; it dials only when `ready`.
fn calls(ledger: &Ledger, mut channel: Channel, ready: impl Fn()) -> Channel {
    let ended = ledger.play_with(CALLER, &mut channel, &[], |_, command| {
        if is_dial(command) {
            ready();
        }
        Answer::AsAsterisk
    });
    assert_eq!((ended.status.code(), ended.stderr.as_str()), (Some(0), ""));
    channel
}
