//! A call costs its whole seconds of talk, however it ends and whatever Asterisk's variables say of it.

use crate::configuration::{Dialplan, Setup};
use crate::lab::Lab;
use crate::scenario::{Callee, Caller, STAYS, Then, answers};
use crate::version::Version;

/// Makes the cases of each setup a module.
macro_rules! with {
    ($setup:expr => $module:ident: $($case:ident),+ $(,)?) => {
        mod $module {
            use super::*;
            const SETUP: Setup = $setup;
            $(fn $case(version: Version) { super::$case(Lab::shared(version, SETUP)) })+
            on_both_versions! { $($case),+ }
        }
    };
}

macro_rules! with_every_setup {
    ($($case:ident),+ $(,)?) => {
        with! { Setup::PLAIN => stamped: after_an_announcement_the_talk_alone_counts, $($case),+ }
        with! { Setup { end_before_h: false, ..Setup::PLAIN } => stamped_and_the_cdr_goes_on_in_h:
            after_an_announcement_the_talk_alone_counts, $($case),+ }
        with! { UNSTAMPED => unstamped: after_an_announcement_the_ringing_counts_at_most, $($case),+ }
        with! { Setup { end_before_h: false, ..UNSTAMPED } => unstamped_and_the_cdr_goes_on_in_h:
            after_an_announcement_the_ringing_counts_at_most, $($case),+ }
    };
}

const UNSTAMPED: Setup = Setup { stamps_answers: false, ..Setup::PLAIN };

with_every_setup! {
    the_callee_hangs_up,
    the_limit_cuts,
    the_caller_hangs_up,
    the_callee_hangs_up_and_the_agi_is_last,
    the_limit_cuts_and_the_agi_is_last,
    after_an_announcement_the_limit_cuts,
    after_an_announcement_the_caller_cancels,
    busy,
    congestion,
    no_answer,
    cancelled_while_ringing,
}

const TALKS: Then = Then::HangsUpAfter(2500);

fn the_callee_hangs_up(lab: &Lab) {
    talk(lab, Dialplan::Hangup, &STAYS, TALKS, 2, 2);
}

fn the_limit_cuts(lab: &Lab) {
    talk(lab, Dialplan::Hangup, &STAYS, Then::Stays, 4, 4);
}

fn the_caller_hangs_up(lab: &Lab) {
    talk(lab, Dialplan::Hangup, &Caller::Talks(TALKS), Then::Stays, 2, 2);
}

fn the_callee_hangs_up_and_the_agi_is_last(lab: &Lab) {
    talk(lab, Dialplan::Last, &STAYS, TALKS, 2, 2);
}

fn the_limit_cuts_and_the_agi_is_last(lab: &Lab) {
    talk(lab, Dialplan::Last, &STAYS, Then::Stays, 4, 4);
}

fn after_an_announcement_the_talk_alone_counts(lab: &Lab) {
    talk(lab, Dialplan::Announced, &STAYS, TALKS, 2, 2);
}

/// Two seconds of ringing are counted with two and a half of talk; the announcement of three is not.
fn after_an_announcement_the_ringing_counts_at_most(lab: &Lab) {
    talk(lab, Dialplan::Announced, &STAYS, TALKS, 2, 4);
}

fn after_an_announcement_the_limit_cuts(lab: &Lab) {
    talk(lab, Dialplan::Announced, &STAYS, Then::Stays, 4, 4);
}

fn after_an_announcement_the_caller_cancels(lab: &Lab) {
    silence(lab, Dialplan::Announced, &Caller::Talks(Then::HangsUpAfter(4500)), &Callee::RingsOn, "CANCEL");
}

fn busy(lab: &Lab) {
    silence(lab, Dialplan::Hangup, &STAYS, &Callee::Rejects("486 Busy Here"), "BUSY");
}

fn congestion(lab: &Lab) {
    silence(lab, Dialplan::Hangup, &STAYS, &Callee::Rejects("503 Service Unavailable"), "CONGESTION");
}

fn no_answer(lab: &Lab) {
    silence(lab, Dialplan::Hangup, &STAYS, &Callee::RingsOn, "NO ANSWER");
}

fn cancelled_while_ringing(lab: &Lab) {
    silence(lab, Dialplan::Hangup, &Caller::CancelsAfter(1000), &Callee::RingsOn, "CANCEL");
}

/// On funds for four seconds the phones talk so long, and so many seconds are charged.
fn talk(lab: &Lab, dialplan: Dialplan, caller: &Caller, callee: Then, talked: u64, charged: u64) {
    let (ana, bia) = (lab.subscriber(4), lab.subscriber(0));
    let call = lab.call(&ana, &bia, dialplan, caller, &answers(callee));
    assert_eq!(call.callee.talked(), talked, "the phones' own clock: {:#?}", call.callee);
    ana.assert_charged("ANSWERED", charged);
    assert_eq!(call.over["seconds"], "4");
}

fn silence(lab: &Lab, dialplan: Dialplan, caller: &Caller, callee: &Callee, disposition: &str) {
    let (ana, bia) = (lab.subscriber(4), lab.subscriber(0));
    lab.call(&ana, &bia, dialplan, caller, callee);
    ana.assert_charged(disposition, 0);
}
