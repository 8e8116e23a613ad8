//! Killing programs that an Asterisk of the lab has started.

use std::collections::HashSet;
use std::fs;

use rustix::process::{Pid, Signal, kill_process};

use crate::eventually::eventually;
use crate::lab::Lab;

/// Which of our programs, by what Asterisk calls it.
pub(crate) const CALLER: &str = "celcombiller_caller";
pub(crate) const REDUCER: &str = "celcombiller_reducer";

/// Ends the one process with these arguments as `kill -9` does.
pub(crate) fn kill(arguments: &[&str]) {
    let wanted: String = arguments.iter().map(|argument| format!("{argument}\0")).collect();
    let process = eventually("the program runs", || all().find(|&process| command_line(process) == wanted));
    assert!(kill_one(process), "kill -9 of {arguments:?}");
}

/// Ends one process; tells whether it was still there.
pub(crate) fn kill_one(process: u32) -> bool {
    let pid = Pid::from_raw(process.cast_signed()).expect("no process is 0");
    kill_process(pid, Signal::KILL).is_ok()
}

impl Lab {
    /// Lists the processes that run this program in the lab, apart from those that are known.
    pub(crate) fn running(&self, program: &str, known: &HashSet<u32>) -> Vec<u32> {
        let others = all().filter(|process| !known.contains(process));
        others
            .filter(|&process| command_line(process).split('\0').next() == Some(program) && self.holds(process))
            .collect()
    }
}

fn command_line(process: u32) -> String {
    fs::read_to_string(format!("/proc/{process}/cmdline")).unwrap_or_default()
}

/// Lists every process of the machine.
pub(crate) fn all() -> impl Iterator<Item = u32> {
    let names = fs::read_dir("/proc").unwrap().filter_map(Result::ok).map(|entry| entry.file_name());
    names.filter_map(|name| name.to_str()?.parse().ok())
}
