//! The evidence of how long a call was talked: the status, the times and the stamp that a dial leaves.

use std::thread;

use celcombiller::agi::stand_in::{Answer, CalleeBehaviour};

use crate::outcome::{is_closed_at, is_record};
use crate::script::{
    BOBS_SIM, CALL, CALLER, ana_calls_bob, answers, call, call_that_ends_with, dialled_by_the_dialplan, ends_with,
};
use crate::support::{Ledger, commands, is_dial};
use crate::transcript::{ENDING, dials, plain, reads_the_ending};

/// No figure means talk unless Dial says that it was answered.
#[test]
fn times_that_an_unanswered_dial_leaves_behind_are_not_charged() {
    let ledger = Ledger::in_euros();
    let mut channel = ana_calls_bob();
    call_that_ends_with(&ledger, &mut channel, "NOANSWER|30|30000|1763690000.000").quietly();
    is_record(&ledger, CALL, ("NO ANSWER", 0, "0"));
    is_closed_at(&ledger, "10");
}

/// The channel was up for 100 s before the dial, and Asterisk counts them; then it rang for a second and was
/// talked on for another.
#[test]
fn an_announcement_before_the_dial_is_not_charged() {
    let charged_for = |stamps: &str, times: &str, billsec: u64| {
        let ledger = Ledger::with_ana_and_bob(600);
        let mut channel = ana_calls_bob();
        channel.callee = answers(1, 1);
        dialled_by_the_dialplan(
            &mut channel,
            [("CHANNEL(state)", "Up"), ("DIALPLAN_EXISTS(celcombiller-answered,s,1)", stamps)],
        );
        let ended = ledger.play_with(CALLER, &mut channel, &[], |channel, command| {
            if !reads_the_ending(channel, command) {
                return Answer::AsAsterisk;
            }
            let stamp = channel.variable("CELCOMBILLER_ANSWERED");
            ends_with(command, &format!("ANSWER|{times}|{stamp}"))
        });
        ended.quietly();
        let option = if stamps == "1" { "U(celcombiller-answered)" } else { "" };
        assert_eq!(dials(&channel), [format!("{BOBS_SIM},40,i{option}S(600)")]);
        is_record(&ledger, CALL, ("ANSWERED", billsec, &billsec.to_string()));
    };
    thread::scope(|cases| {
        for (stamps, times, billsec) in [("1", "102|102500", 1), ("", "102|102500", 2), ("", "1|1500", 1)] {
            cases.spawn(move || charged_for(stamps, times, billsec));
        }
    });
}

#[test]
fn a_stamp_that_an_earlier_dial_left_is_wiped_before_the_next() {
    let ledger = Ledger::with_ana_and_bob(600);
    let mut channel = ana_calls_bob();
    dialled_by_the_dialplan(&mut channel, [("CELCOMBILLER_ANSWERED", "1763690000.000"), ("DIALSTATUS", "ANSWER")]);
    channel.callee = CalleeBehaviour::Fails("BUSY");
    assert_eq!(call(&ledger, &mut channel, &[]), "GRANTED");
    let wiped: Vec<_> = commands(&channel.dialogue).filter(|said| said.ends_with(" \"\"")).collect();
    assert_eq!(wiped, ["SET VARIABLE \"DIALSTATUS\" \"\"", "SET VARIABLE \"CELCOMBILLER_ANSWERED\" \"\""]);
    is_closed_at(&ledger, "600");
}

/// An answer whose times cannot be read is charged by what bounds it from above, and never as nothing: here
/// by the second that the dial took, of the 60 that were granted.
#[test]
fn an_answer_without_readable_times_is_charged_by_what_bounds_it() {
    let charged_for = |times: &str, billsec: u64| {
        let ledger = Ledger::with_ana_and_bob(60);
        let mut channel = ana_calls_bob();
        channel.callee = answers(1, 0);
        let ended = call_that_ends_with(&ledger, &mut channel, &format!("ANSWER|{times}|"));
        let odd = !["|", "0|0"].contains(&times);
        assert_eq!(ended.stderr.contains("was the clock set?"), odd, "{times}: {}", ended.stderr);
        let (seconds, millis) = times.split_once('|').unwrap();
        dialled_by_the_dialplan(
            &mut channel,
            [("DIALSTATUS", "ANSWER"), ("ANSWEREDTIME", seconds), ("ANSWEREDTIME_MS", millis)],
        );
        ledger.hang_up(&mut channel).quietly();
        is_record(&ledger, CALL, ("ANSWERED", billsec, &billsec.to_string()));
        is_closed_at(&ledger, &(60 - billsec).to_string());
    };
    thread::scope(|cases| {
        for (times, billsec) in [
            ("|", 1),
            ("x|y", 1),
            ("-1|-1", 1),
            ("1e3|", 1),
            ("99999999999999999999|99999999999999999999", 1),
            ("18446744073709551615|", 1),
            ("7|", 1),
            ("|7009", 1),
            ("0|0", 0),
        ] {
            cases.spawn(move || charged_for(times, billsec));
        }
    });
}

#[test]
fn the_operator_is_told_when_the_reducer_reads_a_time_that_is_none() {
    let ledger = Ledger::with_ana_and_bob(60);
    let mut channel = ana_calls_bob();
    call(&ledger, &mut channel, &["authorise"]);
    dialled_by_the_dialplan(
        &mut channel,
        [("DIALSTATUS", "ANSWER"), ("ANSWEREDTIME", "-3540"), ("ANSWEREDTIME_MS", "-3540000")],
    );
    let told = ledger.hang_up(&mut channel).stderr;
    assert!(told.contains("talked for `-3540000`: was the clock set?"), "{told}");
    is_record(&ledger, CALL, ("ANSWERED", 0, "0"));
}

#[test]
fn a_redirected_call_is_left_to_the_channels_end() {
    let ledger = Ledger::with_ana_and_bob(600);
    let mut channel = ana_calls_bob();
    channel.callee = answers(0, 1);
    call_that_ends_with(&ledger, &mut channel, "ANSWER|||").quietly();
    let after: Vec<_> =
        commands(&channel.dialogue).skip_while(|command| !is_dial(command)).skip(1).map(plain).collect();
    assert_eq!(after, [ENDING], "the net stays for the talk that goes on");
    assert_eq!(ledger.balance("ana"), ("600".to_owned(), "600".to_owned()));
    dialled_by_the_dialplan(&mut channel, [("ANSWEREDTIME", ""), ("ANSWEREDTIME_MS", "")]);
    ledger.hang_up(&mut channel).quietly();
    is_record(&ledger, CALL, ("ANSWERED", 1, "1"));
}

#[test]
fn what_is_reported_beyond_the_grant_is_recorded_and_not_charged() {
    let ledger = Ledger::with_ana_and_bob(5);
    let mut channel = ana_calls_bob();
    assert_eq!(call(&ledger, &mut channel, &["authorise"]), "GRANTED");
    dialled_by_the_dialplan(&mut channel, [("DIALSTATUS", "ANSWER"), ("ANSWEREDTIME_MS", "8999")]);
    let ended = ledger.hang_up(&mut channel);
    assert_eq!(ended.stderr, format!("celcombiller: call {CALL} was talked 3 s longer than granted; not charged\n"));
    let cdr = ledger.json(&["cdr", "show", CALL]);
    assert_eq!((&cdr["billsec"], &cdr["granted"], &cdr["overrun"]), (&5.into(), &5.into(), &3.into()));
    is_closed_at(&ledger, "0");
}
