//! `billctl db torture`

mod workers;

use std::env;
use std::fs;
use std::num::{NonZeroU64, NonZeroUsize};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::thread;
use std::time::Instant;

use anyhow::{Context as _, Result};
use celcombiller::domain::refusal::Refusal;
use celcombiller::host::secure_random;
use celcombiller::store::{Fault, share_heap};
use celcombiller::torture::{Broken, Report, STEPS_OF_A_LIFE, Torture};
use clap::Args;

use crate::context::Context;
use crate::progress::progress;
use crate::render::{Rows, Value};

/// Simulate years of use on scratch books, on a disk that fails, and prove after each step that they are right
///
/// A seed decides everything: calls, credit, vouchers, groups, bundles and prices, by many processes; writes and syncs
/// that fail, kills and power cuts between and in the middle of them. Your own books are not touched. Exits with 1 if
/// books broke, and says how to see it again.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  billctl db torture --steps 1000000
  billctl db torture --seed 7 --steps 500 --fault power_cut")]
pub(crate) struct Scenario {
    /// What decides everything [default: a new one]
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// How many operations of simulated processes
    #[arg(long, value_name = "N", default_value_t = 100_000)]
    steps: u64,
    /// Only faults of this kind, which may be given several times: read_error, write_error, short_write, disk_full,
    /// sync_error, kill or power_cut
    #[arg(long = "fault", value_name = "KIND")]
    faults: Vec<Fault>,
    /// How many processes do it at once [default: as many as there are cores]
    #[arg(long, value_name = "N")]
    jobs: Option<NonZeroU64>,
}

impl Scenario {
    pub(super) fn run(mut self, context: &Context) -> Result<ExitCode> {
        let seed = match self.seed {
            Some(seed) => seed,
            None => *self.seed.insert(new_seed()?),
        };
        let (bar, begun) = (progress("simulating", Some(self.steps)), Instant::now());
        let lived = match self.jobs() {
            1 => self.alone(seed, |steps| bar.inc(steps)),
            jobs => workers::share(&self, context.config_path.as_deref(), (seed, jobs), |steps| bar.inc(steps)),
        };
        bar.finish_and_clear();
        show(context, seed, &lived?, begun.elapsed().as_millis())
    }

    /// Returns how many processes are to do it at once.
    fn jobs(&self) -> u64 {
        let cores = || thread::available_parallelism().map_or(1, NonZeroUsize::get) as u64;
        self.jobs.map_or_else(cores, NonZeroU64::get).min(self.steps.div_ceil(STEPS_OF_A_LIFE)).max(1)
    }

    /// Does all of it in this process.
    fn alone(&self, seed: u64, done: impl FnMut(u64)) -> Result<Report> {
        share_heap();
        let faults = if self.faults.is_empty() { Fault::ALL.to_vec() } else { self.faults.clone() };
        let torture = Torture { seed, steps: self.steps, faults, lies: false };
        let scratch = Scratch::make()?;
        Ok(torture.run(&scratch.0, done)?.map_err(|broken| self.replayed(broken))?)
    }

    /// Says what broke, and what shows it again.
    fn replayed(&self, broken: Broken) -> Refusal {
        let Broken { seed, steps, fact } = broken;
        Refusal::new(format!("the books of seed {seed} broke in step {steps}: {fact}"))
            .hint(["billctl".to_owned()].into_iter().chain(self.words(seed, steps)).collect::<Vec<_>>().join(" "))
    }

    /// Returns the command line for such steps of the same kind.
    fn words(&self, seed: u64, steps: u64) -> Vec<String> {
        let words = ["db", "torture", "--seed", &seed.to_string(), "--steps", &steps.to_string()].map(str::to_owned);
        let faults = self.faults.iter().flat_map(|fault| ["--fault".to_owned(), fault.to_string()]);
        words.into_iter().chain(faults).collect()
    }
}

fn new_seed() -> Result<u64> {
    let mut bytes = [0; 8];
    secure_random(&mut bytes).context("cannot draw a seed")?;
    // Short enough to be typed, and to be exact in every JSON reader.
    Ok(u64::from_le_bytes(bytes) >> 24)
}

fn show(context: &Context, seed: u64, report: &Report, millis: u128) -> Result<ExitCode> {
    let operations: Vec<_> = report.operations.iter().collect();
    let operations = Rows::of(&["operation", "done", "refused", "failed"], &operations, |(operation, ends)| {
        vec![operation.as_str().into(), ends.done.into(), ends.refused.into(), ends.failed.into()]
    });
    let faults: Vec<_> = report.faults.iter().collect();
    let faults =
        Rows::of(&["fault", "struck"], &faults, |(fault, struck)| vec![fault.as_str().into(), (**struck).into()]);
    let each_second = u128::from(report.steps) * 1000 / millis.max(1);
    context.render.one(
        &[
            "seed",
            "ok",
            "steps",
            "steps_per_second",
            "books",
            "audits",
            "calls",
            "settled",
            "found_done",
            "taken_back",
            "operations",
            "faults",
        ],
        vec![
            seed.into(),
            true.into(),
            report.steps.into(),
            u64::try_from(each_second)?.into(),
            report.books.into(),
            report.audits.into(),
            report.calls.into(),
            report.settled.into(),
            report.found_done.into(),
            report.taken_back.into(),
            Value::Rows(operations),
            Value::Rows(faults),
        ],
    )?;
    Ok(ExitCode::SUCCESS)
}

/// A folder in memory, where there is one, that goes when the simulation does.
struct Scratch(PathBuf);

impl Scratch {
    fn make() -> Result<Self> {
        const MEMORY: &str = "/dev/shm";
        let root = if Path::new(MEMORY).is_dir() { PathBuf::from(MEMORY) } else { env::temp_dir() };
        let folder = root.join(format!("celcombiller-torture-{}", std::process::id()));
        fs::create_dir(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        Ok(Self(folder))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // Nothing depends on it: it is in a folder for temporary files.
        drop(fs::remove_dir_all(&self.0));
    }
}
