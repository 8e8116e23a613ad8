//! Killing programs that an Asterisk of the lab has started.

use std::fs;
use std::process::Command;

use crate::eventually::eventually;
use crate::lab::Lab;

/// Which of our programs, by what Asterisk calls it.
pub(crate) const CALLER: &str = "celcombiller_caller";
pub(crate) const REDUCER: &str = "celcombiller_reducer";

/// Ends the one process with these arguments as `kill -9` does.
pub(crate) fn kill(arguments: &[&str]) {
    let command_line: String = arguments.iter().map(|argument| format!("{argument}\0")).collect();
    let process = eventually("the program runs", || {
        all().into_iter().find(|process| {
            fs::read(format!("/proc/{process}/cmdline")).is_ok_and(|line| line == command_line.as_bytes())
        })
    });
    assert!(kill_one(process), "kill -9 of {arguments:?}");
}

/// Ends one process; tells whether it was still there.
pub(crate) fn kill_one(process: u32) -> bool {
    let quiet = Command::new("kill").args(["-9", &process.to_string()]).stderr(std::process::Stdio::null()).status();
    quiet.expect("kill starts").success()
}

impl Lab {
    /// Lists the processes of this program that run in the lab.
    pub(crate) fn running(&self, program: &str) -> Vec<u32> {
        all().into_iter().filter(|&process| is_called(process, program) && self.holds(process)).collect()
    }
}

fn is_called(process: u32, program: &str) -> bool {
    let line = fs::read(format!("/proc/{process}/cmdline")).unwrap_or_default();
    line.split(|&byte| byte == 0).next() == Some(program.as_bytes())
}

pub(crate) fn all() -> Vec<u32> {
    let names = fs::read_dir("/proc").unwrap().filter_map(Result::ok).map(|entry| entry.file_name());
    names.filter_map(|name| name.to_str()?.parse().ok()).collect()
}
