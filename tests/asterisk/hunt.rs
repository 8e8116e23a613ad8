//! Killing the programs of calls at random.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::lab::Lab;
use crate::process::{CALLER, REDUCER, all, kill_one};

/// Numbers that are the same for the same seed.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) const fn seeded(seed: u64) -> Self {
        Self(seed)
    }

    /// Returns a number below `end`, each as often as any other.
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        // SplitMix64, the upper half.
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed >> 32) % end
    }

    pub(crate) fn one_of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[usize::try_from(self.below(choices.len() as u64)).unwrap()]
    }

    fn millis(&mut self, end: u64) -> Duration {
        Duration::from_millis(self.below(end))
    }
}

/// How many were killed.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Killed {
    pub(crate) callers: u32,
    pub(crate) reducers: u32,
}

/// Kills callers while they dial or within their first milliseconds, and reducers within theirs, until it is over.
pub(crate) fn hunt(lab: &Lab, random: &mut Random, over: &AtomicBool) -> Killed {
    let mut killed = Killed::default();
    while !over.load(Ordering::Relaxed) {
        thread::sleep(random.millis(150));
        match random.below(4) {
            0 => {
                let dialling = lab.running(CALLER, &HashSet::new());
                killed.callers += u32::from(!dialling.is_empty() && kill_one(random.one_of(&dialling)));
            }
            1 => killed.callers += u32::from(kill_newborn(lab, CALLER, random)),
            _ => killed.reducers += u32::from(kill_newborn(lab, REDUCER, random)),
        }
    }
    killed
}

/// Kills the next process that runs the program, some milliseconds after it was seen; tells whether it still ran.
fn kill_newborn(lab: &Lab, program: &str, random: &mut Random) -> bool {
    let before: HashSet<u32> = all().collect();
    let start = Instant::now();
    while start.elapsed() < Duration::from_millis(500) {
        if let Some(newborn) = lab.running(program, &before).pop() {
            thread::sleep(random.millis(6));
            return kill_one(newborn);
        }
        thread::sleep(Duration::from_millis(3));
    }
    false
}
