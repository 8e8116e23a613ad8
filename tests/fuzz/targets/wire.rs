//! Whatever stands on the pipe, the parser ends with an answer or an error, and what it accepts means one
//! thing only.

#![no_main]

use celcombiller::agi::stand_in::{Channel, words};
use celcombiller::agi::wire::{Environment, Reply, command};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    block(bytes);
    replies(bytes);
    if let Ok(text) = str::from_utf8(bytes) {
        quoted(&text.split('\n').collect::<Vec<_>>());
    }
});

/// A block that is accepted says no more than its four texts: written again, it reads the same.
fn block(mut bytes: &[u8]) {
    let Ok(environment) = Environment::read(&mut bytes) else { return };
    let Environment { uniqueid, callerid, extension, accountcode } = &environment;
    let mut channel = Channel::new(uniqueid.as_str(), callerid, extension);
    channel.accountcode.clone_from(accountcode);
    let again = channel.environment(&["authorise", "to=5511999990002"]);
    let mut again = again.as_bytes();
    match Environment::read(&mut again) {
        Ok(second) => {
            assert_eq!(second, environment, "a block reads the same when it is written again");
            assert!(again.is_empty(), "a block ends at its blank line");
        }
        // An invalid byte grows to three when it is written again, so a block near the limit may pass it.
        Err(error) => assert!(error.to_string().contains("bytes"), "{error}: {environment:?}"),
    }
}

/// A reply takes whole lines from the pipe, so that the next one is the next command's.
fn replies(bytes: &[u8]) {
    let mut rest = bytes;
    while let Ok(reply) = Reply::read(&mut rest) {
        if let Reply::Done { text: Some(text), .. } = reply {
            assert!(!text.contains('\n'), "a value is part of one line");
        }
        assert_eq!(bytes[bytes.len() - rest.len() - 1], b'\n', "a reply ends with its line");
    }
}

/// A word that can be said at all arrives as the same word, and as one.
fn quoted(said: &[&str]) {
    let Ok(line) = command("SET VARIABLE", said) else { return };
    let line = line.strip_suffix('\n').expect("a command ends its line");
    assert!(!line.contains('\n'), "a command is one line");
    assert_eq!(words(line), [&["SET", "VARIABLE"], said].concat(), "every word arrives as it was said");
}
