//! An emergency call is put through whatever the state of the books.

use crate::configuration::{Dialplan, Setup};
use crate::lab::Lab;
use crate::phone::Phone;
use crate::port;
use crate::scenario::{self, Callee, STAYS, Then};
use crate::version::Version;

on_both_versions! {
    a_free_number_is_dialled_without_a_database,
    any_other_number_is_refused_without_a_database,
}

const NO_DATABASE: Setup = Setup {
    celcombiller: r#"
[dial]
offnet = "PJSIP/openbts/sip:{number}@127.0.0.1:{phone_port}"
ring_seconds = 5
[free]
numbers = ["190"]
"#,
    ledger: false,
    ..Setup::PLAIN
};

fn a_free_number_is_dialled_without_a_database(version: Version) {
    let lab = Lab::shared(version, NO_DATABASE);
    let caller = port::free().to_string();
    let rescue = Callee::Answers { ring: 200, then: Then::HangsUpAfter(1500) };
    let rescue = Phone::waiting(lab, lab.ports.phone, &scenario::callee(&rescue));
    let from = format!("<sip:{caller}@[local_ip]:[local_port]>");
    lab.call_from(&from, Dialplan::Hangup, "190", &STAYS).finish();
    assert_eq!(rescue.finish().talked(), 1);
    let over = lab.over(&caller, 1).remove(0);
    assert_eq!((over["agi"].as_str(), over["dial"].as_str()), ("SUCCESS", "ANSWER"), "{over:?}");
    assert_eq!((over["billsec"].as_str(), over["charge"].as_str()), ("", ""), "nothing was settled: {over:?}");
    assert!(!lab.folder().join("data/celcombiller.db").exists(), "nothing made a database");
}

fn any_other_number_is_refused_without_a_database(version: Version) {
    let lab = Lab::shared(version, NO_DATABASE);
    let caller = port::free().to_string();
    let from = format!("<sip:{caller}@[local_ip]:[local_port]>");
    let dialogue = lab.call_from(&from, Dialplan::Hangup, "191", &STAYS).finish();
    let over = lab.over(&caller, 1).remove(0);
    assert_eq!((over["status"].as_str(), over["agi"].as_str()), ("UNAVAILABLE", "SUCCESS"), "{over:?}");
    assert!(!dialogue.answered(), "{dialogue:#?}");
}
