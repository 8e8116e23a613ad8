//! A disk that fails below SQLite: its own file system for Unix, of which a few calls first ask what a [`Disk`] of this
//! thread thinks of them. Locks and the shared index stay SQLite's own, and a thread without such a disk notices
//! nothing. No program of a call has any of this in it.

#![expect(unsafe_code, reason = "a file system of SQLite is a table of C functions")]

use std::cell::RefCell;
use std::ffi::{CStr, c_char, c_int, c_void};
use std::fs::File;
use std::io;
use std::path::Path;
use std::ptr;
use std::slice;
use std::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

use rusqlite::ffi::{self, sqlite3_file, sqlite3_io_methods, sqlite3_vfs};

use super::disk::{Disk, Verdict};
use super::open::use_sync;
use crate::store::error::StoreError;

thread_local! {
    static DISK: RefCell<Option<Disk>> = const { RefCell::new(None) };
}

/// Asks the disk of this thread, where there is one.
pub(super) fn ask<T>(question: impl FnOnce(&mut Disk) -> T) -> Option<T> {
    DISK.with(|disk| disk.try_borrow_mut().ok()?.as_mut().map(question))
}

/// Gives this thread a disk, or takes it away.
pub(super) fn mount(disk: Option<Disk>) {
    DISK.set(disk);
}

/// Syncs a log that the store opened by itself.
fn sync_log(log: &File, name: &Path) -> io::Result<()> {
    match ask(|disk| disk.sync_named(&name.to_string_lossy())) {
        None => log.sync_data(),
        Some(Verdict::Done) => Ok(()),
        Some(_) => Err(io::Error::other("the disk does not sync")),
    }
}

/// What stands behind SQLite's own part of an open file.
struct Ours {
    methods: &'static sqlite3_io_methods,
    /// The file on the disk of the thread, or `None` where it has no disk.
    file: Option<usize>,
    /// Whether the next sync is also one of the folder, as the first of a log is that SQLite opened.
    syncs_names: bool,
}

/// SQLite's own file system.
static THEIRS: AtomicPtr<sqlite3_vfs> = AtomicPtr::new(ptr::null_mut());
/// How many bytes of an open file are SQLite's; a multiple of eight.
static THEIR_BYTES: AtomicUsize = AtomicUsize::new(0);
/// SQLite's tables of what can be done with a file, by their addresses, and our copies.
static TABLES: Mutex<Vec<(usize, &'static sqlite3_io_methods)>> = Mutex::new(Vec::new());

/// Puts our file system before SQLite's, once in a process.
pub(super) fn register() -> Result<(), StoreError> {
    static REGISTERED: OnceLock<c_int> = OnceLock::new();
    let answer = *REGISTERED.get_or_init(|| {
        // SAFETY: a null name asks for the default, which SQLite never frees.
        let theirs = unsafe { ffi::sqlite3_vfs_find(ptr::null()) };
        // SAFETY: it is null or points at a file system that nobody changes.
        let Some(&(mut system)) = (unsafe { theirs.as_ref() }) else { return ffi::SQLITE_ERROR };
        let bytes = usize::try_from(system.szOsFile).unwrap_or(0).next_multiple_of(align_of::<Ours>());
        THEIRS.store(theirs, Ordering::Relaxed);
        THEIR_BYTES.store(bytes, Ordering::Relaxed);
        system.szOsFile = c_int::try_from(bytes + size_of::<Ours>()).unwrap_or(c_int::MAX);
        system.zName = c"celcombiller-failing".as_ptr();
        system.xOpen = Some(open);
        system.xDelete = Some(remove);
        use_sync(sync_log);
        // SAFETY: it is a whole file system that is never freed, and from now on SQLite's to change.
        unsafe { ffi::sqlite3_vfs_register(Box::leak(Box::new(system)), 1) }
    });
    match answer {
        ffi::SQLITE_OK => Ok(()),
        code => Err(StoreError::Sqlite(rusqlite::Error::SqliteFailure(ffi::Error::new(code), None))),
    }
}

/// Returns what stands behind SQLite's part of a file.
fn ours<'a>(file: *mut sqlite3_file) -> &'a mut Ours {
    // SAFETY: only what `open` has filled has our methods, which alone come here; SQLite makes room for `szOsFile`
    // bytes, aligned to eight, and uses a file from one thread at a time.
    unsafe { &mut *file.byte_add(THEIR_BYTES.load(Ordering::Relaxed)).cast() }
}

/// Reads a path, which may be none.
fn path_of(name: *const c_char) -> Option<String> {
    // SAFETY: SQLite passes null or a path that ends with a zero and stays while it is opened or removed.
    (!name.is_null()).then(|| unsafe { CStr::from_ptr(name) }.to_string_lossy().into_owned())
}

/// Returns SQLite's table with our functions in it.
fn with_ours(theirs: &'static sqlite3_io_methods) -> &'static sqlite3_io_methods {
    let mut tables = TABLES.lock().unwrap_or_else(PoisonError::into_inner);
    let address = ptr::from_ref(theirs).addr();
    if let Some((_, copy)) = tables.iter().find(|(of, _)| *of == address) {
        return copy;
    }
    let copy: &'static _ = Box::leak(Box::new(sqlite3_io_methods {
        xRead: Some(read),
        xWrite: Some(write),
        xTruncate: Some(truncate),
        xSync: Some(sync),
        ..*theirs
    }));
    tables.push((address, copy));
    copy
}

extern "C" fn open(
    _: *mut sqlite3_vfs,
    name: *const c_char,
    file: *mut sqlite3_file,
    flags: c_int,
    out: *mut c_int,
) -> c_int {
    if ask(|disk| disk.is_dead()) == Some(true) {
        // SAFETY: SQLite does not close a file whose methods are null.
        unsafe { (*file).pMethods = ptr::null() };
        return ffi::SQLITE_CANTOPEN;
    }
    let theirs = THEIRS.load(Ordering::Relaxed);
    // SAFETY: it is SQLite's own function, called as SQLite would call it.
    let code = unsafe { (*theirs).xOpen.map_or(ffi::SQLITE_ERROR, |open| open(theirs, name, file, flags, out)) };
    // SAFETY: an open file has a table that SQLite never frees, one that could not be opened may have none.
    let Some(methods) = (unsafe { (*file).pMethods.as_ref() }).filter(|_| code == ffi::SQLITE_OK) else { return code };
    let behind = Ours {
        methods,
        file: path_of(name).and_then(|name| ask(|disk| disk.open(&name))),
        syncs_names: flags & ffi::SQLITE_OPEN_WAL != 0 && flags & ffi::SQLITE_OPEN_CREATE != 0,
    };
    // SAFETY: as in `ours`, and nothing is there yet that would have to be dropped.
    unsafe {
        ptr::write(ours(file), behind);
        (*file).pMethods = with_ours(methods);
    }
    ffi::SQLITE_OK
}

extern "C" fn remove(_: *mut sqlite3_vfs, name: *const c_char, sync_folder: c_int) -> c_int {
    let verdict = path_of(name).and_then(|name| ask(|disk| disk.remove(&name, sync_folder != 0)));
    let theirs = THEIRS.load(Ordering::Relaxed);
    match verdict {
        // The disk has taken note of it; to sync a scratch folder would only take time.
        Some(Verdict::Done) | None => {
            let sync_folder = if verdict.is_some() { 0 } else { sync_folder };
            // SAFETY: it is SQLite's own function, called as SQLite would call it.
            unsafe { (*theirs).xDelete.map_or(ffi::SQLITE_ERROR, |delete| delete(theirs, name, sync_folder)) }
        }
        Some(_) => ffi::SQLITE_IOERR_DELETE,
    }
}

extern "C" fn read(file: *mut sqlite3_file, to: *mut c_void, bytes: c_int, at: ffi::sqlite3_int64) -> c_int {
    let Ours { methods, file: known, .. } = ours(file);
    match known.and_then(|_| ask(Disk::read)) {
        // SAFETY: it is SQLite's own function, called as SQLite called this one.
        Some(Verdict::Done) | None => unsafe {
            methods.xRead.map_or(ffi::SQLITE_ERROR, |read| read(file, to, bytes, at))
        },
        Some(_) => ffi::SQLITE_IOERR_READ,
    }
}

extern "C" fn write(file: *mut sqlite3_file, from: *const c_void, bytes: c_int, at: ffi::sqlite3_int64) -> c_int {
    let Ours { methods, file: known, .. } = ours(file);
    // SAFETY: it is SQLite's own function, called as SQLite called this one, with as many bytes or fewer.
    let write = |bytes| unsafe { methods.xWrite.map_or(ffi::SQLITE_ERROR, |write| write(file, from, bytes, at)) };
    // SAFETY: SQLite passes so many bytes to be written.
    let content = unsafe { slice::from_raw_parts(from.cast::<u8>(), usize::try_from(bytes).unwrap_or(0)) };
    match known.and_then(|known| ask(|disk| disk.write(known, usize::try_from(at).unwrap_or(0), content))) {
        Some(Verdict::Done) | None => write(bytes),
        Some(Verdict::Partly(some)) => {
            let written = c_int::try_from(some).ok().filter(|some| *some > 0).map(write);
            written.filter(|code| *code != ffi::SQLITE_OK).unwrap_or(ffi::SQLITE_IOERR_WRITE)
        }
        Some(Verdict::NoRoom) => ffi::SQLITE_FULL,
        Some(Verdict::Failed) => ffi::SQLITE_IOERR_WRITE,
    }
}

extern "C" fn truncate(file: *mut sqlite3_file, length: ffi::sqlite3_int64) -> c_int {
    let Ours { methods, file: known, .. } = ours(file);
    match known.and_then(|known| ask(|disk| disk.cut(known, usize::try_from(length).unwrap_or(0)))) {
        // SAFETY: it is SQLite's own function, called as SQLite called this one.
        Some(Verdict::Done) | None => unsafe { methods.xTruncate.map_or(ffi::SQLITE_ERROR, |cut| cut(file, length)) },
        Some(_) => ffi::SQLITE_IOERR_TRUNCATE,
    }
}

extern "C" fn sync(file: *mut sqlite3_file, flags: c_int) -> c_int {
    let Ours { methods, file: known, syncs_names } = ours(file);
    match known.and_then(|known| ask(|disk| disk.sync(known, *syncs_names))) {
        Some(Verdict::Done) => {
            *syncs_names = false;
            ffi::SQLITE_OK
        }
        // SAFETY: it is SQLite's own function, called as SQLite called this one.
        None => unsafe { methods.xSync.map_or(ffi::SQLITE_ERROR, |sync| sync(file, flags)) },
        Some(_) => ffi::SQLITE_IOERR_FSYNC,
    }
}
