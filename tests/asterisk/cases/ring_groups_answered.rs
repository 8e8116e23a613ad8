//! What comes of a call to a ring group: who gets it, who pays, what is heard and shown.

use crate::configuration::Dialplan;
use crate::eventually::eventually;
use crate::extension::Extension;
use crate::lab::Lab;
use crate::scenario::{Callee, Caller, STAYS, Then, answers};
use crate::version::Version;

on_both_versions! {
    a_call_that_is_to_be_confirmed_goes_to_whoever_presses_1,
    who_is_outside_confirms_as_those_inside_do,
    a_member_outside_is_billed_to_who_calls_or_to_the_groups_payer,
    the_caller_hears_the_groups_music_before_the_answer,
    callees_see_the_prefix_inside_and_the_changed_number_outside,
    members_on_the_phone_are_not_rung_where_they_are_skipped,
}

fn with_two(lab: &Lab) -> (Extension<'_>, [Extension<'_>; 2]) {
    let caller = lab.extension("ana", &["--name", "Ana"]);
    let phones = [lab.extension("bob", &[]), lab.extension("bob", &[])];
    lab.render();
    phones.iter().for_each(Extension::registers);
    (caller, phones)
}

fn group(lab: &Lab, flags: &[&str]) -> String {
    let group = lab.ledger().read(&[&["ringgroup", "add"], flags].concat())["extension"].as_str().unwrap().to_owned();
    lab.render();
    group
}

const TALKS: Caller = Caller::Talks(Then::HangsUpAfter(2500));

fn a_call_that_is_to_be_confirmed_goes_to_whoever_presses_1(version: Version) {
    let lab = Lab::inside(version);
    let (caller, phones) = with_two(&lab);
    let group = group(&lab, &["--members", "1001,1002", "--confirm-calls", "yes", "--ring-time", "20"]);
    let answered = |then| Callee::Answers { ring: 500, then };
    let (silent, taker) =
        (phones[0].takes_calls(&answered(Then::Stays), 1), phones[1].takes_calls(&answered(Then::Presses('1')), 1));
    assert!(caller.calls(&group, &TALKS).finish().answered());
    for phone in [silent, taker] {
        phone.finish();
    }
    let log = lab.log();
    let reached = |phone: &str| {
        let answers = format!("Local/{phone}@celcombiller-members-confirmed");
        log.lines().any(|line| line.contains(&answers) && line.contains(" answered PJSIP/1000"))
    };
    assert!(reached("1002") && !reached("1001"), "who pressed 1 has the call, and nobody else");
    // Another key is no consent, and no answer to the caller.
    let (one, other) = (
        phones[0].takes_calls(&answered(Then::Presses('2')), 1),
        phones[1].takes_calls(&Callee::Rejects("486 Busy"), 1),
    );
    let heard = caller.calls(&group, &STAYS).finish();
    assert!(!heard.answered(), "{heard:?}");
    assert!(one.finish().answered());
    other.finish();
}

fn who_is_outside_confirms_as_those_inside_do(version: Version) {
    let lab = Lab::inside(version);
    let (caller, _) = with_two(&lab);
    let carrier = lab.carrier();
    let group = group(&lab, &["--members", "5511#", "--confirm-calls", "yes", "--user", "bob"]);
    // Such as the voicemail of whoever is called there.
    let machine = carrier.takes_a_call(&Callee::Answers { ring: 500, then: Then::Stays });
    assert!(!caller.calls(&group, &STAYS).finish().answered());
    let seconds = machine.finish().talked();
    eventually("bob pays for what the carrier answered", || (lab.left("bob") == 60 - seconds).then_some(()));
    let person = carrier.takes_a_call(&Callee::Answers { ring: 500, then: Then::Presses('1') });
    assert!(caller.calls(&group, &TALKS).finish().answered());
    person.finish();
    // Also where a member inside is there: who forwards pays.
    lab.ledger().run(&["extension", "update", "1001", "--forward-always", "5511"]);
    lab.ledger().run(&["ringgroup", "update", &group, "--members", "1001"]);
    lab.render();
    let machine = carrier.takes_a_call(&Callee::Answers { ring: 500, then: Then::Stays });
    assert!(!caller.calls(&group, &STAYS).finish().answered());
    machine.finish();
    lab.ledger().assert_sound();
}

fn a_member_outside_is_billed_to_who_calls_or_to_the_groups_payer(version: Version) {
    let lab = Lab::inside(version);
    let (caller, _) = with_two(&lab);
    let carrier = lab.carrier();
    let group = group(&lab, &["--members", "5511#"]);
    let call = || {
        let outside = carrier.takes_a_call(&answers(Then::HangsUpAfter(2500)));
        caller.calls(&group, &STAYS).finish();
        assert_eq!(outside.finish().talked(), 2);
    };
    call();
    eventually("who calls pays", || (lab.left("ana") == 58 && lab.left("bob") == 60).then_some(()));
    lab.ledger().run(&["ringgroup", "update", &group, "--user", "bob"]);
    lab.render();
    call();
    eventually("the group's payer pays", || (lab.left("ana") == 58 && lab.left("bob") == 58).then_some(()));
    let cdrs = lab.ledger().list(&["cdr", "list"]);
    let trunks: Vec<_> = cdrs.iter().map(|cdr| (&cdr["dialled"], &cdr["trunk"])).collect();
    assert_eq!(trunks, [(&"5511".into(), &"carrier".into()); 2], "{cdrs:#?}");
    // Without funds nobody is called.
    lab.ledger().run(&["balance", "remove", "bob", "58"]);
    assert!(!caller.calls(&group, &STAYS).finish().answered());
    lab.ledger().assert_sound();
}

fn the_caller_hears_the_groups_music_before_the_answer(version: Version) {
    let lab = Lab::inside(version);
    let (caller, phones) = with_two(&lab);
    let group = group(&lab, &["--members", "1001", "--music-on-hold-ringing", "jazz"]);
    lab.console("rtp set debug on");
    let callee = phones[0].takes_calls(&answers(Then::HangsUpAfter(1000)), 1);
    let heard = caller.calls(&group, &STAYS).finish();
    callee.finish();
    assert_eq!(heard.heard(), ["401", "183", "200"], "sound instead of ringing");
    let log = lab.log();
    let before = log.split("answered Local/1001").next().unwrap();
    assert!(before.contains("Started music on hold, class 'jazz'"), "{before}");
    assert!(before.contains("Sent RTP packet to"), "{before}");
}

fn callees_see_the_prefix_inside_and_the_changed_number_outside(version: Version) {
    let lab = Lab::inside(version);
    let (caller, phones) = with_two(&lab);
    let carrier = lab.carrier();
    let group =
        group(&lab, &["--members", "1001,5511#", "--user", "bob", "--cid-name-prefix", "Sales: ", "--ring-time", "5"]);
    let shown = |from_trunk: bool| {
        let inside = phones[0].takes_calls(&Callee::RingsOn, 1);
        let outside = carrier.takes_a_call(&answers(Then::HangsUpAfter(1000)));
        match from_trunk {
            true => lab.call_from("\"Eva\" <sip:5599@127.0.0.1>", Dialplan::Trunk, &group, &STAYS).finish(),
            false => caller.calls(&group, &STAYS).finish(),
        };
        [inside.shown().unwrap(), outside.shown().unwrap()].map(|from| from.split('@').next().unwrap().to_owned())
    };
    let inside = "\"Sales: Ana\" <sip:1000";
    assert_eq!(shown(false), [inside, "\"Sales: Ana\" <sip:1000"]);
    let change = |how: &str| {
        lab.ledger().run(&["ringgroup", "update", &group, "--change-callerid", how, "--fixed-callerid", "5500"]);
        lab.render();
    };
    change("extern");
    assert_eq!(shown(false), [inside, "\"Sales: Ana\" <sip:1000"], "the caller is inside");
    assert_eq!(shown(true), ["\"Sales: Eva\" <sip:5599", "\"Sales: Eva\" <sip:5500"]);
    change("fixed");
    assert_eq!(shown(false), [inside, "\"Sales: Ana\" <sip:5500"]);
}

fn members_on_the_phone_are_not_rung_where_they_are_skipped(version: Version) {
    let lab = Lab::inside(version);
    let (caller, phones) = with_two(&lab);
    let other = lab.extension("bob", &[]);
    lab.render();
    let talking = phones[0].takes_calls(&answers(Then::Stays), 1);
    let _other = other.calls("1001", &STAYS);
    eventually("1001 talks", || talking.dialogue().answered().then_some(()));
    eventually("Asterisk knows", || lab.console("core show channels concise").contains("!Up!").then_some(()));
    let before = lab.rung().len();
    let group = group(&lab, &["--members", "1001,1002", "--skip-busy-agent", "yes", "--ring-time", "2"]);
    let _ringing = phones[1].takes_calls(&Callee::RingsOn, 1);
    caller.calls(&group, &STAYS).finish();
    let rung: Vec<_> = lab.rung().split_off(before).into_iter().map(|(number, _)| number).collect();
    assert_eq!(rung, ["1002"], "1001 is on the phone");
    // With call waiting and nobody skipped, it rings, and is told about the second call.
    lab.ledger().run(&["ringgroup", "update", &group, "--skip-busy-agent", "no"]);
    lab.render();
    let _ringing = phones[1].takes_calls(&Callee::RingsOn, 1);
    caller.calls(&group, &STAYS).finish();
    let mut rung: Vec<_> = lab.rung().split_off(before + 1).into_iter().map(|(number, _)| number).collect();
    rung.sort();
    assert_eq!(rung, ["1001", "1002"]);
}
