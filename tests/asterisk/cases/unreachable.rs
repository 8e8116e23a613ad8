//! A callee that Asterisk cannot reach.

use crate::configuration::{Dialplan, Setup};
use crate::lab::Lab;
use crate::scenario::STAYS;
use crate::version::Version;

on_both_versions! { a_callee_without_an_endpoint_costs_nothing_and_holds_nothing }

const UNREACHABLE: Setup = Setup {
    celcombiller: r#"
[dial]
onnet = "PJSIP/nobody/sip:IMSI{imsi}@127.0.0.1:{number}"
ring_seconds = 5
"#,
    ..Setup::PLAIN
};

fn a_callee_without_an_endpoint_costs_nothing_and_holds_nothing(version: Version) {
    let lab = Lab::shared(version, UNREACHABLE);
    let (ana, bia) = (lab.subscriber(4), lab.subscriber(0));
    ana.calls(Dialplan::Hangup, &bia.number, &STAYS).finish();
    assert_eq!(lab.over(&ana.number, 1)[0]["dial"], "CHANUNAVAIL");
    ana.assert_charged("FAILED", 0);
}
