//! Whatever a configuration says, it is refused with a line of the file, or is within every bound that calls rely on.

#![no_main]

use std::path::Path;

use celcombiller::config::{Config, ConfigError};
use celcombiller::domain::dialling::DialFacts;
use celcombiller::domain::rate::TalkTime;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = str::from_utf8(bytes) else { return };
    let config = match Config::parse(text, Path::new("celcombiller.toml")) {
        Ok(config) => config,
        Err(ConfigError::Invalid { line, message, .. }) => {
            assert!((1..=text.split('\n').count()).contains(&line), "line {line}: {message}");
            return assert!(!message.contains('\n'), "{message}");
        }
        Err(error) => panic!("{error}"),
    };
    assert!((1..=60).contains(&config.database.busy_timeout().as_secs()));
    assert!((1..=600).contains(&config.dial.ring_seconds()));
    let longest = config.calls.max_talk_time().expect("every call has a longest").seconds();
    assert!(longest <= 86_400, "{longest}");
    for granted in [1, 59, longest].into_iter().filter_map(TalkTime::new) {
        if let Some(left) = config.dial.first_warning(granted) {
            assert!((1..granted.seconds()).contains(&left), "a warning at {left} s of {granted}");
        }
    }
    let facts = DialFacts { number: Some("1"), imsi: Some("1"), username: Some("1") };
    for template in [Some(&config.dial.onnet), config.dial.offnet.as_ref(), config.free_dial()].into_iter().flatten() {
        let dial = template.dial_string(&facts).expect("every fact is there");
        assert!(!dial.as_str().contains([',', '(', '"', ' ', '{']), "{}", dial.as_str());
    }
});
