//! A folder on a disk that fails.

use std::collections::BTreeMap;
use std::fs;
use std::marker::PhantomData;
use std::path::{Path, PathBuf};

use super::disk::{Disk, Fault};
use super::faulty::{ask, mount, register};
use crate::store::error::StoreError;

/// A scratch folder on a disk that fails as it is told to. Every database that this thread opens is on it until this
/// is dropped, which also removes the folder.
#[derive(Debug)]
pub struct FailingDisk {
    folder: PathBuf,
    /// A disk belongs to its thread.
    _thread: PhantomData<*const ()>,
}

impl FailingDisk {
    /// Takes a new, empty folder for a disk, whose chance follows from `seed`.
    ///
    /// # Errors
    /// The folder exists or cannot be made, or SQLite does not take the file system.
    pub fn mount(folder: &Path, seed: u64) -> Result<Self, StoreError> {
        register()?;
        let failed = |cause| StoreError::File { action: "making", path: folder.to_owned(), cause };
        fs::create_dir(folder).map_err(failed)?;
        mount(Some(Disk::new(seed)));
        Ok(Self { folder: folder.to_owned(), _thread: PhantomData })
    }

    /// Returns the folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Puts a file on the disk, surely, in the place of what was there.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub fn put(&self, name: &str, content: &[u8]) -> Result<(), StoreError> {
        self.write(name, content)?;
        ask(|disk| disk.put(&self.folder.join(name).to_string_lossy(), content));
        Ok(())
    }

    fn write(&self, name: &str, content: &[u8]) -> Result<(), StoreError> {
        let path = self.folder.join(name);
        fs::write(&path, content).map_err(|cause| StoreError::File { action: "writing", path, cause })
    }

    /// Lets a fault strike after so many more things that it can strike.
    pub fn arm(&self, fault: Fault, after: u64) {
        ask(|disk| disk.arm(fault, after));
    }

    /// Takes the fault away that has not struck, or returns the one that has.
    pub fn disarm(&self) -> Option<Fault> {
        ask(Disk::disarm).flatten()
    }

    /// Lets nothing be written any more: whoever still holds a database is dead, and dropping it leaves no trace.
    pub fn kill(&self) {
        ask(Disk::kill);
    }

    /// Tells whether nothing is written any more.
    #[must_use]
    pub fn is_dead(&self) -> bool {
        ask(|disk| disk.is_dead()).unwrap_or(false)
    }

    /// Lets others write again.
    pub fn revive(&self) {
        ask(Disk::revive);
    }

    /// Tells whether no file can grow.
    #[must_use]
    pub fn is_full(&self) -> bool {
        ask(|disk| disk.is_full()).unwrap_or(false)
    }

    /// Lets files grow again.
    pub fn make_room(&self) {
        ask(Disk::make_room);
    }

    /// Has every sync do nothing and say that it was done, as a disk without honour does.
    pub fn lie(&self) {
        ask(|disk| disk.lies = true);
    }

    /// Loses the power: what no sync has covered is there or not, as chance decides. Nobody may have a database of the
    /// folder open.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub fn lose_power(&self) -> Result<(), StoreError> {
        let left = ask(|disk| {
            let files = disk.lose_power();
            files.into_iter().map(|(name, content)| (name.to_owned(), content.to_vec())).collect::<BTreeMap<_, _>>()
        });
        let failed = |cause| StoreError::File { action: "emptying", path: self.folder.clone(), cause };
        for entry in fs::read_dir(&self.folder).map_err(failed)? {
            let path = entry.map_err(failed)?.path();
            if path.is_file() {
                fs::remove_file(path).map_err(failed)?;
            }
        }
        for (name, content) in left.into_iter().flatten() {
            self.write(&name, &content)?;
        }
        self.revive();
        Ok(())
    }
}

impl Drop for FailingDisk {
    fn drop(&mut self) {
        mount(None);
        // Nothing depends on it: it is in a folder for temporary files.
        drop(fs::remove_dir_all(&self.folder));
    }
}
