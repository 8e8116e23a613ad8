//! Floor 3: what tries the books: whole lives of them, simulated on a disk that fails.
//!
//! A seed decides everything: what the processes of a busy house do, one after the other, on books of which several of
//! them have their own connection; when a write or a sync fails, a process is killed or the power goes; and what of the
//! unsynced writes is there afterwards. After each step the books are looked at ([`crate::store::Glimpse`]). They must
//! have changed by what the step was to do ([`effect`]), all of it or, unless somebody was told that it was done,
//! nothing. After a power cut they must be what they were at some moment since the last acknowledgement.
//!
//! The library that is tried is the real one, down to SQLite; only the disk below it is not.

mod calls;
mod change;
mod effect;
mod gifts;
mod late;
mod life;
mod money;
mod operation;
mod perform;
mod process;
mod report;
mod scratch;

use std::fs;
use std::path::Path;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

pub use operation::Operation;
pub use report::{Broken, Ends, Report};

use life::Life;
use scratch::Scratch;

use crate::billing::BillingError;
use crate::store::{Fault, StoreError};

/// How many steps books live for. Small books are looked at, proven and begun anew quickly, and every kind of step and
/// of fault happens in each life.
pub const STEPS_OF_A_LIFE: u64 = 1_000;

/// What to simulate.
#[derive(Clone, Debug)]
pub struct Torture {
    /// Decides everything: the first books have this seed, the next the one after.
    pub seed: u64,
    /// How many steps in all.
    pub steps: u64,
    /// The faults that may strike.
    pub faults: Vec<Fault>,
    /// Whether the disk says that it has synced and has not, as none should: then books must be found broken.
    pub lies: bool,
}

impl Torture {
    /// Simulates all of it on so many threads, each with books and a disk of its own in `folder`, which must be there.
    /// Tells `done` how many steps were done.
    ///
    /// # Errors
    /// The folder cannot be used. That books were found broken is a value: the first, by their seeds.
    pub fn run(
        &self,
        folder: &Path,
        threads: usize,
        done: &(dyn Fn(u64) + Sync),
    ) -> Result<Result<Report, Broken>, BillingError> {
        let first = folder.join("first");
        let failed = |cause| StoreError::File { action: "making", path: first.clone(), cause };
        fs::create_dir(&first).map_err(failed)?;
        let scratch = Scratch::make(&first)?;
        let next = AtomicU64::new(0);
        let whole = Mutex::new(Ok(Report::default()));
        let work = || -> Result<(), StoreError> {
            loop {
                let life = next.fetch_add(1, Ordering::Relaxed);
                let steps = self.steps.saturating_sub(life.saturating_mul(STEPS_OF_A_LIFE)).min(STEPS_OF_A_LIFE);
                let is_broken = whole.lock().unwrap_or_else(PoisonError::into_inner).is_err();
                if steps == 0 || is_broken {
                    return Ok(());
                }
                let seed = self.seed.wrapping_add(life);
                let lived =
                    Life::run(&scratch, &folder.join(seed.to_string()), (seed, steps), (&self.faults, self.lies))?;
                let mut whole = whole.lock().unwrap_or_else(PoisonError::into_inner);
                match (&mut *whole, lived) {
                    (Ok(report), Ok(more)) => report.add(&more),
                    (Ok(_), Err(broken)) => *whole = Err(broken),
                    (Err(first), Err(broken)) if self.place(&broken) < self.place(first) => *first = broken,
                    (Err(_), _) => {}
                }
                done(steps);
            }
        };
        let ended = thread::scope(|scope| {
            let workers: Vec<_> = (0..threads.max(1)).map(|_| scope.spawn(work)).collect();
            let joined = workers.into_iter().map(|worker| worker.join());
            joined.map(|ended| ended.unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect::<Vec<_>>()
        });
        ended.into_iter().collect::<Result<(), _>>()?;
        Ok(whole.into_inner().unwrap_or_else(PoisonError::into_inner))
    }

    /// Returns which of the books broke.
    fn place(&self, broken: &Broken) -> u64 {
        broken.seed.wrapping_sub(self.seed)
    }
}
