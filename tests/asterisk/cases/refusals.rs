//! A refused call is an ordinary end: the reason is said, nobody is dialled, the channel is never answered.

use crate::configuration::{Dialplan, Setup};
use crate::dialogue::Dialogue;
use crate::lab::Lab;
use crate::port;
use crate::scenario::{STAYS, Then, answers};
use crate::version::Version;

on_both_versions! {
    an_unknown_caller,
    a_suspended_user,
    no_credit,
    no_route,
    an_invalid_number,
    a_prompt_is_played_before_any_answer,
}

fn an_unknown_caller(version: Version) {
    let lab = Lab::shared(version, Setup::PLAIN);
    let (stranger, bia) = (port::free().to_string(), lab.subscriber(4));
    let callee = bia.takes_a_call(&answers(Then::Stays));
    let from = format!("<sip:{stranger}@[local_ip]:[local_port]>");
    let caller = lab.call_from(&from, Dialplan::Hangup, &bia.number, &STAYS).finish();
    assert_refused(lab, &stranger, &caller, "UNKNOWN_CALLER");
    assert!(!callee.dialogue().rang());
    bia.assert_spent(0);
}

fn a_suspended_user(version: Version) {
    let lab = Lab::shared(version, Setup::PLAIN);
    let (ana, bia) = (lab.subscriber(4), lab.subscriber(0));
    lab.ledger().run(&["user", "suspend", &ana.name]);
    let callee = bia.takes_a_call(&answers(Then::Stays));
    let caller = ana.calls(Dialplan::Hangup, &bia.number, &STAYS).finish();
    assert_refused(lab, &ana.number, &caller, "SUSPENDED");
    assert!(!callee.dialogue().rang());
    ana.assert_spent(0);
}

fn no_credit(version: Version) {
    let lab = Lab::shared(version, Setup::PLAIN);
    let (ana, bia) = (lab.subscriber(0), lab.subscriber(4));
    let callee = bia.takes_a_call(&answers(Then::Stays));
    let caller = ana.calls(Dialplan::Hangup, &bia.number, &STAYS).finish();
    assert_refused(lab, &ana.number, &caller, "NO_CREDIT");
    assert_eq!(caller.heard().len(), 1, "no prompt is configured: {caller:#?}");
    assert!(!callee.dialogue().rang());
}

fn no_route(version: Version) {
    let lab = Lab::shared(version, Setup::PLAIN);
    let ana = lab.subscriber(4);
    let caller = ana.calls(Dialplan::Hangup, "5511999990002", &STAYS).finish();
    assert_refused(lab, &ana.number, &caller, "NO_ROUTE");
    ana.assert_spent(0);
}

fn an_invalid_number(version: Version) {
    let lab = Lab::shared(version, Setup::PLAIN);
    let ana = lab.subscriber(4);
    let caller = ana.calls(Dialplan::Anything, "not-a-number", &STAYS).finish();
    assert_refused(lab, &ana.number, &caller, "INVALID_NUMBER");
    ana.assert_spent(0);
}

fn a_prompt_is_played_before_any_answer(version: Version) {
    const WITH_PROMPTS: Setup = Setup {
        celcombiller: r#"
[prompts]
NO_CREDIT = "/lab/data/prompt"
"#,
        ..Setup::PLAIN
    };
    let lab = Lab::shared(version, WITH_PROMPTS);
    let (ana, bia) = (lab.subscriber(0), lab.subscriber(0));
    let caller = ana.calls(Dialplan::Hangup, &bia.number, &STAYS).finish();
    assert_refused(lab, &ana.number, &caller, "NO_CREDIT");
    assert_eq!(caller.heard()[0], "183", "{caller:#?}");
    assert!(caller.millis_between("183", caller.heard()[1]) >= 900, "the prompt lasts a second: {caller:#?}");
}

/// Asserts that the call ended with the reason, by a program that ended well, and without an answer.
fn assert_refused(lab: &Lab, number: &str, caller: &Dialogue, reason: &str) {
    let over = lab.over(number, 1).remove(0);
    assert_eq!((over["status"].as_str(), over["agi"].as_str()), (reason, "SUCCESS"), "{over:?}");
    assert_eq!(over["dial"], "", "nothing was dialled: {over:?}");
    assert!(!caller.answered(), "{caller:#?}");
}
