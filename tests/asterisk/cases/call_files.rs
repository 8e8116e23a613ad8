//! Calls that Asterisk makes by itself, from files that `billctl call spool` put into its spool.

use std::fs;

use serde_json::{Value, json};

use crate::configuration::Setup;
use crate::eventually::eventually;
use crate::lab::{Lab, Over};
use crate::scenario::{Callee, Then, answers};
use crate::subscriber::Subscriber;
use crate::version::Version;

on_both_versions! {
    an_application_is_played_and_the_file_is_archived,
    a_call_waits_for_its_time,
    a_call_that_was_taken_back_is_not_made,
    a_call_is_tried_again,
    every_value_arrives_as_it_is,
    a_value_that_begins_with_a_hash_arrives,
    several_channels_ring_at_once_and_the_first_to_answer_has_the_call,
    a_call_with_an_id_is_made_once,
    the_extension_is_billed_to_the_user_from_its_answer_on,
    both_legs_of_a_callback_are_billed,
    a_callback_ends_when_both_legs_together_have_spent_everything,
}

/// Calls by account code, in the dialplan that is shipped.
pub(super) const BY_ACCOUNT_CODE: Setup = Setup {
    celcombiller: r#"
[identify]
by = ["accountcode", "callerid"]
[dial]
onnet = "PJSIP/openbts/sip:IMSI{imsi}@127.0.0.1:{number}"
ring_seconds = 6
"#,
    shipped_dialplan: true,
    ..Setup::PLAIN
};

impl Lab {
    pub(super) fn call_files(&self, verb: &str, arguments: &[&str]) -> Value {
        let outgoing = self.folder().join("spool/outgoing");
        let spool = ["call", verb, "--spool-dir", outgoing.to_str().unwrap()];
        self.ledger().read(&[&spool[..], arguments].concat())
    }

    /// Returns what is kept of a call that is over.
    pub(super) fn ended(&self, name: &str) -> Value {
        eventually("the call is archived", || {
            let history = self.call_files("history", &[]);
            let found = history.as_array().unwrap().iter().find(|call| call["name"] == name)?;
            (found["state"] != "calling").then(|| found.clone())
        })
    }

    /// Returns what the dialplan said of a call.
    pub(super) fn surveyed(&self, id: &str) -> Over {
        let mark = format!("SURVEY id={id} ");
        eventually("the dialplan is reached", || {
            let log = self.log();
            let line = log.lines().find(|line| line.contains("] NOTICE[") && line.contains(&mark))?;
            let pairs = line.split_whitespace().filter_map(|word| word.split_once('='));
            Some(pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
        })
    }
}

impl Subscriber<'_> {
    /// Returns the channel that reaches the phone past the dialplan.
    pub(super) fn channel(&self) -> String {
        format!("PJSIP/openbts/sip:{0}@127.0.0.1:{0}", self.number)
    }
}

const PROMPT: [&str; 4] = ["--application", "Playback", "--data", "/lab/data/prompt"];

fn an_application_is_played_and_the_file_is_archived(version: Version) {
    let lab = Lab::shared(version, BY_ACCOUNT_CODE);
    let bia = lab.subscriber(0);
    let phone = bia.takes_a_call(&Callee::Answers { ring: 100, then: Then::Stays });
    let (channel, name) = (bia.channel(), format!("{}.call", bia.number));
    let call = ["--channel", &channel, "--filename", &name, "--archive", "--account", "randall"];
    let spooled = lab.call_files("spool", &[&call[..], &PROMPT].concat());
    assert_eq!((&spooled["name"], &spooled["state"]), (&json!(name), &json!("due")));
    let talked = phone.finish().talked_millis();
    assert!((900..3000).contains(&talked), "the prompt lasts a second: {talked} ms");
    let ended = lab.ended(&name);
    let said = ["state", "attempts", "channel", "action", "account"].map(|key| ended[key].clone());
    assert_eq!(json!(said), json!(["completed", 1, channel, "Playback(/lab/data/prompt)", "randall"]));
    assert!(!lab.folder().join("spool/outgoing").join(&name).exists());
}

fn a_call_waits_for_its_time(version: Version) {
    let lab = Lab::shared(version, BY_ACCOUNT_CODE);
    let bia = lab.subscriber(0);
    let phone = bia.takes_a_call(&Callee::Answers { ring: 100, then: Then::Stays });
    let channel = bia.channel();
    let spooled =
        lab.call_files("spool", &[&["--channel", &channel, "--id", &bia.number, "--at", "+3s"], &PROMPT[..]].concat());
    assert_eq!(spooled["state"], "waiting");
    let waiting = lab.call_files("list", &[]);
    let waits = waiting.as_array().unwrap().iter().find(|call| call["channel"] == channel.as_str()).unwrap();
    assert_eq!((&waits["state"], &waits["time"]), (&json!("waiting"), &spooled["time"]));
    let due: chrono::DateTime<chrono::Utc> = spooled["time"].as_str().unwrap().parse().unwrap();
    let invited = phone.finish().invited_at().unwrap();
    let due = u64::try_from(due.timestamp()).unwrap();
    assert!((due..due + 3).contains(&invited), "due at {due}, called at {invited}");
}

fn a_call_that_was_taken_back_is_not_made(version: Version) {
    let lab = Lab::shared(version, BY_ACCOUNT_CODE);
    let (ana, bia) = (lab.subscriber(0), lab.subscriber(0));
    let taken_back = ana.takes_a_call(&answers(Then::Stays));
    let later = bia.takes_a_call(&Callee::Answers { ring: 100, then: Then::Stays });
    for (user, at) in [(&ana, "+2s"), (&bia, "+4s")] {
        let call = ["--channel", &user.channel(), "--id", &user.number, "--at", at];
        lab.call_files("spool", &[&call[..], &PROMPT].concat());
    }
    let taken = lab.call_files("cancel", &[&ana.number]);
    assert_eq!(taken[0]["state"], "waiting");
    later.finish();
    assert!(!taken_back.dialogue().rang());
    let again = ["--channel", &ana.channel(), "--id", &ana.number];
    assert_eq!(lab.call_files("spool", &[&again[..], &PROMPT].concat())["state"], "spooled before");
}

fn a_call_is_tried_again(version: Version) {
    let lab = Lab::shared(version, BY_ACCOUNT_CODE);
    let bia = lab.subscriber(0);
    let busy = bia.takes_a_call(&Callee::Rejects("486 Busy Here"));
    let (channel, name) = (bia.channel(), format!("{}.call", bia.number));
    let call = ["--channel", &channel, "--filename", &name, "--archive", "--retry-time", "3", "--max-retries", "1"];
    lab.call_files("spool", &[&call[..], &PROMPT].concat());
    busy.finish();
    let phone = bia.takes_a_call(&Callee::Answers { ring: 100, then: Then::Stays });
    let retrying = eventually("the attempt is over", || {
        let waiting = lab.call_files("list", &[]);
        waiting
            .as_array()
            .unwrap()
            .iter()
            .find(|call| call["name"] == name.as_str())
            .cloned()
            .filter(|call| call["state"] == "retrying")
    });
    assert_eq!(retrying["attempts"], 1);
    phone.finish();
    let ended = lab.ended(&name);
    assert_eq!((&ended["state"], &ended["attempts"]), (&json!("completed"), &json!(2)));
}

fn every_value_arrives_as_it_is(version: Version) {
    let lab = Lab::shared(version, BY_ACCOUNT_CODE);
    let bia = lab.subscriber(0);
    let phone = bia.takes_a_call(&Callee::Answers { ring: 100, then: Then::Stays });
    let answer = r#"a,b;c;;d\;e=f#g: "h" 'i' ${j} é"#;
    let variables = [format!("ANSWER={answer}"), format!("ID={}", bia.number)];
    let call = ["--channel", &bia.channel(), "--context", "survey", "--extension", "s", "--account", "randall"];
    let caller = ["--callerid", r#""Ann; "the#1" <O'Hara>\x é" <5555555555>"#];
    let set = ["--variable", &variables[0], "--variable", &variables[1]];
    lab.call_files("spool", &[&call[..], &caller, &set].concat());
    phone.finish();
    let surveyed = lab.surveyed(&bia.number);
    let encoded = "a%2Cb%3Bc%3B%3Bd%5C%3Be%3Df%23g%3A%20%22h%22%20'i'%20%24%7Bj%7D%20%C3%A9";
    let arrived = ["answer", "number", "account", "attempt", "name"].map(|key| surveyed[key].as_str());
    let name = "Ann%3B%20%22the%231%22%20%3CO'Hara%3E%5Cx%20%C3%A9";
    assert_eq!(arrived, [encoded, "5555555555", "randall", "1", name]);
}

fn a_value_that_begins_with_a_hash_arrives(version: Version) {
    let lab = Lab::shared(version, BY_ACCOUNT_CODE);
    let bia = lab.subscriber(0);
    let phone = bia.takes_a_call(&Callee::Answers { ring: 100, then: Then::Stays });
    let name = format!("{}.call", bia.number);
    let call = ["--channel", &bia.channel(), "--filename", &name, "--archive"];
    lab.call_files("spool", &[&call[..], &["--application", "NoOp", "--data", "#1;2"]].concat());
    phone.finish();
    assert_eq!(lab.ended(&name)["action"], "NoOp(#1;2)");
    assert!(lab.log().contains("NoOp(#1;2)"), "Asterisk read it so");
}

fn several_channels_ring_at_once_and_the_first_to_answer_has_the_call(version: Version) {
    let lab = Lab::shared(version, BY_ACCOUNT_CODE);
    let (ana, bia) = (lab.subscriber(0), lab.subscriber(0));
    let rings = ana.takes_a_call(&Callee::RingsOn);
    let has_it = bia.takes_a_call(&answers(Then::Stays));
    let channels = format!("{}&{}", ana.channel(), bia.channel());
    lab.call_files("spool", &[&["--channel", &channels], &PROMPT[..]].concat());
    assert!(has_it.finish().answered());
    assert!(rings.finish().rang(), "and it was cancelled");
}

fn a_call_with_an_id_is_made_once(version: Version) {
    let lab = Lab::shared(version, BY_ACCOUNT_CODE);
    let bia = lab.subscriber(0);
    let phone = bia.takes_a_call(&Callee::Answers { ring: 100, then: Then::Stays });
    let channel = bia.channel();
    let call = [&["--channel", &channel, "--id", &bia.number][..], &PROMPT].concat();
    assert_eq!(lab.call_files("spool", &call)["state"], "due");
    phone.finish();
    let file = lab.folder().join(format!("spool/outgoing/{}.call", bia.number));
    eventually("the file is gone", || (!file.exists()).then_some(()));
    assert_eq!(lab.call_files("spool", &call)["state"], "spooled before");
    assert!(!file.exists());
    let staged = fs::read_dir(lab.folder().join("spool/celcombiller")).unwrap();
    assert_eq!(staged.filter(|entry| entry.as_ref().unwrap().path().is_file()).count(), 0, "nothing is left behind");
}

fn the_extension_is_billed_to_the_user_from_its_answer_on(version: Version) {
    let lab = Lab::shared(version, BY_ACCOUNT_CODE);
    let (ana, bia) = (lab.subscriber(20), lab.subscriber(0));
    let desk = ana.takes_a_call(&Callee::Answers { ring: 100, then: Then::Stays });
    let callee = bia.takes_a_call(&answers(Then::HangsUpAfter(2500)));
    let call = ["--user", &ana.name, "--channel", &ana.channel(), "--extension", &bia.number];
    let spooled = lab.call_files("spool", &call);
    assert_eq!(spooled["legs"], json!([{"number": bia.number, "seconds": 20, "hold": "20"}]));
    callee.finish();
    desk.finish();
    eventually("it is settled", || ana.cdrs().pop());
    ana.assert_charged("ANSWERED", 2);
}

fn both_legs_of_a_callback_are_billed(version: Version) {
    let lab = Lab::shared(version, BY_ACCOUNT_CODE);
    let (ana, bia, cid) = (lab.subscriber(40), lab.subscriber(0), lab.subscriber(0));
    let first = bia.takes_a_call(&Callee::Answers { ring: 1000, then: Then::Stays });
    let second = cid.takes_a_call(&Callee::Answers { ring: 1500, then: Then::HangsUpAfter(2200) });
    let spooled = lab.callback(&ana, &bia, &cid);
    let each = |user: &Subscriber<'_>| json!({"number": user.number, "seconds": 20, "hold": "20"});
    assert_eq!(spooled["legs"], json!([each(&bia), each(&cid)]));
    let second = second.finish();
    let first = first.finish();
    let charged = eventually("both are settled", || Some(ana.cdrs()).filter(|cdrs| cdrs.len() == 2));
    let seconds = |user: &Subscriber<'_>| {
        let cdr = charged.iter().find(|cdr| cdr["dialled"] == user.number.as_str()).unwrap();
        assert_eq!(cdr["disposition"], "ANSWERED");
        cdr["billsec"].as_u64().unwrap()
    };
    assert_eq!(seconds(&cid), second.talked());
    assert_eq!(seconds(&bia), first.talked(), "the first leg is charged while the second rings, too");
    assert!(first.talked() > second.talked());
    ana.assert_spent(first.talked() + second.talked());
}

fn a_callback_ends_when_both_legs_together_have_spent_everything(version: Version) {
    let lab = Lab::shared(version, BY_ACCOUNT_CODE);
    let (ana, bia, cid) = (lab.subscriber(10), lab.subscriber(0), lab.subscriber(0));
    let first = bia.takes_a_call(&Callee::Answers { ring: 100, then: Then::Stays });
    let second = cid.takes_a_call(&Callee::Answers { ring: 1500, then: Then::Stays });
    lab.callback(&ana, &bia, &cid);
    let second = second.finish();
    assert_eq!(first.finish().talked(), 5);
    // A busy Asterisk may end the first leg, and the second with it, most of a second late.
    let talked = second.talked();
    assert!((3..=4).contains(&talked), "{second:#?}");
    eventually("both are settled", || Some(ana.cdrs()).filter(|cdrs| cdrs.len() == 2));
    ana.assert_spent(5 + talked);
}

impl Lab {
    /// Has `payer` pay for a call to `first`, who is connected to `second`.
    pub(super) fn callback(&self, payer: &Subscriber<'_>, first: &Subscriber<'_>, second: &Subscriber<'_>) -> Value {
        let channel = format!("Local/{}@celcombiller/n", first.number);
        self.call_files("spool", &["--user", &payer.name, "--channel", &channel, "--extension", &second.number])
    }
}
