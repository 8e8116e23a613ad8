//! Whatever number, SIM or name fills a template, what is dialled is where the template goes: as many legs, by the
//! same technologies, and nothing that Dial takes for its options.

#![no_main]

use celcombiller::domain::account::Username;
use celcombiller::domain::dialling::{DialFacts, DialString, DialTemplate};
use celcombiller::domain::numbering::{Imsi, PhoneNumber};
use celcombiller::{read, values};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = str::from_utf8(bytes) else { return };
    let [template, number, imsi, username] = values(text);
    if let Some(kept) = DialString::granted_before(template) {
        dials_nothing_else(kept.as_str());
    }
    let Some(template) = read::<DialTemplate>(template) else { return };
    let (number, imsi) = (read::<PhoneNumber>(number), read::<Imsi>(imsi));
    let username = read::<Username>(username);
    let facts = DialFacts {
        number: number.as_ref().map(PhoneNumber::as_str),
        imsi: imsi.as_ref().map(Imsi::as_str),
        username: username.as_ref().map(Username::as_str),
    };
    let plain = DialFacts { number: Some("1"), imsi: Some("1"), username: Some("1") };
    let plain = template.dial_string(&plain).expect("every fact is there");
    let Some(filled) = template.dial_string(&facts) else { return };
    dials_nothing_else(filled.as_str());
    assert_eq!(shape(filled.as_str()), shape(plain.as_str()), "{template} becomes {}", filled.as_str());
    assert_eq!(DialString::granted_before(filled.as_str()), Some(filled), "a grant is dialled again as it was");
});

/// Neither Dial, nor the dialplan, nor AGI reads more than destinations in it.
fn dials_nothing_else(filled: &str) {
    let other = |c: char| c.is_whitespace() || c.is_control() || !c.is_ascii() || ",()|^\"'\\$`{}%<>?".contains(c);
    assert!(!filled.contains(other), "{filled}");
    assert!(filled.split('&').all(|leg| leg.split_once('/').is_some_and(|(_, rest)| !rest.is_empty())), "{filled}");
}

/// The technology of each leg, and how often what parts a destination stands in it.
fn shape(filled: &str) -> Vec<(&str, [usize; 6])> {
    let counts = |leg: &str| ['@', '/', ':', ';', '=', '!'].map(|mark| leg.matches(mark).count());
    filled.split('&').map(|leg| (leg.split('/').next().unwrap_or_default(), counts(leg))).collect()
}
