//! Call files: ten thousand of them by the library, one of them by a process, and both by pycall.

use std::fs;
use std::num::NonZeroU16;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use celcombiller::pbx::callfile::{Action, CallFile};
use celcombiller::pbx::spool::Spool;
use tempfile::TempDir;

use crate::books::Books;
use crate::figures::{Times, millis, print_table, ratio, times};
use crate::lab::python_with_pycall;
use crate::programs::{Programs, run};
use crate::report::{Bound, Targets};
use crate::row;

const FILES: u32 = 10_000;
const SINGLES_A_ROUND: u32 = 100;
/// Whom the files are given to, which only root can do.
const OWNER: &str = "daemon";

/// A spool that no Asterisk watches.
struct Scratch(TempDir);

impl Scratch {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a scratch folder");
        for name in ["outgoing", "pycall"] {
            fs::create_dir(folder.path().join(name)).expect("a spool");
        }
        Self(folder)
    }

    fn outgoing(&self) -> PathBuf {
        self.0.path().join("outgoing")
    }

    fn owner(&self) -> Option<&'static str> {
        fs::metadata(self.0.path()).is_ok_and(|found| found.uid() == 0).then_some(OWNER)
    }
}

/// Spools so many through the library; returns how long that took.
fn library(scratch: &Scratch, files: u32, sync: bool) -> Duration {
    let started = Instant::now();
    let spool = Spool::at(&scratch.outgoing());
    let stage = spool.stage(scratch.owner(), sync).expect("a stage");
    for number in 0..files {
        let channel = format!("PJSIP/{number}@carrier").parse().expect("a channel");
        let extension = "s".parse().expect("an extension");
        let context = "survey".parse().expect("a context");
        let action = Action::Extension { context, extension, priority: NonZeroU16::MIN };
        let name = format!("{number}.call").parse().expect("a name");
        stage.put(&name, &CallFile::new(channel, action).render(), None).expect("a call file");
    }
    stage.settle().expect("a synced folder");
    let took = started.elapsed();
    let there = fs::read_dir(scratch.outgoing()).expect("a folder").count();
    assert!(there >= files as usize, "each is there");
    took
}

/// Has pycall spool so many; returns how long its process was there.
fn pycall(scratch: &Scratch, python: &Path, files: u32) -> Duration {
    let owner = scratch.owner().map_or("None".to_owned(), |owner| format!("{owner:?}"));
    let program = format!(
        "from pycall import *\nfor number in range({files}):\n CallFile(Call('PJSIP/%d@carrier' % number), \
         Context('survey', 's', '1'), user={owner}, filename='%d.call' % number, tempdir={:?}, spool_dir={:?}).spool()",
        scratch.0.path().join("pycall"),
        scratch.outgoing()
    );
    run(python, &["-c", &program])
}

/// Measures rounds in which everything has its turn.
pub(crate) fn measure(programs: &Programs, rounds: u32, targets: &mut Targets) {
    let python = python_with_pycall();
    if python.is_none() {
        println!("pycall is not there: run tests/asterisk/setup\n");
    }
    let (mut synced, mut unsynced, mut theirs) = (Times::default(), Times::default(), Times::default());
    let singles = [
        "billctl --version",
        "billctl call list, of an empty spool",
        "billctl call spool --no-sync",
        "billctl call spool",
        "billctl call spool, with no books to note it in",
    ];
    let mut single = singles.map(|_| Times::default());
    let (mut in_process, mut their_single) = (Times::default(), Times::default());
    let books = Books::new(programs, 1, 0);
    let (empty, filled) = (Scratch::new(), Scratch::new());
    let (empty, filled) = (empty.outgoing(), filled.outgoing());
    let [empty, filled] = [&empty, &filled].map(|folder| folder.to_str().expect("a plain path"));
    let spool =
        ["call", "spool", "--spool-dir", filled, "--channel", "PJSIP/100", "--context", "survey", "--extension", "s"];
    let unsynced_spool = [&spool[..], &["--no-sync"]].concat();
    let spool_alone = [&spool[..], &["--db", "/nonexistent/books.db"]].concat();
    let list = ["call", "list", "--spool-dir", empty];
    let commands: [&[&str]; 5] = [&["--version"], &list, &unsynced_spool, &spool, &spool_alone];
    // Removed at the end: where thousands of files have just gone, some file systems are slow to make others.
    let scratches: Vec<_> = (0..rounds).map(|_| [(); 4].map(|()| Scratch::new())).collect();
    for [first, second, third, fourth] in &scratches {
        synced.add(library(first, FILES, true));
        unsynced.add(library(second, FILES, false));
        theirs.extend(python.iter().map(|python| pycall(third, python, FILES)).collect());
        for _ in 0..SINGLES_A_ROUND {
            for (times, arguments) in single.iter_mut().zip(commands) {
                times.add(programs.report(&books, arguments));
            }
            in_process.add(library(&Scratch::new(), 1, true));
        }
        for _ in 0..SINGLES_A_ROUND / 10 {
            their_single.extend(python.iter().map(|python| pycall(fourth, python, 1)).collect());
        }
    }

    let mut table = vec![row!["ten thousand call files", "median"]];
    table.push(row!["the library, synced and owned", millis(synced.median())]);
    table.push(row!["the library, owned and not synced", millis(unsynced.median())]);
    if python.is_some() {
        table.push(row!["pycall, which syncs nothing", millis(theirs.median())]);
    }
    print_table(&format!("Call files: milliseconds, {rounds} rounds"), &table);
    targets.add("seconds for 10,000 call files, synced", synced.median().as_secs_f64(), Bound::AtMost(20.0));
    targets.add("seconds for 10,000 call files, not synced", unsynced.median().as_secs_f64(), Bound::AtMost(2.0));

    let [version, alone] = [0, 4].map(|which: usize| single[which].median());
    let mut table = vec![row!["process", "median", "p99", "of --version"]];
    for (what, took) in singles.iter().zip(&single) {
        table.push(row![what, millis(took.median()), millis(took.p99()), times(ratio(took.median(), version))]);
    }
    table.push(row!["the library, in a process that runs", millis(in_process.median()), millis(in_process.p99()), "-"]);
    if python.is_some() {
        let median = their_single.median();
        table.push(row![
            "python and pycall",
            millis(median),
            millis(their_single.p99()),
            times(ratio(median, version))
        ]);
    }
    print_table(&format!("One call file: milliseconds of whole processes, {} rounds", single[0].count()), &table);
    let alone_millis = alone.as_secs_f64() * 1000.0;
    targets.add("billctl call spool with no books, milliseconds", alone_millis, Bound::AtMost(2.1));
    // An empty run syncs nothing, and a file that is promised to be whole is two syncs: the rest is what we add.
    let floor = version + in_process.median();
    let what = "billctl call spool with no books, of an empty run and the file in a process that runs";
    targets.add(what, ratio(alone, floor), Bound::AtMost(1.5));
}
