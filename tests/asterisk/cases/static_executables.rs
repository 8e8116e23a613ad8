//! The executables need nothing around them.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};
use std::{env, fs};

use crate::configuration::executables;
use crate::program::copy_program;
use crate::version;

const NAMES: [&str; 2] = ["celcombiller-caller", "celcombiller-reducer"];

#[test]
fn the_executables_are_statically_linked() {
    for name in NAMES {
        let path = executables().join(name);
        let ldd = Command::new("ldd").arg(&path).output().expect("ldd starts");
        let said = String::from_utf8_lossy(&ldd.stdout).into_owned() + &String::from_utf8_lossy(&ldd.stderr);
        assert!(said.contains("statically linked") || said.contains("not a dynamic executable"), "ldd {name}: {said}");
    }
}

#[test]
fn the_released_executables_are_below_three_megabytes() {
    // A debugging build is what is tested where no folder is named.
    if env::var_os("CELCOMBILLER_EXECUTABLES").is_none() {
        return;
    }
    for name in NAMES {
        let bytes = fs::metadata(executables().join(name)).unwrap().len();
        assert!(bytes < 3_000_000, "{name} has {bytes} bytes");
    }
}

#[test]
fn the_executables_speak_agi_in_an_empty_chroot() {
    if !version::isolates() {
        return version::skip("a chroot cannot be had; run as root");
    }
    for name in NAMES {
        let empty = tempfile::tempdir().unwrap();
        copy_program(&executables().join(name), &empty.path().join(name));
        let mut agi = Command::new("chroot");
        agi.arg(empty.path()).arg(format!("/{name}")).env_remove("CELCOMBILLER_CONFIG").env_remove("CELCOMBILLER_DB");
        let mut program = agi.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("chroot starts");
        let commands = dialogue(&mut program);
        let status = program.wait().unwrap();
        assert!(status.success(), "{name}: {status} after {commands:?}");
        let is_agi =
            |command: &String| ["GET ", "SET ", "EXEC ", "VERBOSE "].iter().any(|verb| command.starts_with(verb));
        assert!(!commands.is_empty() && commands.iter().all(is_agi), "{name} said {commands:?}");
    }
}

/// Plays an Asterisk that knows no variable and does whatever else it is told.
fn dialogue(program: &mut Child) -> Vec<String> {
    let mut replies = program.stdin.take().unwrap();
    replies.write_all(include_bytes!("environment.agi")).unwrap();
    let commands = BufReader::new(program.stdout.take().unwrap()).lines();
    let answered = commands.map(|command| {
        let command = command.unwrap();
        writeln!(replies, "{}", reply(&command)).unwrap();
        command
    });
    answered.collect()
}

fn reply(command: &str) -> String {
    match command.strip_prefix("GET FULL VARIABLE ") {
        Some(text) => format!("200 result=1 ({})", unset(text.trim_matches('"'))),
        None if command.starts_with("SET ") || command.starts_with("VERBOSE ") => "200 result=1".to_owned(),
        None => "200 result=0".to_owned(),
    }
}

/// Expands every `${…}` in the text to nothing.
fn unset(text: &str) -> String {
    let after_each = text.split("${").skip(1).filter_map(|rest| rest.split_once('}'));
    let before = text.split("${").next().unwrap_or_default();
    after_each.fold(before.to_owned(), |expanded, (_, rest)| expanded + rest)
}
