//! Simulations shared by processes: in one, threads would wait for each other's memory.

use std::collections::BTreeMap;
use std::env;
use std::path::Path;
use std::process::Command;
use std::sync::mpsc::channel;
use std::sync::{Mutex, PoisonError};
use std::thread;

use anyhow::{Context as _, Result, bail};
use celcombiller::domain::refusal::Refusal;
use celcombiller::torture::{Ends, Report, STEPS_OF_A_LIFE};
use serde::Deserialize;

use super::Scenario;

/// The most books of one worker, so that progress is seen.
const MOST_BOOKS: u64 = 20;

/// What each of those at once does one after another, at least, so that none waits long for the last.
const TURNS: u64 = 4;

/// What a worker writes: what anybody reads who asks for JSON.
#[derive(Debug, Deserialize)]
struct Told {
    steps: u64,
    books: u64,
    audits: u64,
    calls: u64,
    settled: u64,
    found_done: u64,
    taken_back: u64,
    operations: Vec<Operation>,
    faults: Vec<Fault>,
}

#[derive(Debug, Deserialize)]
struct Operation {
    operation: String,
    done: u64,
    refused: u64,
    failed: u64,
}

#[derive(Debug, Deserialize)]
struct Fault {
    fault: String,
    struck: u64,
}

/// Has so many workers at once do it, by this configuration, and adds up what they tell. The first of which books break
/// ends it.
pub(super) fn share(
    scenario: &Scenario,
    config: Option<&Path>,
    (seed, jobs): (u64, u64),
    mut done: impl FnMut(u64),
) -> Result<Report> {
    let books = scenario.steps.div_ceil(STEPS_OF_A_LIFE).div_ceil(jobs * TURNS).clamp(1, MOST_BOOKS);
    let share = books * STEPS_OF_A_LIFE;
    let shares = (0..scenario.steps.div_ceil(share)).map(|number| {
        let steps = share.min(scenario.steps - number * share);
        scenario.words(seed.wrapping_add(number * books), steps)
    });
    let (shares, whole) = (Mutex::new(shares), Report::default());
    let (tell, told) = channel();
    thread::scope(|scope| {
        for _ in 0..jobs {
            let (shares, tell) = (&shares, tell.clone());
            scope.spawn(move || {
                let next = || shares.lock().unwrap_or_else(PoisonError::into_inner).next();
                while let Some(words) = next() {
                    // Nobody listens once a worker has failed.
                    if tell.send(work(config, &words)).is_err() {
                        return;
                    }
                }
            });
        }
        drop(tell);
        told.iter().try_fold(whole, |mut whole, report| {
            let report = report?;
            done(report.steps);
            whole.add(&report);
            Ok(whole)
        })
    })
}

/// Runs one worker.
fn work(config: Option<&Path>, words: &[String]) -> Result<Report> {
    let program = env::current_exe().context("cannot find this program")?;
    let mut worker = Command::new(program);
    worker.args(["--format", "json"]).args(words).args(["--jobs", "1"]);
    if let Some(config) = config {
        worker.arg("--config").arg(config);
    }
    let ended = worker.output().context("cannot run another of this program")?;
    if !ended.status.success() {
        let said = String::from_utf8_lossy(&ended.stderr);
        let line = |begin: &str| said.lines().find_map(|line| line.strip_prefix(begin));
        let Some(fact) = line("error: ") else { bail!("`billctl {}` ended with {}", words.join(" "), ended.status) };
        let refusal = Refusal::new(fact.to_owned());
        return Err(match line("hint: ") {
            Some(hint) => refusal.hint(hint.to_owned()).into(),
            None => refusal.into(),
        });
    }
    report(serde_json::from_slice(&ended.stdout).context("cannot read what a worker tells")?)
}

fn report(told: Told) -> Result<Report> {
    let Told { steps, books, audits, calls, settled, found_done, taken_back, .. } = told;
    let operations = told
        .operations
        .into_iter()
        .map(|Operation { operation, done, refused, failed }| Ok((operation.parse()?, Ends { done, refused, failed })));
    let faults = told.faults.into_iter().map(|Fault { fault, struck }| Ok((fault.parse()?, struck)));
    let (operations, faults) = (operations.collect::<Result<BTreeMap<_, _>>>()?, faults.collect::<Result<_>>()?);
    Ok(Report { steps, books, audits, calls, settled, found_done, taken_back, operations, faults })
}
