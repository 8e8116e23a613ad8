//! Numbers outside, over trunks of which the first does not reach the network.

use crate::configuration::{Dialplan, Setup};
use crate::eventually::eventually;
use crate::lab::Lab;
use crate::phone::Phone;
use crate::port;
use crate::process;
use crate::scenario::{self, Callee, STAYS, Then, answers};
use crate::subscriber::Subscriber;
use crate::version::Version;

on_both_versions! {
    an_unusable_trunk_gives_way_and_the_call_is_charged_once,
    a_congested_carrier_gives_way_and_the_call_is_charged_once,
    a_busy_callee_is_not_called_again_over_the_next_trunk,
    a_killed_caller_leaves_the_second_trunks_call_to_the_reducer,
    a_long_first_attempt_takes_nothing_from_the_talk_over_the_second,
}

/// Somebody outside, with two trunks to them: the first by the given template, the second to their phone.
struct Outside<'lab> {
    lab: &'lab Lab,
    number: String,
    port: u16,
}

impl<'lab> Outside<'lab> {
    fn new(lab: &'lab Lab, first: &str) -> Self {
        let port = port::free();
        let outside = Self { lab, number: port.to_string(), port };
        outside.trunk("first", first, "1");
        outside.trunk("second", "PJSIP/openbts/sip:{number}@127.0.0.1:{number}", "2");
        outside
    }

    /// Adds a trunk that charges us a tenth of what users pay, and its route.
    fn trunk(&self, place: &str, dial: &str, priority: &str) {
        let (ledger, name) = (self.lab.ledger(), self.name(place));
        ledger.run(&["tariff", "add", &name]);
        ledger.run(&["rate", "add", "--tariff", &name, "--prefix", "", "--price-per-minute", "6"]);
        ledger.run(&["trunk", "add", &name, "--dial", dial, "--cost", &name, "--max-calls", "1"]);
        ledger.run(&["route", "add", "--prefix", &self.number, "--trunk", &name, "--priority", priority]);
    }

    fn name(&self, place: &str) -> String {
        format!("{place}-{}", self.number)
    }

    fn takes_a_call(&self, callee: &Callee) -> Phone {
        Phone::waiting(self.lab, self.port, &scenario::callee(callee))
    }

    fn has_carried(&self, caller: &Subscriber<'_>, place: &str, cost: &str) {
        let cdr = caller.cdrs().remove(0);
        assert_eq!((&cdr["trunk"], &cdr["cost"]), (&self.name(place).into(), &cost.into()), "{cdr:#}");
        let trunks = self.lab.ledger().list(&["trunk", "list"]);
        let ours = trunks.iter().filter(|trunk| trunk["name"].as_str().unwrap().ends_with(&self.number));
        assert!(ours.clone().all(|trunk| trunk["open_calls"] == 0) && ours.count() == 2, "{trunks:#?}");
        self.lab.ledger().assert_sound();
    }
}

/// A trunk to an endpoint that does not exist.
const UNUSABLE: &str = "PJSIP/nobody/sip:{number}@127.0.0.1:5060";

fn an_unusable_trunk_gives_way_and_the_call_is_charged_once(version: Version) {
    let lab = Lab::shared(version, Setup::PLAIN);
    let (ana, bia) = (lab.subscriber(10), Outside::new(lab, UNUSABLE));
    let callee = bia.takes_a_call(&answers(Then::HangsUpAfter(2500)));
    ana.calls(Dialplan::Hangup, &bia.number, &STAYS).finish();
    assert_eq!(callee.finish().talked(), 2);
    let over = lab.over(&ana.number, 1).remove(0);
    assert_eq!((over["dial"].as_str(), over["billsec"].as_str()), ("ANSWER", "2"), "{over:?}");
    ana.assert_charged("ANSWERED", 2);
    bia.has_carried(&ana, "second", "0.2");
}

/// Another phone stands for the first carrier.
fn carrier(lab: &Lab, callee: &Callee) -> (Phone, String) {
    let port = port::free();
    let dial = format!("PJSIP/openbts/sip:{{number}}@127.0.0.1:{port}");
    (Phone::waiting(lab, port, &scenario::callee(callee)), dial)
}

fn a_congested_carrier_gives_way_and_the_call_is_charged_once(version: Version) {
    let lab = Lab::shared(version, Setup::PLAIN);
    let ana = lab.subscriber(10);
    let (carrier, dial) = carrier(lab, &Callee::Rejects("503 Service Unavailable"));
    let bia = Outside::new(lab, &dial);
    let callee = bia.takes_a_call(&answers(Then::HangsUpAfter(2500)));
    ana.calls(Dialplan::Hangup, &bia.number, &STAYS).finish();
    assert!(carrier.finish().rang());
    assert_eq!(callee.finish().talked(), 2);
    lab.over(&ana.number, 1);
    ana.assert_charged("ANSWERED", 2);
    bia.has_carried(&ana, "second", "0.2");
}

fn a_busy_callee_is_not_called_again_over_the_next_trunk(version: Version) {
    let lab = Lab::shared(version, Setup::PLAIN);
    let ana = lab.subscriber(10);
    let (carrier, dial) = carrier(lab, &Callee::Rejects("486 Busy Here"));
    let bia = Outside::new(lab, &dial);
    let callee = bia.takes_a_call(&answers(Then::Stays));
    ana.calls(Dialplan::Hangup, &bia.number, &STAYS).finish();
    carrier.finish();
    lab.over(&ana.number, 1);
    assert!(!callee.dialogue().rang());
    ana.assert_charged("BUSY", 0);
    bia.has_carried(&ana, "first", "0");
}

fn a_killed_caller_leaves_the_second_trunks_call_to_the_reducer(version: Version) {
    let lab = Lab::shared(version, Setup::PLAIN);
    let (ana, bia) = (lab.subscriber(10), Outside::new(lab, UNUSABLE));
    let callee = bia.takes_a_call(&answers(Then::HangsUpAfter(2500)));
    let caller = ana.calls(Dialplan::Argument, &bia.number, &STAYS);
    eventually("the phones talk", || callee.dialogue().answered().then_some(()));
    process::kill(&["celcombiller_caller", &format!("to={}", bia.number)]);
    caller.finish();
    assert_eq!(callee.finish().talked(), 2);
    let over = lab.over(&ana.number, 1).remove(0);
    assert_eq!(over["agi"], "FAILURE", "the caller's program was killed: {over:?}");
    ana.assert_charged("ANSWERED", 2);
    bia.has_carried(&ana, "second", "0.2");
}

/// Where the second net is not set anew for the second dial, it cuts the talk.
fn a_long_first_attempt_takes_nothing_from_the_talk_over_the_second(version: Version) {
    let lab = Lab::shared(version, Setup::PLAIN);
    let ana = lab.subscriber(4);
    let (carrier, dial) = carrier(lab, &Callee::RejectsAfter(4000, "503 Service Unavailable"));
    let bia = Outside::new(lab, &dial);
    let callee = bia.takes_a_call(&Callee::Answers { ring: 3000, then: Then::Stays });
    ana.calls(Dialplan::Hangup, &bia.number, &STAYS).finish();
    carrier.finish();
    assert_eq!(callee.finish().talked(), 4);
    lab.over(&ana.number, 1);
    ana.assert_charged("ANSWERED", 4);
    bia.has_carried(&ana, "second", "0.4");
}
