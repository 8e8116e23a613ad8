//! Replies that are none.

use std::io::{self, Write};
use std::process::ChildStdin;

use celcombiller::agi::stand_in::{Answer, Channel};

use crate::script::{ANA, BOB, CALLER, unescaped};
use crate::support::{Ended, Ledger, commands, converse, is_dial, pipes};

/// Replies that are none, written with `\n`, `\r`, `\0`, `\x20`; then the pipe closes.
const REPLIES_THAT_ARE_NONE: &str = r"
    \n
    200\n
    200 \n
    200 result\n
    200 result=\n
    200 result=x\n
    200 result=1x\n
    200 result=0x10\n
    200 result=1.5\n
    200 result= 1\n
    200  result=1\n
    200 result=99999999999\n
    200 result=1 (never closed\n
    200 result=1 (||||||) and more\n
    200result=1\n
    20 result=1\n
    2000 result=1\n
    -20 result=1\n
    +20 result=1\n
    \x20200 result=1\n
    200 result=1\r\n
    200 result=1\0\n
    \0\0\0\0\n
    result=1\n
    garbage\n
    agi_calleridname: unknown\n
    HANGUP\nHANGUP\n
    HANGUP\ngarbage\n
    200 result=1
    200 resu
    HANGUP\n
    520-Invalid command syntax.  Proper usage follows:\n
    520-Invalid command syntax.  Proper usage follows:\nUsage\n511 End of proper usage.\n
";

/// Closes the pipe after so many texts.
struct ClosedAfter {
    to: Option<ChildStdin>,
    left: usize,
}

impl Write for ClosedAfter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.to.as_mut().map_or(Err(io::ErrorKind::BrokenPipe.into()), |to| to.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        match self.left.checked_sub(1) {
            Some(left) => self.left = left,
            None => self.to = None,
        }
        Ok(())
    }
}

#[test]
fn a_reply_that_is_none_ends_the_caller_before_it_dials() {
    /// The commands of a granted call before Dial, each of which is answered with rubbish.
    const BEFORE_DIAL: usize = 3;
    let ledger = Ledger::with_ana_and_bob(600);
    ledger.configure("[calls]\nmax_seconds = 1\n");
    let huge = [
        [b"200 result=1 (".as_slice(), &[b'x'; 100 * 1024], b")\n"].concat(),
        [b'2'; 100 * 1024].to_vec(),
        [0xff; 4096].to_vec(),
        [b"520-Usage\n".as_slice(), "usage\n".repeat(1000).as_bytes()].concat(),
    ];
    let listed = REPLIES_THAT_ARE_NONE.lines().map(str::trim).filter(|line| !line.is_empty());
    let replies: Vec<_> = listed.map(|line| unescaped(line).into_bytes()).chain(huge).collect();
    for (counter, reply) in replies.iter().enumerate() {
        for place in 1..=BEFORE_DIAL {
            let mut channel = Channel::new(&format!("{counter}.{place}"), ANA, BOB);
            let mut child = ledger.start(CALLER, &[]);
            let (to, from) = pipes(&mut child);
            let to = ClosedAfter { to: Some(to), left: place };
            let mut heard = 0;
            converse((to, from), &mut channel, &[], |_, _| {
                heard += 1;
                if heard == place { Answer::Raw(reply.clone()) } else { Answer::AsAsterisk }
            });
            let what: String = String::from_utf8_lossy(reply).chars().take(80).collect();
            assert_eq!(Ended::of(child).status.code(), Some(1), "{what:?} to command {place}");
            assert_eq!(heard, place, "{what:?} to command {place}: nothing more is said");
            assert!(!commands(&channel.dialogue).any(is_dial));
        }
    }
    ledger.ok(&["hold", "expire", "--as-of", "2099-01-01"]);
    assert_eq!(ledger.balance("ana"), ("600".to_owned(), "0".to_owned()));
    ledger.check();
}

#[test]
fn a_reply_to_dial_that_is_none_leaves_the_call_to_the_reducer() {
    let ledger = Ledger::in_euros();
    for (counter, line) in REPLIES_THAT_ARE_NONE.lines().map(str::trim).filter(|line| !line.is_empty()).enumerate() {
        let mut channel = Channel::new(&format!("1763690000.{counter}"), ANA, BOB);
        let mut child = ledger.start(CALLER, &[]);
        let (to, from) = pipes(&mut child);
        let to = ClosedAfter { to: Some(to), left: 4 };
        converse((to, from), &mut channel, &[], |_, command| match is_dial(command) {
            true => Answer::Raw(unescaped(line).into_bytes()),
            false => Answer::AsAsterisk,
        });
        assert_eq!(Ended::of(child).status.code(), Some(1), "{line}");
        assert!(commands(&channel.dialogue).last().is_some_and(is_dial), "{line}");
        let left = [("DIALSTATUS", "ANSWER"), ("ANSWEREDTIME_MS", "0")];
        channel.variables.extend(left.map(|(name, value)| (name.to_owned(), value.to_owned())));
        ledger.hang_up(&mut channel).quietly();
        assert_eq!(channel.variable("CELCOMBILLER_CHARGE"), "0.05", "{line}");
    }
    ledger.check();
}
