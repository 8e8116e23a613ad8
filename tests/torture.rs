//! The books on a disk that fails: simulated lives of them, each kind of fault by itself, and that broken ones are told.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that fails says where")]

mod support;

use std::path::Path;

use celcombiller::store::Fault;
use celcombiller::torture::{Broken, Operation, Report, Torture};
use support::Ledger;
use tempfile::TempDir;

/// Makes a folder that costs no disk's time, where there is one.
fn in_memory() -> TempDir {
    const MEMORY: &str = "/dev/shm";
    if Path::new(MEMORY).is_dir() { tempfile::tempdir_in(MEMORY).unwrap() } else { tempfile::tempdir().unwrap() }
}

fn run(torture: &Torture) -> Result<Report, Broken> {
    torture.run(in_memory().path(), |_| ()).unwrap()
}

fn with(faults: &[Fault]) -> Torture {
    Torture { seed: 20_261_121, steps: 1_000, faults: faults.to_vec(), lies: false }
}

#[test]
fn the_books_survive_each_kind_of_fault() {
    for &fault in Fault::ALL {
        let report =
            run(&Torture { steps: 3_000, ..with(&[fault]) }).unwrap_or_else(|broken| panic!("{fault}: {broken}"));
        assert!(report.faults[&fault] > 3, "{fault} struck: {report:?}");
        assert_eq!(report.faults.len(), 1);
        let failed: u64 = report.operations.values().map(|ends| ends.failed).sum();
        assert!(failed > 0, "{fault} was noticed: {report:?}");
    }
}

#[test]
fn without_a_fault_nothing_fails() {
    let report = run(&with(&[])).unwrap();
    assert!(report.operations.values().all(|ends| ends.failed == 0), "{report:?}");
    // An end is kept where the books fail.
    let all = Operation::ALL.iter().filter(|operation| **operation != Operation::PostKept);
    assert!(report.operations.keys().eq(all), "every other operation was done: {report:?}");
    assert!(report.settled > 100 && report.audits == 3, "{report:?}");
}

#[test]
fn a_seed_tells_the_same_again_in_any_number_of_processes() {
    let ledger = Ledger::new("seconds");
    let told = |seed: &str, jobs: &str| {
        let mut told = ledger.json(&["db", "torture", "--steps", "2100", "--seed", seed, "--jobs", jobs]);
        told["steps_per_second"].take();
        told["seed"].take();
        told
    };
    let alone = told("7", "1");
    assert_eq!((&alone["steps"], &alone["books"]), (&2100.into(), &3.into()));
    assert_eq!(alone, told("7", "3"));
    assert_ne!(alone, told("8", "3"));
}

/// A process that looked and found nothing due has synced nothing, so it speaks for no decision of another.
#[test]
fn a_command_that_finds_nothing_to_do_vouches_for_nothing() {
    let found = Torture { seed: 678_979_212_243, steps: 122, ..with(Fault::ALL) };
    run(&found).unwrap_or_else(|broken| panic!("{broken}"));
}

#[test]
fn a_disk_that_lies_about_its_syncs_is_found_out_and_its_seed_shows_it_again() {
    let lying = Torture { steps: 20_000, lies: true, ..with(&[Fault::PowerCut]) };
    let broken = run(&lying).expect_err("what was acknowledged is gone");
    let again = run(&Torture { seed: broken.seed, steps: broken.steps, ..lying.clone() }).expect_err("it is again");
    assert_eq!(broken, again);
    let before = run(&Torture { seed: broken.seed, steps: broken.steps - 1, ..lying });
    assert!(before.is_ok(), "it breaks in that very step: {before:?}");
}

#[test]
fn the_command_tells_what_was_done_and_what_struck() {
    let ledger = Ledger::new("seconds");
    let told = ledger.json(&["db", "torture", "--seed", "7", "--steps", "300", "--fault", "power_cut"]);
    assert_eq!((&told["seed"], &told["steps"], &told["ok"]), (&7.into(), &300.into(), &true.into()));
    assert_eq!(told["faults"][0]["fault"], "power_cut");
    assert!(told["operations"].as_array().unwrap().len() > 15);
    let error = ledger.refused(2, &["db", "torture", "--fault", "flood"]);
    assert!(error.contains("`flood` is not a fault: expected read_error"), "{error}");
}
