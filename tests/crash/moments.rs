//! Programs that are killed at any moment.

use std::thread;
use std::time::{Duration, Instant};

use celcombiller::agi::stand_in::{Answer, Channel};

use crate::books::Books;
use crate::script::{BOB, CALLER, REDUCER};
use crate::support::{Ledger, converse, pipes};

#[test]
fn a_call_whose_programs_are_killed_at_any_moment_is_charged_once_or_not_at_all() {
    const MOMENTS: u32 = 40;
    let mut books = Books::new();
    let mut channel = books.ana_calls(BOB);
    let began = Instant::now();
    books.completes(&mut channel);
    let span = began.elapsed();
    for moment in 0..MOMENTS {
        let mut channel = books.ana_calls(BOB);
        let delay = span * moment / MOMENTS;
        play_and_kill_after(&books.ledger, CALLER, &mut channel, delay);
        let h = Channel { extension: "h".to_owned(), ..channel.clone() };
        play_and_kill_after(&books.ledger, REDUCER, &mut Channel { dialogue: Vec::new(), ..h }, delay);
        books.close(&mut channel, &format!("killed after {delay:?}"));
    }
}

fn play_and_kill_after(ledger: &Ledger, program: &str, channel: &mut Channel, delay: Duration) {
    let mut child = ledger.start(program, &[]);
    let pipes = pipes(&mut child);
    thread::scope(|both| {
        both.spawn(|| {
            thread::sleep(delay);
            child.kill().unwrap();
        });
        converse(pipes, channel, &[], |_, _| Answer::AsAsterisk);
    });
    child.wait().unwrap();
}
