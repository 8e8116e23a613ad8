//! Nothing that a phone says adds a destination, an option or another account.

use crate::configuration::{Dialplan, Setup};
use crate::lab::Lab;
use crate::scenario::{STAYS, Then, answers};
use crate::version::Version;

on_both_versions! {
    a_line_feed_in_the_caller_number_forges_nothing,
    a_request_for_two_numbers_dials_none,
    a_request_with_options_dials_none,
    a_request_with_a_line_feed_dials_none,
    a_caller_name_with_quotes_and_commas_is_only_a_name,
}

/// Identifies by account code first, so that a forged one would count.
const BY_ACCOUNT_CODE: Setup = Setup {
    celcombiller: r#"
[identify]
by = ["accountcode", "callerid"]
[dial]
onnet = "PJSIP/openbts/sip:IMSI{imsi}@127.0.0.1:{number}"
offnet = "PJSIP/openbts/sip:{number}@127.0.0.1:{number}"
ring_seconds = 5
"#,
    ..Setup::PLAIN
};

fn a_line_feed_in_the_caller_number_forges_nothing(version: Version) {
    let lab = Lab::shared(version, BY_ACCOUNT_CODE);
    let (ana, victim, bia) = (lab.subscriber(4), lab.subscriber(4), lab.subscriber(0));
    for forged in [
        format!("{}%0Aagi_accountcode:%20{}", ana.number, victim.name),
        format!("{}%0Aagi_accountcode:%20{}%0A%0A", ana.number, victim.name),
        format!("{}%0D%0Aagi_callerid:%20{}", ana.number, victim.number),
    ] {
        let callee = bia.takes_a_call(&answers(Then::Stays));
        let from = format!("<sip:{forged}@[local_ip]:[local_port]>");
        let caller = lab.call_from(&from, Dialplan::Hangup, &bia.number, &STAYS).finish();
        assert!(!caller.answered(), "{forged}: {caller:#?}");
        assert!(!callee.dialogue().rang(), "{forged}: {:#?}", callee.dialogue());
    }
    for user in [&ana, &victim] {
        assert_eq!(user.cdrs().len(), 0);
        user.assert_spent(0);
    }
}

fn a_request_for_two_numbers_dials_none(version: Version) {
    let legs =
        ["BIA&CAI", "BIA%26CAI", "BIA%26PJSIP%2Fopenbts%2Fsip%3ACAI%40127.0.0.1%3ACAI", "BIA&Local/CAI%40subscribers"];
    dials_none(version, &legs);
}

fn a_request_with_options_dials_none(version: Version) {
    let options = [
        "BIA,60,g",
        "BIA%2C60%2CS%28%29",
        "BIA%22%2C60",
        "%22BIA%22",
        "BIA%5C",
        "$%7BEXTEN%7D",
        "BIA%20CAI",
        "BIA%7C60",
    ];
    dials_none(version, &options);
}

fn a_request_with_a_line_feed_dials_none(version: Version) {
    dials_none(version, &["BIA%0Aagi_priority:%201", "BIA%0A%0A", "BIA%0D", "%0ABIA"]);
}

/// Asks for each of these, where `BIA` and `CAI` are the numbers of two who would answer.
fn dials_none(version: Version, requests: &[&str]) {
    let lab = Lab::shared(version, BY_ACCOUNT_CODE);
    let (ana, bia, cai) = (lab.subscriber(4), lab.subscriber(0), lab.subscriber(0));
    let callees = [&bia, &cai].map(|callee| callee.takes_a_call(&answers(Then::Stays)));
    for request in requests {
        let request = request.replace("BIA", &bia.number).replace("CAI", &cai.number);
        let caller = ana.calls(Dialplan::Anything, &request, &STAYS).finish();
        assert!(!caller.answered(), "{request}: {caller:#?}");
        for callee in &callees {
            assert!(!callee.dialogue().rang(), "{request}: {:#?}", callee.dialogue());
        }
    }
    ana.assert_spent(0);
}

fn a_caller_name_with_quotes_and_commas_is_only_a_name(version: Version) {
    let lab = Lab::shared(version, BY_ACCOUNT_CODE);
    for name in [
        r#""O\"Neil, & Co: (1) \\""#,
        r#""agi_accountcode: vip""#,
        "\"${SHELL(touch /lab/data/owned)}\"",
        "\"Zoë \u{1f600}\"",
    ] {
        let (ana, bia) = (lab.subscriber(4), lab.subscriber(0));
        let callee = bia.takes_a_call(&answers(Then::HangsUpAfter(1500)));
        let from = format!("{name} <sip:{}@[local_ip]:[local_port]>", ana.number);
        lab.call_from(&from, Dialplan::Hangup, &bia.number, &STAYS).finish();
        callee.finish();
        lab.over(&ana.number, 1);
        ana.assert_charged("ANSWERED", 1);
    }
    assert!(!lab.folder().join("data/owned").exists());
}
