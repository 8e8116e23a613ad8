//! Putting a copy in the place of the books.
//!
//! Programs of calls that go on have the books open, and a second log or index under the same name would be read into
//! the wrong file. So the file stays where it is, and what is in it is replaced by one transaction: it is there or
//! it is not, nobody's log is out of step, and whoever looks next sees the copy. Only where the books are gone, or
//! cannot be read at all, is a file put in their place.

use std::fs::{self, File};
use std::io::ErrorKind;
use std::os::unix::fs::{MetadataExt, chown};
use std::path::{Path, PathBuf};

use rusqlite::backup::{Backup, StepResult};
use rusqlite::named_params;

use super::open::{Access, Store, beside, log_of, sync_folder};
use super::proof::Proof;
use super::rights;
use crate::domain::deed::Deed;
use crate::domain::time::Timestamp;
use crate::store::Books;
use crate::store::error::StoreError;
use crate::store::unit::Unit;

/// A copy beside the books, where nobody else writes it, until it is dropped.
#[derive(Debug)]
pub struct Staged {
    store: Store,
    path: PathBuf,
    /// What it was proven to be.
    pub proof: Proof,
    /// Which books it is of.
    pub origin: Origin,
}

/// What tells books from others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The unit of their money.
    pub unit: Unit,
    /// When they were made, to the millisecond.
    pub made: Timestamp,
}

/// What books have that a copy lacks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lacking {
    /// The entries of the ledger.
    pub entries: u64,
    /// The calls, and those of which the copy does not know that they ended.
    pub calls: u64,
    /// The accounts.
    pub accounts: u64,
}

impl Lacking {
    /// Tells whether the copy has everything.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        *self == Self::default()
    }
}

impl Books<'_> {
    /// Tells which books these are.
    ///
    /// # Errors
    /// The database fails.
    pub fn origin(&self) -> Result<Origin, StoreError> {
        let made = self.connection().query_row("SELECT created FROM account WHERE id = 1", [], |row| row.get(0))?;
        Ok(Origin { unit: self.unit()?, made })
    }

    /// Compares row by row with the copy that is attached.
    fn lacking(&self) -> Result<Lacking, StoreError> {
        let count = |sql| -> Result<u64, StoreError> {
            Ok(self.connection().query_row(sql, [], |row| row.get(0).map(i64::unsigned_abs))?)
        };
        Ok(Lacking {
            entries: count(
                // The same hash stands for the same entry, and for the same ones before.
                "SELECT count(*) FROM main.ledger_entry e LEFT JOIN copy.ledger_entry c ON c.id = e.id AND c.hash IS e.hash
                 WHERE c.id IS NULL",
            )?,
            calls: count(
                "SELECT count(*) FROM main.call e LEFT JOIN copy.call c ON c.id = e.id AND c.uniqueid = e.uniqueid
                     AND c.attempt = e.attempt AND (e.state <> 'settled' OR c.state = 'settled')
                 WHERE c.id IS NULL",
            )?,
            accounts: count(
                "SELECT count(*) FROM main.account e LEFT JOIN copy.account c ON c.id = e.id AND c.created = e.created
                 WHERE c.id IS NULL",
            )?,
        })
    }
}

impl Staged {
    /// Copies a file beside the books, brings it to this program's schema, proves it and brings it to the disk. The
    /// file itself is only read.
    ///
    /// # Errors
    /// It is no sound copy of books, is newer than this program, or cannot be read or written.
    pub fn of(file: &Path, access: &Access) -> Result<Self, StoreError> {
        let path = access.beside(&format!("-restoring-{}", std::process::id()));
        let staged = Self::make(file, Access { path: path.clone(), queue: false, ..access.clone() });
        if staged.is_err() {
            discard(&path);
        }
        staged
    }

    fn make(file: &Path, access: Access) -> Result<Self, StoreError> {
        let path = access.path.clone();
        let copy = |from: &Path, to: &Path| {
            let copied = fs::copy(from, to).map(drop);
            copied.map_err(|cause| StoreError::File { action: "copying", path: from.to_owned(), cause })
        };
        if fs::metadata(file).is_ok_and(|found| found.is_dir()) {
            return Err(StoreError::Directory(file.to_owned()));
        }
        copy(file, &path)?;
        let log = log_of(file);
        if log.exists() {
            copy(&log, &log_of(&path))?;
        }
        let named = |error| match error {
            StoreError::Foreign(_) => StoreError::Foreign(file.to_owned()),
            StoreError::Newer { found, known, .. } => StoreError::Newer { path: file.to_owned(), found, known },
            error => error,
        };
        Store::migrate(&access).map_err(named)?;
        let mut store = Store::open(&access).map_err(named)?;
        let (proof, origin) = store.read(|books| -> Result<_, StoreError> { Ok((books.prove()?, books.origin()?)) })?;
        Ok(Self { store, path, proof, origin })
    }

    /// Writes down in the copy who restores it.
    ///
    /// # Errors
    /// The database fails.
    pub fn note(&mut self, deed: &Deed) -> Result<(), StoreError> {
        self.store.write(|books| books.note(deed))
    }

    /// Puts the copy where no books are that can be read; whatever files of theirs are there are kept under the name
    /// of `aside`. Until it is done there are no books, and no call is granted. Tells whether there were such files.
    ///
    /// # Errors
    /// The file system fails; what is there then is what was there, or nothing.
    pub fn put(self, database: &Path, aside: &Path) -> Result<bool, StoreError> {
        let failed = |action| move |cause| StoreError::File { action, path: database.to_owned(), cause };
        let Self { store, path, .. } = self;
        // Copies the log into the file and removes it, because nobody else has it open.
        store.close()?;
        File::open(&path).and_then(|file| file.sync_all()).map_err(failed("syncing the copy for"))?;
        let before = fs::metadata(database);
        let mut kept = false;
        for suffix in ["", "-wal", "-shm"] {
            match fs::rename(beside(database, suffix), beside(aside, suffix)) {
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                renamed => {
                    renamed.map_err(failed("setting aside"))?;
                    kept = true;
                }
            }
        }
        // The old log is gone for good before there is a file that it could be read into.
        sync_folder(database)?;
        match before {
            Ok(before) => {
                let modes = fs::set_permissions(&path, before.permissions());
                modes.map_err(failed("setting the permissions of"))?;
                drop(chown(&path, Some(before.uid()), Some(before.gid())));
            }
            Err(_) => drop(rights::as_the_folder(&path)),
        }
        fs::rename(&path, database).map_err(failed("putting in place"))?;
        sync_folder(database)?;
        Ok(kept)
    }

    /// Forgets the copy.
    pub fn discard(self) {
        let path = self.path;
        drop(self.store);
        discard(&path);
    }
}

/// Removes a copy and what SQLite keeps beside it. What stays is no harm: it is never read.
fn discard(path: &Path) {
    for suffix in ["", "-wal", "-shm"] {
        drop(fs::remove_file(beside(path, suffix)));
    }
}

impl Store {
    /// Replaces what is in these books by a copy, in one transaction that nobody's decision falls into: `decide` is
    /// told what the copy lacks, and whether it goes on is what it returns. What is replaced is kept in a new file
    /// `aside` first. Tells whether it was done.
    ///
    /// # Errors
    /// What `decide` returns, or the database or the file system failing; then nothing was replaced.
    pub fn replace_by<E: From<StoreError>>(
        &mut self,
        staged: &Staged,
        aside: &Path,
        decide: impl FnOnce(&Origin, Lacking) -> Result<bool, E>,
    ) -> Result<bool, E> {
        let turn = self.queue.wait(self.busy_timeout)?;
        let mut reader = self.another()?;
        // The first page takes the lock of writers, and no other is written before the decision.
        let lock = Backup::new(&staged.store.connection, &mut self.connection).map_err(StoreError::from)?;
        match lock.step(1).map_err(StoreError::from)? {
            StepResult::More => {}
            _ => return Err(StoreError::Busy(self.busy_timeout.as_secs()).into()),
        }
        let name = staged.path.to_string_lossy();
        let attached = reader.connection.execute("ATTACH :copy AS copy", named_params! { ":copy": name });
        attached.map_err(StoreError::from)?;
        let compared = reader.read(|books| -> Result<_, StoreError> { Ok((books.origin()?, books.lacking()?)) });
        let (origin, lacking) = compared?;
        if !decide(&origin, lacking)? {
            return Ok(false);
        }
        reader.keep_aside(aside)?;
        drop(reader);
        match lock.step(-1).map_err(StoreError::from)? {
            StepResult::Done => {}
            _ => return Err(StoreError::Busy(self.busy_timeout.as_secs()).into()),
        }
        drop(lock);
        drop(turn);
        self.unsynced = true;
        self.make_durable()?;
        // The log is as long as the books now; where somebody reads, it stays so until the next time.
        drop(self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())));
        Ok(true)
    }

    /// Writes the books as they are into a file that has its name when it is complete.
    fn keep_aside(&self, aside: &Path) -> Result<(), StoreError> {
        let failed =
            |cause| StoreError::File { action: "keeping the replaced books in", path: aside.to_owned(), cause };
        let draft = beside(aside, &format!("-draft-{}", std::process::id()));
        let kept = self.copy_into(&draft).and_then(|()| {
            File::open(&draft).and_then(|file| file.sync_all()).map_err(failed)?;
            fs::rename(&draft, aside).map_err(failed)?;
            sync_folder(aside)
        });
        if kept.is_err() {
            drop(fs::remove_file(&draft));
        }
        kept
    }
}
