//! The dialplan that `billctl asterisk dialplan` prints, loaded as it is.

use crate::configuration::{Dialplan, Setup};
use crate::eventually::eventually;
use crate::lab::Lab;
use crate::scenario::{Caller, STAYS, Then, answers};
use crate::version::Version;

on_both_versions! { a_call_is_cut_at_the_limit_and_charged, a_cancelled_call_costs_nothing }

const SHIPPED: Setup = Setup { shipped_dialplan: true, ..Setup::PLAIN };

fn a_call_is_cut_at_the_limit_and_charged(version: Version) {
    let lab = Lab::shared(version, SHIPPED);
    let (ana, bia) = (lab.subscriber(3), lab.subscriber(0));
    let callee = bia.takes_a_call(&answers(Then::Stays));
    ana.calls(Dialplan::Shipped, &bia.number, &STAYS).finish();
    assert_eq!(callee.finish().talked(), 3);
    eventually("the call is settled", || (!ana.cdrs().is_empty()).then_some(()));
    ana.assert_charged("ANSWERED", 3);
}

fn a_cancelled_call_costs_nothing(version: Version) {
    let lab = Lab::shared(version, SHIPPED);
    let (ana, bia) = (lab.subscriber(3), lab.subscriber(0));
    let callee = bia.takes_a_call(&crate::scenario::Callee::RingsOn);
    ana.calls(Dialplan::Shipped, &bia.number, &Caller::CancelsAfter(500)).finish();
    callee.finish();
    eventually("the call is settled", || (!ana.cdrs().is_empty()).then_some(()));
    ana.assert_charged("CANCEL", 0);
}
