//! Ring groups on real phones: whom each strategy rings, in which order, and where calls go on to.

use crate::eventually::eventually;
use crate::extension::Extension;
use crate::lab::Lab;
use crate::phone::Phone;
use crate::scenario::{Callee, STAYS, Then, answers};
use crate::version::Version;

on_both_versions! {
    ringall_rings_all_at_once,
    hunt_rings_one_after_the_other,
    memoryhunt_rings_one_more_each_time,
    firstavailable_rings_the_first_that_is_there_and_nobody_else,
    firstnotonphone_rings_the_first_that_is_idle_and_nobody_else,
    a_primary_on_the_phone_keeps_the_others_quiet,
    an_unanswered_group_goes_on_to_its_destination,
    whoever_answers_first_has_the_call,
}

/// An Asterisk with a caller and three phones, 1001 to 1003, which are registered and ring on.
fn with_three(lab: &Lab) -> (Extension<'_>, Vec<Extension<'_>>) {
    let caller = lab.extension("ana", &[]);
    let phones: Vec<_> = (0..3).map(|_| lab.extension("bob", &[])).collect();
    lab.render();
    phones.iter().for_each(Extension::registers);
    (caller, phones)
}

fn ring_on(phones: &[Extension<'_>]) -> Vec<Phone> {
    phones.iter().map(|phone| phone.takes_calls(&Callee::RingsOn, 9)).collect()
}

/// Adds a group of the three that rings two seconds a step.
fn group(lab: &Lab, strategy: &str, flags: &[&str]) -> String {
    let members = ["ringgroup", "add", "--members", "1001,1002,1003", "--ring-time", "2", "--strategy", strategy];
    let group = lab.ledger().read(&[&members[..], flags].concat())["extension"].as_str().unwrap().to_owned();
    lab.render();
    group
}

/// Calls the group until nobody took it, and returns who was rung in which round of two seconds.
fn rounds(lab: &Lab, caller: &Extension<'_>, group: &str) -> Vec<Vec<String>> {
    let before = lab.rung().len();
    let heard = caller.calls(group, &STAYS).finish();
    assert!(!heard.answered(), "{heard:?}");
    let rung = lab.rung().split_off(before);
    let mut rounds: Vec<Vec<String>> = Vec::new();
    let mut began = 0;
    for (number, millis) in rung {
        if rounds.is_empty() || millis - began > 1500 {
            rounds.push(Vec::new());
            began = millis;
        }
        rounds.last_mut().unwrap().push(number);
    }
    rounds.iter_mut().for_each(|round| round.sort());
    rounds
}

fn ringall_rings_all_at_once(version: Version) {
    let lab = Lab::inside(version);
    let (caller, phones) = with_three(&lab);
    let _ringing = ring_on(&phones);
    assert_eq!(rounds(&lab, &caller, &group(&lab, "ringall", &[])), [["1001", "1002", "1003"]]);
    assert_eq!(rounds(&lab, &caller, &group(&lab, "ringall-prim", &[])), [["1001", "1002", "1003"]]);
    assert_eq!(lab.left("ana"), 60, "calls to groups are free");
}

fn hunt_rings_one_after_the_other(version: Version) {
    let lab = Lab::inside(version);
    let (caller, phones) = with_three(&lab);
    let _ringing = ring_on(&phones);
    for strategy in ["hunt", "hunt-prim"] {
        assert_eq!(rounds(&lab, &caller, &group(&lab, strategy, &[])), [["1001"], ["1002"], ["1003"]], "{strategy}");
    }
}

fn memoryhunt_rings_one_more_each_time(version: Version) {
    let lab = Lab::inside(version);
    let (caller, phones) = with_three(&lab);
    let _ringing = ring_on(&phones);
    for strategy in ["memoryhunt", "memoryhunt-prim"] {
        assert_eq!(
            rounds(&lab, &caller, &group(&lab, strategy, &[])),
            [vec!["1001"], vec!["1001", "1002"], vec!["1001", "1002", "1003"]],
            "{strategy}"
        );
    }
}

fn firstavailable_rings_the_first_that_is_there_and_nobody_else(version: Version) {
    let lab = Lab::inside(version);
    let caller = lab.extension("ana", &[]);
    let phones: Vec<_> = (0..3).map(|_| lab.extension("bob", &[])).collect();
    lab.render();
    phones[1..].iter().for_each(Extension::registers);
    let _ringing = ring_on(&phones[1..]);
    let first = group(&lab, "firstavailable", &[]);
    assert_eq!(rounds(&lab, &caller, &first), [["1002"]], "1001 is not registered");
    lab.ledger().run(&["extension", "update", "1002", "--do-not-disturb", "yes"]);
    lab.render();
    assert_eq!(rounds(&lab, &caller, &first), [["1003"]], "1002 is not to be disturbed");
}

/// Puts 1001 on the phone; the call lasts as long as the value.
fn talking<'lab>(lab: &'lab Lab, phones: &[Extension<'lab>]) -> (Phone, Phone) {
    let other = &phones[2];
    let callee = phones[0].takes_calls(&answers(Then::Stays), 1);
    let caller = other.calls("1001", &STAYS);
    eventually("1001 talks", || callee.dialogue().answered().then_some(()));
    eventually("Asterisk knows", || lab.console("core show channels concise").contains("!Up!").then_some(()));
    (callee, caller)
}

fn firstnotonphone_rings_the_first_that_is_idle_and_nobody_else(version: Version) {
    let lab = Lab::inside(version);
    let (caller, phones) = with_three(&lab);
    let _call = talking(&lab, &phones);
    let _ringing = ring_on(&phones[1..2]);
    assert_eq!(rounds(&lab, &caller, &group(&lab, "firstnotonphone", &[])), [["1002"]]);
    let mut without = rounds(&lab, &caller, &group(&lab, "firstavailable", &["--skip-busy-agent", "yes"]));
    assert_eq!(without.pop().unwrap(), ["1002"], "busy members are skipped");
}

fn a_primary_on_the_phone_keeps_the_others_quiet(version: Version) {
    let lab = Lab::inside(version);
    let (caller, phones) = with_three(&lab);
    let _call = talking(&lab, &phones);
    let _ringing = ring_on(&phones[1..2]);
    for strategy in ["ringall-prim", "hunt-prim", "memoryhunt-prim"] {
        let group = group(&lab, strategy, &[]);
        lab.ledger().run(&["extension", "update", "1001", "--call-waiting", "yes"]);
        lab.render();
        assert_eq!(rounds(&lab, &caller, &group), [["1001"]], "{strategy}: only the primary rings");
        lab.ledger().run(&["extension", "update", "1001", "--call-waiting", "no"]);
        lab.render();
        assert!(rounds(&lab, &caller, &group).is_empty(), "{strategy}: nobody rings");
    }
}

fn an_unanswered_group_goes_on_to_its_destination(version: Version) {
    let lab = Lab::inside(version);
    let (caller, phones) = with_three(&lab);
    let _ringing = ring_on(&phones[..2]);
    let last = phones[2].takes_calls(&answers(Then::HangsUpAfter(1000)), 1);
    let hunt = lab.ledger().read(&[
        "ringgroup",
        "add",
        "--members",
        "1001,1002",
        "--ring-time",
        "1",
        "--strategy",
        "hunt",
        "--destination",
        "1003",
    ]);
    lab.ledger().run(&["ringgroup", "add", "--members", "1001", "--ring-time", "1", "--destination", "600"]);
    lab.render();
    assert_eq!(hunt["extension"], "600");
    assert!(caller.calls("601", &STAYS).finish().answered());
    last.finish();
    let rung: Vec<String> = lab.rung().into_iter().map(|(number, _)| number).collect();
    assert_eq!(rung, ["1001", "1001", "1002", "1003"]);
}

fn whoever_answers_first_has_the_call(version: Version) {
    let lab = Lab::inside(version);
    let (caller, phones) = with_three(&lab);
    let _ringing = ring_on(&phones[..2]);
    let third = phones[2].takes_calls(&Callee::Answers { ring: 500, then: Then::HangsUpAfter(1500) }, 1);
    let group = group(&lab, "ringall", &["--destination", "1001"]);
    assert!(caller.calls(&group, &STAYS).finish().answered());
    assert_eq!(third.finish().talked(), 1);
    assert_eq!(lab.rung().len(), 3, "nobody is rung again after the call");
}
