//! Whom a ring group rings, as steps of the dialplan.

use std::collections::HashMap;

use crate::domain::extension::Extension;
use crate::domain::numbering::PhoneNumber;
use crate::domain::ring_group::{Destination, Member, RingGroup, Strategy};

/// A member as its group sees it.
struct Leg<'a> {
    member: &'a Member,
    /// The extension, where it is one whose phone rings: not forwarded at once.
    phone: Option<&'a Extension>,
}

/// Returns the steps of a group, each with its priority. Members who are not to be disturbed are left out, because
/// the books know of them; what a phone does is asked when the group is called.
pub(super) fn steps(group: &RingGroup, phones: &HashMap<&PhoneNumber, &Extension>) -> Vec<String> {
    let settings = &group.settings;
    let legs: Vec<Leg<'_>> = settings.members.all().iter().map(|member| Leg::of(member, phones)).collect();
    let ring: Vec<&Leg<'_>> = legs.iter().filter(|leg| !leg.is_not_to_be_disturbed()).collect();
    let dial = |legs: &[&Leg<'_>]| {
        let channels: Vec<_> = legs.iter().map(|leg| leg.channel(settings.confirm)).collect();
        let music = settings.music.as_ref().map(|class| format!("m({class})")).unwrap_or_default();
        format!("Dial({},{},i{music})", channels.join("&"), settings.ring_time)
    };
    let mut steps = Vec::new();
    let mut labelled = Vec::new();
    let primary = legs.first().filter(|_| settings.strategy.minds_the_primary());
    if let Some(phone) = primary.and_then(|leg| leg.phone) {
        steps.push(ask(phone));
        steps.push(go_to("primary", &["talking", "ringing"]));
        labelled.push(format!("n(primary),{}", legs.first().map(|leg| dial(&[leg])).unwrap_or_default()));
    }
    match settings.strategy {
        _ if primary.is_some_and(Leg::is_not_to_be_disturbed) => {
            steps.clear();
            labelled.clear();
        }
        Strategy::RingAll | Strategy::RingAllPrim if ring.is_empty() => {}
        Strategy::RingAll | Strategy::RingAllPrim => steps.push(format!("n,{}", dial(&ring))),
        Strategy::Hunt | Strategy::HuntPrim => steps.extend(ring.iter().map(|leg| format!("n,{}", dial(&[leg])))),
        Strategy::MemoryHunt | Strategy::MemoryHuntPrim => {
            steps.extend((1..=ring.len()).map(|many| format!("n,{}", dial(&ring[..many]))));
        }
        Strategy::FirstAvailable | Strategy::FirstNotOnPhone => {
            for (place, leg) in ring.iter().enumerate() {
                let label = format!("member{}", place + 1);
                match leg.phone {
                    None => steps.push(format!("n,Goto({label})")),
                    Some(phone) => {
                        let waits = phone.settings.call_waiting && !settings.skip_busy;
                        let any = settings.strategy == Strategy::FirstAvailable && waits;
                        let wanted: &[&str] = if any { &["idle", "ringing", "talking"] } else { &["idle"] };
                        steps.push(ask(phone));
                        steps.push(go_to(&label, wanted));
                    }
                }
                labelled.push(format!("n({label}),{}", dial(&[leg])));
            }
        }
    }
    for step in labelled {
        steps.push("n,Goto(nobody)".to_owned());
        steps.push(step);
    }
    let [first, rest @ ..] = &destination(&settings.destination)[..] else { return steps };
    steps.push(format!("n(nobody),{first}"));
    steps.extend(rest.iter().map(|step| format!("n,{step}")));
    steps
}

impl<'a> Leg<'a> {
    fn of(member: &'a Member, phones: &HashMap<&PhoneNumber, &'a Extension>) -> Self {
        let Member::Inside(number) = member else { return Self { member, phone: None } };
        let phone = phones.get(number).copied().filter(|phone| phone.settings.forward.always.is_none());
        Self { member, phone }
    }

    fn is_not_to_be_disturbed(&self) -> bool {
        self.phone.is_some_and(|phone| phone.settings.do_not_disturb)
    }

    fn channel(&self, confirm: bool) -> String {
        let (number, context) = match self.member {
            Member::Inside(number) => (number, "members"),
            Member::Outside(number) => (number, "away"),
        };
        format!("Local/{number}@celcombiller-{context}{}/n", if confirm { "-confirmed" } else { "" })
    }
}

fn ask(phone: &Extension) -> String {
    format!("n,Gosub(celcombiller-phone,s,1({}))", phone.settings.technology.device(&phone.number))
}

fn go_to(label: &str, states: &[&str]) -> String {
    let any: Vec<_> = states.iter().map(|state| format!("\"${{GOSUB_RETVAL}}\" = \"{state}\"")).collect();
    format!("n,GotoIf($[{}]?{label})", any.join(" | "))
}

fn destination(destination: &Destination) -> Vec<String> {
    match destination {
        Destination::Hangup => vec!["Hangup(19)".to_owned()],
        Destination::To(Member::Inside(number)) => vec![format!("Goto(celcombiller-extensions,{number},1)")],
        Destination::To(Member::Outside(number)) => vec![format!("Goto(celcombiller-away,{number},1)")],
        Destination::Voicemail(number) => {
            vec![format!("VoiceMail({number}@celcombiller,u)"), "Hangup()".to_owned()]
        }
    }
}
