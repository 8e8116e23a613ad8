//! Who calls and who is called, by what a cell says of its SIMs.

use crate::configuration::{Dialplan, Setup};
use crate::lab::Lab;
use crate::scenario::{STAYS, Then, answers};
use crate::version::Version;

on_both_versions! {
    a_sim_calls_a_sim_by_its_imsi,
    an_account_code_pays_whatever_number_the_phone_shows,
}

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

const BY_ACCOUNT_CODE: Setup = Setup {
    celcombiller: r#"
[identify]
by = ["accountcode", "callerid"]
[dial]
onnet = "PJSIP/openbts/sip:IMSI{imsi}@127.0.0.1:{number}"
ring_seconds = 6
"#,
    ..Setup::PLAIN
};

/// The endpoint has the account code `office`; the phone shows the number of somebody else.
fn an_account_code_pays_whatever_number_the_phone_shows(version: Version) {
    let lab = Lab::shared(version, BY_ACCOUNT_CODE);
    let (victim, bia) = (lab.subscriber(4), lab.subscriber(0));
    victim.calls(Dialplan::Coded, &bia.number, &STAYS).finish();
    let over = lab.over(&victim.number, 1).remove(0);
    assert_eq!(over["status"], "UNKNOWN_CALLER", "a code that names nobody is not overlooked");
    lab.ledger().run(&["user", "add", "office", "--clid", "100", "--balance", "9"]);
    let callee = bia.takes_a_call(&answers(Then::HangsUpAfter(1500)));
    victim.calls(Dialplan::Coded, &bia.number, &STAYS).finish();
    callee.finish();
    lab.over(&victim.number, 2);
    victim.assert_spent(0);
    assert_eq!(lab.ledger().read(&["balance", "show", "office"])["balance"], "8");
}
