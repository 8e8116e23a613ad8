//! The limit sits on the callee's channel and can be lost; a second net on the caller's catches what falls through.

use crate::configuration::{Dialplan, Setup};
use crate::eventually::eventually;
use crate::lab::Lab;
use crate::scenario::{Callee, Caller, STAYS, Then, answers};
use crate::subscriber::Subscriber;
use crate::version::Version;

on_both_versions! {
    a_callee_that_rings_to_the_last_second_talks_the_whole_grant,
    a_limit_with_a_warning_cuts_at_the_same_second,
    a_local_channel_that_removes_itself_is_cut_within_the_ring_time,
    a_caller_whom_the_callee_hands_over_is_cut_within_the_ring_time,
    a_callee_whom_the_caller_hands_over_is_cut_at_the_limit,
    a_redirected_caller_is_cut_within_the_ring_time,
    a_redirected_callee_is_cut_at_the_limit,
}

const GRANT: u64 = 3;
const RING: u64 = 5;
/// How long Asterisk takes to hang up, generously, on a busy machine.
const LATENESS_MILLIS: u64 = 1500;

const WARNED: Setup = Setup {
    celcombiller: r#"
[dial]
onnet = "PJSIP/openbts/sip:IMSI{imsi}@127.0.0.1:{number}"
ring_seconds = 5
limit = "L"
warn_seconds = 2
warn_every_seconds = 1
"#,
    ..Setup::PLAIN
};

const LOCAL: Setup = Setup {
    celcombiller: r#"
[dial]
onnet = "Local/{number}@subscribers"
ring_seconds = 5
"#,
    ..Setup::PLAIN
};

fn a_callee_that_rings_to_the_last_second_talks_the_whole_grant(version: Version) {
    let lab = Lab::shared(version, Setup::PLAIN);
    let (ana, bia) = (lab.subscriber(GRANT), lab.subscriber(0));
    let late = Callee::Answers { ring: 4500, then: Then::Stays };
    let call = lab.call(&ana, &bia, Dialplan::Hangup, &STAYS, &late);
    assert_eq!(call.callee.talked(), GRANT, "{:#?}", call.callee);
    ana.assert_charged("ANSWERED", GRANT);
}

fn a_limit_with_a_warning_cuts_at_the_same_second(version: Version) {
    let lab = Lab::shared(version, WARNED);
    let (ana, bia) = (lab.subscriber(GRANT), lab.subscriber(0));
    let call = lab.call(&ana, &bia, Dialplan::Hangup, &STAYS, &PICKS_UP);
    assert_eq!(call.callee.talked(), GRANT, "{:#?}", call.callee);
    // A warning that is being played can keep the caller's leg, and so Asterisk's answered time, beyond the cut.
    ana.assert_spent(GRANT);
    assert_paid_at_most_the_grant(&ana);
}

fn a_local_channel_that_removes_itself_is_cut_within_the_ring_time(version: Version) {
    let lab = Lab::shared(version, LOCAL);
    let (ana, bia) = (lab.subscriber(GRANT), lab.subscriber(0));
    let call = lab.call(&ana, &bia, Dialplan::Hangup, &STAYS, &answers(Then::Speaks));
    let talked = call.callee.talked_millis();
    assert!(talked > (GRANT + 1) * 1000, "the limit was meant to be lost: {:#?}", call.callee);
    assert!(talked <= (GRANT + RING) * 1000 + LATENESS_MILLIS, "{:#?}", call.callee);
    assert_paid_at_most_the_grant(&ana);
}

fn a_caller_whom_the_callee_hands_over_is_cut_within_the_ring_time(version: Version) {
    let lab = Lab::shared(version, Setup::PLAIN);
    let (ana, bia) = (lab.subscriber(GRANT), lab.subscriber(0));
    let callee = bia.takes_a_call(&answers(hands_over()));
    let caller = ana.calls(Dialplan::Hangup, &bia.number, &STAYS);
    let talked = caller.finish().talked_millis();
    callee.finish();
    assert!(talked > (GRANT + 1) * 1000, "the limit was meant to be lost: {talked}");
    assert!(talked <= (GRANT + RING) * 1000 + LATENESS_MILLIS, "{talked}");
    lab.over(&ana.number, 1);
    assert_paid_at_most_the_grant(&ana);
}

fn a_callee_whom_the_caller_hands_over_is_cut_at_the_limit(version: Version) {
    let lab = Lab::shared(version, Setup::PLAIN);
    let (ana, bia) = (lab.subscriber(GRANT), lab.subscriber(0));
    let call = lab.call(&ana, &bia, Dialplan::Hangup, &Caller::Talks(hands_over()), &answers(Then::Stays));
    assert_eq!(call.callee.talked(), GRANT, "{:#?}", call.callee);
    assert_paid_at_most_the_grant(&ana);
}

fn a_redirected_caller_is_cut_within_the_ring_time(version: Version) {
    let lab = Lab::shared(version, Setup::PLAIN);
    let (ana, bia) = (lab.subscriber(GRANT), lab.subscriber(0));
    let callee = bia.takes_a_call(&PICKS_UP);
    let caller = ana.calls(Dialplan::Hangup, &bia.number, &STAYS);
    redirect(lab, &ana.number);
    let talked = caller.finish().talked_millis();
    callee.finish();
    assert!(talked > (GRANT + 1) * 1000, "the limit was meant to be lost: {talked}");
    assert!(talked <= (GRANT + RING) * 1000 + LATENESS_MILLIS, "{talked}");
    lab.over(&ana.number, 1);
    assert_paid_at_most_the_grant(&ana);
}

fn a_redirected_callee_is_cut_at_the_limit(version: Version) {
    let lab = Lab::shared(version, Setup::PLAIN);
    let (ana, bia) = (lab.subscriber(GRANT), lab.subscriber(0));
    let callee = bia.takes_a_call(&PICKS_UP);
    let caller = ana.calls(Dialplan::Hangup, &bia.number, &STAYS);
    redirect(lab, &bia.number);
    caller.finish();
    let callee = callee.finish();
    assert_eq!(callee.talked(), GRANT, "{callee:#?}");
    lab.over(&ana.number, 1);
    assert_paid_at_most_the_grant(&ana);
}

const PICKS_UP: Callee = Callee::Answers { ring: 200, then: Then::Stays };

/// Hands the peer over to music that never ends.
fn hands_over() -> Then {
    Then::Refers { after: 1000, to: "music".to_owned() }
}

/// Sends the channel of the number to the music, once it talks.
fn redirect(lab: &Lab, number: &str) {
    let channel = eventually("the channel talks", || {
        let channels = lab.console("core show channels concise");
        let talking = channels.lines().map(|line| line.split('!').collect::<Vec<_>>());
        let mut talking = talking.filter(|fields| fields.len() > 12 && fields[4] == "Up" && !fields[12].is_empty());
        talking.find(|fields| fields[7] == number).map(|fields| fields[0].to_owned())
    });
    lab.console(&format!("channel redirect {channel} elsewhere,music,1"));
}

/// Asserts that no call took more than its hold, however long it lasted.
fn assert_paid_at_most_the_grant(user: &Subscriber) {
    let cdrs = user.cdrs();
    let [cdr] = &cdrs[..] else { panic!("one call is one CDR: {cdrs:#?}") };
    let billsec = cdr["billsec"].as_u64().expect("whole seconds");
    assert!(billsec <= GRANT, "{cdr:#}");
    assert_eq!(cdr["charge"], billsec.to_string(), "{cdr:#}");
    user.assert_spent(billsec);
}
