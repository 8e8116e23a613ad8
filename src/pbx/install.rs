//! Putting rendered files in place: a folder of ours beside Asterisk's own files, and one line in each of those that
//! includes it. What an operator wrote stays as it is.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, chown};
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, RenameFlags, renameat_with};

use super::render::{self, Rendered};

/// The folder of ours in that of Asterisk's configuration.
const FOLDER: &str = "celcombiller";

/// A file that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Where it is.
    pub path: PathBuf,
    /// Its text; `None` where it is missing.
    pub before: Option<Vec<u8>>,
    /// What its text should be.
    pub after: Vec<u8>,
}

impl Change {
    /// Tells whether it is a file of ours in that folder, and not one of Asterisk's.
    #[must_use]
    pub fn is_ours(&self, etc: &Path) -> bool {
        self.path.parent() == Some(&etc.join(FOLDER))
    }
}

/// Returns what is to be changed in Asterisk's folder.
///
/// # Errors
/// There is no such folder, or a file in it cannot be read.
pub fn plan(etc: &Path, files: &[Rendered]) -> io::Result<Vec<Change>> {
    // Where there is no Asterisk, no folder of its configuration is made.
    fs::read_dir(etc)?;
    let mut changes = Vec::new();
    for file in files {
        let path = etc.join(FOLDER).join(file.name);
        changes.push(Change { before: read(&path)?, path, after: file.text.clone().into_bytes() });
    }
    let mut hosts: Vec<_> = files.iter().map(Rendered::included_from).collect();
    hosts.dedup();
    for host in hosts {
        let path = etc.join(host);
        let before = read(&path)?;
        // Without chan_sip there is no sip.conf, and no need for one.
        if before.is_none() && host == "sip.conf" {
            continue;
        }
        let mut after = before.clone().unwrap_or_default();
        for file in files.iter().filter(|file| file.included_from() == host) {
            let line = format!("#tryinclude {FOLDER}/{}", file.name);
            if !includes(&after, &line) {
                let end = if after.is_empty() || after.ends_with(b"\n") { "" } else { "\n" };
                after.extend_from_slice(format!("{end}{line}\n").as_bytes());
            }
        }
        changes.push(Change { path, before, after });
    }
    changes.retain(|change| change.before.as_ref() != Some(&change.after));
    Ok(changes)
}

/// Returns a file in our folder that is not one of ours: with the folder it would be lost.
///
/// # Errors
/// The folder cannot be read.
pub fn stranger(etc: &Path, files: &[Rendered]) -> io::Result<Option<PathBuf>> {
    let entries = match fs::read_dir(etc.join(FOLDER)) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        entries => entries?,
    };
    let mut names = entries.map(|entry| Ok(entry?.file_name())).collect::<io::Result<Vec<_>>>()?;
    names.sort();
    let stranger = names.into_iter().find(|name| files.iter().all(|file| file.name != name.as_os_str()));
    Ok(stranger.map(|name| etc.join(FOLDER).join(name)))
}

fn read(path: &Path) -> io::Result<Option<Vec<u8>>> {
    match fs::read(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn includes(text: &[u8], line: &str) -> bool {
    text.split(|&byte| byte == b'\n').any(|found| found.trim_ascii() == line.as_bytes())
}

/// Makes the changes. Our folder takes the place of the one before in one step, which is kept beside it as
/// `celcombiller.backup`; each file of Asterisk's likewise, as `NAME.before-celcombiller`.
///
/// # Errors
/// A file cannot be written; those before it are in place.
pub fn install(etc: &Path, files: &[Rendered], changes: &[Change]) -> io::Result<()> {
    if changes.iter().any(|change| change.is_ours(etc)) {
        let [live, new, backup] = ["", ".new", ".backup"].map(|end| etc.join(format!("{FOLDER}{end}")));
        remove(&new)?;
        render::write(&new, files)?;
        let owner = fs::metadata(etc.join("extensions.conf")).or_else(|_| fs::metadata(etc))?;
        for path in [Path::new(".")].into_iter().chain(files.iter().map(|file| Path::new(file.name))) {
            chown(new.join(path), Some(owner.uid()), Some(owner.gid()))?;
        }
        match renameat_with(CWD, &new, CWD, &live, RenameFlags::EXCHANGE) {
            Err(error) if error == rustix::io::Errno::NOENT => fs::rename(&new, &live)?,
            exchanged => {
                exchanged?;
                remove(&backup)?;
                fs::rename(&new, &backup)?;
            }
        }
    }
    for Change { path, before, after } in changes.iter().filter(|change| !change.is_ours(etc)) {
        // A link stays one.
        let path = fs::canonicalize(path).unwrap_or_else(|_| path.clone());
        if let Some(before) = before {
            replace(&beside(&path, "before-celcombiller"), &path, before)?;
        }
        replace(&path, &path, after)?;
    }
    File::open(etc)?.sync_all()
}

/// Puts the folder back that was there before the last change, or takes away what was not there before.
///
/// # Errors
/// It cannot be moved.
pub fn roll_back(etc: &Path) -> io::Result<()> {
    let [live, backup] = ["", ".backup"].map(|end| etc.join(format!("{FOLDER}{end}")));
    match renameat_with(CWD, &backup, CWD, &live, RenameFlags::EXCHANGE) {
        Err(error) if error == rustix::io::Errno::NOENT => fs::rename(&live, &backup),
        exchanged => Ok(exchanged?),
    }
}

fn remove(folder: &Path) -> io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(end);
    name.into()
}

/// Writes a file under a name at once, with the owner and the rights of another one.
fn replace(path: &Path, like: &Path, text: &[u8]) -> io::Result<()> {
    let new = beside(path, "celcombiller-new");
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o640).open(&new)?;
    file.write_all(text)?;
    if let Ok(owner) = fs::metadata(like) {
        file.set_permissions(owner.permissions())?;
        chown(&new, Some(owner.uid()), Some(owner.gid()))?;
    }
    file.sync_all()?;
    fs::rename(&new, path)
}
