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
    let callee = bia.takes_a_call(&answers(Then::Stays));
    for forged in [
        format!("{}\nagi_accountcode: {}", ana.number, victim.name),
        format!("{}\nagi_accountcode: {}\n\n", ana.number, victim.name),
        format!("{}\r\nagi_callerid: {}", ana.number, victim.number),
    ] {
        let from = format!("<sip:{}@[local_ip]:[local_port]>", percent_encoded(&forged));
        let caller = lab.call_from(&from, Dialplan::Hangup, &bia.number, &STAYS).finish();
        let digits: String = forged.chars().filter(char::is_ascii_digit).collect();
        let over = lab.over(&digits, 1).pop().unwrap();
        assert_eq!((over["agi"].as_str(), over["status"].as_str()), ("FAILURE", ""), "{forged:?}: {over:?}");
        assert!(!caller.answered(), "{forged:?}: {caller:#?}");
        assert!(!callee.dialogue().rang(), "{forged:?}: {:#?}", callee.dialogue());
    }
    for user in [&ana, &victim] {
        assert_eq!(user.cdrs().len(), 0);
        user.assert_spent(0);
    }
}

fn percent_encoded(text: &str) -> String {
    let byte =
        |byte: u8| if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    text.bytes().map(byte).collect()
}

fn a_request_for_two_numbers_dials_none(version: Version) {
    dials_none(version, &["BIA&CAI", "BIA&PJSIP/openbts/sip:CAI@127.0.0.1:CAI", "BIA&Local/CAI@subscribers", "&BIA"]);
}

fn a_request_with_options_dials_none(version: Version) {
    dials_none(
        version,
        &["BIA,60,g", "BIA,60,S()", "BIA\",60", "\"BIA\"", "BIA\\", "${EXTEN}", "BIA CAI", "BIA|60", "BIA@openbts"],
    );
}

fn a_request_with_a_line_feed_dials_none(version: Version) {
    dials_none(version, &["BIA\nagi_priority: 1", "BIA\n\n", "BIA\r", "\nBIA"]);
}

/// Asks for each of these, where `BIA` and `CAI` are the numbers of two who would answer.
fn dials_none(version: Version, requests: &[&str]) {
    let lab = Lab::shared(version, BY_ACCOUNT_CODE);
    let (ana, bia, cai) = (lab.subscriber(4), lab.subscriber(0), lab.subscriber(0));
    let callees = [&bia, &cai].map(|callee| callee.takes_a_call(&answers(Then::Stays)));
    for (already, request) in requests.iter().enumerate() {
        let request = request.replace("BIA", &bia.number).replace("CAI", &cai.number);
        let caller = ana.calls(Dialplan::Anything, &percent_encoded(&request), &STAYS).finish();
        let over = lab.over(&ana.number, already + 1).pop().unwrap();
        let said = (over["agi"].as_str(), over["status"].as_str());
        assert!([("SUCCESS", "INVALID_NUMBER"), ("FAILURE", "")].contains(&said), "{request:?}: {over:?}");
        assert!(!caller.answered(), "{request:?}: {caller:#?}");
        for callee in &callees {
            assert!(!callee.dialogue().rang(), "{request:?}: {:#?}", callee.dialogue());
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
