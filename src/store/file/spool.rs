//! Ends of calls that could not be posted: kept beside the database until they can.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use super::rights;
use crate::domain::outcome::CallReport;
use crate::store::error::StoreError;

/// Bytes set aside so that an end can be written when the disk is full.
const BALLAST: usize = 256 * 1024;
const BALLAST_NAME: &str = "ballast";
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

    /// Returns the folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Sets bytes aside for the day the disk is full; those that are there stay.
    ///
    /// # Errors
    /// The folder cannot be made or written.
    pub fn set_ballast_aside(&self) -> Result<(), StoreError> {
        let path = self.folder.join(BALLAST_NAME);
        let laid = || {
            rights::make_folder_beside(&self.database, &self.folder)?;
            if fs::metadata(&path).is_ok_and(|found| found.len() == BALLAST as u64) {
                return Ok(());
            }
            let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o660).open(&path)?;
            file.write_all(&vec![0; BALLAST])?;
            file.sync_all()
        };
        laid().map_err(|cause| StoreError::File { action: "setting ballast aside at", path: path.clone(), cause })
    }

    /// Keeps an end: when this returns, it survives a power cut. The same end kept twice is kept once.
    ///
    /// # Errors
    /// Not even a file can be written.
    pub fn keep(&self, report: &CallReport) -> Result<PathBuf, StoreError> {
        let path = self.folder.join(format!("{}.{SUFFIX}", report.call));
        let failed = |cause| StoreError::File { action: "keeping the end of the call in", path: path.clone(), cause };
        let text = toml::to_string(report).map_err(|error| failed(io::Error::other(error)))?;
        match self.write(&path, &text) {
            Err(error) if error.kind() == ErrorKind::StorageFull => {
                fs::remove_file(self.folder.join(BALLAST_NAME)).map_err(failed)?;
                self.write(&path, &text).map_err(failed)?;
            }
            written => written.map_err(failed)?,
        }
        Ok(path)
    }

    fn write(&self, path: &Path, text: &str) -> io::Result<()> {
        rights::make_folder_beside(&self.database, &self.folder)?;
        let draft = path.with_extension(format!("draft-{}", std::process::id()));
        let written = (|| {
            let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o660).open(&draft)?;
            file.write_all(text.as_bytes())?;
            file.sync_all()?;
            fs::rename(&draft, path)?;
            File::open(&self.folder)?.sync_all()
        })();
        if written.is_err() {
            // Half a file must not take the room that the next try needs; that it stays is no harm.
            drop(fs::remove_file(&draft));
        }
        written
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
