//! The executables need nothing around them.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};

use crate::configuration::executables;
use crate::version;

const NAMES: [&str; 2] = ["celcombiller-caller", "celcombiller-reducer"];

#[test]
fn the_executables_are_statically_linked_and_small() {
    for name in NAMES {
        let path = executables().join(name);
        let ldd = Command::new("ldd").arg(&path).output().expect("ldd starts");
        let said = String::from_utf8_lossy(&ldd.stdout).into_owned() + &String::from_utf8_lossy(&ldd.stderr);
        assert!(said.contains("statically linked") || said.contains("not a dynamic executable"), "ldd {name}: {said}");
        let bytes = fs::metadata(&path).unwrap().len();
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
        fs::copy(executables().join(name), empty.path().join(name)).unwrap();
        let mut agi = Command::new("chroot");
        agi.arg(empty.path()).arg(format!("/{name}")).env_clear();
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
        let knows_nothing = command.starts_with("GET ") || command.starts_with("EXEC ");
        writeln!(replies, "200 result={}", if knows_nothing { 0 } else { 1 }).unwrap();
        command
    });
    answered.collect()
}
