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
    /// Simulates all of it, in a folder that must be there. Tells `done` how many steps were done.
    ///
    /// # Errors
    /// The folder cannot be used. That books were found broken is a value: the first, by their seeds.
    pub fn run(&self, folder: &Path, mut done: impl FnMut(u64)) -> Result<Result<Report, Broken>, BillingError> {
        let first = folder.join("first");
        let failed = |cause| StoreError::File { action: "making", path: first.clone(), cause };
        fs::create_dir(&first).map_err(failed)?;
        let scratch = Scratch::make(&first)?;
        let (mut whole, mut left) = (Report::default(), self.steps);
        for life in 0.. {
            let steps = left.min(STEPS_OF_A_LIFE);
            if steps == 0 {
                break;
            }
            let seed = self.seed.wrapping_add(life);
            match Life::run(&scratch, &folder.join("life"), (seed, steps), (&self.faults, self.lies))? {
                Ok(more) => whole.add(&more),
                Err(broken) => return Ok(Err(broken)),
            }
            left -= steps;
            done(steps);
        }
        Ok(Ok(whole))
    }
}
