//! Calls of extensions that are recorded: which, and where the recording is.

use std::fs;

use crate::configuration::Dialplan;
use crate::eventually::eventually;
use crate::lab::Lab;
use crate::phone::Phone;
use crate::scenario::{Caller, Then, answers};
use crate::version::Version;

on_both_versions! {
    calls_inside_are_recorded_if_either_side_always_does_and_neither_never,
    calls_to_and_from_outside_are_recorded_by_settings_of_their_own,
}

/// Returns the recordings that hold sound.
fn recordings(lab: &Lab) -> Vec<String> {
    let folder = fs::read_dir(lab.folder().join("spool/monitor")).into_iter().flatten().map(Result::unwrap);
    // The header of a WAV file takes 44 bytes.
    let with_sound = folder.filter(|entry| entry.metadata().unwrap().len() > 44);
    with_sound.map(|entry| entry.file_name().into_string().unwrap()).collect()
}

fn speaks() -> Caller {
    Caller::Talks(Then::Speaks)
}

/// Plays a call in which both speak, and returns how many recordings it left.
fn recorded(lab: &Lab, caller: impl FnOnce() -> Phone, callee: Phone) -> usize {
    let before = recordings(lab).len();
    caller().finish();
    callee.finish();
    eventually("nothing is held", || lab.ledger().list(&["hold", "list"]).is_empty().then_some(()));
    eventually("nobody is there", || lab.console("core show channels").contains("0 active channels").then_some(()));
    let after = recordings(lab);
    assert!(after.iter().all(|name| name.ends_with(".wav")), "{after:?}");
    after.len() - before
}

fn calls_inside_are_recorded_if_either_side_always_does_and_neither_never(version: Version) {
    let lab = Lab::inside(version);
    let (ana, bob) = (lab.extension("ana", &[]), lab.extension("bob", &[]));
    lab.render();
    bob.registers();
    for (caller, callee, recordings) in [
        ("dontcare", "dontcare", 0),
        ("always", "dontcare", 1),
        ("dontcare", "always", 1),
        ("always", "never", 0),
        ("never", "always", 0),
    ] {
        lab.ledger().run(&["extension", "update", "1000", "--recording-out-internal", caller]);
        lab.ledger().run(&["extension", "update", "1001", "--recording-in-internal", callee]);
        // These are of other calls.
        lab.ledger().run(&["extension", "update", "1000", "--recording-out-external", "always"]);
        lab.ledger().run(&["extension", "update", "1001", "--recording-in-external", "always"]);
        lab.render();
        let phone = bob.takes_calls(&answers(Then::HangsUpAfter(1500)), 1);
        let made = recorded(&lab, || ana.calls(&bob.number, &speaks()), phone);
        assert_eq!(made, recordings, "{caller}, {callee}");
    }
}

fn calls_to_and_from_outside_are_recorded_by_settings_of_their_own(version: Version) {
    let lab = Lab::inside(version);
    let ana = lab.extension("ana", &["--recording-in-internal", "always", "--recording-out-internal", "always"]);
    lab.render();
    ana.registers();
    let carrier = lab.carrier();
    let from_outside = || lab.call_from("<sip:5511@127.0.0.1>", Dialplan::Trunk, &ana.number, &speaks());
    for (setting, made) in [("dontcare", 0), ("always", 1)] {
        lab.ledger().run(&["extension", "update", "1000", "--recording-in-external", setting]);
        lab.ledger().run(&["extension", "update", "1000", "--recording-out-external", setting]);
        lab.render();
        let phone = ana.takes_calls(&answers(Then::HangsUpAfter(1500)), 1);
        assert_eq!(recorded(&lab, from_outside, phone), made, "in, {setting}");
        let phone = carrier.takes_a_call(&answers(Then::HangsUpAfter(1500)));
        assert_eq!(recorded(&lab, || ana.calls("5511", &speaks()), phone), made, "out, {setting}");
    }
}
