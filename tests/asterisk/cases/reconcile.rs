//! Asterisk's own records, as it writes them, held against the books.

use std::collections::HashSet;
use std::fs;

use serde_json::{Value, json};

use super::call_files::BY_ACCOUNT_CODE;
use crate::configuration::{Dialplan, Setup};
use crate::eventually::eventually;
use crate::lab::Lab;
use crate::port;
use crate::process::{CALLER, REDUCER, kill_one};
use crate::scenario::{Callee, Caller, STAYS, Then, answers};
use crate::version::Version;

on_both_versions! {
    calls_of_every_end_are_no_difference,
    calls_of_every_end_are_no_difference_where_the_record_goes_on_in_h,
    a_caller_who_was_handed_over_differs_in_seconds,
    what_nobody_reported_is_found_in_every_file_and_charged_once,
}

/// What Asterisk writes of the same calls: without a header, with one of the operator's, and as a database.
const FILES: [&str; 3] = ["cdr-csv/Master.csv", "cdr-custom/Custom.csv", "master.db"];

impl Lab {
    /// Holds one of Asterisk's files against the books; returns whether all is well, the differences, and what is
    /// said of their number.
    pub(super) fn reconcile(&self, file: &str, flags: &[&str]) -> (bool, Vec<Value>, String) {
        let file = self.folder().join("log").join(file);
        let arguments = [&["cdr", "reconcile", file.to_str().unwrap(), "--zone", "UTC"], flags].concat();
        let output = self.ledger().output(&arguments);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        let differences = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {said}"));
        (output.status.success(), differences, said)
    }
}

const TALKS: Then = Then::HangsUpAfter(2500);
const BUSY: Callee = Callee::Rejects("486 Busy Here");
const CONGESTED: Callee = Callee::Rejects("503 Service Unavailable");

/// How a call arrives, what the caller does and what the callee does.
const KINDS: &[(Dialplan, Caller, Callee)] = &[
    (Dialplan::Hangup, STAYS, TALKS_BACK),
    (Dialplan::Hangup, STAYS, PICKS_UP),
    (Dialplan::Hangup, Caller::Talks(TALKS), PICKS_UP),
    (Dialplan::Hangup, Caller::CancelsAfter(1000), Callee::RingsOn),
    (Dialplan::Hangup, STAYS, Callee::RingsOn),
    (Dialplan::Hangup, STAYS, BUSY),
    (Dialplan::Hangup, STAYS, CONGESTED),
    (Dialplan::Last, STAYS, TALKS_BACK),
    (Dialplan::Last, STAYS, BUSY),
    (Dialplan::Announced, STAYS, TALKS_BACK),
    (Dialplan::Announced, STAYS, PICKS_UP),
    (Dialplan::Announced, Caller::Talks(Then::HangsUpAfter(4500)), Callee::RingsOn),
    (Dialplan::Announced, STAYS, Callee::RingsOn),
    (Dialplan::Announced, STAYS, BUSY),
    (Dialplan::Announced, STAYS, CONGESTED),
    (Dialplan::Authorised, STAYS, TALKS_BACK),
    (Dialplan::Authorised, STAYS, BUSY),
    (Dialplan::ReducedTwice, STAYS, TALKS_BACK),
    (Dialplan::Shipped, STAYS, TALKS_BACK),
    (Dialplan::Shipped, STAYS, PICKS_UP),
    (Dialplan::Shipped, STAYS, BUSY),
];
const PICKS_UP: Callee = Callee::Answers { ring: 2000, then: Then::Stays };
const TALKS_BACK: Callee = Callee::Answers { ring: 2000, then: TALKS };

fn calls_of_every_end_are_no_difference(version: Version) {
    of_every_end(&Lab::boot(version, BY_ACCOUNT_CODE));
}

fn calls_of_every_end_are_no_difference_where_the_record_goes_on_in_h(version: Version) {
    of_every_end(&Lab::boot(version, Setup { end_before_h: false, ..BY_ACCOUNT_CODE }));
}

fn of_every_end(lab: &Lab) {
    let (mut callers, mut callees) = (Vec::new(), Vec::new());
    for (dialplan, caller, callee) in KINDS {
        let (ana, bia) = (lab.subscriber(4), lab.subscriber(0));
        callees.push(bia.takes_a_call(callee));
        callers.push(ana.calls(*dialplan, &bia.number, caller));
    }
    let refused = [Dialplan::Hangup, Dialplan::Announced, Dialplan::Last];
    let nobody = lab.subscriber(0);
    callers.extend(refused.map(|dialplan| nobody.calls(dialplan, &nobody.number, &STAYS)));
    let twice = [(&BUSY, &TALKS_BACK), (&TALKS_BACK, &TALKS_BACK), (&TALKS_BACK, &BUSY), (&BUSY, &BUSY)];
    for (first, second) in twice {
        let (ana, bia, cai) = (lab.subscriber(10), lab.subscriber(0), lab.subscriber(0));
        callees.extend([bia.takes_a_call(first), cai.takes_a_call(second)]);
        callers.push(ana.calls(Dialplan::Twice, &format!("{}{}", bia.number, cai.number), &STAYS));
    }
    let (ana, bia, cai) = (lab.subscriber(40), lab.subscriber(0), lab.subscriber(0));
    callees.extend([bia.takes_a_call(&PICKS_UP), cai.takes_a_call(&TALKS_BACK)]);
    lab.callback(&ana, &bia, &cai);
    // Over two trunks: the first does not reach the network, the second calls two phones at once.
    let (ana, bia, cai) = (lab.subscriber(10), lab.subscriber(0), lab.subscriber(0));
    let outside = port::free().to_string();
    let both = [&bia, &cai].map(|user| format!("PJSIP/openbts/sip:{{number}}@127.0.0.1:{}", user.number)).join("&");
    for (name, dial, priority) in [("first", "PJSIP/nobody/sip:{number}@127.0.0.1:5060", "1"), ("both", &both, "2")] {
        lab.ledger().run(&["trunk", "add", name, "--dial", dial]);
        lab.ledger().run(&["route", "add", "--prefix", &outside, "--trunk", name, "--priority", priority]);
    }
    callees.extend([bia.takes_a_call(&Callee::RingsOn), cai.takes_a_call(&TALKS_BACK)]);
    callers.push(ana.calls(Dialplan::Hangup, &outside, &STAYS));
    for phone in callers.into_iter().chain(callees) {
        phone.finish();
    }
    lab.await_silence();
    lab.stop();

    let calls = KINDS.len() + 2 * twice.len() + 2 + 1;
    for file in FILES {
        let (well, differences, said) = lab.reconcile(file, &[]);
        assert_eq!((well, differences), (true, vec![]), "{file}: {said}");
        assert!(said.contains(&format!("{calls} calls compared: 0 differ")), "{file}: {said}");
    }
}

/// Asterisk's record of the talk ends where the callee hands the caller over. What they hear from then on has no callee
/// in its record, and is charged, within the grant: whether that is right is for the operator to say.
fn a_caller_who_was_handed_over_differs_in_seconds(version: Version) {
    let lab = Lab::shared(version, BY_ACCOUNT_CODE);
    let (ana, bia) = (lab.subscriber(4), lab.subscriber(0));
    let hands_over = answers(Then::Refers { after: 1000, to: "music".to_owned() });
    let callee = bia.takes_a_call(&hands_over);
    ana.calls(Dialplan::Hangup, &bia.number, &STAYS).finish();
    callee.finish();
    let expected = [json!(bia.number), json!("seconds"), json!(4)];
    eventually("Asterisk has written its records", || {
        // Before the first one there is no Master.csv.
        let (_, differences, _) = lab.reconcile(FILES[1], &[]);
        let told = |difference: &Value| ["dialled", "difference", "billsec"].map(|key| difference[key].clone());
        differences.iter().any(|difference| told(difference) == expected).then_some(())
    });
}

/// The funds of a call are what it may talk.
const UNREPORTED: Setup = Setup {
    celcombiller: r#"
[dial]
onnet = "PJSIP/openbts/sip:IMSI{imsi}@127.0.0.1:{number}"
ring_seconds = 15
"#,
    ..Setup::PLAIN
};

fn what_nobody_reported_is_found_in_every_file_and_charged_once(version: Version) {
    let lab = Lab::boot(version, UNREPORTED);
    // Funds, how the call arrives, what the callee does, as what it must be told, and the seconds to be charged.
    let kinds = [
        (10, Dialplan::Hangup, PICKS_UP, "not_charged", 10),
        (60, Dialplan::Hangup, answers(Then::HangsUpAfter(9500)), "not_charged", 9),
        // Asterisk counts three seconds of announcement and two of ringing; no more than was granted is charged.
        (8, Dialplan::Announced, PICKS_UP, "not_charged", 8),
        (60, Dialplan::Hangup, Callee::RingsOn, "still_held", 0),
    ];
    fs::remove_file(lab.folder().join("agi-bin").join(REDUCER)).unwrap();
    let users = kinds.each_ref().map(|(funds, ..)| (lab.subscriber(*funds), lab.subscriber(0)));
    let callees: Vec<_> = users.iter().zip(&kinds).map(|((_, bia), kind)| bia.takes_a_call(&kind.2)).collect();
    let callers: Vec<_> =
        users.iter().zip(&kinds).map(|((ana, bia), kind)| ana.calls(kind.1, &bia.number, &STAYS)).collect();
    let is_reached = |place: usize| {
        let dialogue = callees[place].dialogue();
        if place == 3 { dialogue.rang() } else { dialogue.answered() }
    };
    eventually("all are reached", || (0..kinds.len()).all(is_reached).then_some(()));
    for process in lab.running(CALLER, &HashSet::new()) {
        assert!(kill_one(process));
    }
    for phone in callees.into_iter().chain(callers) {
        phone.finish();
    }
    lab.await_silence();
    lab.stop();

    let told = |differences: &[Value]| {
        let of = |number: &str| differences.iter().find(|difference| difference["dialled"] == number).cloned();
        users.each_ref().map(|(_, bia)| {
            let found = of(&bia.number).unwrap_or_else(|| panic!("{} is not told: {differences:#?}", bia.number));
            ["difference", "charge"].map(|key| found[key].clone())
        })
    };
    for file in FILES {
        let (well, differences, _) = lab.reconcile(file, &[]);
        assert_eq!((well, differences.len()), (false, kinds.len()), "{file}: {differences:#?}");
        assert_eq!(told(&differences), kinds.each_ref().map(|kind| [json!(kind.3), Value::Null]), "{file}");
        let seen: u64 = differences.iter().filter_map(|difference| difference["seen_seconds"].as_u64()).sum();
        assert!(seen >= 10 + 9 + 3 + 2 + 8, "{file}: {differences:#?}");
    }
    let (well, differences, said) = lab.reconcile(FILES[0], &["--settle"]);
    assert!(well, "{said}");
    let charged = kinds.each_ref().map(|kind| [json!(kind.3), json!(kind.4.to_string())]);
    assert_eq!(told(&differences), charged);
    for file in FILES {
        assert_eq!(lab.reconcile(file, &["--settle"]).1, [] as [Value; 0], "{file}");
    }
    for ((ana, _), kind) in users.iter().zip(&kinds) {
        ana.assert_spent(kind.4);
    }
    lab.ledger().assert_sound();
}
