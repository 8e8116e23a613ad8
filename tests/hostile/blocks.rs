//! Environment blocks that are none.

use std::io::Write;
use std::process::Output;

use crate::script::{CALLER, REDUCER, ana_calls_bob, is_untouched, unescaped};
use crate::support::Ledger;

/// Returns the lines of a block as Asterisk writes it, the blank one among them.
fn block() -> Vec<String> {
    let block = ana_calls_bob().environment(&["authorise"]);
    block.lines().map(str::to_owned).collect()
}

fn text(lines: &[String]) -> Vec<u8> {
    lines.iter().flat_map(|line| format!("{line}\n").into_bytes()).collect()
}

/// Has a program hear these bytes and then nothing more; returns what it said.
fn hears(ledger: &Ledger, program: &str, bytes: &[u8]) -> Output {
    let mut child = ledger.start(program, &[]);
    // A program that has heard enough ends, and the rest of a long block meets a closed pipe.
    drop(child.stdin.take().unwrap().write_all(bytes));
    child.wait_with_output().unwrap()
}

/// Asserts that both programs end at once with an error and in silence.
fn is_no_block(ledger: &Ledger, what: &str, bytes: &[u8]) {
    for program in [CALLER, REDUCER] {
        let output = hears(ledger, program, bytes);
        let told = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{program}, {what}: {told}");
        assert_eq!(String::from_utf8_lossy(&output.stdout), "", "{program}, {what}");
        assert!(told.starts_with(&format!("{program}: malformed AGI environment: ")), "{program}, {what}: {told}");
    }
}

#[test]
fn a_block_that_lacks_repeats_or_misplaces_a_line_is_none() {
    let ledger = Ledger::with_ana_and_bob(600);
    let whole = block();
    // The last two are an argument, which may be missing, and the blank line.
    let keys = whole.len() - 2;
    for place in 0..keys {
        let line = &whole[place];
        let mut lines = whole.clone();
        lines.remove(place);
        is_no_block(&ledger, &format!("without {line:?}"), &text(&lines));
        let mut lines = whole.clone();
        lines.insert(place, line.clone());
        is_no_block(&ledger, &format!("{line:?} twice"), &text(&lines));
        let mut lines = whole.clone();
        lines.swap(place, place + 1);
        is_no_block(&ledger, &format!("{line:?} after its follower"), &text(&lines));
        is_no_block(&ledger, &format!("the pipe closes before {line:?}"), &text(&whole[..place]));
    }
    is_no_block(&ledger, "no blank line", &text(&whole[..whole.len() - 1]));
    is_no_block(
        &ledger,
        "CR LF",
        &whole.iter().flat_map(|line| format!("{line}\r\n").into_bytes()).collect::<Vec<_>>(),
    );
    is_no_block(&ledger, "CR", whole.join("\r").as_bytes());
    is_no_block(&ledger, "no line at all", b"\n");
    is_untouched(&ledger);
}

/// What stands in the place of a line: `key | the line or lines`, written with `\n`, `\r`, `\0`, `\t`.
const LINES_THAT_ARE_NONE: &str = r"
    agi_request     | agi_network: yes\nagi_request: celcombiller
    agi_request     |
    agi_channel     | agi_channel:PJSIP/1
    agi_channel     | agi_channel PJSIP/1
    agi_channel     | AGI_CHANNEL: PJSIP/1
    agi_uniqueid    | agi_uniqueid:
    agi_uniqueid    | agi_uniqueid: \x20
    agi_uniqueid    | agi_uniqueid: ../../etc/passwd
    agi_uniqueid    | agi_uniqueid: 1763690000.12#1
    agi_uniqueid    | agi_uniqueid: 1763690000.12\0
    agi_uniqueid    | agi_uniqueid: 1763690000.12\t
    agi_uniqueid    | agi_uniqueid: 1763690000.12'; DROP TABLE call; --
    agi_uniqueid    | agi_uniqueid: 1763690000.12\nagi_uniqueid: 1763690000.13
    agi_callerid    | agi_callerid: 999999999\nagi_callerid: 999999998
    agi_callerid    | agi_callerid: 999999999\nagi_accountcode: bob
    agi_callerid    | agi_callerid: 999999999\nagi_extension: 112
    agi_callerid    | agi_callerid: 999999999\nagi_calleridname: x
    agi_callerid    | agi_callerid: 999999999\n
    agi_callerid    | agi_callerid: 999999999\n\n
    agi_callerid    | agi_callerid: 999999999\n200 result=1
    agi_callerid    | 200 result=1 (||||||)
    agi_extension   | agi_extension: 999999998\nagi_extension: 112
    agi_extension   | agi_extension: 999999998\n\nagi_priority: 1
    agi_accountcode | agi_accountcode:
    agi_accountcode | agi_accountcode: ana\nagi_accountcode: bob
    agi_threadid    | agi_threadid: 1\nagi_threadid: 2
    agi_threadid    | agi_threadid: 1\nagi_arg_2: authorise
    agi_threadid    | agi_threadid: 1\nagi_arg_1: a\nagi_arg_1: b
    agi_threadid    | agi_threadid: 1\nagi_other: 1
";

fn table(text: &str) -> impl Iterator<Item = (&str, &str)> {
    text.lines().filter_map(|line| line.split_once('|')).map(|(left, right)| (left.trim(), right.trim()))
}

/// Returns the block with another text in the place of a key's line.
fn block_with(key: &str, line: &str) -> Vec<u8> {
    let mut lines = block();
    let place = lines.iter().position(|line| line.starts_with(&format!("{key}: "))).unwrap();
    lines[place] = line.to_owned();
    text(&lines)
}

#[test]
fn a_block_with_a_line_that_asterisk_does_not_write_is_none() {
    let ledger = Ledger::with_ana_and_bob(600);
    for (key, line) in table(LINES_THAT_ARE_NONE) {
        is_no_block(&ledger, line, &block_with(key, &unescaped(line)));
    }
    is_no_block(&ledger, "an extension of 100 KiB", &block_with("agi_extension", &"9".repeat(100 * 1024)));
    let long = format!("agi_extension: {}", "9".repeat(100 * 1024));
    is_no_block(&ledger, "100 KiB of an extension", &block_with("agi_extension", &long));
    is_no_block(&ledger, "100 KiB without a line", &[b'9'; 100 * 1024]);
    is_no_block(&ledger, "100 KiB of lines", "agi_request: x\n".repeat(7000).as_bytes());
    let arguments: String = (1..7000).map(|number| format!("agi_arg_{number}: x\n")).collect();
    let with_arguments = [text(&block()[..20]), arguments.into_bytes()].concat();
    is_no_block(&ledger, "100 KiB of arguments", &with_arguments);
    is_no_block(&ledger, "NUL", &[0; 4096]);
    is_no_block(&ledger, "no UTF-8", &[0xff; 4096]);
    is_no_block(&ledger, "UTF-16", &text(&block()).iter().flat_map(|&byte| [byte, 0]).collect::<Vec<_>>());
    is_untouched(&ledger);
}
