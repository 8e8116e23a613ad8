//! Who may read and write the books: whoever may write their folder, and nobody else.
//!
//! The files belong to the folder's group, so that Asterisk's user and the operators can be different users of one
//! group. Asterisk's programs refuse books that anybody could have written.

use std::fs::{self, DirBuilder, Metadata, OpenOptions, Permissions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt, chown};
use std::path::Path;

use super::open::{beside, folder_of};
use crate::store::error::StoreError;
use crate::store::file::spool::Spool;

/// Of a file of the books.
const FILE: u32 = 0o660;

/// Of a folder of theirs: what is made in it belongs to its group.
const FOLDER: u32 = 0o2770;

/// What makes a file or folder everybody's.
const OTHERS_WRITE: u32 = 0o002;

/// Makes the file that will be the books, unless it is there.
pub(super) fn make_file(path: &Path) -> io::Result<()> {
    match OpenOptions::new().write(true).create_new(true).mode(FILE).open(path) {
        Ok(_) => give(path, FILE, fs::metadata(folder_of(path))?.gid()),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
    }
}

/// Makes a folder of the books beside them, unless it is there, for whoever may write them.
pub(super) fn make_folder_beside(database: &Path, folder: &Path) -> io::Result<()> {
    match DirBuilder::new().mode(FOLDER & 0o777).create(folder) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => return Ok(()),
        made => made?,
    }
    let model = fs::metadata(database).or_else(|_| fs::metadata(folder_of(database)))?;
    // Root may give it to the owner, too; nobody else can.
    drop(chown(folder, Some(model.uid()), None));
    give(folder, FOLDER, model.gid())
}

/// Has a file belong to whom its folder belongs.
pub(super) fn as_the_folder(file: &Path) -> io::Result<()> {
    let folder = fs::metadata(folder_of(file))?;
    drop(chown(file, Some(folder.uid()), None));
    give(file, FILE, folder.gid())
}

/// Gives something to a group. Where the group is not one's own to give, it stays with one's own group, as for any file.
fn give(path: &Path, mode: u32, gid: u32) -> io::Result<()> {
    drop(chown(path, None, Some(gid)));
    // After that, because giving a folder away takes its group bit. The process's mask does not count.
    fs::set_permissions(path, Permissions::from_mode(mode))
}

/// Makes the folder of books that are to be made, for a group if one is named, unless it is there; tells whether it is
/// new.
///
/// # Errors
/// It cannot be made.
pub fn make_folder_of(database: &Path, gid: Option<u32>) -> io::Result<bool> {
    let folder = folder_of(database);
    if folder.exists() {
        return Ok(false);
    }
    fs::create_dir_all(folder_of(folder))?;
    DirBuilder::new().mode(FOLDER & 0o777).create(folder)?;
    give(folder, FOLDER, gid.map_or_else(|| fs::metadata(folder).map(|made| made.gid()), Ok)?)?;
    Ok(true)
}

/// Gives the books, and all that stands beside them, to a group.
///
/// # Errors
/// They cannot be given, which takes root or the owner, who is in the group.
pub fn give_to_group(database: &Path, gid: u32) -> Result<(), StoreError> {
    let give = |path: &Path, mode| {
        let given = chown(path, None, Some(gid)).and_then(|()| fs::set_permissions(path, Permissions::from_mode(mode)));
        match given {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            given => given.map_err(|cause| StoreError::File { action: "giving away", path: path.to_owned(), cause }),
        }
    };
    for suffix in ["", "-wal", "-shm", "-queue"] {
        give(&beside(database, suffix), FILE)?;
    }
    let spool = Spool::beside(database);
    give(spool.folder(), FOLDER)?;
    for entry in fs::read_dir(spool.folder()).into_iter().flatten().flatten() {
        give(&entry.path(), FILE)?;
    }
    Ok(())
}

/// Refuses books that others may write, or whose folder they may, where they could put another log beside them.
pub(super) fn guard(database: &Path, found: &Metadata) -> Result<(), StoreError> {
    refuse_if_exposed(database, found)?;
    guard_folder(folder_of(database))
}

/// Refuses a folder that others may write.
pub(super) fn guard_folder(folder: &Path) -> Result<(), StoreError> {
    match fs::metadata(folder) {
        Ok(found) => refuse_if_exposed(folder, &found),
        Err(cause) => Err(StoreError::File { action: "looking at", path: folder.to_owned(), cause }),
    }
}

fn refuse_if_exposed(path: &Path, found: &Metadata) -> Result<(), StoreError> {
    match found.mode() & OTHERS_WRITE {
        0 => Ok(()),
        _ => Err(StoreError::Exposed { path: path.to_owned(), mode: found.mode() & 0o7777 }),
    }
}
