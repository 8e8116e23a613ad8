//! Opening the books: the only place, with every setting stated and its reason.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::proof::Proof;
use super::queue::Queue;
use super::{rights, schema};
use crate::domain::deed::Deed;
use crate::domain::time::Timestamp;
use crate::store::Books;
use crate::store::entries::chain::Head;
use crate::store::error::StoreError;
use crate::store::transaction::Transaction;
use crate::store::unit::Unit;

/// What a process does with the books, which decides who tidies the write-ahead log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Somebody is waiting for the answer: leaves the log to others.
    Authorise,
    /// Nobody waits: copies the log back into the file when it has grown.
    Settle,
    /// An operator's command: leaves the file complete, with no log beside it, where nobody else is.
    Manage,
}

/// Where books are and how they are used.
#[derive(Clone, Debug)]
pub struct Access {
    /// The SQLite file.
    pub path: PathBuf,
    /// What for.
    pub role: Role,
    /// How long to wait for others, in all.
    pub busy_timeout: Duration,
    /// Whether writers queue before SQLite's own lock.
    pub queue: bool,
}

impl Access {
    /// Returns the file beside the books whose name has so much more.
    #[must_use]
    pub fn beside(&self, suffix: &str) -> PathBuf {
        beside(&self.path, suffix)
    }
}

/// The books, open.
#[derive(Debug)]
pub struct Store {
    pub(in crate::store) connection: Connection,
    pub(in crate::store) queue: Queue,
    pub(in crate::store) busy_timeout: Duration,
    /// Since when we have been opening, until the first use: opening, queueing and locking share one timeout.
    pub(in crate::store) opening_since: Option<Instant>,
    /// Whether something was decided whose sync, or that of what it rests on, is still to come.
    pub(in crate::store) unsynced: bool,
    /// Whether a commit copies a long log back.
    log_is_limited: bool,
    /// Who answers for what is changed, where it is not a call's own doing.
    pub(in crate::store) deed: Option<Deed>,
    path: PathBuf,
    /// The device and number of the file, as they were just before it was opened.
    file: Option<(u64, u64)>,
    role: Role,
}

/// Returns the device and number of a file.
fn identity(file: &Metadata) -> (u64, u64) {
    (file.dev(), file.ino())
}

/// Returns the file beside another whose name has so much more.
pub(in crate::store) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.to_owned().into_os_string();
    name.push(suffix);
    name.into()
}

/// Returns the file of a database's write-ahead log.
pub(in crate::store) fn log_of(path: &Path) -> PathBuf {
    beside(path, "-wal")
}

/// Returns the folder that a file is in.
pub(super) fn folder_of(file: &Path) -> &Path {
    file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Brings the names in a file's folder to the disk.
pub(in crate::store) fn sync_folder(file: &Path) -> Result<(), StoreError> {
    let folder = folder_of(file);
    let synced = File::open(folder).and_then(|folder| folder.sync_all());
    synced.map_err(|cause| StoreError::File { action: "syncing", path: folder.to_owned(), cause })
}

/// How a log of this name is brought to the disk, where that is not by the kernel.
static OTHER_SYNC: OnceLock<fn(&File, &Path) -> io::Result<()>> = OnceLock::new();

/// Has logs be synced otherwise in this process, once and for all: see `faulty`.
pub(super) fn use_sync(sync: fn(&File, &Path) -> io::Result<()>) {
    OTHER_SYNC.get_or_init(|| sync);
}

/// An open write-ahead log. A descriptor of it may be closed freely; one of the database itself would take
/// SQLite's locks with it.
struct Log {
    file: File,
    name: PathBuf,
}

impl Log {
    fn of(database: &Path) -> Result<Self, StoreError> {
        let name = log_of(database);
        match File::open(&name) {
            Ok(file) => Ok(Self { file, name }),
            Err(cause) => Err(StoreError::File { action: "syncing", path: name, cause }),
        }
    }

    fn sync(&self) -> Result<(), StoreError> {
        let synced = OTHER_SYNC.get().map_or_else(|| self.file.sync_data(), |sync| sync(&self.file, &self.name));
        synced.map_err(|cause| self.failed(cause))
    }

    fn is_removed(&self) -> Result<bool, StoreError> {
        Ok(self.file.metadata().map_err(|cause| self.failed(cause))?.nlink() == 0)
    }

    fn failed(&self, cause: io::Error) -> StoreError {
        StoreError::File { action: "syncing", path: self.name.clone(), cause }
    }
}

const WRITE_AHEAD_LOG: &str = "wal";

/// Has the file written through a write-ahead log, because readers go on while one writes and a commit is
/// one append: alone it is level with the rollback journals (3.1 ms a call to 3.0), with a resident
/// connection 1.6 times as fast, and with 32 writers it makes 1.7 times the calls a second.
fn use_write_ahead_log(connection: &Connection) -> Result<(), StoreError> {
    let mode: String = connection.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get(0))?;
    match mode.as_str() {
        WRITE_AHEAD_LOG => Ok(()),
        _ => Err(StoreError::Rule(format!("the file system gives `{mode}` instead of a write-ahead log"))),
    }
}

/// Facts about a database file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Info {
    /// The file.
    pub path: PathBuf,
    /// Its schema.
    pub schema: i64,
    /// The unit of its money.
    pub unit: Unit,
    /// Bytes of the file.
    pub bytes: u64,
    /// Bytes of the write-ahead log beside it.
    pub log_bytes: u64,
    /// SQLite's version.
    pub sqlite: &'static str,
    /// How a commit is written.
    pub journal_mode: String,
    /// The newest entry, with what it is proven by.
    pub head: Option<Head>,
}

impl Store {
    /// Opens existing books.
    ///
    /// # Errors
    /// There are none, they are not ours, their schema is another one, or the file system fails.
    pub fn open(access: &Access) -> Result<Self, StoreError> {
        let store = Self::connect(access, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        let (path, known) = (&access.path, schema::known());
        match store.schema()? {
            found if found == known => {
                // A copy that another tool made may have come without its write-ahead log. To ask for the mode also
                // parses the schema, if that is still to be done, here and not while others wait for our turn to end.
                if store.journal_mode()? != WRITE_AHEAD_LOG {
                    use_write_ahead_log(&store.connection)?;
                }
                Ok(store)
            }
            found if found > known => Err(StoreError::Newer { path: path.to_owned(), found, known }),
            found => Err(StoreError::Older { path: path.to_owned(), found, known }),
        }
    }

    /// Makes new books in `unit`; existing ones are left as they are. Tells whether they are new.
    ///
    /// # Errors
    /// The file is not ours, or the file system fails.
    pub fn create(access: &Access, unit: &Unit, now: Timestamp) -> Result<bool, StoreError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
        let failed = |cause| StoreError::File { action: "making", path: access.path.clone(), cause };
        rights::make_file(&access.path).map_err(failed)?;
        let mut store = Self::connect(access, flags)?;
        let mut new = store.schema()? == 0;
        if new {
            store.connection.pragma_update(None, "page_size", 4096)?;
            use_write_ahead_log(&store.connection)?;
            let transaction = Transaction::to_write(&store.connection)?;
            // Somebody else may have made them while we waited.
            new = schema::version(&transaction)? == 0;
            if new {
                schema::migrate(&transaction, 0)?;
                Books::of(transaction).seed(unit, now)?;
            }
            store.unsynced = new;
        }
        store.close()?;
        Ok(new)
    }

    /// Brings existing books to this program's schema; returns how many steps that took.
    ///
    /// # Errors
    /// The file is not ours, is newer than this program, or the file system fails.
    pub fn migrate(access: &Access) -> Result<usize, StoreError> {
        let mut store = Self::connect(access, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        let (found, known) = (store.schema()?, schema::known());
        if found > known {
            return Err(StoreError::Newer { path: access.path.clone(), found, known });
        }
        if store.journal_mode()? != WRITE_AHEAD_LOG {
            use_write_ahead_log(&store.connection)?;
        }
        let transaction = Transaction::to_write(&store.connection)?;
        let steps = schema::migrate(&transaction, found)?;
        transaction.commit()?;
        store.unsynced = true;
        store.close()?;
        Ok(steps)
    }

    fn connect(access: &Access, flags: OpenFlags) -> Result<Self, StoreError> {
        let create = flags.contains(OpenFlags::SQLITE_OPEN_CREATE);
        let path = || access.path.clone();
        let file = match fs::metadata(&access.path) {
            Ok(found) if found.is_dir() => return Err(StoreError::Directory(path())),
            Ok(found) => {
                if access.role != Role::Manage {
                    rights::guard(&access.path, &found)?;
                }
                Some(identity(&found))
            }
            Err(error) if error.kind() == ErrorKind::NotFound && create => None,
            Err(error) if error.kind() == ErrorKind::NotFound => return Err(StoreError::Missing(path())),
            Err(cause) => return Err(StoreError::File { action: "opening", path: path(), cause }),
        };
        Self::configured(access, flags, file).map_err(|error| match error {
            StoreError::Sqlite(error) if error.sqlite_error_code() == Some(ErrorCode::NotADatabase) => {
                StoreError::Foreign(path())
            }
            error => error,
        })
    }

    fn configured(access: &Access, flags: OpenFlags, file: Option<(u64, u64)>) -> Result<Self, StoreError> {
        let &Access { ref path, role, busy_timeout, queue } = access;
        let opening_since = Some(Instant::now());
        let create = flags.contains(OpenFlags::SQLITE_OPEN_CREATE);
        let connection = Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
        connection.busy_timeout(busy_timeout)?;
        // Not FULL, although every commit is durable: NORMAL leaves the commit's own sync out, and
        // `close` makes it after the lock is given up. The kernel then merges the syncs of everybody who
        // waits: 2.8 times the calls a second on a disk that takes 1 ms for a sync, and none of 1,500
        // simulated power cuts lost an acknowledged commit. NORMAL alone would.
        connection.pragma_update(None, "synchronous", "NORMAL")?;
        // 20 us a call buys that no row points nowhere.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_FKEY, true)?;
        if role != Role::Manage {
            // Each statement serves once, and to keep them would only take room in the heap of a call.
            connection.set_prepared_statement_cache_capacity(0);
            // Whoever ends without a word leaves the log to the next; see `tidies_up`.
            connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
        }
        let mut store = Self {
            connection,
            queue: Queue::of(path, queue),
            busy_timeout,
            opening_since,
            unsynced: false,
            log_is_limited: false,
            deed: None,
            path: path.to_owned(),
            file,
            role,
        };
        store.limit_log(role)?;
        let application = store.pragma("application_id")?;
        let empty = || -> Result<bool, StoreError> {
            Ok(store.connection.query_row("SELECT count(*) = 0 FROM sqlite_schema", [], |row| row.get(0))?)
        };
        if application != schema::APPLICATION_ID && !(create && application == 0 && empty()?) {
            return Err(StoreError::Foreign(path.to_owned()));
        }
        Ok(store)
    }

    /// Has the audit say, with everything that is changed from now on, who did what.
    #[must_use]
    pub fn answered_for(self, deed: Deed) -> Self {
        Self { deed: Some(deed), ..self }
    }

    /// Keeps statements, for a process that decides many things.
    pub fn keep_statements(&self) {
        self.connection.set_prepared_statement_cache_capacity(100);
    }

    /// Goes on in another role.
    ///
    /// # Errors
    /// The database fails.
    pub fn assume(&mut self, role: Role) -> Result<(), StoreError> {
        self.limit_log(role)?;
        self.role = role;
        Ok(())
    }

    /// Has a commit copy the log back once it has 200 pages. That takes longer than a whole call (p99 2.1 ms against
    /// 1.3), so the process that keeps a caller waiting leaves it to the one that does not, up to SQLite's own limit of
    /// 1,000 pages.
    fn limit_log(&mut self, role: Role) -> Result<(), StoreError> {
        if role != Role::Authorise && !self.log_is_limited {
            self.connection.pragma_update(None, "wal_autocheckpoint", 200)?;
            self.log_is_limited = true;
        }
        Ok(())
    }

    /// Tells whether what was opened a while ago are still the books at that path, of this program's schema:
    /// an operator may have put others there or brought them to a newer one.
    #[must_use]
    pub fn is_current(&self) -> bool {
        self.file.is_some()
            && fs::metadata(&self.path).ok().as_ref().map(identity) == self.file
            && self.schema().is_ok_and(|found| found == schema::known())
    }

    fn pragma(&self, name: &str) -> Result<i64, StoreError> {
        Ok(self.connection.pragma_query_value(None, name, |row| row.get(0))?)
    }

    fn journal_mode(&self) -> Result<String, StoreError> {
        Ok(self.connection.pragma_query_value(None, "journal_mode", |row| row.get(0))?)
    }

    fn schema(&self) -> Result<i64, StoreError> {
        schema::version(&self.connection)
    }

    /// Tells whether the last to close should copy the log into the file and remove it, as SQLite does unless
    /// told otherwise. That is three syncs more, so a process of a call leaves a short log to the next: it is
    /// read in when that one opens, about 4 us a page, and copied back once in a few calls.
    fn tidies_up(&self) -> bool {
        const PAGE: u64 = 4120;
        let longer_than = |pages: u64| fs::metadata(log_of(&self.path)).is_ok_and(|log| log.len() > pages * PAGE);
        match self.role {
            Role::Authorise => longer_than(256),
            Role::Settle => longer_than(64),
            Role::Manage => true,
        }
    }

    /// Brings what was written to the disk: when this returns, it survives a power cut.
    ///
    /// # Errors
    /// It could not be brought there: it may be there, but must not be acknowledged.
    pub fn make_durable(&mut self) -> Result<(), StoreError> {
        if let Some(log) = self.unsynced_log()? {
            log.sync()?;
            self.unsynced = false;
        }
        Ok(())
    }

    /// Returns the log that is still to be synced. It is in place as long as a connection is open.
    fn unsynced_log(&self) -> Result<Option<Log>, StoreError> {
        self.unsynced.then(|| Log::of(&self.path)).transpose()
    }

    /// Closes the books. When this returns, everything that was written survives a power cut.
    ///
    /// # Errors
    /// The last writes could not be brought to the disk: they may be there, but must not be acknowledged.
    pub fn close(self) -> Result<(), StoreError> {
        let log = self.unsynced_log()?;
        let leaves_the_log = !self.tidies_up();
        self.connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, leaves_the_log)?;
        self.connection.close().map_err(|(_, error)| StoreError::from(error))?;
        match log {
            // Where the log was copied into the database, both were synced and the log removed.
            Some(log) if !log.is_removed()? => log.sync(),
            _ => Ok(()),
        }
    }

    /// Closes the books at the end of a process, which leaves no work for nothing: what SQLite has in memory
    /// goes with the process, and its locks with the files that the kernel closes.
    ///
    /// # Errors
    /// As for [`Store::close`].
    pub fn leave(self) -> Result<(), StoreError> {
        self.prepare_to_leave().map(std::mem::forget)
    }

    /// Does what [`Store::leave`] does before the kernel does the rest, which it returns, if anything is left.
    ///
    /// # Errors
    /// As for [`Store::close`].
    pub fn prepare_to_leave(mut self) -> Result<Option<Self>, StoreError> {
        self.make_durable()?;
        if self.tidies_up() { self.close().map(|()| None) } else { Ok(Some(self)) }
    }

    /// Opens the same books once more.
    pub(in crate::store) fn another(&self) -> Result<Self, StoreError> {
        let access = Access { path: self.path.clone(), role: self.role, busy_timeout: self.busy_timeout, queue: false };
        Self::open(&access)
    }

    /// Writes a copy of the books as they are now into a new file, while calls go on, and proves every
    /// invariant of the copy. When this returns, the copy survives a power cut.
    ///
    /// # Errors
    /// The file exists or cannot be written, the copy is not sound, or the database fails.
    pub fn back_up(&self, copy: &Path) -> Result<Proof, StoreError> {
        self.copy_into(copy)?;
        let proof = Self::prove_and_sync(copy);
        if proof.is_err() {
            // A copy that is not sound must not pass for one on the day that it is needed.
            let removed = fs::remove_file(copy);
            removed.map_err(|cause| StoreError::File { action: "removing", path: copy.to_owned(), cause })?;
        }
        proof
    }

    fn prove_and_sync(copy: &Path) -> Result<Proof, StoreError> {
        let copied = Connection::open_with_flags(copy, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        let proof = Books::of(Transaction::to_read(&copied)?).prove()?;
        copied.close().map_err(|(_, error)| StoreError::from(error))?;
        let synced = File::open(copy).and_then(|file| file.sync_all());
        synced.map_err(|cause| StoreError::File { action: "syncing", path: copy.to_owned(), cause })?;
        sync_folder(copy)?;
        Ok(proof)
    }

    /// Writes a copy of the books as they are now into a new file, which is still to be synced. Where that fails
    /// nothing of it is left, which would stand in the way of the next.
    pub(in crate::store) fn copy_into(&self, copy: &Path) -> Result<(), StoreError> {
        // Made here first, so that nothing that exists is ever written over.
        let made = OpenOptions::new().write(true).create_new(true).mode(0o640).open(copy);
        made.map_err(|cause| StoreError::File { action: "creating", path: copy.to_owned(), cause })?;
        let copied = self.copy_over(copy);
        if copied.is_err() {
            for suffix in ["", "-journal", "-wal", "-shm"] {
                drop(fs::remove_file(beside(copy, suffix)));
            }
        }
        copied
    }

    fn copy_over(&self, copy: &Path) -> Result<(), StoreError> {
        let name = copy.to_string_lossy();
        self.connection.execute("VACUUM INTO :copy", rusqlite::named_params! { ":copy": name })?;
        let copied = Connection::open_with_flags(copy, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        use_write_ahead_log(&copied)?;
        copied.close().map_err(|(_, error)| StoreError::from(error))
    }

    /// Returns facts about the file.
    ///
    /// # Errors
    /// The database fails.
    pub fn info(&mut self) -> Result<Info, StoreError> {
        let bytes = |path: &Path| fs::metadata(path).map_or(0, |found| found.len());
        Ok(Info {
            path: self.path.clone(),
            schema: self.schema()?,
            bytes: bytes(&self.path),
            log_bytes: bytes(&log_of(&self.path)),
            sqlite: rusqlite::version(),
            journal_mode: self.journal_mode()?,
            unit: self.read(|books| books.unit())?,
            head: self.read(|books| books.head())?,
        })
    }
}
