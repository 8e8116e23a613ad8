//! Programs that are killed at each write to the disk.

use std::process::{Command, Stdio};

use celcombiller::agi::stand_in::{Answer, Channel};

use crate::books::Books;
use crate::script::{BOB, CALLER, REDUCER, kill_the_caller_mid_dial};
use crate::support::{accompany, executable, piped};

/// The system calls by which a database changes on the disk.
pub(crate) const WRITES: [&str; 4] = ["pwrite64", "ftruncate", "fdatasync", "unlink"];

#[test]
fn a_call_whose_caller_is_killed_at_any_write_is_charged_once_or_not_at_all() {
    let most = kill_at_each_write(Books::new(), CALLER, |books| books.ana_calls(BOB));
    assert!(most > 10, "only {most} writes were cut");
}

#[test]
fn a_call_whose_reducer_is_killed_at_any_write_is_charged_once() {
    let most = kill_at_each_write(Books::new(), REDUCER, |books| {
        let mut channel = books.ana_calls(BOB);
        kill_the_caller_mid_dial(&books.ledger, &mut channel);
        channel.extension = "h".to_owned();
        channel
    });
    assert!(most > 10, "only {most} writes were cut");
}

#[test]
fn a_call_that_bundles_pay_and_whose_caller_is_killed_at_any_write_is_charged_once_or_not_at_all() {
    let most = kill_at_each_write(Books::with_bundles(), CALLER, |books| books.ana_calls(BOB));
    assert!(most > 10, "only {most} writes were cut");
}

/// Kills a program at the first, second, … of each kind of write until it lives to its end; returns the most
/// of a kind.
fn kill_at_each_write(mut books: Books, program: &str, prepare: impl Fn(&mut Books) -> Channel) -> u32 {
    if !can_trace(program) {
        return u32::MAX;
    }
    let mut cut_at = |write: &str, count: u32| {
        let mut channel = prepare(&mut books);
        let mut strace = books.ledger.command_of("strace");
        strace.args(["-o", "/dev/null", "-e", &format!("inject={write}:signal=KILL:when={count}")]);
        let child = piped(strace.arg(executable(program)));
        let killed = accompany(child, &mut channel, &[], |_, _| Answer::AsAsterisk).status.code().is_none();
        books.close(&mut channel, &format!("{program} killed at its {write} {count}"));
        killed
    };
    WRITES
        .into_iter()
        .map(|write| (1..).take_while(|&count| cut_at(write, count)).count())
        .max()
        .map_or(0, |most| u32::try_from(most).unwrap())
}

/// Tells whether a program can be killed at its writes here.
pub(crate) fn can_trace(program: &str) -> bool {
    let traced = Command::new("strace").args(["-o", "/dev/null", "true"]).stderr(Stdio::null()).status();
    let can = traced.is_ok_and(|status| status.success());
    if !can {
        eprintln!("\n*** SKIPPED: strace cannot run here, so {program} is not killed at its writes ***\n");
    }
    can
}
