//! Whole processes against the clock: forks the executables, plays Asterisk as fast as it can, and prints
//! what a prepaid call costs beside two floors that are measured in the same minutes.
//!
//! `make bench` builds everything and measures one call at a time, what each process needs, and crowds.
//! `make bench BENCH=scale` compares a thousand users with a million users and ten million calls, which
//! takes minutes and 5 GB; `BENCH=reports` asks of as many calls what an operator asks; `BENCH=rates` compares a
//! hundred rates with half a million; `BENCH=phones` renders ten thousand extensions; `BENCH=spool` makes call
//! files, and has pycall make them where `tests/asterisk/setup` has put it; `BENCH="single quick"` is a first look.
//! Scratch files are where `TMPDIR` says, which must be the disk in question. The times belong to the machine; the
//! targets are ratios.

#![allow(clippy::print_stdout, reason = "the tables are the result")]
#![allow(clippy::expect_used, clippy::panic, reason = "a measurement that fails says where")]
#![allow(clippy::float_arithmetic, reason = "ratios of times, not money")]

mod books;
mod cost;
mod crowd;
mod figures;
mod floor;
#[path = "../../tests/support/lab.rs"]
mod lab;
mod phones;
mod programs;
mod rates;
mod report;
mod reports;
mod scale;
mod single;
mod spool;

use std::env;

use programs::Programs;
use report::Targets;

/// Where the target cannot be had that starts fast, starting weighs more.
const STATIC_GLIBC: bool = cfg!(target_env = "gnu");

/// What is measured unless told otherwise.
const USUAL: [&str; 3] = ["single", "cost", "crowd"];

fn main() {
    let asked: Vec<String> = env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let quick = asked.iter().any(|word| word == "quick");
    let parts: Vec<&str> = asked.iter().map(String::as_str).filter(|&word| word != "quick").collect();
    let parts = if parts.is_empty() { USUAL.to_vec() } else { parts };
    let programs = Programs::built();
    let mut targets = Targets::default();
    println!("linked with {}; {} processors\n", if STATIC_GLIBC { "glibc" } else { "musl" }, processors());
    for part in parts {
        match part {
            "single" => single::measure(&programs, if quick { 100 } else { 1000 }, &mut targets),
            "cost" => cost::measure(&programs, &mut targets),
            "crowd" => crowd::measure(&programs, if quick { 1 } else { 3 }, &mut targets),
            "scale" => scale::measure(&programs, &mut targets),
            "rates" => rates::measure(&programs, if quick { 100 } else { 1000 }, &mut targets),
            "reports" => reports::measure(&programs, &mut targets),
            "phones" => phones::measure(&programs, if quick { 3 } else { 20 }, &mut targets),
            "spool" => spool::measure(&programs, if quick { 1 } else { 5 }, &mut targets),
            other => {
                panic!("`{other}` is not one of single, cost, crowd, scale, rates, reports, phones, spool and quick")
            }
        }
    }
    targets.print();
}

fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}
