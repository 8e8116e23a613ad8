//! The queue of writers: each draws a ticket and waits for the ticket before.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt, PermissionsExt, fchown};
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, fcntl};
use nix::libc::{self, F_RDLCK, F_UNLCK, F_WRLCK, SEEK_SET};

use crate::store::error::StoreError;

/// The tickets after which a file of them is begun anew.
const MANY_TICKETS: i64 = 1024 * 1024;

/// Where writers wait for each other before `BEGIN IMMEDIATE`.
///
/// A lock that everybody waits for is no queue: when it is given up the kernel wakes the one who waited
/// longest, and whoever runs before that one does takes it and sends all the others to the end. With 128
/// writers at once on two processors the 99th percentile of a caller was about 970 ms so, 1,760 ms by SQLite's
/// busy handler, which sleeps up to 100 ms, and 370 ms here, for one call in 25 fewer a second.
///
/// Here each arrival draws a ticket, which is the next byte of a file, holds a lock on it until its turn is
/// over, and waits for the lock on the byte before: one waits for one, so nobody is overtaken. The kernel
/// drops the locks of whoever dies. It is a courtesy and not a safety: SQLite's locks still decide, so where
/// the file cannot be had there is no queue and no failure.
#[derive(Debug)]
pub(in crate::store) struct Queue {
    database: Option<PathBuf>,
}

/// A writer's turn, until it is dropped.
#[derive(Debug)]
pub(in crate::store) struct Turn(#[allow(dead_code, reason = "closing the file gives the turn up")] Option<File>);

impl Queue {
    /// Makes the queue of a database, or none, so that writers rely on SQLite's busy handler alone.
    pub(in crate::store) fn of(database: &Path, wanted: bool) -> Self {
        Self { database: wanted.then(|| database.to_owned()) }
    }

    /// Waits for the turn, for at most so long.
    pub(in crate::store) fn wait(&self, longest: Duration) -> Result<Turn, StoreError> {
        let Some(database) = &self.database else { return Ok(Turn(None)) };
        let drawn = tickets(database).and_then(|file| draw(&file).map(|ticket| (file, ticket)));
        let Ok((file, ticket)) = drawn else { return Ok(Turn(None)) };
        match lock(&file, F_RDLCK, ticket - 1) {
            Ok(()) => return Ok(Turn(Some(file))),
            Err(Errno::EAGAIN | Errno::EACCES) => {}
            Err(_) => return Ok(Turn(None)),
        }
        // A lock has no time limit, so a thread waits for it. If the time runs out the thread is left behind:
        // it lets the next ticket through when its turn comes, or when this short process ends.
        let (sender, receiver) = mpsc::channel();
        let waiter = move || {
            let locked = fcntl(&file, FcntlArg::F_OFD_SETLKW(&byte(F_RDLCK, ticket - 1)));
            drop(sender.send(locked.ok().map(|_| file)));
        };
        if thread::Builder::new().stack_size(64 * 1024).spawn(waiter).is_err() {
            return Ok(Turn(None));
        }
        match receiver.recv_timeout(longest) {
            Ok(file) => Ok(Turn(file)),
            Err(_) => Err(StoreError::Busy(longest.as_secs())),
        }
    }
}

/// Opens the file of the tickets beside a database.
fn tickets(database: &Path) -> io::Result<File> {
    let mut name = database.to_owned().into_os_string();
    name.push("-queue");
    let mut options = OpenOptions::new();
    options.read(true).write(true);
    match options.open(&name) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            // Whoever may write the database may queue, also where root drew the first ticket.
            let owner = fs::metadata(database)?;
            let file = options.create(true).open(&name)?;
            // The group, where the owner is not one's to give.
            drop(
                fchown(&file, Some(owner.uid()), Some(owner.gid())).or_else(|_| fchown(&file, None, Some(owner.gid()))),
            );
            file.set_permissions(Permissions::from_mode(owner.mode() & 0o666))?;
            Ok(file)
        }
        opened => opened,
    }
}

/// Draws the next ticket, from 1. It is locked before anybody can see that it is drawn, so that nobody takes
/// it for one that is done with.
fn draw(file: &File) -> io::Result<i64> {
    let drawn = || Ok::<_, io::Error>(i64::try_from(file.metadata()?.len()).unwrap_or(i64::MAX));
    loop {
        let mut ticket = drawn()? + 1;
        while let Err(error) = lock(file, F_WRLCK, ticket) {
            match error {
                Errno::EAGAIN | Errno::EACCES => ticket += 1,
                other => return Err(other.into()),
            }
        }
        if drawn()? < ticket {
            file.write_all_at(b"\n", ticket.unsigned_abs() - 1)?;
            if ticket > MANY_TICKETS {
                // Those who wait keep their order; for a moment two have the turn.
                file.set_len(0)?;
            }
            return Ok(ticket);
        }
        // Somebody drew it and was done with it between the look and the lock.
        lock(file, F_UNLCK, ticket)?;
    }
}

const fn byte(kind: i32, at: i64) -> libc::flock {
    libc::flock { l_type: kind as i16, l_whence: SEEK_SET as i16, l_start: at, l_len: 1, l_pid: 0 }
}

fn lock(file: &File, kind: i32, at: i64) -> Result<(), Errno> {
    fcntl(file, FcntlArg::F_OFD_SETLK(&byte(kind, at))).map(drop)
}
