//! Phones that are rendered from the books: what they register with, who pays, and where calls go that they do not take.

use std::fs;

use crate::eventually::{eventually, eventually_or};
use crate::lab::Lab;
use crate::scenario::{Callee, Caller, STAYS, Then, answers};
use crate::version::{Version, skip};

on_both_versions! {
    a_phone_registers_with_the_rendered_secret_and_with_no_other,
    a_call_between_two_extensions_is_billed_to_the_payer,
    voicemail_answers_when_nobody_does,
    who_does_not_answer_forwards_and_pays_for_that,
    do_not_disturb_is_busy_or_forwards_and_the_forwarder_pays_for_that,
    a_name_is_shown_as_it_is_and_never_evaluated,
    what_asterisk_refuses_is_rolled_back,
    the_doctor_asks_asterisk_for_what_it_has,
}

fn the_doctor_asks_asterisk_for_what_it_has(version: Version) {
    let lab = Lab::inside(version);
    lab.extension("ana", &[]);
    lab.ledger().run(&["ringgroup", "add", "--members", "1000", "--music-on-hold-ringing", "jazz"]);
    lab.render();
    let asked = || {
        let report = lab.ledger().found(&["asterisk", "doctor"]);
        let findings = report["findings"].as_array().unwrap().clone();
        let of_asterisk = |check: &str| check.starts_with("Asterisk has ");
        findings.into_iter().filter(|finding| of_asterisk(finding["check"].as_str().unwrap())).collect::<Vec<_>>()
    };
    let all = asked();
    assert!(all.len() > 10 && all.iter().all(|finding| finding["ok"] == true), "{all:#?}");
    lab.console("module unload app_read.so");
    lab.extension("bob", &[]);
    lab.ledger().run(&["asterisk", "install"]);
    let faults: Vec<_> = asked().into_iter().filter(|finding| finding["ok"] == false).collect();
    let remedies: Vec<_> = faults.iter().map(|finding| finding["remedy"].as_str().unwrap()).collect();
    assert_eq!(remedies, ["billctl asterisk reload", "asterisk -rx 'module load app_read.so'"]);
}

fn what_asterisk_refuses_is_rolled_back(version: Version) {
    let lab = Lab::inside(version);
    lab.extension("ana", &[]);
    lab.render();
    let first = fs::read_to_string(lab.folder().join("etc/celcombiller/extensions.conf")).unwrap();
    // Without a file that must be there, Asterisk refuses the whole dialplan.
    let dialplan = lab.folder().join("etc/extensions.conf");
    let by_hand = fs::read_to_string(&dialplan).unwrap();
    fs::write(&dialplan, format!("{by_hand}#include nothing.conf\n")).unwrap();
    lab.extension("bob", &[]);
    lab.ledger().run(&["asterisk", "install"]);
    let said = lab.ledger().refused(&["asterisk", "reload"]);
    assert!(said.starts_with("error: Asterisk did not take extensions.conf\n"), "{said}");
    assert_eq!(fs::read_to_string(lab.folder().join("etc/celcombiller/extensions.conf")).unwrap(), first);
    assert!(lab.console("dialplan show 1000@celcombiller-extensions").contains("PJSIP/1000"));
    fs::write(&dialplan, by_hand).unwrap();
    lab.render();
    assert!(lab.console("dialplan show 1001@celcombiller-extensions").contains("PJSIP/1001"));
}

fn a_phone_registers_with_the_rendered_secret_and_with_no_other(version: Version) {
    let lab = Lab::inside(version);
    let ana = lab.extension("ana", &[]);
    lab.render();
    ana.registers_with("not-the-secret-at-all", 401);
    assert!(!lab.console("pjsip show contacts").contains("sip:1000@"));
    ana.registers();
    assert!(lab.console("pjsip show contacts").contains("sip:1000@"));
}

fn a_call_between_two_extensions_is_billed_to_the_payer(version: Version) {
    let lab = Lab::inside(version);
    let (ana, bob) = (lab.extension("ana", &[]), lab.extension("bob", &[]));
    lab.render();
    bob.registers();
    let callee = bob.takes_calls(&answers(Then::HangsUpAfter(2500)), 1);
    ana.calls(&bob.number, &STAYS).finish();
    assert_eq!(callee.finish().talked(), 2);
    eventually("ana pays", || (lab.left("ana") == 58).then_some(()));
    assert_eq!(lab.left("bob"), 60);
    let cdrs = lab.ledger().list(&["cdr", "list"]);
    assert_eq!(
        (&cdrs[0]["username"], &cdrs[0]["callee"], &cdrs[0]["dialled"]),
        (&"ana".into(), &"bob".into(), &"1001".into())
    );
    lab.ledger().assert_sound();
}

fn voicemail_answers_when_nobody_does(version: Version) {
    let lab = Lab::inside(version);
    if !lab.has_voicemail() {
        return skip("this Asterisk has no app_voicemail.so; make its root anew with tests/asterisk/setup");
    }
    let ana = lab.extension("ana", &[]);
    let bob = lab.extension("bob", &["--voicemail", "yes", "--ring-time", "2"]);
    lab.render();
    bob.registers();
    let callee = bob.takes_calls(&Callee::RingsOn, 9);
    let caller = ana.calls(&bob.number, &Caller::Talks(Then::HangsUpAfter(2500)));
    assert_eq!(caller.finish().heard().last(), Some(&"200"));
    assert!(callee.dialogue().rang());
    eventually("ana pays for talking to the box", || (lab.left("ana") < 60).then_some(()));
    assert!(lab.log().contains("VoiceMail(\"") && lab.log().contains("1001@celcombiller,u"));
    assert!(lab.console("voicemail show users for celcombiller").contains("1001"));
}

/// Waits until ana and bob, of 60 seconds each, have paid for two; tells what they paid where they did not.
fn await_both_legs(lab: &Lab) {
    let tell = || format!("both legs are paid, each by whose it is: {:#?}", lab.ledger().list(&["cdr", "list"]));
    eventually_or(tell, || (lab.left("ana") == 58 && lab.left("bob") == 58).then_some(()));
}

fn who_does_not_answer_forwards_and_pays_for_that(version: Version) {
    let lab = Lab::inside(version);
    let ana = lab.extension("ana", &["--caller-id", "5511999990000"]);
    let bob = lab.extension("bob", &["--forward-no-answer", "5521", "--ring-time", "2"]);
    let carrier = lab.carrier();
    lab.render();
    bob.registers();
    let ringing = bob.takes_calls(&Callee::RingsOn, 1);
    let outside = carrier.takes_a_call(&answers(Then::HangsUpAfter(2500)));
    ana.calls(&bob.number, &STAYS).finish();
    assert!(ringing.finish().rang());
    assert_eq!(outside.finish().talked(), 2);
    await_both_legs(&lab);
    let cdrs = lab.ledger().list(&["cdr", "list", "--user", "bob"]);
    assert_eq!((&cdrs[0]["dialled"], &cdrs[0]["trunk"]), (&"5521".into(), &"carrier".into()));
    // Whom ana calls outside sees the number that she shows there.
    let outside = carrier.takes_a_call(&answers(Then::HangsUpAfter(1000)));
    ana.calls("5521", &STAYS).finish();
    let shown = outside.shown().unwrap();
    assert!(shown.contains("<sip:5511999990000@"), "{shown}");
    lab.ledger().assert_sound();
}

fn do_not_disturb_is_busy_or_forwards_and_the_forwarder_pays_for_that(version: Version) {
    let lab = Lab::inside(version);
    let ana = lab.extension("ana", &[]);
    let bob = lab.extension("bob", &["--do-not-disturb", "yes"]);
    let third = lab.extension("ana", &[]);
    lab.render();
    bob.registers();
    third.registers();
    assert_eq!(ana.calls(&bob.number, &STAYS).finish().heard().last(), Some(&"486"));
    assert_eq!(lab.rung(), [], "the phone did not ring");
    lab.ledger().run(&["extension", "update", &bob.number, "--forward-busy", &third.number]);
    lab.render();
    let callee = third.takes_calls(&answers(Then::HangsUpAfter(2500)), 1);
    ana.calls(&bob.number, &STAYS).finish();
    assert_eq!(callee.finish().talked(), 2);
    await_both_legs(&lab);
    // Round and round: it ends, and costs nobody anything.
    lab.ledger().run(&["extension", "update", &third.number, "--forward-always", &bob.number]);
    lab.render();
    let heard = ana.calls(&bob.number, &STAYS).finish();
    assert!(heard.heard().last().is_some_and(|code| code.starts_with(['4', '5', '6'])), "{heard:?}");
    eventually("nothing is held", || {
        (lab.ledger().list(&["hold", "list"]).is_empty() && lab.left("ana") == 58).then_some(())
    });
    lab.ledger().assert_sound();
}

fn a_name_is_shown_as_it_is_and_never_evaluated(version: Version) {
    const NAME: &str = "Ana; [x] #include ${SHELL(touch /lab/data/ran)}";
    let lab = Lab::inside(version);
    let ana = lab.extension("ana", &["--name", NAME]);
    let bob = lab.extension("bob", &["--ring-time", "1"]);
    lab.ledger().run(&["ringgroup", "add", "--members", "1001", "--cid-name-prefix", "Sales: ", "--ring-time", "2"]);
    lab.render();
    assert!(lab.console("pjsip show endpoint 1000").contains(&format!("\"{NAME}\" <1000>")));
    bob.registers();
    let callee = bob.takes_calls(&Callee::RingsOn, 9);
    ana.calls(&bob.number, &Caller::Talks(Then::HangsUpAfter(1000))).finish();
    ana.calls("600", &STAYS).finish();
    assert!(callee.dialogue().rang());
    assert!(!lab.folder().join("data/ran").exists());
}
