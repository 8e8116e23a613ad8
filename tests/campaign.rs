//! When a campaign makes its next call, and what its template makes of a row.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that fails says where")]

use std::num::NonZeroU32;

use celcombiller::domain::campaign::{Next, Pacing};
use celcombiller::domain::time::Timestamp;
use celcombiller::pbx::template::Template;
use chrono::{NaiveDateTime, TimeDelta};

const MONDAY_NOON: &str = "2026-11-23T12:00:00";

#[test]
fn the_next_call_comes_when_hours_pace_and_ceiling_allow_it() {
    // pace a minute, ceiling, hours | seconds after Monday noon, seconds since the last call, calls in progress
    let table = "
60 2             | 0     -  0 | Call
60 2             | 0     0  0 | Wait(Pace, 1000)
60 2             | 0   0.4  0 | Wait(Pace, 600)
60 2             | 0     1  0 | Call
60 2             | 0   -99  0 | Call
60 2             | 0     1  1 | Call
60 2             | 0     1  2 | Wait(Room, 250)
60 2             | 0     1  3 | Wait(Room, 250)
60 2             | 0     0  2 | Wait(Pace, 1000)
7 1              | 0     8  0 | Wait(Pace, 572)
60 1 12:00-13:00 | 0     -  0 | Call
60 1 12:00-13:00 | -0.5  -  0 | Wait(Hours, 500)
60 1 12:00-13:00 | 3599  -  0 | Call
60 1 12:00-13:00 | 3600  -  0 | Wait(Hours, 60000)
60 1 tue,sat     | 0     -  0 | Wait(Hours, 60000)
60 1 mon         | 0     -  0 | Call
";
    let noon: NaiveDateTime = MONDAY_NOON.parse().unwrap();
    for line in table.lines().filter(|line| !line.is_empty()) {
        let [pacing, asked, expected] = line.split('|').map(str::trim).collect::<Vec<_>>()[..] else {
            panic!("{line}")
        };
        let words: Vec<&str> = pacing.split_whitespace().collect();
        let number = |word: &str| word.parse::<NonZeroU32>().unwrap();
        let hours = words[2..].join(" ").parse().unwrap();
        let pacing = Pacing { pace: number(words[0]), ceiling: number(words[1]), hours };
        let asked: Vec<&str> = asked.split_whitespace().collect();
        let millis = |seconds: &str| (seconds.parse::<f64>().unwrap() * 1000.0) as i64;
        let local = noon + TimeDelta::milliseconds(millis(asked[0]));
        // What the wall shows and what the clock counts may differ.
        let now = Timestamp::from_millis(1_000_000_000);
        let last = (asked[1] != "-").then(|| Timestamp::from_millis(now.millis() - millis(asked[1])));
        let next: Next = pacing.next(now, local, last, asked[2].parse().unwrap());
        assert_eq!(format!("{next:?}"), expected, "{line}");
    }
}

fn template(words: &[&str]) -> Result<Template, String> {
    Template::of(&words.iter().map(|&word| word.to_owned()).collect::<Vec<_>>()).map_err(|error| error.to_string())
}

#[test]
fn a_row_fills_the_places_of_a_template_and_nothing_else() {
    let words = ["--channel", "PJSIP/{number}@{Trunk}", "--variable=A={{{name}}}", "--archive", "--data", "-{name}"];
    let template = template(&words).unwrap();
    assert_eq!(template.columns().collect::<Vec<_>>(), ["number", "trunk", "name", "name"]);
    let filled = template.fill(|column| match column {
        "number" => "5511",
        "trunk" => "",
        _ => "--user eva {number}",
    });
    let expected =
        ["--channel=PJSIP/5511@", "--variable=A={--user eva {number}}", "--archive", "--data=---user eva {number}"];
    assert_eq!(filled, expected);
}

#[test]
fn words_that_are_no_template_are_named() {
    for (words, why) in [
        (&["{number}"][..], "`{number}` is not a flag: expected one such as --channel before it"),
        (&["--data", "a", "b"], "`b` is not a flag: expected one such as --channel before it"),
        (&["--data=a", "b"], "`b` is not a flag: expected one such as --channel before it"),
        (&["--{flag}", "a"], "`--{flag}` has a place in the name of a flag"),
        (&["--data", "{a"], "`--data={a` has a brace without the other: expected {column}, or two for a brace itself"),
        (&["--data", "a}"], "`--data=a}` has a brace without the other: expected {column}, or two for a brace itself"),
        (
            &["--data", "{a{b}"],
            "`--data={a{b}` has a brace without the other: expected {column}, or two for a brace itself",
        ),
    ] {
        assert_eq!(template(words), Err(why.to_owned()));
    }
}
