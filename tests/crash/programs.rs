//! Every program that moves money, killed at every write, sync and word: what was done stays done, once.

use std::fs;

use celcombiller::agi::stand_in::Channel;

use crate::books::Books;
use crate::kept_ends::call_into;
use crate::kills::{Program, Victim};
use crate::outages::Outage;
use crate::script::{ANA, BOB, CALLER, FAR_AHEAD, REDUCER, kill_the_caller_mid_dial};
use crate::support::Ledger;

/// A channel whose caller's program was killed while Dial ran, and which hangs up.
fn hung_up(books: &mut Books) -> Channel {
    let mut channel = books.ana_calls(BOB);
    kill_the_caller_mid_dial(&books.ledger, &mut channel);
    channel.extension = "h".to_owned();
    channel
}

/// Makes a call whose end is kept beside the books.
fn keep_an_end(books: &mut Books) {
    call_into(Outage::Missing, books, |_, _| {});
}

fn words(command: &str) -> Vec<String> {
    command.split(' ').map(str::to_owned).collect()
}

fn victim(ledger: Ledger, program: Program, pages: usize) -> Victim {
    Victim { ledger, program, pages, resident: false }
}

#[test]
fn a_call_whose_caller_is_killed_anywhere_is_charged_once_or_not_at_all() {
    let mut books = Books::new();
    let channel = books.ana_calls(BOB);
    victim(books.ledger, Program::Call(CALLER, channel), 3).is_killed_everywhere("celcombiller-caller");
}

#[test]
fn a_call_whose_caller_is_killed_anywhere_beside_others_is_charged_once_or_not_at_all() {
    let mut books = Books::new();
    let channel = books.ana_calls(BOB);
    let victim = Victim { resident: true, ..victim(books.ledger, Program::Call(CALLER, channel), 3) };
    victim.is_killed_everywhere("celcombiller-caller beside others");
}

#[test]
fn a_call_that_bundles_pay_and_whose_caller_is_killed_anywhere_is_charged_once_or_not_at_all() {
    let mut books = Books::with_bundles();
    let channel = books.ana_calls(BOB);
    victim(books.ledger, Program::Call(CALLER, channel), 3).is_killed_everywhere("celcombiller-caller with bundles");
}

#[test]
fn a_call_over_a_second_trunk_whose_caller_is_killed_anywhere_is_charged_once_or_not_at_all() {
    let ledger = Books::new().ledger;
    for trunk in ["first", "second"] {
        ledger.ok(&["trunk", "add", trunk, "--dial", &format!("PJSIP/{{number}}@{trunk}")]);
        ledger.ok(&["route", "add", "--prefix", "55", "--trunk", trunk]);
    }
    let mut channel = Channel::new("1763690000.1", ANA, "5511");
    channel.unreachable.insert("PJSIP/5511@first".to_owned(), "CONGESTION");
    victim(ledger, Program::Call(CALLER, channel), 4).is_killed_everywhere("celcombiller-caller over two trunks");
}

#[test]
fn a_call_that_ends_in_an_outage_and_whose_caller_is_killed_anywhere_is_charged_once_or_not_at_all() {
    let mut books = Books::new();
    let channel = books.ana_calls(BOB);
    victim(books.ledger, Program::CallIntoOutage(channel), 3).is_killed_everywhere("celcombiller-caller in an outage");
}

#[test]
fn a_call_whose_reducer_is_killed_anywhere_is_charged_once() {
    let mut books = Books::new();
    let channel = hung_up(&mut books);
    victim(books.ledger, Program::Call(REDUCER, channel), 2).is_killed_everywhere("celcombiller-reducer");
}

#[test]
fn a_call_whose_reducer_is_killed_anywhere_beside_others_is_charged_once() {
    let mut books = Books::new();
    let channel = hung_up(&mut books);
    let victim = Victim { resident: true, ..victim(books.ledger, Program::Call(REDUCER, channel), 2) };
    victim.is_killed_everywhere("celcombiller-reducer beside others");
}

#[test]
fn a_call_whose_reducer_is_killed_anywhere_while_it_copies_a_long_log_back_is_charged_once() {
    let mut books = Books::new();
    books.ledger.ok(&["balance", "add", "ana", "90"]);
    let log = books.ledger.folder.path().join("celcombiller.db-wal");
    while fs::metadata(&log).map_or(0, |log| log.len()) < 80 * 4120 {
        // Nobody who ends by itself copies it back meanwhile.
        hung_up(&mut books);
    }
    let channel = hung_up(&mut books);
    victim(books.ledger, Program::Call(REDUCER, channel), 2)
        .is_killed_everywhere("celcombiller-reducer with a long log");
}

#[test]
fn an_end_that_was_kept_and_whose_poster_is_killed_anywhere_is_posted_once() {
    let mut books = Books::new();
    keep_an_end(&mut books);
    let channel = hung_up(&mut books);
    victim(books.ledger, Program::Call(REDUCER, channel), 4)
        .is_killed_everywhere("celcombiller-reducer with a kept end");
}

#[test]
fn an_expiry_that_is_killed_anywhere_is_done_once_by_the_next() {
    let mut books = Books::new();
    keep_an_end(&mut books);
    hung_up(&mut books);
    let program = Program::Again(words(&format!("hold expire --as-of {FAR_AHEAD}")));
    victim(books.ledger, program, 4).is_killed_everywhere("billctl hold expire");
}

#[test]
fn credit_of_groups_that_is_killed_anywhere_is_given_once_by_the_next_run() {
    let ledger = Ledger::with_ana_and_bob(0);
    for group in ["club", "team"] {
        let plan = words("--every week --day 1 --month 1 --year 3000 --open-ended --amount 1 --user ana --user bob");
        let add: Vec<&str> = ["group", "add", group].into_iter().chain(plan.iter().map(String::as_str)).collect();
        ledger.ok(&add);
    }
    let program = Program::Again(words("group credit --as-of 3000-01-01"));
    victim(ledger, program, 3).is_killed_everywhere("billctl group credit");
}

#[test]
fn a_voucher_whose_redeeming_is_killed_anywhere_is_redeemed_once() {
    let ledger = Ledger::with_ana_and_bob(0);
    let issued = ledger.json(&["voucher", "generate", "--count", "1", "--amount", "5"]);
    let mut redeem = words("voucher redeem CODE ana");
    redeem[2] = issued[0]["code"].as_str().unwrap().to_owned();
    victim(ledger, Program::Again(redeem), 2).is_killed_everywhere("billctl voucher redeem");
}

#[test]
fn a_payment_with_a_reference_that_is_killed_anywhere_is_credited_once_by_the_next_run() {
    let program = words("refill add ana 11.90 --vat 19 --method card --reference shop-4711");
    victim(Ledger::in_euros(), Program::Again(program), 2).is_killed_everywhere("billctl refill add --reference");
}

#[test]
fn a_payment_that_is_killed_anywhere_is_credited_as_a_whole_or_not_at_all() {
    let program = words("refill add ana 11.90 --vat 19");
    victim(Ledger::in_euros(), Program::AgainIfMissing(program), 2).is_killed_everywhere("billctl refill add");
}

#[test]
fn a_transfer_that_is_killed_anywhere_takes_place_as_a_whole_or_not_at_all() {
    let program = words("balance transfer ana bob 5");
    victim(Ledger::in_euros(), Program::AgainIfMissing(program), 2).is_killed_everywhere("billctl balance transfer");
}

#[test]
fn a_reversal_that_is_killed_anywhere_is_done_once_by_the_next_run() {
    let ledger = Ledger::in_euros();
    let entry = ledger.json(&["balance", "history", "ana"])[0]["id"].to_string();
    let program = words(&format!("balance reverse {entry} --note WHY"));
    victim(ledger, Program::Again(program), 2).is_killed_everywhere("billctl balance reverse");
}

#[test]
fn bundles_whose_expiry_is_killed_anywhere_are_taken_back_once_by_the_next() {
    let ledger = Books::with_bundles().ledger;
    for bundle in ["--seconds 60 --days 1", "--bonus 2 --days 2"] {
        let add = words(&format!("bundle add ana {bundle}"));
        ledger.ok(&add.iter().map(String::as_str).collect::<Vec<_>>());
    }
    let program = Program::Again(words(&format!("bundle expire --as-of {FAR_AHEAD}")));
    victim(ledger, program, 2).is_killed_everywhere("billctl bundle expire");
}

#[test]
fn a_call_whose_spooling_is_killed_anywhere_is_spooled_once_by_the_next_run() {
    let ledger = Ledger::in_euros();
    ledger.configure("[identify]\nby = [\"accountcode\"]\n");
    let outgoing = ledger.folder.path().join("outgoing");
    fs::create_dir(&outgoing).unwrap();
    let call =
        "call spool --id once --user ana --channel Local/999999998@celcombiller/n --application Echo --spool-dir";
    let program = words(&format!("{call} {}", outgoing.display()));
    victim(ledger, Program::Again(program), 2).is_killed_everywhere("billctl call spool --user");
}
