//! Calls at once from one account never spend the same second.

use crate::configuration::{Dialplan, Setup};
use crate::eventually::eventually;
use crate::lab::Lab;
use crate::scenario::{Callee, STAYS, Then};
use crate::version::Version;

on_both_versions! {
    two_calls_at_once_share_the_balance,
    with_funds_for_one_the_second_call_is_refused,
}

/// A call is granted four seconds at most, so that two can be up at once.
const SHORT_CALLS: Setup = Setup {
    celcombiller: r#"
[dial]
onnet = "PJSIP/openbts/sip:IMSI{imsi}@127.0.0.1:{number}"
ring_seconds = 5
[calls]
max_seconds = 4
"#,
    ..Setup::PLAIN
};

const PICKS_UP: Callee = Callee::Answers { ring: 200, then: Then::Stays };

fn two_calls_at_once_share_the_balance(version: Version) {
    let lab = Lab::shared(version, SHORT_CALLS);
    let (ana, bia, cai) = (lab.subscriber(6), lab.subscriber(0), lab.subscriber(0));
    let callees = [bia.takes_a_call(&PICKS_UP), cai.takes_a_call(&PICKS_UP)];
    let callers = [&bia, &cai].map(|callee| ana.calls(Dialplan::Hangup, &callee.number, &STAYS));
    for caller in callers {
        caller.finish();
    }
    let talked = callees.map(|callee| callee.finish().talked());
    let over = lab.over(&ana.number, 2);

    let mut granted: Vec<&str> = over.iter().map(|over| over["seconds"].as_str()).collect();
    granted.sort_unstable();
    assert_eq!(granted, ["2", "4"]);
    assert_eq!(talked.iter().sum::<u64>(), 6, "each was cut by its own limit: {talked:?}");
    ana.assert_spent(6);
}

fn with_funds_for_one_the_second_call_is_refused(version: Version) {
    let lab = Lab::shared(version, SHORT_CALLS);
    let (ana, bia, cai) = (lab.subscriber(4), lab.subscriber(0), lab.subscriber(0));
    let (bia_phone, cai_phone) = (bia.takes_a_call(&PICKS_UP), cai.takes_a_call(&PICKS_UP));
    let first = ana.calls(Dialplan::Hangup, &bia.number, &STAYS);
    eventually("the first call is up", || bia_phone.dialogue().answered().then_some(()));

    let second = ana.calls(Dialplan::Hangup, &cai.number, &STAYS).finish();
    let refused = lab.over(&ana.number, 1).remove(0);
    assert_eq!(refused["status"], "NO_CREDIT");
    assert!(!second.answered(), "{second:#?}");
    assert!(!cai_phone.dialogue().rang());

    first.finish();
    assert_eq!(bia_phone.finish().talked(), 4);
    lab.over(&ana.number, 2);
    ana.assert_spent(4);
}
