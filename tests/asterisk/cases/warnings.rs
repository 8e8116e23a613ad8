//! Users who have little left, and are called.

use std::fs::OpenOptions;
use std::io::Write;

use super::call_files::BY_ACCOUNT_CODE;
use crate::lab::Lab;
use crate::scenario::{Callee, Then};
use crate::version::Version;

on_both_versions! {
    a_user_with_little_left_is_called_once_and_told_the_balance_for_nothing,
}

fn a_user_with_little_left_is_called_once_and_told_the_balance_for_nothing(version: Version) {
    // Of its own: whoever else has little left would be called too.
    let lab = Lab::boot(version, BY_ACCOUNT_CODE);
    let mut config = OpenOptions::new().append(true).open(lab.folder().join("celcombiller.toml")).unwrap();
    writeln!(config, "[asterisk]\nspool = \"{}\"", lab.folder().join("spool").display()).unwrap();
    let ana = lab.subscriber(50);
    let phone = ana.takes_a_call(&Callee::Answers { ring: 100, then: Then::Stays });
    lab.ledger().run(&["user", "update", &ana.name, "--warn-below", "60"]);
    let notify = ["notify", "--call", "--prompt", "/lab/data/prompt"];
    let told = lab.ledger().list(&notify);
    assert_eq!((&told[0]["username"], &told[0]["told"]), (&ana.name.as_str().into(), &true.into()));
    let heard = phone.finish();
    assert!(heard.talked_millis() >= 900, "the prompt lasts a second: {heard:#?}");
    assert!(lab.log().contains("'/lab/data/prompt"), "the prompt is played");
    assert_eq!(lab.ledger().list(&notify), [""; 0]);
    assert!(ana.cdrs().is_empty(), "nobody is billed for it");
    ana.assert_spent(0);
}
