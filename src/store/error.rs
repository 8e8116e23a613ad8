//! How the books can fail.

use std::io::{self, ErrorKind};
use std::path::PathBuf;

use rusqlite::ErrorCode;

/// The way out where rights are in the way, or the disk has become read-only or has no inodes left.
const WRITABLE: &str =
    "the file and its folder must be writable for the user that Asterisk runs as, on a disk with room";

/// The world failing underneath the books; nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// No file.
    #[error("no database at {}", .0.display())]
    Missing(PathBuf),
    /// A folder where the file should be.
    #[error("{} is a directory, not a database", .0.display())]
    Directory(PathBuf),
    /// A file of another kind, or another program's database.
    #[error("{} is not a celcombiller database", .0.display())]
    Foreign(PathBuf),
    /// A file or folder of the books that anybody may write.
    #[error("others may write {0} (mode {mode:04o}): chmod o-w {0}", path.display())]
    Exposed {
        /// The file or folder.
        path: PathBuf,
        /// Its mode.
        mode: u32,
    },
    /// A newer schema than this program knows.
    #[error("database {} has schema {found}, newer than this program's {known}", path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its schema.
        found: i64,
        /// The newest one known here.
        known: i64,
    },
    /// An older schema than this program needs.
    #[error("database {} has schema {found}, older than this program's {known}", path.display())]
    Older {
        /// The file.
        path: PathBuf,
        /// Its schema.
        found: i64,
        /// The one needed here.
        known: i64,
    },
    /// Others held the database for longer than the busy timeout.
    #[error("the database is locked: others held it for longer than {0} s")]
    Busy(u64),
    /// The file system failing beside SQLite.
    #[error("{action} {}: {cause}", path.display())]
    File {
        /// What was tried.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// Why.
        cause: io::Error,
    },
    /// A value in the database that this program never writes.
    #[error("the database holds a value that does not belong there: {0}")]
    Corrupt(String),
    /// A rule of the schema that a change would have broken.
    #[error("the books refuse it: {0}")]
    Rule(String),
    /// SQLite failing.
    #[error("database: {0}")]
    Sqlite(rusqlite::Error),
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        match &error {
            rusqlite::Error::SqliteFailure(code, message) if code.code == ErrorCode::ConstraintViolation => {
                Self::Rule(message.clone().unwrap_or_else(|| error.to_string()))
            }
            rusqlite::Error::FromSqlConversionFailure(_, _, cause) => Self::Corrupt(cause.to_string()),
            _ => Self::Sqlite(error),
        }
    }
}

impl StoreError {
    /// Tells whether others hold the database.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        match self {
            Self::Busy(_) => true,
            Self::Sqlite(error) => {
                matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked))
            }
            _ => false,
        }
    }

    /// Returns what is wrong with the content of a file, where that is what failed.
    #[must_use]
    pub fn unsound(&self) -> Option<String> {
        match self {
            Self::Corrupt(fact) => Some(fact.clone()),
            Self::Sqlite(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseCorrupt) => {
                Some(error.to_string())
            }
            _ => None,
        }
    }

    /// Tells whether a rule of the schema with this name refused.
    #[must_use]
    pub fn breaks(&self, rule: &str) -> bool {
        matches!(self, Self::Rule(message) if message.contains(rule))
    }

    /// Returns the way out, where there is one.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Missing(_) => Some("billctl init"),
            Self::Older { .. } => Some("billctl db migrate"),
            Self::Newer { .. } => Some("install the newer celcombiller that made it"),
            Self::Directory(_) | Self::Foreign(_) => Some("name the file with --db or [database] path"),
            _ if self.is_busy() => Some("raise [database] busy_timeout, or see who holds it: fuser FILE"),
            Self::Sqlite(error)
                if matches!(error.sqlite_error_code(), Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen)) =>
            {
                Some(WRITABLE)
            }
            Self::File { cause, .. }
                if matches!(cause.kind(), ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem) =>
            {
                Some(WRITABLE)
            }
            _ if self.unsound().is_some() => Some("billctl db restore FILE, with the last sound copy"),
            _ => None,
        }
    }
}
