//! Calls whose programs run more often, or less often, than once.

use crate::call::Call;
use crate::configuration::{Dialplan, Setup};
use crate::eventually::eventually;
use crate::lab::Lab;
use crate::process;
use crate::scenario::{Callee, STAYS, Then, answers};
use crate::subscriber::Subscriber;
use crate::version::Version;

on_both_versions! {
    a_reducer_that_runs_twice_charges_once,
    the_second_dial_of_a_channel_is_a_call_of_its_own,
    a_second_dial_on_an_answered_channel_costs_its_own_talk,
    a_killed_caller_leaves_the_limit_and_the_reducer_charges,
    a_killed_caller_leaves_the_hangup_and_the_reducer_charges,
}

fn a_reducer_that_runs_twice_charges_once(version: Version) {
    let lab = Lab::shared(version, Setup::PLAIN);
    let (ana, bia) = (lab.subscriber(4), lab.subscriber(0));
    lab.call(&ana, &bia, Dialplan::ReducedTwice, &STAYS, &answers(Then::HangsUpAfter(2500)));
    ana.assert_charged("ANSWERED", 2);
}

fn the_second_dial_of_a_channel_is_a_call_of_its_own(version: Version) {
    let lab = Lab::shared(version, Setup::PLAIN);
    let (first, second) = (Callee::Rejects("486 Busy Here"), answers(Then::HangsUpAfter(2500)));
    dials_twice(lab, &first, &second, [("BUSY", 0), ("ANSWERED", 2)]);
}

fn a_second_dial_on_an_answered_channel_costs_its_own_talk(version: Version) {
    let lab = Lab::shared(version, Setup::PLAIN);
    let (first, second) = (answers(Then::HangsUpAfter(1500)), answers(Then::HangsUpAfter(2500)));
    dials_twice(lab, &first, &second, [("ANSWERED", 1), ("ANSWERED", 2)]);
}

/// Dials one callee after the other from one channel and expects these CDRs, in that order.
fn dials_twice(lab: &Lab, first: &Callee, second: &Callee, expected: [(&str, u64); 2]) {
    let (ana, bia, cai) = (lab.subscriber(10), lab.subscriber(0), lab.subscriber(0));
    let callees = [bia.takes_a_call(first), cai.takes_a_call(second)];
    let caller = ana.calls(Dialplan::Twice, &format!("{}{}", bia.number, cai.number), &STAYS);
    caller.finish();
    for callee in callees {
        callee.finish();
    }
    lab.over(&ana.number, 1);

    let cdrs = ana.cdrs();
    assert_eq!(cdrs.len(), 2, "two dials are two calls: {cdrs:#?}");
    let of =
        |callee: &Subscriber| cdrs.iter().find(|cdr| cdr["dialled"] == callee.number).expect("a CDR for each callee");
    let said = [of(&bia), of(&cai)].map(|cdr| (cdr["disposition"].as_str().unwrap(), cdr["billsec"].as_u64().unwrap()));
    assert_eq!(said, expected, "{cdrs:#?}");
    ana.assert_spent(expected.iter().map(|(_, seconds)| seconds).sum());
}

fn a_killed_caller_leaves_the_limit_and_the_reducer_charges(version: Version) {
    let lab = Lab::shared(version, Setup::PLAIN);
    let ana = lab.subscriber(6);
    let call = killed_while_talking(lab, &ana, Then::Stays);
    assert_eq!(call.callee.talked(), 6, "{:#?}", call.callee);
    ana.assert_charged("ANSWERED", 6);
}

fn a_killed_caller_leaves_the_hangup_and_the_reducer_charges(version: Version) {
    let lab = Lab::shared(version, Setup::PLAIN);
    let ana = lab.subscriber(10);
    // Long enough to be found talking on a busy machine.
    let call = killed_while_talking(lab, &ana, Then::HangsUpAfter(5500));
    assert_eq!(call.callee.talked(), 5, "{:#?}", call.callee);
    ana.assert_charged("ANSWERED", 5);
}

fn killed_while_talking(lab: &Lab, ana: &Subscriber, then: Then) -> Call {
    let bia = lab.subscriber(0);
    let callee = bia.takes_a_call(&answers(then));
    let caller = ana.calls(Dialplan::Argument, &bia.number, &STAYS);
    eventually("the phones talk", || callee.dialogue().answered().then_some(()));
    process::kill(&["celcombiller_caller", &format!("to={}", bia.number)]);
    caller.finish();
    let callee = callee.finish();
    let over = lab.over(&ana.number, 1).remove(0);
    assert_eq!(over["agi"], "FAILURE", "the caller's program was killed: {over:?}");
    Call { callee, over }
}
