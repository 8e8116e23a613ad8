//! Values of a call that Asterisk makes, and the name of its file.

use std::fs;

use crate::doors::takes;
use crate::support::Ledger;

const CALL: [&str; 5] = ["call", "spool", "--application=Playback", "--id", "x"];

fn with_spool() -> Ledger {
    let ledger = Ledger::with_ana_and_bob(60);
    fs::create_dir_all(ledger.folder.path().join("spool/outgoing")).unwrap();
    ledger.configure(&format!("[asterisk]\nspool = \"{}\"\n", ledger.folder.path().join("spool").display()));
    ledger
}

/// Spools a call with each attempt for one of its values; a file has its lines, and one is the value's.
fn spooled(texts: &[&str], flag: &str, directive: &str) -> Vec<bool> {
    let ledger = with_spool();
    let spool = |text: &&str| {
        let (value, plain) = (format!("--{flag}{text}"), ["--channel=PJSIP/1", "--data=x"]);
        let plain: Vec<_> = plain.into_iter().filter(|plain| !plain.starts_with(&format!("--{flag}"))).collect();
        let arguments = [&CALL[..3], &plain, &["--dry-run", &value]].concat();
        let taken = takes(&ledger, &arguments);
        if taken {
            let file = ledger.ok(&arguments);
            let lines: Vec<_> = file.lines().map(|line| line.split(':').next().unwrap_or_default()).collect();
            let ours = ["Channel", "CallerID", "Set", "Application", "Data"];
            assert!(lines.iter().all(|line| ours.contains(line)), "{file}");
            let line = file.lines().find(|line| line.starts_with(directive)).unwrap();
            assert!(!line.replace("\\;", "").contains(';') && !line.contains(" #"), "{line} has a comment");
        }
        taken
    };
    texts.iter().map(spool).collect()
}

pub(crate) fn data(texts: &[&str]) -> Vec<bool> {
    spooled(texts, "data=", "Data:")
}

pub(crate) fn variables(texts: &[&str]) -> Vec<bool> {
    spooled(texts, "variable=NAME=", "Set: NAME=")
}

pub(crate) fn caller_names(texts: &[&str]) -> Vec<bool> {
    spooled(texts, "callerid-name=", "CallerID: \"")
}

pub(crate) fn channels(texts: &[&str]) -> Vec<bool> {
    spooled(texts, "channel=", "Channel:")
}

/// Names of files: whatever they are, nothing is written but in the spool.
pub(crate) fn ids(texts: &[&str]) -> Vec<bool> {
    let ledger = with_spool();
    let spool = |text: &&str| {
        let id = format!("--id={text}");
        let taken = takes(&ledger, &[&CALL[..3], &["--channel=PJSIP/1", "--data=x", &id]].concat());
        // What is asked for by a name is only looked for in the spool.
        takes(&ledger, &["call", "cancel", "--", text]);
        taken
    };
    let verdicts = texts.iter().map(spool).collect();
    let mut here: Vec<_> =
        fs::read_dir(ledger.folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    here.retain(|name| !name.to_string_lossy().starts_with("celcombiller."));
    assert_eq!(here, ["spool"], "nothing stands beside the spool");
    verdicts
}
