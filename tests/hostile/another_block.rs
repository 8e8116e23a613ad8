//! A channel that is announced by another block than its own.

use std::io::{self, Write};
use std::process::ChildStdin;

use celcombiller::agi::stand_in::{Answer, Channel};

use crate::support::{Ended, Ledger, converse, pipes};

/// Writes another block than the channel's, then what the channel replies.
struct AnotherBlock {
    to: ChildStdin,
    block: Option<Vec<u8>>,
}

impl Write for AnotherBlock {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.block.take() {
            Some(block) => self.to.write_all(&block).map(|()| bytes.len()),
            None => self.to.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

/// Plays a channel that is announced by these bytes.
pub(crate) fn behind_another_block(ledger: &Ledger, program: &str, channel: &mut Channel, block: Vec<u8>) -> Ended {
    let mut child = ledger.start(program, &[]);
    let (to, from) = pipes(&mut child);
    converse((AnotherBlock { to, block: Some(block) }, from), channel, &[], |_, _| Answer::AsAsterisk);
    Ended::of(child)
}
