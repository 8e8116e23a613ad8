//! Callbacks: the channel says where its callee is connected to next, at the same account's cost.

use celcombiller::agi::stand_in::{Answer, Channel};

use crate::script::{ANA, BOB, BOBS_SIM, CALLER, ana_calls_bob, call};
use crate::support::{Ledger, is_dial};
use crate::transcript::dials;

const OUTSIDE: &str = "5511999990002";
const THEN: &str = "CELCOMBILLER_THEN";

/// A ledger on which bob costs ana 0.05 and 0.01 a second, and numbers outside 0.02 a second.
fn ledger() -> Ledger {
    let ledger = Ledger::in_euros();
    ledger.configure("[dial]\noffnet = \"PJSIP/{number}@carrier\"\n");
    ledger.ok(&["rate", "add", "--prefix", "55", "--price-per-minute", "1.20"]);
    ledger
}

fn first_leg() -> Channel {
    let mut channel = ana_calls_bob();
    channel.variables.insert(THEN.to_owned(), OUTSIDE.to_owned());
    channel
}

fn second_leg() -> Channel {
    let mut channel = Channel::new("1763690000.13", ANA, OUTSIDE);
    channel.variables.insert(THEN.to_owned(), OUTSIDE.to_owned());
    channel
}

#[test]
fn the_first_leg_leaves_the_second_as_long_to_talk_at_another_price() {
    let ledger = ledger();
    let mut held = String::new();
    let (mut first, mut second) = (first_leg(), second_leg());
    let ended = ledger.play_with(CALLER, &mut first, &[], |_, command| {
        if is_dial(command) {
            held = ledger.balance("ana").1;
            call(&ledger, &mut second, &[]);
        }
        Answer::AsAsterisk
    });
    ended.quietly();
    // 0.05 + 331 x 0.01 and 331 x 0.02 are 9.98; a second more would be 10.01. What is left pays for 332.
    assert_eq!(held, "3.36");
    assert_eq!(dials(&first), [format!("{BOBS_SIM},40,iS(331)")]);
    assert_eq!(dials(&second), [format!("PJSIP/{OUTSIDE}@carrier,40,iS(332)")]);
    ledger.check();
}

#[test]
fn what_pays_for_both_legs_of_the_longest_call_is_not_divided() {
    let ledger = ledger();
    ledger.ok(&["balance", "add", "ana", "1000"]);
    let mut first = first_leg();
    call(&ledger, &mut first, &[]);
    assert_eq!(dials(&first), [format!("{BOBS_SIM},40,iS(7200)")]);
}

#[test]
fn nobody_is_called_whose_second_leg_would_be_refused() {
    let ledger = ledger();
    for (settings, reason) in [("", "NO_ROUTE"), ("[dial]\noffnet = \"PJSIP/{number}@carrier\"\n", "TOO_MANY_CALLS")] {
        ledger.configure(settings);
        let mut first = first_leg();
        assert_eq!(call(&ledger, &mut first, &[]), reason);
        assert!(dials(&first).is_empty());
        ledger.ok(&["user", "update", "ana", "--max-calls", "1"]);
    }
    assert_eq!(ledger.balance("ana"), ("10".to_owned(), "0".to_owned()));
}

#[test]
fn what_is_no_number_is_not_called_next() {
    let ledger = ledger();
    for then in ["", BOB, "s", "5511&SIP/x"] {
        let mut channel = ana_calls_bob();
        channel.uniqueid.push_str(&then.len().to_string());
        channel.variables.insert(THEN.to_owned(), then.to_owned());
        call(&ledger, &mut channel, &[]);
        assert_eq!(dials(&channel).len(), 1, "{then}");
        assert!(dials(&channel)[0].starts_with(&format!("{BOBS_SIM},40,iS(9")), "everything is held: {then}");
    }
}
