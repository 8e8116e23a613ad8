//! What a caller is told before the dial, a line a sentence.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that fails says where")]

#[path = "support/table.rs"]
mod table;

use celcombiller::config::Config;
use celcombiller::domain::announcement::{Announcement, Utterance};
use celcombiller::domain::rate::TalkTime;
use table::table;

const IN_EUROS: &str = r#"
unit_one = "euro"
unit_many = "euros"
part_one = "cent"
part_many = "cents"
before_minutes = "talk-for"
"#;

fn announcement(toml: &str) -> Announcement {
    Config::parse(&format!("[announce]\n{toml}"), "announce.toml".as_ref()).unwrap().announce
}

/// Says what is told of funds and of seconds of talk: `FUNDS UNIT, SECONDS s`.
fn told(announcement: &Announcement, line: &str) -> String {
    let (funds, seconds) = line.split_once(", ").unwrap();
    let (funds, unit) = funds.split_once(' ').unwrap();
    let talk_time = TalkTime::new(seconds.trim_end_matches(" s").parse().unwrap()).unwrap();
    let said = announcement.said(funds.parse().unwrap(), unit == "seconds", talk_time);
    let words = said.iter().map(|utterance| match utterance {
        Utterance::Sound(sound) => sound.as_str().to_owned(),
        Utterance::Number(number) => number.to_string(),
    });
    words.collect::<Vec<_>>().join(" ")
}

#[test]
fn nothing_is_told_unless_the_operator_says_so() {
    assert_eq!(told(&announcement(""), "12.50 EUR, 600 s"), "");
    assert_eq!(told(&announcement(IN_EUROS), "12.50 EUR, 600 s"), "");
}

#[test]
fn a_balance_is_told_in_units_and_hundredths_rounded_down() {
    table(
        "
        12.50 EUR, 600 s        -> vm-youhave 12 euros vm-and 50 cents
        12 EUR, 600 s           -> vm-youhave 12 euros
        1.01 EUR, 600 s         -> vm-youhave 1 euro vm-and 1 cent
        0.50 EUR, 600 s         -> vm-youhave 50 cents
        0.019999 EUR, 600 s     -> vm-youhave 1 cent
        0.009999 EUR, 600 s     -> vm-youhave 0 euros
        0 EUR, 600 s            -> vm-youhave 0 euros
        1.999999 EUR, 600 s     -> vm-youhave 1 euro vm-and 99 cents
        -3 EUR, 600 s           -> vm-youhave 0 euros
        999999999.99 EUR, 600 s -> vm-youhave 999999999 euros vm-and 99 cents
        ",
        |line| told(&announcement(&format!("balance = true\n{IN_EUROS}")), line),
    );
}

#[test]
fn a_balance_that_asterisk_cannot_say_is_left_out() {
    let both = announcement(&format!("balance = true\nminutes = true\n{IN_EUROS}"));
    assert_eq!(told(&both, "1000000000 EUR, 600 s"), "talk-for 10 minutes");
    assert_eq!(told(&both, "9223372036854.775807 EUR, 600 s"), "talk-for 10 minutes");
}

#[test]
fn where_hundredths_have_no_word_the_units_before_them_are_always_told() {
    table(
        "
        12.50 EUR, 600 s -> vm-youhave 12 vm-and 50
        0.50 EUR, 600 s  -> vm-youhave 0 vm-and 50
        7 EUR, 600 s     -> vm-youhave 7
        ",
        |line| told(&announcement("balance = true"), line),
    );
}

#[test]
fn a_balance_of_seconds_is_told_in_minutes_and_seconds() {
    table(
        "
        605 seconds, 600 s  -> vm-youhave 10 minutes vm-and 5 seconds
        60.9 seconds, 60 s  -> vm-youhave 1 minute
        61 seconds, 60 s    -> vm-youhave 1 minute vm-and 1 second
        45 seconds, 45 s    -> vm-youhave 45 seconds
        0.5 seconds, 1 s    -> vm-youhave 0 minutes
        86400 seconds, 60 s -> vm-youhave 1440 minutes
        ",
        |line| told(&announcement("balance = true"), line),
    );
}

#[test]
fn the_time_to_talk_is_told_in_minutes_and_below_one_in_seconds() {
    table(
        "
        5 EUR, 7200 s -> vm-youhave 120 minutes
        5 EUR, 119 s  -> vm-youhave 1 minute
        5 EUR, 60 s   -> vm-youhave 1 minute
        5 EUR, 59 s   -> vm-youhave 59 seconds
        5 EUR, 1 s    -> vm-youhave 1 second
        ",
        |line| told(&announcement("minutes = true"), line),
    );
}

#[test]
fn a_time_that_is_too_short_to_be_told_is_not() {
    table(
        "
        5 EUR, 120 s -> vm-youhave 2 minutes
        5 EUR, 119 s ->
        ",
        |line| told(&announcement("minutes = true\nat_least = 120"), line),
    );
}

#[test]
fn a_phrase_may_be_several_sounds_or_silence() {
    let toml = "minutes = true\nbefore_minutes = \"credit/this-call&credit/may-last\"\nminute_many = \"\"";
    assert_eq!(told(&announcement(toml), "5 EUR, 600 s"), "credit/this-call credit/may-last 10");
}
