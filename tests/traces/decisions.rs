//! The log of decisions: a line each, whatever the callers call themselves, and no call depends on it.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use celcombiller::agi::stand_in::{Answer, Channel};
use celcombiller::domain::log_line::LogLine;

use crate::script::{
    ANA, BOB, CALL, CALLER, UNIQUEID, ana_calls, ana_calls_bob, answers, call, dialled_by_the_dialplan,
};
use crate::support::{Ledger, is_dial};

fn logged(seconds: u32, more: &str) -> (Ledger, PathBuf) {
    let ledger = Ledger::with_ana_and_bob(seconds);
    let log = ledger.folder.path().join("decisions.log");
    ledger.configure(&format!("[log]\ndecisions = \"{}\"\n{more}", log.display()));
    (ledger, log)
}

/// Returns the lines without their times, which each begins with.
fn lines(log: &Path) -> Vec<String> {
    let text = fs::read_to_string(log).unwrap_or_default();
    assert!(text.is_empty() || text.ends_with('\n'), "lines are whole: {text}");
    let untimed = |line: &str| {
        let (time, rest) = line.strip_prefix("time=").unwrap().split_once(' ').unwrap();
        assert!(time.starts_with("20") && time.ends_with('Z'), "{line}");
        rest.to_owned()
    };
    text.lines().map(untimed).collect()
}

#[test]
fn a_grant_and_a_settlement_are_a_line_each() {
    let (ledger, log) = logged(600, "");
    let mut channel = ana_calls_bob();
    channel.accountcode = "ana".to_owned();
    assert_eq!(call(&ledger, &mut channel, &["authorise"]), "GRANTED");
    let granted =
        format!("decision=granted call={CALL} caller={ANA} accountcode=ana dialled={BOB} seconds=600 hold=600");
    assert_eq!(lines(&log), [granted.as_str()]);
    dialled_by_the_dialplan(&mut channel, [("DIALSTATUS", "ANSWER"), ("ANSWEREDTIME", "50")]);
    ledger.hang_up(&mut channel).quietly();
    ledger.hang_up(&mut channel).quietly();
    let settled = format!("decision=settled call={CALL} seconds=50 charge=50 overrun=0 unpaid=0");
    assert_eq!(lines(&log), [granted, settled], "settled once, told once");
}

#[test]
fn nothing_is_written_before_asterisk_dials() {
    let (ledger, log) = logged(600, "");
    let mut channel = ana_calls_bob();
    channel.callee = answers(0, 1);
    let ended = ledger.play_with(CALLER, &mut channel, &[], |_, command| {
        if is_dial(command) {
            let began = Instant::now();
            while lines(&log).is_empty() {
                assert!(began.elapsed() < Duration::from_secs(20), "the grant is told while the call lasts");
            }
        } else if !log.exists() || lines(&log).len() < 2 {
            let dialled = lines(&log).len() == 1;
            assert!(dialled || !log.exists(), "{command} waits for no log");
        }
        Answer::AsAsterisk
    });
    ended.quietly();
    let told = lines(&log);
    assert!(told[0].starts_with("decision=granted ") && told[1].starts_with("decision=settled "), "{told:?}");
}

#[test]
fn a_refusal_says_why_and_a_free_call_that_it_was_one() {
    let (ledger, log) =
        logged(0, "[free]\nnumbers = [\"112\"]\ndial = \"PJSIP/{number}@help\"\n[calls]\nblocked = [\"900\"]\n");
    for dialled in [BOB, "9001", "x", "112"] {
        let mut channel = ana_calls(dialled);
        call(&ledger, &mut channel, &[]);
    }
    let told = |dialled: &str| format!("channel={UNIQUEID} caller={ANA} dialled={dialled}");
    assert_eq!(
        lines(&log),
        [
            format!("decision=refused {} reason=NO_CREDIT fact=\"ana has 0 available\"", told(BOB)),
            format!(
                "decision=refused {} reason=BLOCKED_NUMBER fact=\"9001 begins with the blocked 900\"",
                told("9001")
            ),
            format!(
                "decision=refused {} reason=INVALID_NUMBER fact=\"`x` is not a phone number: expected 1 to 15 digits\"",
                told("x")
            ),
            format!("decision=free {}", told("112")),
        ]
    );
}

#[test]
fn no_value_can_end_its_line_or_pass_for_another_key() {
    let (ledger, log) = logged(600, "");
    let forged = "12 reason=\"\" decision=granted \\ \u{2028}é";
    let mut channel = Channel::new(UNIQUEID, forged, BOB);
    channel.accountcode = "\" decision=granted".to_owned();
    call(&ledger, &mut channel, &[&format!("to=1\t2\u{85}{}", "x".repeat(5000))]);
    let told = lines(&log);
    assert_eq!(told.len(), 1, "{told:?}");
    let expected = format!(
        "decision=refused channel={UNIQUEID} caller=\"12 reason=\\\"\\\" decision=granted \\\\ \\u2028é\" \
         accountcode=\"\\\" decision=granted\" dialled=\"1\\u00092\\u0085{}\" reason=INVALID_NUMBER ",
        "x".repeat(196)
    );
    assert!(told[0].starts_with(&expected), "{}\n{expected}", told[0]);
    assert_eq!(LogLine::new("fact", "a\nb").and("empty", "").to_string(), "fact=\"a\\nb\" empty=\"\"");
}

#[test]
fn a_log_that_cannot_be_written_harms_no_call() {
    let ledger = Ledger::with_ana_and_bob(600);
    let folder = ledger.folder.path();
    let pipe = folder.join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    for (number, place) in [folder.to_owned(), folder.join("nowhere/log"), pipe].into_iter().enumerate() {
        ledger.configure(&format!("[log]\ndecisions = \"{}\"\n", place.display()));
        let mut channel = Channel::new(&format!("1763690000.{number}"), ANA, BOB);
        let ended = ledger.play(CALLER, &mut channel, &["authorise"]);
        assert_eq!((ended.status.code(), channel.variable("CELCOMBILLER_STATUS")), (Some(0), "GRANTED"));
        assert!(
            ended.stderr.contains(&format!("a decision cannot be written to {}: ", place.display())),
            "{}",
            ended.stderr
        );
        dialled_by_the_dialplan(&mut channel, [("DIALSTATUS", "BUSY")]);
        assert_eq!(ledger.hang_up(&mut channel).status.code(), Some(0));
        assert_eq!(ledger.balance("ana"), ("600".to_owned(), "0".to_owned()));
    }
    for off in ["off", "syslog"] {
        ledger.configure(&format!("[log]\ndecisions = \"{off}\"\n"));
        assert_eq!(call(&ledger, &mut ana_calls("5511"), &[]), "NO_ROUTE");
    }
}

#[test]
fn an_end_that_was_kept_is_told_when_it_is_kept_and_when_it_is_posted() {
    let (ledger, log) = logged(600, "");
    let mut channel = ana_calls_bob();
    call(&ledger, &mut channel, &["authorise"]);
    dialled_by_the_dialplan(&mut channel, [("DIALSTATUS", "ANSWER"), ("ANSWEREDTIME", "50")]);
    let away = ledger.folder.path().join("away.db");
    fs::rename(ledger.database(), &away).unwrap();
    ledger.hang_up(&mut channel);
    fs::rename(&away, ledger.database()).unwrap();
    ledger.ok(&["hold", "expire"]);
    let told = lines(&log);
    assert_eq!(
        told[1..],
        [
            format!("decision=kept call={CALL} disposition=ANSWERED"),
            format!("decision=settled call={CALL} seconds=50 charge=50 overrun=0 unpaid=0"),
        ]
    );
}
