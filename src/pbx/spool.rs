//! Asterisk's spool of calls: how a call file gets into it whole, what waits there, and how it ended.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, fchown};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rustix::fs::{CWD, RenameFlags, renameat_with};
use rustix::io::Errno;

use super::owner::Owner;
use super::record::{Record, State};
use super::value::FileName;
use crate::domain::time::Timestamp;

/// Beside the folder that Asterisk watches: where call files are made.
const STAGE: &str = "celcombiller";
/// Beside it, where Asterisk puts what it was told to keep.
const DONE: &str = "outgoing_done";
/// Within the stage: a second name of each call that is spooled once only. It is the same file, so it still says
/// what became of the call when the first name is gone.
const ONCE: &str = "once";
/// Ends such a file when the call was taken back; a comment to Asterisk.
const TAKEN_BACK: &str = "# taken back\n";

/// Why the spool was not used.
#[derive(Debug, thiserror::Error)]
pub enum SpoolError {
    /// No such user to own the file.
    #[error("this machine has no user \"{0}\"")]
    UnknownUser(String),
    /// A file of that name is there.
    #[error("a call file {} is there already", .0.display())]
    Exists(PathBuf),
    /// No file of that name is there.
    #[error("no call waits as {}", .0.display())]
    Missing(PathBuf),
    /// The call is being made.
    #[error("{} is being called", .0.display())]
    Calling(PathBuf),
    /// The folder that Asterisk watches is not there.
    #[error("no folder {}", .0.display())]
    NoFolder(PathBuf),
    /// A file cannot be moved from where it is made, as a whole, to where Asterisk looks.
    #[error("{} is not on the file system of {}", stage.display(), outgoing.display())]
    OtherFileSystem {
        /// Where call files are made.
        stage: PathBuf,
        /// Where Asterisk looks.
        outgoing: PathBuf,
    },
    /// Call files would be made where Asterisk takes them up half written.
    #[error("{} is where Asterisk looks, so no call file can be made there", .0.display())]
    Watched(PathBuf),
    /// Only root gives files away.
    #[error("cannot give {} to the user {uid}, who must own it so that Asterisk can: {cause}", path.display())]
    Owner {
        /// The file.
        path: PathBuf,
        /// The user's number.
        uid: u32,
        /// Why.
        cause: io::Error,
    },
    /// Anything else.
    #[error("{action} {}: {cause}", path.display())]
    File {
        /// What was being done.
        action: &'static str,
        /// To which file.
        path: PathBuf,
        /// Why it failed.
        cause: io::Error,
    },
}

impl SpoolError {
    /// Returns the way out, where there is one.
    #[must_use]
    pub const fn hint(&self) -> Option<&'static str> {
        match self {
            Self::UnknownUser(_) => Some("without --owner the file gets the owner of the folder that Asterisk watches"),
            Self::Missing(_) | Self::Calling(_) => Some("billctl call list"),
            Self::NoFolder(_) => Some("[asterisk] spool in the configuration names the spool; or --spool-dir"),
            Self::OtherFileSystem { .. } | Self::Watched(_) => {
                Some("--temp-dir names another folder; by default it is beside the one that Asterisk watches")
            }
            Self::Owner { .. } => Some("run it as root or as the user that Asterisk runs as"),
            Self::Exists(_) | Self::File { .. } => None,
        }
    }

    /// Tells whether the request was wrong and not the world.
    #[must_use]
    pub const fn is_refusal(&self) -> bool {
        matches!(self, Self::UnknownUser(_) | Self::Exists(_) | Self::Missing(_) | Self::Calling(_))
    }
}

/// Makes the error of an action on a file.
fn failed(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> SpoolError {
    move |cause| SpoolError::File { action, path: path.to_owned(), cause }
}

/// A spool.
#[derive(Clone, Debug)]
pub struct Spool {
    outgoing: PathBuf,
    done: PathBuf,
    stage: PathBuf,
}

impl Spool {
    /// Names the spool whose folder `outgoing` Asterisk watches.
    #[must_use]
    pub fn at(outgoing: &Path) -> Self {
        let beside = |name| outgoing.with_file_name(name);
        Self { outgoing: outgoing.to_owned(), done: beside(DONE), stage: beside(STAGE) }
    }

    /// Makes call files in another folder of the same file system.
    #[must_use]
    pub fn staged_in(self, folder: &Path) -> Self {
        Self { stage: folder.to_owned(), ..self }
    }

    /// Returns where a call file of that name waits.
    #[must_use]
    pub fn path_of(&self, name: &FileName) -> PathBuf {
        self.outgoing.join(name.as_str())
    }

    /// Returns whose the folder is that Asterisk watches.
    ///
    /// # Errors
    /// There is no such folder, or calls cannot be made on its file system.
    pub fn watched(&self) -> Result<Owner, SpoolError> {
        let watched = fs::metadata(&self.outgoing).ok().filter(fs::Metadata::is_dir);
        let watched = watched.ok_or_else(|| SpoolError::NoFolder(self.outgoing.clone()))?;
        let place = if self.stage.exists() { &self.stage } else { self.stage.parent().unwrap_or(Path::new(".")) };
        let found = fs::metadata(place).map_err(failed("looking at", place))?;
        if found.dev() != watched.dev() {
            return Err(SpoolError::OtherFileSystem { stage: self.stage.clone(), outgoing: self.outgoing.clone() });
        }
        if place == self.stage && found.ino() == watched.ino() {
            return Err(SpoolError::Watched(self.stage.clone()));
        }
        Ok(Owner { uid: watched.uid(), gid: watched.gid() })
    }

    /// Makes ready to put calls into the spool, for a named owner or else for the owner of the folder that
    /// Asterisk watches. With `sync`, what was put there survives a power cut.
    ///
    /// # Errors
    /// There is no such user or folder, or calls cannot be made on the folder's file system.
    pub fn stage(&self, owner: Option<&str>, sync: bool) -> Result<Stage<'_>, SpoolError> {
        let its_owner = self.watched()?;
        let owner = match owner {
            Some(name) => Owner::named(name).ok_or_else(|| SpoolError::UnknownUser(name.to_owned()))?,
            None => its_owner,
        };
        let once = self.stage.join(ONCE);
        for folder in [&self.stage, &once] {
            make_folder(folder, its_owner)?;
        }
        let open = |folder: &Path| File::open(folder).map_err(failed("opening", folder));
        Ok(Stage { outgoing: open(&self.outgoing)?, once: open(&once)?, spool: self, owner, sync })
    }

    /// Lists the calls that wait or are being made, the next first.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn waiting(&self, now: Timestamp) -> Result<Vec<Record>, SpoolError> {
        if !self.outgoing.is_dir() {
            return Err(SpoolError::NoFolder(self.outgoing.clone()));
        }
        records(&self.outgoing, now)
    }

    /// Lists the calls that are over and were kept, the oldest first.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn ended(&self, now: Timestamp) -> Result<Vec<Record>, SpoolError> {
        match records(&self.done, now) {
            Err(SpoolError::File { cause, .. }) if cause.kind() == ErrorKind::NotFound => Ok(Vec::new()),
            listed => listed,
        }
    }

    /// Tells what became of a call that is spooled once only; `None` if it never was in the spool.
    ///
    /// # Errors
    /// Its second name cannot be read.
    pub fn once(&self, name: &FileName, now: Timestamp) -> Result<Option<Record>, SpoolError> {
        let path = self.stage.join(ONCE).join(name.as_str());
        let marked = record(&path, now).map_err(failed("reading", &path))?;
        // Asterisk writes into what it takes up. What it has not, and waits nowhere, is of somebody who was killed
        // between the two names.
        let untouched = |record: &Record| matches!(record.state, State::Waiting | State::Due);
        Ok(marked.filter(|record| !untouched(record) || self.path_of(name).exists()))
    }

    /// Forgets the calls that were spooled once only and are over since before an instant, and returns them: the
    /// same id would be spooled again. With `dry_run` nothing is forgotten.
    ///
    /// # Errors
    /// The folder cannot be read or written.
    pub fn forget(&self, before: Timestamp, now: Timestamp, dry_run: bool) -> Result<Vec<Record>, SpoolError> {
        let folder = self.stage.join(ONCE);
        let lock = match File::open(&folder) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            opened => opened.map_err(failed("opening", &folder))?,
        };
        lock.lock().map_err(failed("locking", &folder))?;
        let mut over = records(&folder, now)?;
        over.retain(|record| record.time < before && !self.outgoing.join(record.name()).exists());
        for Record { path, .. } in over.iter().filter(|_| !dry_run) {
            fs::remove_file(path).map_err(failed("removing", path))?;
        }
        Ok(over)
    }

    /// Takes a call back before it is made, or before it is tried again. One that is spooled once only stays so.
    ///
    /// # Errors
    /// It does not wait, it is being made, or the folder cannot be written.
    pub fn take_back(&self, name: &FileName, now: Timestamp) -> Result<Record, SpoolError> {
        let path = self.path_of(name);
        let missing = || SpoolError::Missing(path.clone());
        let record = record(&path, now).map_err(failed("reading", &path))?.ok_or_else(missing)?;
        if record.state == State::Calling {
            return Err(SpoolError::Calling(path));
        }
        match fs::remove_file(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Err(missing()),
            removed => removed.map_err(failed("removing", &path))?,
        }
        let once = self.stage.join(ONCE).join(name.as_str());
        match OpenOptions::new().append(true).open(&once) {
            Ok(mut file) => file.write_all(TAKEN_BACK.as_bytes()).map_err(failed("writing", &once))?,
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(cause) => return Err(failed("opening", &once)(cause)),
        }
        Ok(record)
    }
}

/// Makes a folder that belongs to whom Asterisk runs as, unless it is there.
fn make_folder(folder: &Path, owner: Owner) -> Result<(), SpoolError> {
    match DirBuilder::new().mode(0o700).create(folder) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => return Ok(()),
        made => made.map_err(failed("making", folder))?,
    }
    let made = File::open(folder).map_err(failed("opening", folder))?;
    give(&made, folder, owner).inspect_err(|_| drop(fs::remove_dir(folder)))
}

/// Makes somebody the owner of a file.
fn give(file: &File, path: &Path, Owner { uid, gid }: Owner) -> Result<(), SpoolError> {
    if file.metadata().map_err(failed("looking at", path))?.uid() == uid {
        return Ok(());
    }
    let given = fchown(file, Some(uid), Some(gid));
    given.map_err(|cause| SpoolError::Owner { path: path.to_owned(), uid, cause })
}

/// Reads the call files of a folder, in the order of their times and names.
fn records(folder: &Path, now: Timestamp) -> Result<Vec<Record>, SpoolError> {
    let mut records = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed("reading", folder))? {
        let path = entry.map_err(failed("reading", folder))?.path();
        records.extend(record(&path, now).map_err(failed("reading", &path))?);
    }
    records.sort_by(|a, b| (a.time, &a.path).cmp(&(b.time, &b.path)));
    Ok(records)
}

/// Reads a call file; `None` where none is, or none any more.
fn record(path: &Path, now: Timestamp) -> io::Result<Option<Record>> {
    let read = || -> io::Result<Option<Record>> {
        let found = fs::symlink_metadata(path)?;
        if !found.is_file() {
            return Ok(None);
        }
        let text = fs::read(path)?;
        let text = String::from_utf8_lossy(&text);
        let time = Timestamp::from_millis(found.mtime().saturating_mul(1000));
        let record = Record::read(path, &text, time, now);
        let state = if text.ends_with(TAKEN_BACK) { State::TakenBack } else { record.state };
        Ok(Some(Record { state, ..record }))
    };
    match read() {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        read => read,
    }
}

/// What became of a call that is to be spooled once only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Put {
    /// It is in the spool now.
    Now,
    /// It was put there before, whatever has become of it.
    Before,
}

/// Where calls are made ready and put into the spool, each as a whole.
#[derive(Debug)]
pub struct Stage<'a> {
    spool: &'a Spool,
    outgoing: File,
    once: File,
    owner: Owner,
    sync: bool,
}

impl Stage<'_> {
    /// Puts a call into the spool, to be made at once or when its time has come. Once it is there it is whole,
    /// even after a power cut; [`Self::settle`] makes sure that it is there.
    ///
    /// # Errors
    /// A call of that name is there, or the file cannot be written, given to its owner or moved; nothing is left
    /// behind.
    pub fn put(&self, name: &FileName, text: &str, at: Option<Timestamp>) -> Result<(), SpoolError> {
        let draft = self.draft(name, text, at)?;
        self.sync(&draft.file, &draft.path)?;
        self.place(&draft, name)
    }

    /// Makes what was put into the spool survive a power cut.
    ///
    /// # Errors
    /// The folder cannot be synced.
    pub fn settle(&self) -> Result<(), SpoolError> {
        self.sync(&self.outgoing, &self.spool.outgoing)
    }

    /// Puts a call into the spool unless one of that name ever was.
    ///
    /// # Errors
    /// As for [`Self::put`].
    pub fn put_once(&self, name: &FileName, text: &str, at: Option<Timestamp>) -> Result<Put, SpoolError> {
        let folder = self.spool.stage.join(ONCE);
        // One at a time: what is found there does not change meanwhile.
        self.once.lock().map_err(failed("locking", &folder))?;
        let put = self.put_if_new(name, text, at, &folder);
        self.once.unlock().map_err(failed("unlocking", &folder))?;
        put
    }

    fn put_if_new(&self, name: &FileName, text: &str, at: Option<Timestamp>, folder: &Path) -> Result<Put, SpoolError> {
        let once = folder.join(name.as_str());
        let draft = self.draft(name, text, at)?;
        match fs::hard_link(&draft.path, &once) {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                if self.spool.once(name, Timestamp::MIN)?.is_some() {
                    return Ok(Put::Before);
                }
                // Whoever came before was killed between the two names.
                fs::rename(&draft.path, &once).map_err(failed("replacing", &once))?;
                fs::hard_link(&once, &draft.path).map_err(failed("writing", &draft.path))?;
            }
            Err(cause) => return Err(failed("writing", &once)(cause)),
        }
        // A power cut never leaves the first name without the second.
        self.sync(&draft.file, &draft.path)?;
        self.sync(&self.once, folder)?;
        self.place(&draft, name).map(|()| Put::Now).inspect_err(|_| drop(fs::remove_file(&once)))
    }

    /// Writes a call file where Asterisk does not look, with its owner and its time.
    fn draft(&self, name: &FileName, text: &str, at: Option<Timestamp>) -> Result<Draft, SpoolError> {
        let path = self.spool.stage.join(format!("{name}.{}", std::process::id()));
        let mut options = OpenOptions::new();
        options.write(true).create_new(true).mode(0o640);
        let opened = match options.open(&path) {
            // Of a process that was killed; this one has its number now.
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                fs::remove_file(&path).and_then(|()| options.open(&path))
            }
            opened => opened,
        };
        let file = opened.map_err(failed("writing", &path))?;
        let draft = Draft { path, file };
        let write = |mut file: &File| {
            file.write_all(text.as_bytes())?;
            // After the last byte, which changes the time too.
            at.map_or(Ok(()), |at| file.set_modified(system_time(at)))
        };
        write(&draft.file).map_err(failed("writing", &draft.path))?;
        give(&draft.file, &draft.path, self.owner)?;
        Ok(draft)
    }

    /// Moves a draft to where Asterisk looks. It must be a move: of a file that is made or linked there, Asterisk
    /// learns two seconds later or half written.
    fn place(&self, draft: &Draft, name: &FileName) -> Result<(), SpoolError> {
        let path = self.spool.path_of(name);
        match renameat_with(CWD, &draft.path, CWD, &path, RenameFlags::NOREPLACE) {
            Ok(()) => Ok(()),
            Err(Errno::EXIST) => Err(SpoolError::Exists(path)),
            Err(Errno::XDEV) => {
                let (stage, outgoing) = (self.spool.stage.clone(), self.spool.outgoing.clone());
                Err(SpoolError::OtherFileSystem { stage, outgoing })
            }
            Err(errno) => Err(failed("writing", &path)(errno.into())),
        }
    }

    fn sync(&self, file: &File, path: &Path) -> Result<(), SpoolError> {
        if self.sync { file.sync_all().map_err(failed("syncing", path)) } else { Ok(()) }
    }
}

/// A file that goes away with the value, unless it has moved on by then.
struct Draft {
    path: PathBuf,
    file: File,
}

impl Drop for Draft {
    fn drop(&mut self) {
        // Moved on, or no harm where it is.
        drop(fs::remove_file(&self.path));
    }
}

fn system_time(at: Timestamp) -> SystemTime {
    UNIX_EPOCH + Duration::from_millis(u64::try_from(at.millis()).unwrap_or(0))
}
