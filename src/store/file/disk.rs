//! A disk that fails, as far as it can be thought without one: what is certain to be on it, what is only on its way,
//! and when it strikes.
//!
//! A sync makes certain what its file has been given, and one of the folder its names: a file's own sync is not
//! trusted with its name. Everything else is there after a power cut or not, in any combination, and a write may be
//! there in part. The one order that is kept is between two writes to the same bytes.

use std::collections::BTreeMap;

use super::content::{Change, Content};
use crate::domain::chance::Chance;
use crate::domain::words::words;

words! {
    /// How a disk fails, or the program that uses it.
    Fault, "a fault: expected read_error, write_error, short_write, disk_full, sync_error, kill or power_cut", {
        /// Something cannot be read.
        ReadError = "read_error",
        /// Something cannot be written, and nothing of it was.
        WriteError = "write_error",
        /// Only the beginning of something could be written.
        ShortWrite = "short_write",
        /// No file can grow, until there is room again.
        DiskFull = "disk_full",
        /// What was written cannot be brought to the disk, and may be there or not.
        SyncError = "sync_error",
        /// The process is killed: what it wrote stays, what it was about to write does not.
        Kill = "kill",
        /// The machine loses its power.
        PowerCut = "power_cut",
    }
}

/// What is asked of a disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    Read,
    Write,
    Sync,
}

impl Fault {
    fn can_strike(self, asked: Asked) -> bool {
        match self {
            Self::ReadError => asked == Asked::Read,
            Self::WriteError | Self::ShortWrite | Self::DiskFull => asked == Asked::Write,
            Self::SyncError => asked == Asked::Sync,
            Self::Kill | Self::PowerCut => asked != Asked::Read,
        }
    }
}

/// What becomes of something that is asked of a disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It is done.
    Done,
    /// It fails.
    Failed,
    /// So many bytes are written, then it fails.
    Partly(usize),
    /// There is no room.
    NoRoom,
}

/// What a name stands for: surely, and since then, each perhaps.
#[derive(Debug, Default)]
struct Name {
    certain: Option<usize>,
    since: Vec<Option<usize>>,
}

impl Name {
    fn now(&self) -> Option<usize> {
        self.since.last().copied().unwrap_or(self.certain)
    }
}

/// The files of one folder on a disk that fails.
#[derive(Debug)]
pub(super) struct Disk {
    chance: Chance,
    names: BTreeMap<String, Name>,
    files: BTreeMap<usize, Content>,
    made: usize,
    /// What strikes after so many more things that it can strike.
    armed: Option<(Fault, u64)>,
    struck: Option<Fault>,
    /// Nothing is written any more: whoever writes is dead already.
    dead: bool,
    full: bool,
    /// Says that it has synced, and has not.
    pub(super) lies: bool,
}

impl Disk {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            chance: Chance::new(seed),
            names: BTreeMap::new(),
            files: BTreeMap::new(),
            made: 0,
            armed: None,
            struck: None,
            dead: false,
            full: false,
            lies: false,
        }
    }

    /// Puts a file on the disk, surely.
    pub(super) fn put(&mut self, name: &str, content: &[u8]) {
        let file = self.made;
        self.made += 1;
        self.files.insert(file, Content { certain: content.to_vec(), changes: Vec::new(), length: content.len() });
        self.names.insert(name.to_owned(), Name { certain: Some(file), since: Vec::new() });
    }

    pub(super) fn arm(&mut self, fault: Fault, after: u64) {
        self.armed = Some((fault, after));
    }

    /// Takes the fault away that has not struck, or returns the one that has.
    pub(super) fn disarm(&mut self) -> Option<Fault> {
        self.armed = None;
        self.struck.take()
    }

    pub(super) fn is_dead(&self) -> bool {
        self.dead
    }

    pub(super) fn kill(&mut self) {
        self.dead = true;
    }

    pub(super) fn revive(&mut self) {
        self.dead = false;
    }

    pub(super) fn is_full(&self) -> bool {
        self.full
    }

    pub(super) fn make_room(&mut self) {
        self.full = false;
    }

    /// Returns the fault that strikes now, if one does.
    fn strikes(&mut self, asked: Asked) -> Option<Fault> {
        let (fault, after) = self.armed.as_mut().filter(|(fault, _)| fault.can_strike(asked))?;
        if let Some(left) = after.checked_sub(1) {
            *after = left;
            return None;
        }
        let fault = *fault;
        (self.armed, self.struck) = (None, Some(fault));
        match fault {
            Fault::Kill | Fault::PowerCut => self.dead = true,
            Fault::DiskFull => self.full = true,
            _ => {}
        }
        Some(fault)
    }

    /// Returns the file of a name, which is made where there is none.
    pub(super) fn open(&mut self, name: &str) -> usize {
        let now = &mut self.names.entry(name.to_owned()).or_default();
        if let Some(file) = now.now() {
            return file;
        }
        let file = self.made;
        self.made += 1;
        now.since.push(Some(file));
        self.files.insert(file, Content::default());
        file
    }

    pub(super) fn read(&mut self) -> Verdict {
        match self.strikes(Asked::Read) {
            Some(_) => Verdict::Failed,
            None => Verdict::Done,
        }
    }

    pub(super) fn write(&mut self, file: usize, at: usize, bytes: &[u8]) -> Verdict {
        if self.dead {
            return Verdict::Failed;
        }
        let some = |chance: &mut Chance, most: usize| usize::try_from(chance.below(most as u64)).unwrap_or(0);
        let written = match self.strikes(Asked::Write) {
            Some(Fault::WriteError) => return Verdict::Failed,
            Some(Fault::ShortWrite) => some(&mut self.chance, bytes.len()),
            Some(Fault::Kill | Fault::PowerCut) => some(&mut self.chance, bytes.len() + 1),
            _ => bytes.len(),
        };
        let failed = written < bytes.len() || self.dead;
        let Some(content) = self.files.get_mut(&file) else { return Verdict::Failed };
        let end = at + written;
        if self.full && end > content.length {
            return Verdict::NoRoom;
        }
        content.length = content.length.max(end);
        content.changes.push(Change::Write(at, bytes[..written].to_vec()));
        if failed { Verdict::Partly(written) } else { Verdict::Done }
    }

    pub(super) fn cut(&mut self, file: usize, length: usize) -> Verdict {
        if self.dead || self.strikes(Asked::Write).is_some_and(|fault| fault != Fault::DiskFull) {
            return Verdict::Failed;
        }
        let Some(content) = self.files.get_mut(&file) else { return Verdict::Failed };
        content.length = length;
        content.changes.push(Change::Cut(length));
        Verdict::Done
    }

    /// Syncs a file, and where `names` also the names in the folder.
    pub(super) fn sync(&mut self, file: usize, names: bool) -> Verdict {
        if self.dead {
            return Verdict::Failed;
        }
        match self.strikes(Asked::Sync) {
            Some(Fault::SyncError) => return Verdict::Failed,
            // Before it, or after it and before anybody hears of it.
            Some(_) if self.chance.percent(50) => return Verdict::Failed,
            _ => {}
        }
        if !self.lies {
            if let Some(content) = self.files.get_mut(&file) {
                content.sync();
            }
            if names {
                self.sync_names();
            }
        }
        if self.dead { Verdict::Failed } else { Verdict::Done }
    }

    /// Syncs the file that has a name.
    pub(super) fn sync_named(&mut self, name: &str) -> Verdict {
        match self.names.get(name).and_then(Name::now) {
            Some(file) => self.sync(file, false),
            None => Verdict::Failed,
        }
    }

    fn sync_names(&mut self) {
        for name in self.names.values_mut() {
            name.certain = name.now();
            name.since.clear();
        }
        self.names.retain(|_, name| name.certain.is_some());
        self.forget_nameless();
    }

    pub(super) fn remove(&mut self, name: &str, names: bool) -> Verdict {
        if self.dead || self.strikes(Asked::Write).is_some_and(|fault| fault != Fault::DiskFull) {
            return Verdict::Failed;
        }
        if let Some(name) = self.names.get_mut(name) {
            name.since.push(None);
        }
        if names {
            self.sync_names();
        }
        Verdict::Done
    }

    fn forget_nameless(&mut self) {
        let named: Vec<usize> = self
            .names
            .values()
            .flat_map(|name| name.since.iter().chain([&name.certain]))
            .filter_map(|it| *it)
            .collect();
        self.files.retain(|file, _| named.contains(file));
    }

    /// Loses the power: of what was not certain chance decides what is there. Returns the files that are there then.
    pub(super) fn lose_power(&mut self) -> BTreeMap<&str, &[u8]> {
        let kept = self.chance.one_of(&[0, 0, 50, 90, 100]).copied().unwrap_or(0);
        let torn = self.chance.one_of(&[0, 30]).copied().unwrap_or(0);
        for name in self.names.values_mut() {
            for since in std::mem::take(&mut name.since) {
                if self.chance.percent(kept) {
                    name.certain = since;
                }
            }
        }
        self.names.retain(|_, name| name.certain.is_some());
        self.forget_nameless();
        for content in self.files.values_mut() {
            content.lose(&mut self.chance, kept, torn);
        }
        self.names
            .iter()
            .filter_map(|(name, stands)| Some((name.as_str(), self.files.get(&stands.certain?)?.certain.as_slice())))
            .collect()
    }
}
