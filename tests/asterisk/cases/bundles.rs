//! What bundles pay of a real call.

use crate::configuration::{Dialplan, Setup};
use crate::lab::Lab;
use crate::scenario::{STAYS, Then, answers};
use crate::version::Version;

on_both_versions! {
    a_call_that_the_limit_cuts_is_paid_by_its_bundles_and_then_by_the_balance,
    a_call_that_ends_before_leaves_the_rest_in_its_bundle,
}

fn a_call_that_the_limit_cuts_is_paid_by_its_bundles_and_then_by_the_balance(version: Version) {
    let lab = Lab::shared(version, Setup::PLAIN);
    let (ana, bia) = (lab.subscriber(1), lab.subscriber(0));
    lab.ledger().run(&["bundle", "add", &ana.name, "--seconds", "1", "--to", "onnet"]);
    lab.ledger().run(&["bundle", "add", &ana.name, "--bonus", "1"]);
    let call = lab.call(&ana, &bia, Dialplan::Hangup, &STAYS, &answers(Then::Stays));
    assert_eq!(call.callee.talked(), 3, "{:#?}", call.callee);
    let cdr = ana.cdrs().remove(0);
    assert_eq!((&cdr["billsec"], &cdr["charge"]), (&3.into(), &"1".into()), "{cdr:#}");
    assert_eq!((&cdr["free_seconds"], &cdr["bonus"]), (&1.into(), &"1".into()), "{cdr:#}");
    ana.assert_spent(1);
    lab.ledger().assert_sound();
}

fn a_call_that_ends_before_leaves_the_rest_in_its_bundle(version: Version) {
    let lab = Lab::shared(version, Setup::PLAIN);
    let (ana, bia) = (lab.subscriber(0), lab.subscriber(0));
    lab.ledger().run(&["bundle", "add", &ana.name, "--minutes", "1"]);
    let call = lab.call(&ana, &bia, Dialplan::Authorised, &STAYS, &answers(Then::HangsUpAfter(2500)));
    assert_eq!((call.over["status"].as_str(), call.over["seconds"].as_str()), ("GRANTED", "60"));
    ana.assert_spent(0);
    let bundle = lab.ledger().list(&["bundle", "list", &ana.name]).remove(0);
    assert_eq!((&bundle["left"], &bundle["held"]), (&"58".into(), &"0".into()), "{bundle:#}");
    lab.ledger().assert_sound();
}
