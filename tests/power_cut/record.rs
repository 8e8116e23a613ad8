//! What the programs did to the ledger's files, in order, read from what strace wrote.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

/// The system calls that are recorded; strace leaves out what the processor's Linux does not have.
pub(crate) const SYSTEM_CALLS: &str = "trace=execve,?open,openat,?creat,write,writev,pwrite64,pwritev,?pwritev2,\
     truncate,ftruncate,fallocate,fsync,fdatasync,sync_file_range,?unlink,unlinkat,?rename,renameat,?renameat2,\
     ?link,linkat";

/// The files of a ledger by their names in its folder.
pub(crate) type Files = BTreeMap<String, Vec<u8>>;

/// What a program did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// Opened a file that is made if it is not there.
    Open(String),
    Write {
        file: String,
        /// At the end, where there is none.
        offset: Option<usize>,
        bytes: Vec<u8>,
    },
    Truncate {
        file: String,
        length: usize,
    },
    /// Of a file, or of a folder's names.
    Sync(String),
    Unlink(String),
    Rename {
        from: String,
        to: String,
    },
    /// Wrote a line to Asterisk.
    Say(String),
    /// Ended by itself.
    Exit,
}

/// An action and when: nanoseconds by the clock of strace, which stops a program before and after each.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    pub(crate) begun: u64,
    pub(crate) ended: u64,
    /// The process, as its trace is named.
    pub(crate) process: String,
    pub(crate) action: Action,
}

/// Everything that happened to a ledger.
#[derive(Debug)]
pub(crate) struct Record {
    /// What the disk had before.
    pub(crate) base: Files,
    pub(crate) events: Vec<Event>,
}

impl Record {
    /// Reads the traces in `traces`, a file for each thread, of programs that worked on the ledger in `folder`.
    pub(crate) fn read(base: Files, traces: &Path, folder: &Path) -> Self {
        // As it is named, and as Linux names what is open.
        let folders = [folder.to_owned(), folder.canonicalize().unwrap()];
        let mut events = Vec::new();
        for entry in fs::read_dir(traces).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy();
            let (process, _thread) = name.rsplit_once('.').unwrap();
            let text = fs::read_to_string(&path).unwrap();
            let is_main = text.contains(" execve(");
            events.extend(text.lines().filter_map(|line| {
                let (begun, ended, action) = read_line(line, &folders)?;
                (action != Action::Exit || is_main).then_some(())?;
                Some(Event { begun, ended, process: process.to_owned(), action })
            }));
        }
        // A program goes on only when strace has seen the end of its call, so what one did after another had
        // to wait for it also begins after the other's end here.
        events.sort_by_key(|event| event.begun);
        Self { base, events }
    }
}

/// Reads a line of strace: `SECONDS.NANOSECONDS NAME(ARGUMENTS) = RESULT <SECONDS.NANOSECONDS>`.
fn read_line(line: &str, folders: &[PathBuf]) -> Option<(u64, u64, Action)> {
    let (begun, rest) = line.split_once(' ').unwrap();
    let begun = nanoseconds(begun);
    if let Some(end) = rest.strip_prefix("+++ ") {
        return end.starts_with("exited").then_some((begun, begun, Action::Exit));
    }
    // It failed, or its program was killed before it.
    let (call, result) = rest.rsplit_once(") = ")?;
    let (name, arguments) = call.split_once('(').unwrap();
    if result.starts_with(['-', '?']) {
        return None;
    }
    let (result, duration) = result.rsplit_once(" <").unwrap_or_else(|| panic!("no duration: {line}"));
    let action = read_call(name, arguments, result, folders)?;
    Some((begun, begun + nanoseconds(duration.trim_end_matches('>')), action))
}

fn read_call(name: &str, arguments: &str, result: &str, folders: &[PathBuf]) -> Option<Action> {
    let mut quoted = arguments.split('"');
    let (before, first) = (quoted.next().unwrap(), quoted.next());
    let bytes = || unescaped(first.unwrap());
    let number = |text: &str| text.rsplit([' ', ',']).next().unwrap().parse::<usize>().unwrap();
    let named = |text: &str| within(folders, unescaped(text));
    if name == "execve" {
        return None;
    }
    if name.starts_with("open") {
        // A draft of the spool is opened with O_TRUNC as well, and is new.
        return arguments.contains("O_CREAT").then(|| named(first.unwrap()))?.map(Action::Open);
    }
    if name.starts_with("unlink") {
        return named(first.unwrap()).map(Action::Unlink);
    }
    if name.starts_with("rename") {
        return Some(Action::Rename { from: named(first.unwrap())?, to: named(quoted.nth(1).unwrap())? });
    }
    if name == "write" && before.starts_with("1<") {
        return Some(Action::Say(String::from_utf8(bytes()).unwrap().trim_end().to_owned()));
    }
    let (_, path) = before.split_once('<')?;
    let (path, gone) = path.split_once('>').unwrap();
    // What is done to a file that has no name any more is lost with the power.
    if gone.starts_with("(deleted)") {
        return None;
    }
    let file = named(path)?;
    match name {
        "write" | "pwrite64" => {
            let (mut bytes, asked) = (bytes(), quoted.next().unwrap());
            assert!(asked.starts_with(", "), "strace shortened what was written: {asked}");
            bytes.truncate(result.parse().unwrap());
            Some(Action::Write { file, offset: (name == "pwrite64").then(|| number(asked)), bytes })
        }
        "ftruncate" => Some(Action::Truncate { file, length: number(arguments) }),
        "fsync" | "fdatasync" => Some(Action::Sync(file)),
        _ => panic!("{name} of {file} is not understood"),
    }
}

/// Returns the name of a ledger's file in its folder; the index of the log is made anew after a cut.
fn within(folders: &[PathBuf], path: Vec<u8>) -> Option<String> {
    let path = PathBuf::from(OsString::from_vec(path));
    let name = folders.iter().find_map(|folder| path.strip_prefix(folder).ok())?.to_str().unwrap().to_owned();
    (!name.ends_with("-shm")).then_some(name)
}

/// Reads `SECONDS.NANOSECONDS`.
fn nanoseconds(text: &str) -> u64 {
    let (seconds, fraction) = text.split_once('.').unwrap();
    assert_eq!(fraction.len(), 9, "nanoseconds in `{text}`");
    seconds.parse::<u64>().unwrap() * 1_000_000_000 + fraction.parse::<u64>().unwrap()
}

/// Reads `\x62\x6f\x62`.
fn unescaped(text: &str) -> Vec<u8> {
    let digits = text.split("\\x").skip(1);
    digits.map(|digits| u8::from_str_radix(digits, 16).unwrap()).collect()
}
