//! Whatever extensions and ring groups are called, Asterisk's files have the same sections and keys as for plain
//! names, and each name is where it belongs and nowhere else.

#![no_main]

use std::sync::OnceLock;

use celcombiller::domain::account::Username;
use celcombiller::domain::extension::{Email, Extension, Mailbox, Pin, Secret, Settings, ShownName};
use celcombiller::domain::ring_group::{GroupSettings, MusicClass, NamePrefix, RingGroup};
use celcombiller::pbx::render::render;
use celcombiller::{read, values};
use libfuzzer_sys::fuzz_target;

const PLAIN: [&str; 7] =
    ["Plainname", "plainuser", "plain@example.org", "4711", "Plainprefix", "plainmusic", "plainsecret"];

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = str::from_utf8(bytes) else { return };
    let Some((hostile, values)) = books(values(text)) else { return };
    // Where one value names the place of another, what is expected could not be told by putting one after the other.
    let names_another = |(at, value): (usize, &String)| {
        PLAIN.iter().enumerate().any(|(other, plain)| other != at && value.contains(plain))
    };
    if values.iter().enumerate().any(names_another) {
        return;
    }
    static RENDERED: OnceLock<Vec<String>> = OnceLock::new();
    let plain = RENDERED.get_or_init(|| books(PLAIN).expect("plain names are names").0);
    for (plain, hostile) in plain.iter().zip(&hostile) {
        let put = |text: &str| {
            let spoken = text.starts_with("-4711,");
            PLAIN.iter().zip(&values).fold(text.to_owned(), |text, (plain, value)| {
                // A comma parts the columns of a mailbox, and a `;` cannot be written there.
                let value = if spoken { value.replace([',', ';'], " ") } else { value.clone() };
                text.replace(plain, &value)
            })
        };
        let expected: Vec<_> =
            entries(plain).into_iter().map(|(section, key, value)| (section, key, put(&value))).collect();
        assert_eq!(entries(hostile), expected, "{hostile}");
    }
});

/// Renders one phone of each technology and a group that rings them.
fn books([name, payer, email, pin, prefix, music, secret]: [&str; 7]) -> Option<(Vec<String>, [String; 7])> {
    let name: ShownName = read(name)?;
    let or = |text: &str, plain: &str| if text.is_empty() { plain.to_owned() } else { text.to_owned() };
    let payer: Username = read(&or(payer, PLAIN[1]))?;
    let email: Email = read(&or(email, PLAIN[2]))?;
    let pin: Pin = read(&or(pin, PLAIN[3]))?;
    let prefix: NamePrefix = read(&or(prefix, PLAIN[4]))?;
    let music: MusicClass = read(&or(music, PLAIN[5]))?;
    let secret: Secret = or(secret, PLAIN[6]).parse().ok()?;
    let phone = |number: &str, technology: &str| {
        let mut settings = Settings::new(secret.clone());
        settings.technology = technology.parse().expect("a technology");
        settings.voicemail = Some(Mailbox { pin: pin.clone(), email: Some(email.clone()) });
        settings.forward.busy = Some("5511".parse().expect("a number"));
        Extension { number: number.parse().expect("a number"), name: name.clone(), payer: payer.clone(), settings }
    };
    let mut group = GroupSettings::new("1000,1001,5511#".parse().expect("members"));
    (group.name_prefix, group.music) = (Some(prefix.clone()), Some(music.clone()));
    let group = RingGroup {
        number: "600".parse().expect("a number"),
        name: name.clone(),
        payer: Some(payer.clone()),
        settings: group,
    };
    let files = render(&[phone("1000", "pjsip"), phone("1001", "sip")], &[group]).expect("the templates are right");
    let values = [
        name.to_string(),
        payer.to_string(),
        email.to_string(),
        pin.to_string(),
        prefix.to_string(),
        music.to_string(),
        secret.as_str().to_owned(),
    ];
    Some((files.into_iter().map(|file| file.text).collect(), values))
}

/// Reads a file as `config.c` does: `;` begins a comment unless a backslash stands before it, and `;--` one that goes
/// on over lines; a line is a section, a directive, or a key and its value.
fn entries(text: &str) -> Vec<(String, String, String)> {
    let mut section = String::new();
    let mut entries = Vec::new();
    for line in text.split(['\n', '\r']) {
        let mut kept = String::new();
        let mut rest = line.chars();
        while let Some(c) = rest.next() {
            match c {
                ';' if kept.ends_with('\\') => {
                    kept.pop();
                    kept.push(';');
                }
                ';' => {
                    assert!(!rest.as_str().starts_with("--"), "{line}: a comment over lines");
                    break;
                }
                c => kept.push(c),
            }
        }
        match kept.trim() {
            "" => {}
            named if named.starts_with('[') => section = named.to_owned(),
            directive if directive.starts_with('#') => panic!("{directive} is a directive"),
            line => {
                let (key, value) = line.split_once('=').expect("a line has a key");
                let (key, value) = (key.trim().to_owned(), value.strip_prefix('>').unwrap_or(value).trim().to_owned());
                // It names the books, which are others.
                if section != "[celcombiller-books]" {
                    entries.push((section.clone(), key, value));
                }
            }
        }
    }
    entries
}
