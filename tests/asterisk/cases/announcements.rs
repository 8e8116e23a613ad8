//! What a caller hears before the dial and near the end of the call: none of it answers the channel, and none is paid for.

use crate::configuration::{Dialplan, Setup};
use crate::lab::Lab;
use crate::scenario::{Callee, Caller, STAYS, Then, answers};
use crate::version::Version;

on_both_versions! {
    what_is_told_does_not_answer_the_channel_and_costs_nothing,
    what_is_told_on_an_answered_channel_costs_nothing,
    what_is_told_on_an_answered_channel_without_a_stamp_costs_nothing,
    a_user_is_told_in_the_language_of_the_account,
    a_sound_that_is_missing_is_passed_over,
    a_caller_who_hangs_up_while_being_told_pays_nothing_and_nobody_rings,
    a_warned_call_is_cut_at_the_limit,
    a_call_too_short_to_be_warned_is_cut_at_the_limit,
}

/// A balance and a time of one to nine seconds, by the sounds that come with Asterisk.
const TOLD: Setup = Setup {
    celcombiller: r#"
[dial]
onnet = "PJSIP/openbts/sip:IMSI{imsi}@127.0.0.1:{number}"
ring_seconds = 5
[announce]
balance = true
minutes = true
"#,
    ..Setup::PLAIN
};

const WARNED: Setup = Setup {
    celcombiller: r#"
[dial]
onnet = "PJSIP/openbts/sip:IMSI{imsi}@127.0.0.1:{number}"
ring_seconds = 5
limit = "warn"
warn_seconds = 3
warn_every_seconds = 1
warn_sound = "beep"
warn_connect_sound = "vm-youhave"
warn_timeout_sound = "/lab/data/prompt"
warn_callee = true
"#,
    ..Setup::PLAIN
};

const TALKS: Then = Then::HangsUpAfter(2500);

fn what_is_told_does_not_answer_the_channel_and_costs_nothing(version: Version) {
    let lab = Lab::shared(version, TOLD);
    let (ana, bia) = (lab.subscriber(4), lab.subscriber(0));
    let callee = bia.takes_a_call(&answers(TALKS));
    let caller = ana.calls(Dialplan::Hangup, &bia.number, &STAYS).finish();
    let callee = callee.finish();
    let heard = caller.heard();
    assert_eq!((heard[0], heard.last()), ("183", Some(&"200")), "{caller:#?}");
    let told = caller.millis_between("183", "200") - callee.millis_between("180", "200");
    assert!(told >= 4000, "two sentences take their time, {told} ms: {caller:#?}");
    lab.over(&ana.number, 1);
    ana.assert_charged("ANSWERED", 2);
}

fn what_is_told_on_an_answered_channel_costs_nothing(version: Version) {
    let lab = Lab::shared(version, TOLD);
    let (ana, bia) = (lab.subscriber(9), lab.subscriber(0));
    lab.call(&ana, &bia, Dialplan::Announced, &STAYS, &answers(TALKS));
    ana.assert_charged("ANSWERED", 2);
}

/// Two seconds of ringing are counted with two and a half of talk, as they are where nothing is told.
fn what_is_told_on_an_answered_channel_without_a_stamp_costs_nothing(version: Version) {
    let lab = Lab::shared(version, Setup { stamps_answers: false, ..TOLD });
    let (ana, bia) = (lab.subscriber(9), lab.subscriber(0));
    lab.call(&ana, &bia, Dialplan::Announced, &STAYS, &answers(TALKS));
    ana.assert_charged("ANSWERED", 4);
}

fn a_user_is_told_in_the_language_of_the_account(version: Version) {
    let lab = Lab::shared(version, TOLD);
    let (ana, bia) = (lab.subscriber(7), lab.subscriber(0));
    lab.ledger().run(&["user", "update", &ana.name, "--language", "eo"]);
    lab.call(&ana, &bia, Dialplan::Hangup, &STAYS, &Callee::Rejects("486 Busy Here"));
    let log = lab.log();
    let played: Vec<_> = log.lines().filter(|line| line.contains("(language 'eo')")).collect();
    for sound in ["vm-youhave", "digits/7", "seconds"] {
        let playing = format!("Playing '{sound}.");
        assert_eq!(played.iter().filter(|line| line.contains(&playing)).count(), 2, "{sound}: {played:#?}");
    }
    ana.assert_charged("BUSY", 0);
}

fn a_sound_that_is_missing_is_passed_over(version: Version) {
    const MISSING: Setup = Setup {
        celcombiller: r#"
[dial]
onnet = "PJSIP/openbts/sip:IMSI{imsi}@127.0.0.1:{number}"
ring_seconds = 5
[announce]
minutes = true
before_minutes = "celcombiller/not-recorded"
second_many = "celcombiller/not-recorded"
"#,
        ..Setup::PLAIN
    };
    let lab = Lab::shared(version, MISSING);
    let (ana, bia) = (lab.subscriber(8), lab.subscriber(0));
    let call = lab.call(&ana, &bia, Dialplan::Hangup, &STAYS, &answers(TALKS));
    assert_eq!(call.over["agi"], "SUCCESS", "{:?}", call.over);
    assert!(lab.log().contains("Playing 'digits/8."));
    ana.assert_charged("ANSWERED", 2);
}

fn a_caller_who_hangs_up_while_being_told_pays_nothing_and_nobody_rings(version: Version) {
    let lab = Lab::shared(version, TOLD);
    for millis in [100, 700, 1300] {
        let (ana, bia) = (lab.subscriber(9), lab.subscriber(0));
        let callee = bia.takes_a_call(&answers(Then::Stays));
        ana.calls(Dialplan::Hangup, &bia.number, &Caller::CancelsEarlyMediaAfter(millis)).finish();
        let over = lab.over(&ana.number, 1).remove(0);
        assert_eq!((over["dial"].as_str(), over["charge"].as_str()), ("", "0"), "nothing was dialled: {over:?}");
        ana.assert_charged("CANCEL", 0);
        assert!(!callee.dialogue().rang());
    }
}

fn a_warned_call_is_cut_at_the_limit(version: Version) {
    let lab = Lab::shared(version, WARNED);
    let (ana, bia) = (lab.subscriber(5), lab.subscriber(0));
    let call = lab.call(&ana, &bia, Dialplan::Hangup, &STAYS, &answers(Then::Stays));
    // The callee hears the prompt of a second at the end as well, so both legs outlast the limit by it.
    assert_eq!(call.callee.talked(), 6, "{:#?}", call.callee);
    ana.assert_charged("ANSWERED", 5);
    let log = lab.log();
    let heard = |sound: &str| log.lines().filter(|line| line.contains(&format!("Playing '{sound}."))).count();
    assert_eq!((heard("vm-youhave"), heard("/lab/data/prompt")), (2, 2), "by each of the two");
    // At three, two and one second before the end; which of the two timers comes first at the end is chance.
    assert!((6..=8).contains(&heard("beep")), "{} beeps", heard("beep"));
}

fn a_call_too_short_to_be_warned_is_cut_at_the_limit(version: Version) {
    const LATE: Setup = Setup {
        celcombiller: r#"
[dial]
onnet = "PJSIP/openbts/sip:IMSI{imsi}@127.0.0.1:{number}"
ring_seconds = 5
limit = "warn"
"#,
        ..Setup::PLAIN
    };
    let lab = Lab::shared(version, LATE);
    let (ana, bia) = (lab.subscriber(3), lab.subscriber(0));
    let call = lab.call(&ana, &bia, Dialplan::Hangup, &STAYS, &answers(Then::Stays));
    assert_eq!(call.callee.talked(), 3, "{:#?}", call.callee);
    ana.assert_charged("ANSWERED", 3);
}
