//! Whatever stands on the pipe, reading it ends without a fault, and what is quoted comes out as it went in.

#![no_main]

use celcombiller::agi::stand_in::words;
use celcombiller::agi::wire::{Environment, Reply, command};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let mut input = bytes;
    if let Ok(environment) = Environment::read(&mut input) {
        assert!(!environment.callerid.contains('\n') && !environment.extension.contains('\n'), "a value is one line");
    }
    let mut input = bytes;
    while let Ok(reply) = Reply::read(&mut input) {
        if let Reply::Done { text: Some(text), .. } = reply {
            assert!(!text.contains('\n'), "a value is one line");
        }
    }
    if let Ok(word) = str::from_utf8(bytes)
        && let Ok(line) = command("SET VARIABLE", &["NAME", word])
    {
        assert!(line.ends_with('\n') && line.matches('\n').count() == 1, "a command is one line");
        assert_eq!(words(line.trim_end_matches('\n')), ["SET", "VARIABLE", "NAME", word]);
    }
});
