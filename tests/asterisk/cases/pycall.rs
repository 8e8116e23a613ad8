//! The same calls made by pycall and by `billctl call spool`, and what the same Asterisk makes of either file.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

use serde_json::Value;

use super::call_files::BY_ACCOUNT_CODE;
use crate::eventually::eventually;
use crate::lab::Lab;
use crate::made::python_with_pycall;
use crate::scenario::{Callee, Then};
use crate::version::{Version, skip};

on_both_versions! {
    what_pycall_has_asterisk_do_our_file_has_it_do_too,
    where_pycall_changes_what_was_meant_our_file_does_not,
    a_line_feed_makes_pycalls_file_run_another_application,
    pycalls_several_channels_call_nobody,
}

/// A call in both languages. In either, {channel} is the phone's.
struct Call {
    python: &'static str,
    flags: &'static [&'static str],
}

/// What Asterisk did with a call file.
#[derive(Debug, PartialEq)]
struct Seen {
    /// How the call ended, and after how many attempts.
    ended: (Value, Value),
    /// The applications that it was made for, with what they were given.
    launched: Vec<String>,
    /// What the dialplan found: a variable, the caller id, the account code and the attempt.
    surveyed: Vec<String>,
    /// Seconds from the invitation to the end, within one.
    lasted: u64,
}

/// One Asterisk, and what makes files for it.
struct Side<'a> {
    lab: &'a Lab,
    python: PathBuf,
}

impl Side<'_> {
    /// Has pycall spool a call under a name.
    fn pycall(&self, call: &str, name: &str) -> Output {
        let spool = self.lab.folder().join("spool");
        fs::create_dir_all(spool.join("pycall")).unwrap();
        let program = format!(
            "from pycall import *\nfrom datetime import *\nwhere = dict(archive=True, filename={name:?}, \
             tempdir={:?}, spool_dir={:?})\n{call}",
            spool.join("pycall"),
            spool.join("outgoing")
        );
        Command::new(&self.python).args(["-c", &program]).output().expect("python starts")
    }

    fn seen(&self, callee: &Callee, spool: impl FnOnce(&str, &str)) -> Seen {
        let lab = self.lab;
        let user = lab.subscriber(0);
        let phone = user.takes_a_call(callee);
        let (name, before) = (format!("{}.call", user.number), lab.log().len());
        spool(&user.channel(), &name);
        let (began, over) = phone.finish().began_and_ended();
        let ended = lab.ended(&name);
        let log = lab.log().split_off(before);
        let launched = log.lines().filter_map(|line| line.split_once(" for application ")?.1.rsplit_once(" (Retry "));
        let surveyed =
            log.lines().filter(|line| line.contains("] NOTICE[")).filter_map(|line| line.split_once("SURVEY "));
        Seen {
            ended: (ended["state"].clone(), ended["attempts"].clone()),
            launched: launched.map(|(application, _)| application.to_owned()).collect(),
            surveyed: surveyed.map(|(_, found)| found.to_owned()).collect(),
            lasted: (over - began + 500) / 1000,
        }
    }

    /// Returns what becomes of pycall's file and of ours.
    fn both(&self, callee: &Callee, call: &Call) -> (Seen, Seen) {
        let theirs = self.seen(callee, |channel, name| {
            let output = self.pycall(&call.python.replace("{channel}", channel), name);
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        });
        let ours = self.seen(callee, |channel, name| {
            let place = ["--channel", channel, "--filename", name, "--archive"];
            self.lab.call_files("spool", &[&place[..], call.flags].concat());
        });
        (theirs, ours)
    }
}

const STAYS: Callee = Callee::Answers { ring: 100, then: Then::Stays };

/// An Asterisk that does nothing else, so that all of its log is about the call.
fn with_pycall(version: Version, case: impl FnOnce(&Side<'_>)) {
    let Some(python) = python_with_pycall() else {
        return skip("no pycall; run tests/asterisk/setup");
    };
    let lab = Lab::boot(version, BY_ACCOUNT_CODE);
    case(&Side { lab: &lab, python });
}

fn what_pycall_has_asterisk_do_our_file_has_it_do_too(version: Version) {
    let survey: &[&str] = &["--context", "survey", "--extension", "s"];
    let with = |flags: &[&'static str]| -> &'static [&'static str] { Box::leak([survey, flags].concat().into()) };
    let calls = [
        Call {
            python: "CallFile(Call('{channel}'), Application('Playback', '/lab/data/prompt'), **where).spool()",
            flags: &["--application", "Playback", "--data", "/lab/data/prompt"],
        },
        Call {
            python: "CallFile(Call('{channel}'), Application('Playback', '/lab/data/prompt'), user='root', **where)\
                     .spool(datetime.now() + timedelta(seconds=2))",
            flags: &["--application", "Playback", "--data", "/lab/data/prompt", "--owner", "root", "--at", "+2s"],
        },
        Call { python: "CallFile(Call('{channel}'), Context('survey', 's', '1'), **where).spool()", flags: with(&[]) },
        Call {
            python: "CallFile(Call('{channel}', callerid='\"Test User\" <5555555555>', variables={'ANSWER': \
                     'tt-monkeys, \"x\"=1'}, account='randall'), Context('survey', 's', '2'), **where).spool()",
            flags: with(&[
                "--priority",
                "2",
                "--callerid",
                "\"Test User\" <5555555555>",
                "--variable",
                "ANSWER=tt-monkeys, \"x\"=1",
                "--account",
                "randall",
            ]),
        },
    ];
    with_pycall(version, |side| {
        for call in &calls {
            let (theirs, ours) = side.both(&STAYS, call);
            assert_eq!(theirs, ours, "{}", call.python);
            assert_eq!(theirs.ended.0, "completed");
            assert_eq!(theirs.launched.len() + theirs.surveyed.len(), 1, "{theirs:?}");
        }
        let waits = Call {
            python: "CallFile(Call('{channel}', wait_time=2), Application('Wait', '9'), **where).spool()",
            flags: &["--wait-time", "2", "--application", "Wait", "--data", "9"],
        };
        let (theirs, ours) = side.both(&Callee::RingsOn, &waits);
        assert_eq!(theirs, ours);
        assert_eq!((&theirs.ended.0, theirs.lasted), (&Value::from("expired"), 2));
        retries(side);
    });
}

/// A call to nowhere is tried as often.
fn retries(side: &Side<'_>) {
    let call =
        "CallFile(Call('Local/9@nowhere', retry_time=1, max_retries=2), Application('Wait', '9'), **where).spool()";
    assert!(side.pycall(call, "theirs").status.success());
    let nowhere = ["--channel", "Local/9@nowhere", "--retry-time", "1", "--max-retries", "2", "--archive"];
    side.lab
        .call_files("spool", &[&nowhere[..], &["--application", "Wait", "--data", "9", "--filename", "ours"]].concat());
    let over = |name: &str| {
        let ended = eventually("every attempt is over", || Some(side.lab.ended(name)));
        (ended["state"].clone(), ended["attempts"].clone())
    };
    assert_eq!(over("theirs"), (Value::from("expired"), Value::from(3)));
    assert_eq!(over("ours"), over("theirs"));
}

fn where_pycall_changes_what_was_meant_our_file_does_not(version: Version) {
    let survey = ["--context", "survey", "--extension", "s"];
    let found = |seen: &Seen, name: &str| {
        let words = seen.surveyed[0].split_whitespace().filter_map(|word| word.split_once('='));
        words.into_iter().find(|(key, _)| *key == name).unwrap().1.to_owned()
    };
    with_pycall(version, |side| {
        // What its documentation shows: to Asterisk single quotes are part of the name.
        let flags = [&survey[..], &["--callerid", "'Test User' <5555555555>"]].concat();
        let quoted = Call {
            python: "CallFile(Call('{channel}', callerid=\"'Test User' <5555555555>\"), \
                     Context('survey', 's', '1'), **where).spool()",
            flags: Box::leak(flags.into()),
        };
        let (theirs, ours) = side.both(&STAYS, &quoted);
        assert_eq!((found(&theirs, "name"), found(&ours, "name")), ("'Test%20User'".into(), "Test%20User".into()));
        // A semicolon begins a comment.
        let flags = [&survey[..], &["--variable", "ANSWER=a;b"]].concat();
        let cut = Call {
            python: "CallFile(Call('{channel}', variables={'ANSWER': 'a;b'}), Context('survey', 's', '1'), **where).spool()",
            flags: Box::leak(flags.into()),
        };
        let (theirs, ours) = side.both(&STAYS, &cut);
        assert_eq!((found(&theirs, "answer"), found(&ours, "answer")), ("a".into(), "a%3Bb".into()));
    });
}

fn a_line_feed_makes_pycalls_file_run_another_application(version: Version) {
    with_pycall(version, |side| {
        let call = "CallFile(Call('{channel}'), Application('Playback', 'x\\nApplication: NoOp\\nData: injected'), \
                    **where).spool()";
        let seen = side.seen(&STAYS, |channel, name| {
            assert!(side.pycall(&call.replace("{channel}", channel), name).status.success());
        });
        assert_eq!(seen.launched, ["NoOp(injected)"]);
        // Ours is refused before there is a file; tests/billctl/calls.rs says with which words.
    });
}

fn pycalls_several_channels_call_nobody(version: Version) {
    with_pycall(version, |side| {
        let (ana, bia) = (side.lab.subscriber(0), side.lab.subscriber(0));
        let phones = [&ana, &bia].map(|user| user.takes_a_call(&STAYS));
        let channels = format!("{}&{}", ana.channel(), bia.channel());
        let call = format!("CallFile(Call('{channels}'), Application('Wait', '9'), **where).spool()");
        assert!(side.pycall(&call, "several").status.success());
        assert_ne!(side.lab.ended("several")["state"], "completed");
        assert!(phones.iter().all(|phone| !phone.dialogue().rang()));
    });
}
