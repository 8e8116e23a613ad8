//! Call files, byte for byte, and the values that have no place in one.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that fails says where")]

use std::fmt::Debug;
use std::num::NonZeroU16;
use std::str::FromStr;

use celcombiller::domain::due::parse_due;
use celcombiller::domain::time::Timestamp;
use celcombiller::pbx::callfile::{Action, CallFile};
use celcombiller::pbx::value::{
    Account, Application, CallerId, CallerName, CallerNumber, Channels, Codecs, Context, Data, Extension, FileName,
    ValueError, Variable,
};
use chrono::FixedOffset;

fn parsed<T: FromStr<Err: Debug>>(text: &str) -> T {
    text.parse().unwrap()
}

fn application(data: &str) -> Action {
    Action::Application { name: parsed("Playback"), data: parsed(data) }
}

fn call(channels: &str) -> CallFile {
    CallFile::new(parsed(channels), application("hello-world"))
}

#[test]
fn a_call_has_what_it_needs_and_no_more() {
    assert_eq!(
        call("SIP/flowroute/18002223333").render(),
        "Channel: SIP/flowroute/18002223333\nApplication: Playback\nData: hello-world\n"
    );
}

#[test]
fn every_directive_is_spelt_as_asterisk_reads_it() {
    let some = NonZeroU16::new;
    let action =
        Action::Extension { context: parsed("survey"), extension: parsed("s"), priority: NonZeroU16::new(2).unwrap() };
    let file = CallFile {
        action,
        caller_id: Some(parsed("\"Test User\" <5555555555>")),
        account: Some(parsed("randall")),
        variables: ["greeting=tt-monkeys", "_list=a,b=c", "__empty=", "CDR(userfield)=x"].map(parsed).into(),
        wait_time: some(10),
        retry_time: some(60),
        max_retries: Some(2),
        codecs: Some(parsed("ulaw,alaw")),
        early_media: true,
        archive: true,
        always_delete: false,
        ..call("PJSIP/100")
    };
    let expected = "\
Channel: PJSIP/100
CallerID: \"Test User\" <5555555555>
WaitTime: 10
RetryTime: 60
MaxRetries: 2
Account: randall
Codecs: ulaw,alaw
Set: greeting=tt-monkeys
Set: _list=a,b=c
Set: __empty=
Set: CDR(userfield)=x
Context: survey
Extension: s
Priority: 2
Early_Media: yes
Archive: yes
AlwaysDelete: no
";
    assert_eq!(file.render(), expected);
}

#[test]
fn several_channels_are_rung_by_the_dialplan_because_a_call_file_has_one() {
    assert_eq!(
        call("PJSIP/100&SIP/flowroute/18002223333").render(),
        "Channel: Local/s@celcombiller-channels/n\n\
         Set: _CELCOMBILLER_CHANNELS=PJSIP/100&SIP/flowroute/18002223333\n\
         Application: Playback\nData: hello-world\n"
    );
}

#[test]
fn what_would_begin_a_comment_is_written_so_that_it_does_not() {
    let file = |data| CallFile { action: application(data), ..call("PJSIP/1") }.render();
    let with = |data: &str| format!("Channel: PJSIP/1\nApplication: Playback\nData{data}\n");
    assert_eq!(file("a;b;;c\\;"), with(": a\\;b\\;\\;c\\\\;"));
    assert_eq!(file("#1"), with(":#1"));
    assert_eq!(file("a#1"), with(": a#1"));
    assert_eq!(file(""), with(": "));
}

#[test]
fn a_caller_id_is_read_as_it_is_written_everywhere_and_written_as_asterisk_reads_it() {
    for (text, written) in [
        ("\"Test User\" <5555555555>", "\"Test User\" <5555555555>"),
        ("'Test User' <5555555555>", "\"Test User\" <5555555555>"),
        ("Test User <+5555555555>", "\"Test User\" <+5555555555>"),
        ("5555555555", "<5555555555>"),
        ("<5555555555>", "<5555555555>"),
        ("\"\" <5>", "\"\" <5>".split_at(3).1),
        ("Ann \"the\\fox\" O'Hara <5>", "\"Ann \\\"the\\\\fox\\\" O'Hara\" <5>"),
    ] {
        assert_eq!(parsed::<CallerId>(text).to_string(), written, "{text}");
    }
    let name = CallerId { name: Some(parsed("Ann")), number: None };
    assert_eq!(name.to_string(), "\"Ann\" <>");
}

fn refused<T: FromStr<Err = ValueError> + Debug>(text: &str) -> String {
    text.parse::<T>().unwrap_err().to_string()
}

#[test]
fn no_value_can_add_a_line_or_a_directive() {
    for (control, why) in [
        ("\n", "a line feed would begin another directive"),
        ("\r", "a carriage return would end it"),
        ("\0", "a NUL would end it"),
        ("\t", "the control character \\u{9} has no place in it"),
        ("\u{85}", "the control character \\u{85} has no place in it"),
    ] {
        let hostile = format!("1{control}Application: System");
        let shown = hostile.escape_debug();
        for (field, said) in [
            ("an application", refused::<Application>(&hostile)),
            ("the data of an application", refused::<Data>(&hostile)),
            ("a context", refused::<Context>(&hostile)),
            ("an extension", refused::<Extension>(&hostile)),
            ("an account code", refused::<Account>(&hostile)),
            ("codecs", refused::<Codecs>(&hostile)),
            ("a caller's name", refused::<CallerName>(&hostile)),
            ("a caller's number", refused::<CallerNumber>(&hostile)),
            ("a caller id", refused::<CallerId>(&hostile)),
        ] {
            assert_eq!(said, format!("`{shown}` is not {field}: {why}"));
        }
        assert!(refused::<Channels>(&format!("PJSIP/{hostile}")).ends_with(why));
        assert!(refused::<Variable>(&format!("a={hostile}")).ends_with(why));
        assert!(refused::<Variable>(&format!("a{control}b=1")).contains("is not the name of a variable"));
        assert!(refused::<FileName>(&hostile).contains("is not the name of a call file"));
    }
}

#[test]
fn what_asterisk_would_drop_is_refused() {
    for (text, why) in [
        (" a", "blanks around it would be dropped"),
        ("a ", "blanks around it would be dropped"),
        ("a #1", "a # after a blank would begin a comment"),
        (&"x".repeat(1100), "it has more than 900 bytes"),
        (&";".repeat(500), "it has more than 900 bytes"),
    ] {
        assert!(refused::<Data>(text).ends_with(why), "{text}");
        assert!(refused::<Variable>(&format!("a={text}")).ends_with(why), "{text}");
    }
    for channel in ["PJSIP/1 ", " PJSIP/1", "PJSIP/1 #2", &format!("PJSIP/{}", "1".repeat(1100))] {
        assert!(refused::<Channels>(channel).contains("is not a channel"), "{channel}");
    }
    assert!(refused::<Extension>("").ends_with("expected a text"));
    assert!(refused::<CallerName>(&"x".repeat(80)).ends_with("it has more than 79 bytes"));
    let longest = CallFile { action: application(&";".repeat(450)), ..call("PJSIP/1") }.render();
    assert!(longest.lines().all(|line| line.len() < 1000), "Asterisk skips longer lines");
}

#[test]
fn what_is_no_value_of_its_kind_is_refused_with_the_value() {
    for channel in ["", "PJSIP", "PJSIP/", "/100", "PJSIP/100&", "PJSIP/100&101", "PJSIP/1,30", "P-J/1"] {
        let said = refused::<Channels>(channel);
        assert!(said.contains("is not a channel: expected"), "{said}");
    }
    for variable in
        ["a", "1a=1", "___a=1", "a b=1", "=1", "SHELL(touch x)=1", "FILE(/etc/passwd)=1", "CDR()=1", "CHANNEL(a,b)=1"]
    {
        let said = refused::<Variable>(variable);
        assert!(said.contains("variable: expected"), "{said}");
    }
    for name in ["", ".hidden", "..", "a/b", "a b", &"x".repeat(65)] {
        refused::<FileName>(name);
    }
    for caller_id in ["Ann <5", "Ann", "<5 5>", "Ann <a@b>"].map(refused::<CallerId>) {
        assert!(caller_id.contains("expected"), "{caller_id}");
    }
    assert_eq!(
        refused::<Application>("Play back"),
        "`Play back` is not an application: expected letters, digits and _"
    );
}

/// Noon and three quarters of a second, where clocks are an hour ahead of UTC.
fn due(text: &str) -> Result<String, String> {
    let now: Timestamp = "2026-11-21T11:00:00.750Z".parse().unwrap();
    let zone = FixedOffset::east_opt(3600).unwrap();
    parse_due(text, now, &zone).map(|time| time.to_string()).map_err(|error| error.to_string())
}

#[test]
fn a_time_is_read_as_people_say_it_and_never_comes_early() {
    for (text, time) in [
        ("2026-11-22T09:00:00+03:00", "2026-11-22T06:00:00Z"),
        ("2026-11-22T09:00:00.2Z", "2026-11-22T09:00:01Z"),
        ("2026-11-22 09:00", "2026-11-22T08:00:00Z"),
        ("2026-11-22T09:00:30", "2026-11-22T08:00:30Z"),
        ("today 12:01", "2026-11-21T11:01:00Z"),
        ("tomorrow 09:00", "2026-11-22T08:00:00Z"),
        ("+90s", "2026-11-21T11:01:31Z"),
        ("+5m", "2026-11-21T11:05:01Z"),
        ("+1h", "2026-11-21T12:00:01Z"),
        ("+2d", "2026-11-23T11:00:01Z"),
    ] {
        assert_eq!(due(text).as_deref(), Ok(time), "{text}");
    }
    for text in [
        "",
        "noon",
        "+",
        "+h",
        "+-1h",
        "+1",
        "+99999999999h",
        "+1w",
        "tomorrow",
        "09:00",
        "2026-11-22",
        "2026-02-30 09:00",
    ] {
        assert!(due(text).unwrap_err().contains("is not a time: expected +90s"), "{text}");
    }
    let passed = "`2026-11-21 09:00` is 2026-11-21T08:00:00Z, which has passed";
    assert_eq!(due("2026-11-21 09:00").unwrap_err(), passed);
    assert!(due("2039-01-01 00:00").unwrap_err().contains("is after 2038-01-19T03:14:07Z"));
}
