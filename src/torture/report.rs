//! What a run came to.

use std::collections::BTreeMap;
use std::fmt;

use super::operation::Operation;
use crate::store::Fault;

/// How the operations of one kind ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ends {
    /// Decided, and acknowledged or still to be.
    pub done: u64,
    /// Refused by a rule, or a repetition.
    pub refused: u64,
    /// Failed by a fault, so that nobody was told anything.
    pub failed: u64,
}

/// What a run came to. The same seed and steps give the same one on every machine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// How many books were begun anew.
    pub books: u64,
    /// How many steps: operations of a simulated process, after each of which the books were looked at.
    pub steps: u64,
    /// How often every invariant was proven from the rows.
    pub audits: u64,
    /// By kind, how the operations ended.
    pub operations: BTreeMap<Operation, Ends>,
    /// By kind, the faults that struck.
    pub faults: BTreeMap<Fault, u64>,
    /// The operations that failed and were found done, as a failure after the commit leaves them.
    pub found_done: u64,
    /// The decisions that a power cut took back, none of which had been acknowledged.
    pub taken_back: u64,
    /// The calls that were granted.
    pub calls: u64,
    /// The calls that were settled, each once.
    pub settled: u64,
}

impl Report {
    /// Adds what other books came to.
    pub fn add(&mut self, other: &Self) {
        self.books += other.books;
        self.steps += other.steps;
        self.audits += other.audits;
        self.found_done += other.found_done;
        self.taken_back += other.taken_back;
        self.calls += other.calls;
        self.settled += other.settled;
        for (&operation, ends) in &other.operations {
            let all = self.operations.entry(operation).or_default();
            all.done += ends.done;
            all.refused += ends.refused;
            all.failed += ends.failed;
        }
        for (&fault, struck) in &other.faults {
            *self.faults.entry(fault).or_default() += struck;
        }
    }
}

/// Books that are not what they must be, and how to see it again.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct Broken {
    /// The seed of the books that broke.
    pub seed: u64,
    /// How many steps of it show that.
    pub steps: u64,
    /// What is wrong, and after what.
    pub fact: String,
}

impl fmt::Display for Broken {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "seed {}, step {}: {}", self.seed, self.steps, self.fact)
    }
}
