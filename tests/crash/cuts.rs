//! Programs that are killed at each line of their dialogue.

use std::io::{self, Write};
use std::process::{Child, ChildStdin};

use celcombiller::agi::stand_in::{Answer, Channel};

use crate::books::Books;
use crate::script::{BOB, CALLER, REDUCER, kill_the_caller_mid_dial};
use crate::support::{Ended, commands, converse, pipes, signal};

/// Where a dialogue is cut.
#[derive(Clone, Copy, Debug)]
enum Cut {
    /// When the program's command has arrived, before the reply.
    Command(usize),
    /// When the reply has been written, and before them the environment block.
    Reply(usize),
}

/// Kills a process after so many texts have been written to it.
struct KillAfter {
    to: ChildStdin,
    process: u32,
    left: Option<usize>,
}

impl Write for KillAfter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.to.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.left == Some(0) {
            signal("KILL", self.process);
        }
        self.left = self.left.and_then(|left| left.checked_sub(1));
        self.to.flush()
    }
}

/// Plays a channel against a program that is killed there; Asterisk still does what it was told.
fn play_cut(mut child: Child, channel: &mut Channel, cut: Cut) {
    let process = child.id();
    let (to, from) = pipes(&mut child);
    let left = match cut {
        Cut::Reply(count) => Some(count),
        Cut::Command(_) => None,
    };
    let mut heard = 0;
    converse((KillAfter { to, process, left }, from), channel, &[], |_, _| {
        heard += 1;
        if matches!(cut, Cut::Command(count) if count == heard) {
            signal("KILL", process);
        }
        Answer::AsAsterisk
    });
    let ended = Ended::of(child);
    if matches!(cut, Cut::Command(_)) {
        assert_eq!(ended.status.code(), None, "killed at {cut:?}");
    }
}

/// Lists the cuts of a dialogue of so many commands.
fn cuts(commands: usize) -> impl Iterator<Item = Cut> {
    (0..=commands).map(Cut::Reply).chain((1..=commands).map(Cut::Command))
}

/// Cuts the caller's dialogue everywhere; `prepare` makes the channel on which it begins.
fn cut_everywhere(mut books: Books, expected_commands: usize, prepare: impl Fn(&mut Books) -> Channel) {
    let mut whole = prepare(&mut books);
    books.ledger.play(CALLER, &mut whole, &[]).quietly();
    assert_eq!(commands(&whole.dialogue).count(), expected_commands, "the dialogue is cut at each of its lines");
    books.close(&mut whole, "not cut");
    for cut in cuts(expected_commands) {
        let mut channel = prepare(&mut books);
        play_cut(books.ledger.start(CALLER, &[]), &mut channel, cut);
        books.close(&mut channel, &format!("{cut:?}"));
    }
}

#[test]
fn a_granted_call_that_is_cut_anywhere_is_charged_once_or_not_at_all() {
    cut_everywhere(Books::new(), 8, |books| books.ana_calls(BOB));
}

#[test]
fn a_call_that_bundles_pay_and_that_is_cut_anywhere_is_charged_once_or_not_at_all() {
    cut_everywhere(Books::with_bundles(), 8, |books| books.ana_calls(BOB));
}

#[test]
fn a_refused_call_that_is_cut_anywhere_costs_nothing() {
    cut_everywhere(Books::new(), 5, |books| books.ana_calls("IMSI001010000000009"));
}

#[test]
fn an_off_net_call_that_is_cut_anywhere_is_charged_once_or_not_at_all() {
    cut_everywhere(Books::new(), 8, |books| books.ana_calls("5511999990002"));
}

#[test]
fn a_channels_second_call_that_is_cut_anywhere_is_charged_once_or_not_at_all() {
    cut_everywhere(Books::new(), 10, |books| {
        let mut channel = books.ana_calls(BOB);
        books.completes(&mut channel);
        channel.dialogue.clear();
        channel
    });
}

#[test]
fn a_second_call_after_a_killed_first_one_that_is_cut_anywhere_leaves_both_right() {
    cut_everywhere(Books::new(), 9, |books| {
        let mut channel = books.ana_calls(BOB);
        kill_the_caller_mid_dial(&books.ledger, &mut channel);
        channel.dialogue.clear();
        books.charged += 1;
        channel
    });
}

#[test]
fn a_reducer_that_is_cut_anywhere_and_run_again_charges_once() {
    let mut books = Books::new();
    for cut in cuts(3) {
        let mut channel = books.ana_calls(BOB);
        kill_the_caller_mid_dial(&books.ledger, &mut channel);
        channel.extension = "h".to_owned();
        play_cut(books.ledger.start(REDUCER, &[]), &mut channel, cut);
        books.close(&mut channel, &format!("{cut:?}"));
    }
}
