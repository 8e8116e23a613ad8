//! What the doctor finds on an Asterisk host.

use std::fs;

use serde_json::Value;

use crate::support::{self, Ledger};

#[test]
fn the_doctor_finds_what_keeps_calls_from_being_billed() {
    let ledger = Ledger::new("seconds");
    let place = |name: &str| ledger.folder.path().join(name);
    let (agi, etc) = (place("agi-bin"), place("asterisk"));
    fs::create_dir(&agi).unwrap();
    fs::create_dir(&etc).unwrap();
    let examine = |code: i32| {
        let arguments = [
            "--format",
            "json",
            "asterisk",
            "doctor",
            "--agi-dir",
            agi.to_str().unwrap(),
            "--etc",
            etc.to_str().unwrap(),
            "--asterisk-user",
            "root",
        ];
        let output = ledger.billctl(&arguments);
        assert_eq!(output.status.code(), Some(code), "{}", String::from_utf8_lossy(&output.stdout));
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        let faults = report["findings"].as_array().unwrap().iter().filter(|finding| finding["ok"] == false);
        faults.map(|finding| finding["found"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(examine(1).len(), 5, "two programs, three parts of the dialplan");
    fs::write(etc.join("extensions.conf"), ledger.ok(&["asterisk", "dialplan"])).unwrap();
    for (program, name) in
        [("celcombiller-caller", "celcombiller_caller"), ("celcombiller-reducer", "celcombiller_reducer")]
    {
        fs::copy(support::executable(program), agi.join(name)).unwrap();
    }
    assert_eq!(examine(0), Vec::<String>::new());
    ledger.ok(&["trunk", "add", "local", "--dial", "Local/{number}@carriers"]);
    assert_eq!(examine(1), ["Local/{number}@carriers optimises itself away and takes the limit with it"]);
    ledger.ok(&["trunk", "update", "local", "--dial", "Local/{number}@carriers/n"]);
    // With extensions in the books there is more to look at.
    let asterisk = format!("[asterisk]\netc = \"{}\"\nprogram = \"false\"\n", etc.display());
    ledger.configure(&asterisk);
    ledger.ok(&["user", "add", "ana", "--clid", "99"]);
    ledger.ok(&["extension", "add", "--user", "ana", "--ring-time", "60"]);
    let found = examine(1);
    assert_eq!(found[0], "[identify] by does not begin with accountcode");
    assert_eq!(found[1], "extension 1000 rings for 60 s and [dial] ring_seconds is 40: its voicemail is never reached");
    assert!(found[2].ends_with("celcombiller/pjsip.conf is older"), "{found:?}");
    assert!(found[3].starts_with("no Asterisk answers"), "{found:?}");
    ledger.ok(&["asterisk", "install"]);
    ledger.configure(&format!("[identify]\nby = [\"accountcode\"]\n[dial]\nring_seconds = 70\n{asterisk}"));
    assert_eq!(examine(1).len(), 1, "only Asterisk is missing");
    ledger.ok(&["extension", "remove", "1000"]);
    fs::write(agi.join("celcombiller_reducer"), "#!/bin/sh\n").unwrap();
    assert_eq!(examine(1), ["it is not a static executable"]);
}
