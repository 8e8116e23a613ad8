//! A dialplan that asks for the grant and dials by itself.

use crate::configuration::{Dialplan, Setup};
use crate::lab::Lab;
use crate::scenario::{STAYS, Then, answers};
use crate::version::Version;

on_both_versions! {
    what_the_dialplan_dials_within_the_grant_is_settled_by_the_reducer,
    the_reducer_charges_the_whole_grant_when_the_limit_cuts,
    a_refusal_is_left_to_the_dialplan,
}

fn what_the_dialplan_dials_within_the_grant_is_settled_by_the_reducer(version: Version) {
    let lab = Lab::shared(version, Setup::PLAIN);
    let (ana, bia) = (lab.subscriber(4), lab.subscriber(0));
    let call = lab.call(&ana, &bia, Dialplan::Authorised, &STAYS, &answers(Then::HangsUpAfter(2500)));
    assert_eq!((call.over["status"].as_str(), call.over["seconds"].as_str()), ("GRANTED", "4"));
    assert_eq!(call.over["agi"], "SUCCESS");
    ana.assert_charged("ANSWERED", 2);
}

fn the_reducer_charges_the_whole_grant_when_the_limit_cuts(version: Version) {
    let lab = Lab::shared(version, Setup::PLAIN);
    let (ana, bia) = (lab.subscriber(3), lab.subscriber(0));
    let call = lab.call(&ana, &bia, Dialplan::Authorised, &STAYS, &answers(Then::Stays));
    assert_eq!(call.callee.talked(), 3, "{:#?}", call.callee);
    ana.assert_charged("ANSWERED", 3);
}

fn a_refusal_is_left_to_the_dialplan(version: Version) {
    let lab = Lab::shared(version, Setup::PLAIN);
    let (ana, bia) = (lab.subscriber(0), lab.subscriber(0));
    let callee = bia.takes_a_call(&answers(Then::Stays));
    ana.calls(Dialplan::Authorised, &bia.number, &STAYS).finish();
    let over = lab.over(&ana.number, 1).remove(0);
    assert_eq!((over["status"].as_str(), over["agi"].as_str()), ("NO_CREDIT", "SUCCESS"));
    assert!(!callee.dialogue().rang());
}
