//! A campaign that is killed and goes on.

use std::fs;
use std::process::{Command, Stdio};

use serde_json::json;

use super::call_files::BY_ACCOUNT_CODE;
use crate::configuration::executables;
use crate::eventually::eventually;
use crate::lab::Lab;
use crate::scenario::{Callee, Then};
use crate::version::Version;

on_both_versions! {
    each_row_is_called_once_and_never_two_at_a_time_though_the_campaign_is_killed,
}

fn each_row_is_called_once_and_never_two_at_a_time_though_the_campaign_is_killed(version: Version) {
    // Of its own: whatever else is in the spool would count.
    let lab = Lab::boot(version, BY_ACCOUNT_CODE);
    let users = [0, 1, 2].map(|_| lab.subscriber(0));
    let takes = Callee::Answers { ring: 300, then: Then::HangsUpAfter(1200) };
    let [first, second, third] = [0, 1, 2].map(|place: usize| users[place].takes_a_call(&takes));
    let rows: String = users.iter().map(|user| format!("{}\n", user.number)).collect();
    let table = lab.folder().join("people.csv");
    fs::write(&table, format!("number\n{rows}")).unwrap();
    let outgoing = lab.folder().join("spool/outgoing");
    let (table, outgoing) = (table.to_str().unwrap(), outgoing.to_str().unwrap());
    let flags = ["call", "campaign", table, "--spool-dir", outgoing];
    let channel = "PJSIP/openbts/sip:{number}@127.0.0.1:{number}";
    let pacing = ["--ceiling", "1", "--pace", "600", "--template", "--channel", channel];
    let arguments = [&flags[..], &pacing, &["--application", "Wait", "--data", "10"]].concat();

    let mut billctl = Command::new(executables().join("billctl"));
    billctl.env_clear().arg("--config").arg(lab.folder().join("celcombiller.toml")).args(&arguments);
    let mut killed = billctl.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    eventually("the first is called", || first.dialogue().rang().then_some(()));
    killed.kill().unwrap();
    killed.wait().unwrap();
    let report = lab.ledger().read(&arguments);
    assert_eq!((&report["spooled"], &report["left"]), (&json!(2), &json!(0)));

    let calls = [first.finish(), second.finish(), third.finish()].map(|dialogue| dialogue.began_and_ended());
    assert!(calls.windows(2).all(|two| two[0].1 <= two[1].0), "each begins after the one before: {calls:?}");
    let report = eventually("all are over", || {
        let report = lab.ledger().read(&[&flags[..], &["--report"]].concat());
        (report["in_progress"] == 0).then_some(report)
    });
    assert_eq!(report["answered"], 3, "{report:#}");
    assert!(report["calls"].as_array().unwrap().iter().all(|call| call["attempts"] == 1), "{report:#}");
    assert_eq!(lab.ledger().read(&arguments)["spooled"], 0);
}
