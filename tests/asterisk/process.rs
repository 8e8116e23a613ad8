//! Killing a program that an Asterisk of the lab has started.

use std::fs;
use std::process::Command;

use crate::eventually::eventually;

/// Ends the one process with these arguments as `kill -9` does.
pub(crate) fn kill(arguments: &[&str]) {
    let command_line: String = arguments.iter().map(|argument| format!("{argument}\0")).collect();
    let process = eventually("the program runs", || {
        let processes = fs::read_dir("/proc").unwrap().filter_map(Result::ok);
        let is_it = |folder: &fs::DirEntry| {
            fs::read(folder.path().join("cmdline")).is_ok_and(|line| line == command_line.as_bytes())
        };
        processes.into_iter().find(is_it).map(|folder| folder.file_name())
    });
    let status = Command::new("kill").arg("-9").arg(process).status().expect("kill starts");
    assert!(status.success(), "kill -9 of {arguments:?}: {status}");
}
