//! What does not depend on the machine's mood: memory, system calls and syncs.

use std::cell::RefCell;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::books::Books;
use crate::figures::print_table;
use crate::floor::BareBooks;
use crate::programs::{CALLER, Programs, REDUCER, Settler, run};
use crate::report::{Bound, Targets};
use crate::row;
use crate::single::database;

/// Measures each program once: nothing here varies.
pub(crate) fn measure(programs: &Programs, targets: &mut Targets) {
    let mut table = vec![row!["program", "database", "system calls", "syncs", "peak memory, KiB"]];
    let tracer = Tracer::found();
    if tracer.is_none() {
        println!("strace is not installed: no system calls and syncs\n");
    }
    let count = |trace: Option<&str>| match (&tracer, trace) {
        (Some(tracer), Some(name)) => tracer.counted(name),
        _ => ("-".to_owned(), "-".to_owned()),
    };
    let floor = |program: &str, arguments: &[PathBuf]| {
        if let Some(tracer) = &tracer {
            let words = tracer.wrapped(&programs.floor(program), program);
            run(&words[0], &[&words[1..], arguments].concat());
        }
        count(Some(program))
    };
    let (calls, syncs) = floor("floor-empty", &[]);
    table.push(row!["empty program", "", calls, syncs, ""]);
    for held in [false, true] {
        let books = BareBooks::new();
        let books = if held { books.with_resident() } else { books };
        let (calls, syncs) = floor("floor-commit", &[books.database()]);
        table.push(row!["bare commit", database(held), calls, syncs, ""]);
    }
    let mut peak = 0;
    for held in [false, true] {
        let books = Books::new(programs, 1000, 0);
        let books = if held { books.with_resident() } else { books };
        // The first writer after a new log was made syncs once more than the next.
        programs.watched_call(&books, Settler::Caller, |name| vec![programs.executable(name)], |_, _| {});
        for settler in [Settler::Reducer, Settler::Caller] {
            let memory = RefCell::new([(CALLER, 0), (REDUCER, 0)]);
            let look = |name: &str, process: u32| {
                for (_, most) in memory.borrow_mut().iter_mut().filter(|(of, _)| *of == name) {
                    *most = peak_memory(process).max(*most);
                }
            };
            programs.watched_call(&books, settler, |name| vec![programs.executable(name)], look);
            if let Some(tracer) = &tracer {
                let wrapped = |name: &str| tracer.wrapped(&programs.executable(name), name);
                programs.watched_call(&books, settler, wrapped, |_, _| {});
            }
            for (name, memory) in memory.into_inner() {
                let (calls, syncs) = count(Some(name));
                let how = match settler {
                    Settler::Caller => "caller settles",
                    Settler::Reducer => "reducer settles",
                };
                table.push(row![format!("{name}, {how}"), database(held), calls, syncs, memory]);
                peak = memory.max(peak);
            }
        }
    }
    print_table("What each process needs", &table);
    targets.add("peak memory of a process, MiB", f64::from(peak) / 1024.0, Bound::AtMost(8.0));
}

/// Returns the most memory that a process has had, in KiB; it must still be there.
fn peak_memory(process: u32) -> u32 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).expect("the process is there");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("its peak memory");
    line.trim().trim_end_matches(" kB").parse().expect("a number")
}

/// A tracer that counts system calls.
#[derive(Debug)]
struct Tracer {
    program: PathBuf,
    counts: TempDir,
}

impl Tracer {
    fn found() -> Option<Self> {
        Command::new("strace").arg("--version").output().ok().filter(|output| output.status.success())?;
        let folders = std::env::var_os("PATH")?;
        let program = std::env::split_paths(&folders).map(|folder| folder.join("strace")).find(|file| file.exists())?;
        Some(Self { program, counts: tempfile::tempdir().expect("a scratch folder") })
    }

    /// Returns the command that runs a program and counts under a name.
    fn wrapped(&self, program: &Path, name: &str) -> Vec<PathBuf> {
        let counts = self.counts.path().join(name);
        vec![self.program.clone(), "-f".into(), "-c".into(), "-o".into(), counts, program.to_owned()]
    }

    /// Returns what was counted last under a name: system calls, and how many of them are syncs.
    fn counted(&self, name: &str) -> (String, String) {
        let table = fs::read_to_string(self.counts.path().join(name)).expect("the counts");
        let calls = |of: &dyn Fn(&str) -> bool| -> u32 {
            let rows = table.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
            rows.filter(|row| row.last().is_some_and(|&name| of(name)))
                .filter_map(|row| row.get(3)?.parse::<u32>().ok())
                .sum()
        };
        (calls(&|name| name == "total").to_string(), calls(&|name| matches!(name, "fsync" | "fdatasync")).to_string())
    }
}
