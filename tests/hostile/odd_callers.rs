//! Callers who are odd in a block that is whole.

use celcombiller::agi::stand_in::Channel;

use crate::another_block::behind_another_block;
use crate::script::{ANA, BOB, CALLER};
use crate::support::Ledger;

/// What is odd but whole is read as it stands: the key, its value, and the verdict.
const ODD_CALLERS: &[(&str, &[u8], &str)] = &[
    ("agi_callerid", b"999999999\0", "UNKNOWN_CALLER"),
    ("agi_callerid", b"\xff\xfe999999999", "UNKNOWN_CALLER"),
    ("agi_callerid", b"999999999\r", "UNKNOWN_CALLER"),
    ("agi_callerid", b" 999999999", "UNKNOWN_CALLER"),
    ("agi_callerid", b"999999999 ", "UNKNOWN_CALLER"),
    ("agi_callerid", b"", "UNKNOWN_CALLER"),
    ("agi_callerid", b"999999999' OR '1'='1", "UNKNOWN_CALLER"),
    ("agi_callerid", "\u{665}\u{665}\u{665}".as_bytes(), "UNKNOWN_CALLER"),
    ("agi_callerid", b"\"\\${SHELL(id)}", "UNKNOWN_CALLER"),
    ("agi_calleridname", b"Zo\xeb \"O'Neil\" & agi_extension: 112", "GRANTED"),
    ("agi_calleridname", b"\0", "GRANTED"),
    ("agi_context", b"caf\xe9", "GRANTED"),
];

#[test]
fn an_odd_caller_in_a_whole_block_is_nobody_and_an_odd_name_is_only_a_name() {
    let ledger = Ledger::with_ana_and_bob(600);
    for (counter, &(key, value, status)) in ODD_CALLERS.iter().enumerate() {
        let mut channel = Channel::new(&format!("1763690000.{counter}"), ANA, BOB);
        let line = [key.as_bytes(), b": ", value].concat();
        let bytes: Vec<u8> = channel
            .environment(&[])
            .lines()
            .map(|found| if found.starts_with(&format!("{key}: ")) { line.as_slice() } else { found.as_bytes() })
            .flat_map(|line| [line, b"\n"].concat())
            .collect();
        let ended = behind_another_block(&ledger, CALLER, &mut channel, bytes);
        let shown = String::from_utf8_lossy(value);
        assert_eq!((ended.status.code(), channel.variable("CELCOMBILLER_STATUS")), (Some(0), status), "{key}: {shown}");
    }
    ledger.check();
}
