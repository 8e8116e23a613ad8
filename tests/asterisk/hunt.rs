//! Killing the programs of calls at random.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use celcombiller::domain::chance::Chance;

use crate::lab::Lab;
use crate::process::{CALLER, REDUCER, all, kill_one};

/// How many were killed.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Killed {
    pub(crate) callers: u32,
    pub(crate) reducers: u32,
}

/// Kills callers while they dial or within their first milliseconds, and reducers within theirs, until it is over.
pub(crate) fn hunt(lab: &Lab, chance: &mut Chance, over: &AtomicBool) -> Killed {
    let mut killed = Killed::default();
    while !over.load(Ordering::Relaxed) {
        thread::sleep(Duration::from_millis(chance.below(150)));
        match chance.below(4) {
            0 => {
                let dialling = lab.running(CALLER, &HashSet::new());
                killed.callers += u32::from(chance.one_of(&dialling).is_some_and(|&caller| kill_one(caller)));
            }
            1 => killed.callers += u32::from(kill_newborn(lab, CALLER, chance)),
            _ => killed.reducers += u32::from(kill_newborn(lab, REDUCER, chance)),
        }
    }
    killed
}

/// Kills the next process that runs the program, some milliseconds after it was seen; tells whether it still ran.
fn kill_newborn(lab: &Lab, program: &str, chance: &mut Chance) -> bool {
    let before: HashSet<u32> = all().collect();
    let start = Instant::now();
    while start.elapsed() < Duration::from_millis(500) {
        if let Some(newborn) = lab.running(program, &before).pop() {
            thread::sleep(Duration::from_millis(chance.below(6)));
            return kill_one(newborn);
        }
        thread::sleep(Duration::from_millis(3));
    }
    false
}
