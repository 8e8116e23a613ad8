//! Ends of calls that could not be posted: kept beside the database until they can, and in another place where they
//! cannot be kept there.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use super::rights;
use crate::domain::outcome::CallReport;
use crate::store::error::StoreError;

/// Files set aside so that so many ends can be kept on a disk that is full or has no inodes left: an end is written
/// over one of them. Room that is only given up would be taken by whatever fills the disk.
const BALLAST_FILES: usize = 64;
const BALLAST_BYTES: usize = 4096;
const SUFFIX: &str = "end";

/// The folder of ends beside a database: `celcombiller.db-spool`.
#[derive(Clone, Debug)]
pub struct Spool {
    database: PathBuf,
    folder: PathBuf,
}

/// An end that waits, or a file that is none.
#[derive(Debug)]
pub struct Waiting {
    /// The file.
    pub path: PathBuf,
    /// What it says.
    pub report: Result<CallReport, String>,
}

impl Spool {
    /// Returns the spool of a database.
    #[must_use]
    pub fn beside(database: &Path) -> Self {
        let mut folder = database.to_owned().into_os_string();
        folder.push("-spool");
        Self { database: database.to_owned(), folder: folder.into() }
    }

    /// Returns the places for the ends of a database's calls, in order: beside it, and below a folder that Asterisk's
    /// user can write whatever becomes of that one.
    #[must_use]
    pub fn places(database: &Path, second: &Path) -> [Self; 2] {
        [Self::beside(database), Self::beside(&second.join(database.file_name().unwrap_or_default()))]
    }

    /// Returns the folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    fn ballast(&self) -> impl Iterator<Item = PathBuf> {
        (0..BALLAST_FILES).map(|number| self.folder.join(format!("ballast-{number:02}")))
    }

    /// Sets room aside for the day the disk is full; what is there stays.
    ///
    /// # Errors
    /// The folder cannot be made or written.
    pub fn set_ballast_aside(&self) -> Result<(), StoreError> {
        let failed =
            |path: &Path, cause| StoreError::File { action: "setting ballast aside at", path: path.to_owned(), cause };
        rights::make_folder_beside(&self.database, &self.folder).map_err(|cause| failed(&self.folder, cause))?;
        for path in self.ballast() {
            if fs::metadata(&path).is_ok_and(|found| found.len() == BALLAST_BYTES as u64) {
                continue;
            }
            let laid = File::create(&path).and_then(|mut file| {
                file.write_all(&[0; BALLAST_BYTES])?;
                // Whoever keeps an end in its room writes over it.
                rights::as_the_folder(&path)?;
                file.sync_all()
            });
            laid.map_err(|cause| failed(&path, cause))?;
        }
        Ok(())
    }

    /// Keeps an end: when this returns, it survives a power cut. The same end kept twice is kept once.
    ///
    /// # Errors
    /// Not even a file can be written.
    pub fn keep(&self, report: &CallReport) -> Result<PathBuf, StoreError> {
        let path = self.folder.join(format!("{}.{SUFFIX}", report.call));
        let failed = |cause| StoreError::File { action: "keeping the end of the call in", path: path.clone(), cause };
        let text = toml::to_string(report).map_err(|error| failed(io::Error::other(error)))?;
        let draft = path.with_extension(format!("draft-{}", std::process::id()));
        let made = rights::make_folder_beside(&self.database, &self.folder);
        let kept = made.and_then(|()| self.write(&draft, &text)).and_then(|()| {
            fs::rename(&draft, &path)?;
            File::open(&self.folder)?.sync_all()
        });
        if kept.is_err() {
            // Half a file must not take the room that the next try needs; that it stays is no harm.
            drop(fs::remove_file(&draft));
        }
        kept.map_err(failed)?;
        Ok(path)
    }

    fn write(&self, draft: &Path, text: &str) -> io::Result<()> {
        match write_over(draft, text) {
            Err(full) if matches!(full.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded) => {
                // Whoever takes one renames it, so nobody else has it.
                let taken = self.ballast().any(|ballast| fs::rename(ballast, draft).is_ok());
                if taken { write_over(draft, text) } else { Err(full) }
            }
            written => written,
        }
    }

    /// Lists the ends that wait, by name. No folder means none.
    ///
    /// # Errors
    /// The folder cannot be read, or anybody may write it.
    pub fn waiting(&self) -> Result<Vec<Waiting>, StoreError> {
        let failed = |cause| StoreError::File { action: "reading", path: self.folder.clone(), cause };
        let entries = match fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            Err(cause) => return Err(failed(cause)),
        };
        let mut paths = Vec::new();
        for entry in entries {
            let path = entry.map_err(failed)?.path();
            if path.extension().is_some_and(|extension| extension == SUFFIX) {
                paths.push(path);
            }
        }
        if !paths.is_empty() {
            // An end that anybody could have written says what a call cost.
            rights::guard_folder(&self.folder)?;
        }
        paths.sort();
        let read = |path: PathBuf| {
            let report = match fs::read_to_string(&path) {
                // Somebody else posted it meanwhile.
                Err(error) if error.kind() == ErrorKind::NotFound => return None,
                Err(error) => Err(error.to_string()),
                Ok(text) => toml::from_str(&text).map_err(|error| error.message().to_owned()),
            };
            Some(Waiting { path, report })
        };
        Ok(paths.into_iter().filter_map(read).collect())
    }

    /// Forgets an end that was posted; one that is gone already is forgotten.
    ///
    /// # Errors
    /// The file cannot be removed.
    pub fn forget(&self, waiting: &Path) -> Result<(), StoreError> {
        match fs::remove_file(waiting) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                Err(StoreError::File { action: "removing", path: waiting.to_owned(), cause: error })
            }
            _ => Ok(()),
        }
    }
}

/// Writes a file in the room that it has, if it is there.
fn write_over(path: &Path, text: &str) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create(true).truncate(false).mode(0o660).open(path)?;
    file.write_all(text.as_bytes())?;
    file.set_len(text.len() as u64)?;
    file.sync_all()
}
