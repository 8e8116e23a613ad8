//! The content of a file on a disk that may lose what is not certain.

use crate::domain::chance::Chance;

/// Bytes that a disk writes entirely or not at all.
const SECTOR: usize = 512;

/// What a file was given.
#[derive(Debug)]
pub(super) enum Change {
    Write(usize, Vec<u8>),
    Cut(usize),
}

/// A file: what is certain of it, and what came after, in order.
#[derive(Debug, Default)]
pub(super) struct Content {
    pub(super) certain: Vec<u8>,
    pub(super) changes: Vec<Change>,
    pub(super) length: usize,
}

impl Content {
    fn apply(&mut self, change: Change) {
        match change {
            Change::Cut(length) => self.certain.resize(length, 0),
            Change::Write(at, bytes) => {
                let end = at + bytes.len();
                if self.certain.len() < end {
                    self.certain.resize(end, 0);
                }
                self.certain[at..end].copy_from_slice(&bytes);
            }
        }
    }

    /// Makes everything certain.
    pub(super) fn sync(&mut self) {
        for change in std::mem::take(&mut self.changes) {
            self.apply(change);
        }
    }

    /// Keeps so many of a hundred changes that are not certain, and of those so many only in part.
    pub(super) fn lose(&mut self, chance: &mut Chance, kept: u64, torn: u64) {
        for change in std::mem::take(&mut self.changes) {
            match change {
                _ if !chance.percent(kept) => {}
                Change::Write(mut at, bytes) if chance.percent(torn) => {
                    let mut rest = bytes.as_slice();
                    while !rest.is_empty() {
                        let (sector, after) = rest.split_at(rest.len().min(SECTOR - at % SECTOR));
                        if chance.percent(50) {
                            self.apply(Change::Write(at, sector.to_vec()));
                        }
                        (at, rest) = (at + sector.len(), after);
                    }
                }
                change => self.apply(change),
            }
        }
        self.length = self.certain.len();
    }
}
