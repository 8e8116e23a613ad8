//! What Asterisk may reply, and how it may come.

use std::io::{self, Write};

use celcombiller::agi::stand_in::{Answer, Channel};

use crate::outcome::{is_closed_at, is_record, nothing_to_settle};
use crate::script::{ANA, BOB, CALL, CALLER, FAR_AHEAD, ana_calls_bob};
use crate::support::{Ended, Ledger, commands, converse, is_dial, pipes};

/// Writes each byte by itself.
struct ByteByByte<W>(W);

impl<W: Write> Write for ByteByByte<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        for byte in bytes {
            self.0.write_all(&[*byte])?;
            self.0.flush()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

#[test]
fn replies_may_come_byte_by_byte() {
    let ledger = Ledger::in_euros();
    let mut channel = ana_calls_bob();
    let mut child = ledger.start(CALLER, &[]);
    let (to, from) = pipes(&mut child);
    converse((ByteByByte(to), from), &mut channel, &[], |_, _| Answer::AsAsterisk);
    Ended::of(child).quietly();
    is_record(&ledger, CALL, ("ANSWERED", 0, "0.05"));
    is_closed_at(&ledger, "9.95");
}

const USAGE: &str = "520-Invalid command syntax.  Proper usage follows:\n Usage: SET AUTOHANGUP <time>\n\tCause the \
                     channel to automatically hangup at <time> seconds in the\n 200 result=1\nfuture.\n520 End of \
                     proper usage.\n";

/// What Asterisk may say to a command that changes nothing about who pays what.
#[test]
fn a_call_is_settled_whatever_asterisk_says_to_a_command_beside_it() {
    let ledger = Ledger::in_euros();
    ledger.configure("[calls]\nmax_seconds = 60\n");
    let mut calls = 0;
    for odd in [
        "200 result=-1\n",
        "200 result=1 (a (text) of (many) words)\n",
        "200 result=0 endpos=0\n",
        "510 Invalid or unknown command\n",
        "511 Command Not Permitted on a dead channel or intercept routine\n",
        "HANGUP\n200 result=0\n",
        "520 Invalid command syntax.  Proper usage not available.\n",
        USAGE,
    ] {
        for beside in ["SET AUTOHANGUP \"100\"", "SET AUTOHANGUP \"0\"", "EXEC \"MSet\" "] {
            calls += 1;
            let mut channel = Channel::new(&format!("1763690000.{calls}"), ANA, BOB);
            let ended = ledger.play_with(CALLER, &mut channel, &[], |_, command| match command.starts_with(beside) {
                true => Answer::Raw(odd.as_bytes().to_vec()),
                false => Answer::AsAsterisk,
            });
            ended.quietly();
            is_record(&ledger, &format!("1763690000.{calls}#1"), ("ANSWERED", 0, "0.05"));
            nothing_to_settle(&ledger, &mut channel);
        }
    }
}

/// So on a channel that was hung up: what `h` settles by is said all the same.
#[test]
fn where_asterisk_runs_no_application_the_call_is_named_by_one_variable_after_the_other() {
    let ledger = Ledger::in_euros();
    let mut channel = Channel::new("1763690000.1", ANA, BOB);
    let ended =
        ledger.play_with(CALLER, &mut channel, &["authorise"], |_, command| match command.starts_with("EXEC") {
            true => Answer::Raw(b"511 Command Not Permitted on a dead channel or intercept routine\n".to_vec()),
            false => Answer::AsAsterisk,
        });
    ended.quietly();
    let set: Vec<_> = commands(&channel.dialogue).filter(|said| said.starts_with("SET VARIABLE")).collect();
    let expected = [
        r#"SET VARIABLE "CELCOMBILLER_CALL" "1763690000.1#1""#,
        r#"SET VARIABLE "CELCOMBILLER_SECONDS" "995""#,
        r#"SET VARIABLE "CELCOMBILLER_STATUS" "GRANTED""#,
    ];
    assert_eq!(set, expected);
}

/// What Asterisk may say to Dial itself: the variables it leaves decide, and there are none.
#[test]
fn a_dial_that_asterisk_does_not_do_costs_nothing_and_holds_nothing() {
    for (odd, told) in [
        ("200 result=-1\n", ""),
        ("HANGUP\n200 result=-1\n", ""),
        ("200 result=-2\n", "celcombiller: Asterisk has no Dial application\n"),
        (
            "511 Command Not Permitted on a dead channel or intercept routine\n",
            "celcombiller: Asterisk answered 511 to Dial\n",
        ),
        (USAGE, "celcombiller: Asterisk answered 520 to Dial\n"),
    ] {
        let ledger = Ledger::in_euros();
        let mut channel = ana_calls_bob();
        let ended = ledger.play_with(CALLER, &mut channel, &[], |_, command| match is_dial(command) {
            true => Answer::Raw(odd.as_bytes().to_vec()),
            false => Answer::AsAsterisk,
        });
        assert_eq!((ended.status.code(), ended.stderr.as_str()), (Some(0), told));
        is_record(&ledger, CALL, ("FAILED", 0, "0"));
        nothing_to_settle(&ledger, &mut channel);
        is_closed_at(&ledger, "10");
    }
}

#[test]
fn a_pipe_that_closes_during_dial_leaves_the_hold_to_the_expiry() {
    let ledger = Ledger::with_ana_and_bob(600);
    let mut channel = ana_calls_bob();
    let ended = ledger.play_with(CALLER, &mut channel, &[], |_, command| match is_dial(command) {
        true => Answer::Close,
        false => Answer::AsAsterisk,
    });
    assert_eq!(
        (ended.status.code(), ended.stderr.as_str()),
        (Some(1), "celcombiller-caller: Asterisk closed the pipe\n")
    );
    assert_eq!(ledger.balance("ana"), ("600".to_owned(), "600".to_owned()));
    assert_eq!(ledger.json(&["hold", "expire"]), serde_json::json!([]), "the call may still be going on");
    let expired = ledger.json(&["hold", "expire", "--as-of", FAR_AHEAD]);
    assert_eq!(expired[0]["call"], CALL);
    assert_eq!(ledger.json(&["hold", "list", "--all"])[0]["state"], "expired");
    is_closed_at(&ledger, "600");
}
