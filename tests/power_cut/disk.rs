//! A disk that loses its power.
//!
//! A sync makes certain what its file had been given before it began, and the sync of a folder its names: a
//! file's own sync is not trusted with its name, although the usual file systems do that too. Everything else is
//! there or not, in any combination, and a write may be there in part. The one order that is kept is between
//! two writes to the same bytes.

use std::collections::BTreeMap;

use celcombiller::domain::chance::Chance;

use crate::record::{Action, Event, Files, Record};

/// Bytes that a disk writes entirely or not at all.
const SECTOR: usize = 512;

/// What a cut does with what was not synced.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cut {
    /// The moment.
    pub(crate) at: u64,
    /// How many of a hundred changes that are not certain are there.
    pub(crate) kept: u64,
    /// How many of a hundred writes among those are there in part.
    pub(crate) torn: u64,
}

#[derive(Debug)]
enum Effect<'a> {
    Write { offset: usize, bytes: &'a [u8] },
    Truncate(usize),
}

#[derive(Debug)]
struct Change<'a> {
    effect: Effect<'a>,
    ended: u64,
    certain: bool,
}

#[derive(Debug)]
struct Content<'a> {
    base: &'a [u8],
    changes: Vec<Change<'a>>,
    /// With every change.
    length: usize,
}

/// What a name stands for from a moment on: a file, or none.
#[derive(Debug)]
struct Naming {
    file: Option<usize>,
    ended: u64,
    certain: bool,
}

/// The files of a record at a moment.
#[derive(Debug)]
pub(crate) struct Disk<'a> {
    files: Vec<Content<'a>>,
    names: BTreeMap<&'a str, Vec<Naming>>,
}

impl<'a> Disk<'a> {
    /// Replays a record until the cut.
    pub(crate) fn at(cut: &Cut, record: &'a Record) -> Self {
        let mut disk = Self { files: Vec::new(), names: BTreeMap::new() };
        for (name, base) in &record.base {
            let file = disk.add(base);
            disk.names.insert(name, vec![Naming { file: Some(file), ended: 0, certain: true }]);
        }
        for event in record.events.iter().take_while(|event| event.begun <= cut.at) {
            disk.apply(event, cut);
        }
        disk
    }

    fn add(&mut self, base: &'a [u8]) -> usize {
        self.files.push(Content { base, changes: Vec::new(), length: base.len() });
        self.files.len() - 1
    }

    fn file(&self, name: &str) -> Option<usize> {
        self.names.get(name)?.last()?.file
    }

    fn name(&mut self, name: &'a str, file: Option<usize>, ended: u64) {
        self.names.entry(name).or_default().push(Naming { file, ended, certain: false });
    }

    fn apply(&mut self, event: &'a Event, cut: &Cut) {
        let ended = event.ended;
        let change = |effect| Change { effect, ended, certain: false };
        match &event.action {
            Action::Open(name) => {
                if self.file(name).is_none() {
                    let file = self.add(&[]);
                    self.name(name, Some(file), ended);
                }
            }
            Action::Write { file, offset, bytes } => {
                let file = self.file(file).unwrap_or_else(|| panic!("{file} is written and was never made"));
                let file = &mut self.files[file];
                let offset = offset.unwrap_or(file.length);
                file.length = file.length.max(offset + bytes.len());
                file.changes.push(change(Effect::Write { offset, bytes }));
            }
            Action::Truncate { file, length } => {
                let file = self.file(file).unwrap_or_else(|| panic!("{file} is cut and was never made"));
                self.files[file].length = *length;
                self.files[file].changes.push(change(Effect::Truncate(*length)));
            }
            Action::Sync(_) if ended > cut.at => {}
            Action::Sync(name) => {
                if let Some(file) = self.file(name) {
                    let before = self.files[file].changes.iter_mut().filter(|change| change.ended <= event.begun);
                    before.for_each(|change| change.certain = true);
                }
                let inside = self.names.iter_mut().filter(|(path, _)| folder_of(path) == name);
                let before = inside.flat_map(|(_, namings)| namings).filter(|naming| naming.ended <= event.begun);
                before.for_each(|naming| naming.certain = true);
            }
            Action::Unlink(name) => self.name(name, None, ended),
            Action::Rename { from, to } => {
                let file = self.file(from);
                self.name(from, None, ended);
                self.name(to, file, ended);
            }
            Action::Say(_) | Action::Exit => {}
        }
    }

    /// Returns what a disk may have after the cut.
    pub(crate) fn after(&self, cut: &Cut, chance: &mut Chance) -> Files {
        let mut files = Files::new();
        for (name, namings) in &self.names {
            // The last that is certain, or one that came after it.
            let mut stands_for = None;
            for naming in namings {
                if naming.certain || chance.percent(cut.kept) {
                    stands_for = naming.file;
                }
            }
            if let Some(file) = stands_for {
                files.insert((*name).to_owned(), self.files[file].after(cut, chance));
            }
        }
        files
    }
}

impl Content<'_> {
    fn after(&self, cut: &Cut, chance: &mut Chance) -> Vec<u8> {
        let mut content = self.base.to_vec();
        for change in &self.changes {
            let kept = change.certain || chance.percent(cut.kept);
            match change.effect {
                _ if !kept => {}
                Effect::Truncate(length) => content.resize(length, 0),
                Effect::Write { offset, bytes } if change.certain || !chance.percent(cut.torn) => {
                    write(&mut content, offset, bytes);
                }
                Effect::Write { mut offset, mut bytes } => {
                    while !bytes.is_empty() {
                        let (sector, rest) = bytes.split_at(bytes.len().min(SECTOR - offset % SECTOR));
                        if chance.percent(50) {
                            write(&mut content, offset, sector);
                        }
                        (offset, bytes) = (offset + sector.len(), rest);
                    }
                }
            }
        }
        content
    }
}

fn write(content: &mut Vec<u8>, offset: usize, bytes: &[u8]) {
    let end = offset + bytes.len();
    if content.len() < end {
        content.resize(end, 0);
    }
    content[offset..end].copy_from_slice(bytes);
}

fn folder_of(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}
