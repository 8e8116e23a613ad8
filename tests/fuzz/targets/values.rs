//! Whatever is typed where a value is wanted, it is refused in a line, or is one value that reads the same when it is
//! written again.

#![no_main]

use celcombiller::domain::account::{Caller, Language, Level, Username};
use celcombiller::domain::bundle::{Bundle, Reach};
use celcombiller::domain::calendar::{Calendar, Month, When};
use celcombiller::domain::call::{CallId, UniqueId};
use celcombiller::domain::caps::{Caps, Most, Prefixes};
use celcombiller::domain::contact;
use celcombiller::domain::due::parse_due;
use celcombiller::domain::entry_hash::EntryHash;
use celcombiller::domain::extension::{self, Numbers, Pin, RingTime, Secret, ShownName};
use celcombiller::domain::gift::Gift;
use celcombiller::domain::group::GroupName;
use celcombiller::domain::hours::Hours;
use celcombiller::domain::line::Line;
use celcombiller::domain::money::{Amount, Money, Price, Rounding};
use celcombiller::domain::numbering::{Dialled, Imsi, LeadingDigits, PhoneNumber, Prefix};
use celcombiller::domain::plan::Plan;
use celcombiller::domain::rate::{Destinations, Increment};
use celcombiller::domain::ring_group::{Destination, Member, Members, MusicClass, NamePrefix};
use celcombiller::domain::routing::TrunkName;
use celcombiller::domain::tariff::Holidays;
use celcombiller::domain::terms::{Bands, Surcharge, Terms};
use celcombiller::domain::time::Timestamp;
use celcombiller::domain::vat::Vat;
use celcombiller::domain::visible::{cell, cell_text, is_invisible, visible};
use celcombiller::domain::voucher::{BatchName, CodeLength, VoucherCode};
use celcombiller::domain::week::Week;
use celcombiller::pbx::template::Template;
use celcombiller::pbx::value::FileName;
use celcombiller::{BETWEEN, read, read_unwritten, refused};
use chrono::Utc;
use libfuzzer_sys::fuzz_target;

/// Reads a text as each of some kinds.
macro_rules! read_as {
    ($text:ident: $($kind:ty),+ $(,)?) => { $(read::<$kind>($text);)+ };
}

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = str::from_utf8(bytes) else { return };
    read_as!(text: Money, Amount, Price, Rounding, Vat, Increment, Bands, Surcharge, Terms, Caps, Most, Prefixes);
    read_as!(text: Bundle, Reach, Gift, Plan, Holidays, Destinations, EntryHash);
    read_as!(text: PhoneNumber, Imsi, Prefix, LeadingDigits, Dialled, UniqueId, CallId, Username, Language, Level);
    read_as!(text: GroupName, TrunkName, BatchName, Line, Line<2000>, contact::Email, contact::Tag);
    read_as!(text: ShownName, Pin, extension::Email, RingTime, NamePrefix, MusicClass, Member, Destination, Members);
    read_as!(text: CodeLength, FileName);
    read_unwritten::<Secret>(text);
    read_unwritten::<Numbers>(text);
    code(text);
    time(text);
    hours(text);
    shown(text);
    template(text);
    let caller = Caller::from_channel(text, text).to_string();
    assert!(!caller.contains(is_invisible), "a CDR shows who called: {caller:?}");
});

/// A code is read however it is parted, and never repeated where it is wrong.
fn code(text: &str) {
    match text.parse::<VoucherCode>() {
        Ok(code) => assert_eq!(code.to_string().parse(), Ok(code)),
        Err(error) => {
            refused(&error);
            let repeated = text.chars().count() > 3 && error.to_string().contains(text);
            assert!(!repeated || !text.bytes().all(|byte| byte.is_ascii_digit()), "{error}");
        }
    }
}

/// A time is written to the millisecond, is one that the spool can wait for, and one of the calendar.
fn time(text: &str) {
    if let Some(time) = read_unwritten::<Timestamp>(text) {
        assert_eq!(time.exact().parse(), Ok(time), "{text} is an instant that is written");
    }
    const NOW: Timestamp = Timestamp::from_millis(1_795_258_800_750);
    match parse_due(text, NOW, &Utc) {
        Ok(due) => assert!(due >= NOW && due.millis() <= i64::from(i32::MAX) * 1000, "{text} is due at {due}"),
        Err(error) => refused(&error),
    }
    let Ok(calendar) = Calendar::named("America/Sao_Paulo") else { panic!("the zone is there") };
    if let Some(when) = read_unwritten::<When>(text) {
        calendar.instant(when).map_or_else(|error| refused(&error), |_| ());
    }
    if let Some(month) = read_unwritten::<Month>(text) {
        let (begin, end) = calendar.month(month).expect("a month of four digits' years is in the calendar");
        assert!(begin < end, "a month ends after it begins");
    }
    calendar.read(text).map_or_else(|error| refused(&error), |_| ());
    Calendar::named(text).map_or_else(|error| refused(&error), |_| ());
}

/// Hours cover the same week however they are written; a few windows show it as well as many do.
fn hours(text: &str) {
    let Some(hours) =
        read::<Hours>(text).filter(|hours| !hours.is_always() && !hours.has_holidays() && text.len() < 40)
    else {
        return;
    };
    let week = Week::of(&hours);
    let again: Hours = week.to_string().parse().expect("a week is written as hours");
    assert_eq!(Week::of(&again), week, "{text}");
}

/// What a person or a spreadsheet is shown is harmless, and the spreadsheet's is read back.
fn shown(text: &str) {
    assert!(!visible(text).contains(is_invisible), "{text:?}");
    let cell = cell(text);
    assert_eq!(cell_text(&cell), text, "a cell is read as the text that it was");
    let number = cell.trim_start_matches(['+', '-']).bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    assert!(number || !cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']), "{cell:?} is a formula");
}

/// What fills a place of a template stays within its flag.
fn template(text: &str) {
    let words: Vec<String> = text.split(BETWEEN).map(str::to_owned).collect();
    let template = match Template::of(&words) {
        Ok(template) => template,
        Err(error) => return drop(error.to_string()),
    };
    let names = |words: &[String]| -> Vec<String> {
        words.iter().map(|word| word.split('=').next().unwrap_or_default().to_owned()).collect()
    };
    let plain = template.fill(|_| "1");
    let hostile = template.fill(|_| "--channel=x {number} \n");
    assert_eq!(names(&plain), names(&hostile), "no value becomes a flag");
    assert!(plain.iter().all(|word| word.starts_with("--")), "{plain:?}");
}
