//! Who calls and who is called, by what a cell says of its SIMs.

use crate::configuration::{Dialplan, Setup};
use crate::lab::Lab;
use crate::scenario::{STAYS, Then, answers};
use crate::version::Version;

on_both_versions! { a_sim_calls_a_sim_by_its_imsi }

const BY_IMSI: Setup = Setup {
    celcombiller: r#"
[identify]
by = ["callerid", "imsi"]
[dial]
onnet = "PJSIP/openbts/sip:IMSI{imsi}@127.0.0.1:{number}"
ring_seconds = 5
"#,
    ..Setup::PLAIN
};

fn a_sim_calls_a_sim_by_its_imsi(version: Version) {
    let lab = Lab::shared(version, BY_IMSI);
    let (ana, bia) = (lab.subscriber(4), lab.subscriber(0));
    let callee = bia.takes_a_call(&answers(Then::HangsUpAfter(1500)));
    let from = format!("<sip:IMSI{}@[local_ip]:[local_port]>", ana.imsi);
    lab.call_from(&from, Dialplan::Anything, &format!("IMSI{}", bia.imsi), &STAYS).finish();
    assert_eq!(callee.finish().invited(), Some(format!("IMSI{}", bia.imsi).as_str()));
    lab.over(&ana.imsi, 1);
    ana.assert_charged("ANSWERED", 1);
}
