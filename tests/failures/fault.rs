//! The faults, by the names that the document has for them: how each begins, and how it is mended.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::Path;

use rusqlite::Connection;

use crate::damage::{damage_a_page, damage_the_header, elsewhere, put_aside, put_back, set_application, set_schema};
use crate::scene::Scene;

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    Locked,
    Missing,
    ReadOnly,
    DiskReadOnly,
    Header,
    Page,
    Foreign,
    Newer,
    Older,
    DiskFull,
    NoInodes,
    OtherOwner,
    OtherOwnersFolder,
    ConfigMissing,
    ConfigBroken,
    ConfigUnknownKey,
    ConfigOtherOwner,
    Variable,
    PipeClosed,
    Silence,
    SpoolMissing,
    SpoolClosed,
    LockedSpoolMissing,
    LockedSpoolClosed,
    SpoolFull,
    SpoolNoInodes,
    SpoolUsedUp,
    NoPlace,
}

const NAMES: [(Fault, &str); 28] = [
    (Fault::Locked, "database locked"),
    (Fault::Missing, "database missing"),
    (Fault::ReadOnly, "database read-only"),
    (Fault::DiskReadOnly, "disk read-only"),
    (Fault::Header, "database's header damaged"),
    (Fault::Page, "page of the database damaged"),
    (Fault::Foreign, "another program's database"),
    (Fault::Newer, "newer schema"),
    (Fault::Older, "older schema"),
    (Fault::DiskFull, "disk full"),
    (Fault::NoInodes, "no inodes left"),
    (Fault::OtherOwner, "database of another owner"),
    (Fault::OtherOwnersFolder, "folder of another owner"),
    (Fault::ConfigMissing, "configuration missing"),
    (Fault::ConfigBroken, "configuration is no TOML"),
    (Fault::ConfigUnknownKey, "unknown key"),
    (Fault::ConfigOtherOwner, "configuration of another owner"),
    (Fault::Variable, "malformed variable"),
    (Fault::PipeClosed, "Asterisk closes the pipe"),
    (Fault::Silence, "Asterisk is silent"),
    (Fault::SpoolMissing, "no spool"),
    (Fault::SpoolClosed, "spool of another owner"),
    (Fault::LockedSpoolMissing, "locked, no spool"),
    (Fault::LockedSpoolClosed, "locked, spool of another owner"),
    (Fault::SpoolFull, "locked, disk full"),
    (Fault::SpoolNoInodes, "locked, no inodes left"),
    (Fault::SpoolUsedUp, "locked, disk full, ballast used up"),
    (Fault::NoPlace, "locked, no place for the end"),
];

/// A fault that lasts; dropped by [`Ongoing::mend`].
#[derive(Default)]
pub(crate) struct Ongoing {
    locks: Vec<Connection>,
    mends: Vec<Box<dyn FnOnce()>>,
}

impl Ongoing {
    fn mended_by(mend: impl FnOnce() + 'static) -> Self {
        Self { locks: Vec::new(), mends: vec![Box::new(mend)] }
    }

    fn and(mut self, other: Self) -> Self {
        self.locks.extend(other.locks);
        self.mends.extend(other.mends);
        self
    }

    /// Brings back what was there before.
    pub(crate) fn mend(self) {
        drop(self.locks);
        self.mends.into_iter().for_each(|mend| mend());
    }
}

impl Fault {
    pub(crate) fn named(name: &str) -> Self {
        let found = NAMES.iter().find(|(_, known)| *known == name);
        found.unwrap_or_else(|| panic!("nobody knows the fault {name}")).0
    }

    /// Tells whether it is a disk's, which must be one that this test may fill.
    pub(crate) fn needs_a_disk(self) -> bool {
        matches!(
            self,
            Self::DiskReadOnly
                | Self::DiskFull
                | Self::NoInodes
                | Self::SpoolFull
                | Self::SpoolNoInodes
                | Self::SpoolUsedUp
        )
    }

    /// Tells whether it is one of rights, which do not bind root.
    pub(crate) fn needs_a_user(self) -> bool {
        matches!(
            self,
            Self::ReadOnly
                | Self::OtherOwner
                | Self::OtherOwnersFolder
                | Self::ConfigOtherOwner
                | Self::SpoolClosed
                | Self::LockedSpoolClosed
                | Self::NoPlace
        )
    }

    /// Begins.
    pub(crate) fn begin(self, scene: &Scene) -> Ongoing {
        let (database, config) = (scene.ledger.database(), scene.config());
        let folder = scene.ledger.folder.path().to_owned();
        match self {
            Self::Locked => lock(&database),
            Self::Missing => {
                let aside = elsewhere(&database);
                fs::rename(&database, &aside).unwrap();
                Ongoing::mended_by(move || fs::rename(aside, database).unwrap())
            }
            Self::ReadOnly => {
                let files = ["", "-wal", "-shm"].map(|suffix| folder.join(format!("celcombiller.db{suffix}")));
                let closed: Vec<_> = files.into_iter().filter(|file| file.exists()).chain([folder]).collect();
                let mode = |path: &Path, write: u32| {
                    let mode = fs::metadata(path).unwrap().permissions().mode() & 0o555;
                    fs::set_permissions(path, fs::Permissions::from_mode(mode | write)).unwrap();
                };
                closed.iter().for_each(|path| mode(path, 0));
                Ongoing::mended_by(move || closed.iter().rev().for_each(|path| mode(path, 0o200)))
            }
            Self::DiskReadOnly => {
                let disk = scene.disk.as_ref().unwrap().clone();
                disk.remount("ro");
                Ongoing::mended_by(move || disk.remount("rw"))
            }
            Self::Header | Self::Page => {
                put_aside(&database);
                if self == Self::Header {
                    damage_the_header(&database)
                } else {
                    damage_a_page(&database)
                }
                Ongoing::mended_by(move || put_back(&database))
            }
            Self::Foreign => {
                let ours = set_application(&database, 7);
                Ongoing::mended_by(move || {
                    set_application(&database, ours);
                })
            }
            Self::Newer => {
                set_schema(&database, |schema| schema + 1);
                Ongoing::mended_by(move || set_schema(&database, |schema| schema - 1))
            }
            Self::Older => {
                set_schema(&database, |schema| schema - 1);
                Ongoing::mended_by(move || set_schema(&database, |schema| schema + 1))
            }
            Self::DiskFull => {
                let disk = scene.disk.as_ref().unwrap().clone();
                // Whoever reads keeps the log from being begun anew, so that it has to grow.
                let reader = Connection::open(&database).unwrap();
                reader.execute_batch("BEGIN").unwrap();
                reader.query_row("SELECT count(*) FROM account", [], |row| row.get::<_, i64>(0)).unwrap();
                disk.fill();
                Ongoing { locks: vec![reader], mends: vec![Box::new(move || disk.free())] }
            }
            Self::NoInodes => {
                let disk = scene.disk.as_ref().unwrap().clone();
                disk.use_up_inodes();
                Ongoing::mended_by(move || disk.free())
            }
            Self::OtherOwner => withhold(&database, 0o600),
            Self::OtherOwnersFolder => withhold(&folder, 0o700),
            Self::ConfigMissing => {
                let aside = config.with_extension("aside");
                fs::rename(&config, &aside).unwrap();
                Ongoing::mended_by(move || fs::rename(aside, config).unwrap())
            }
            Self::ConfigBroken | Self::ConfigUnknownKey => {
                let right = fs::read_to_string(&config).unwrap();
                let wrong = if self == Self::ConfigBroken {
                    "[identify
by = ["
                } else {
                    "[identify]
buy = []
"
                };
                fs::write(&config, format!("{right}{wrong}")).unwrap();
                Ongoing::mended_by(move || fs::write(config, right).unwrap())
            }
            Self::ConfigOtherOwner => withhold(&config, 0o600),
            Self::Variable | Self::PipeClosed | Self::Silence => Ongoing::default(),
            Self::SpoolMissing => {
                fs::remove_dir_all(scene.spool()).unwrap();
                Ongoing::default()
            }
            Self::SpoolClosed => withhold(&scene.spool(), 0o700),
            Self::LockedSpoolMissing => lock(&database).and(Self::SpoolMissing.begin(scene)),
            Self::LockedSpoolClosed => lock(&database).and(Self::SpoolClosed.begin(scene)),
            Self::NoPlace => Self::LockedSpoolClosed.begin(scene).and(withhold(&scene.second_place(), 0o755)),
            Self::SpoolFull => lock(&database).and(fill(scene)),
            Self::SpoolNoInodes => lock(&database).and(Self::NoInodes.begin(scene)),
            Self::SpoolUsedUp => {
                for entry in fs::read_dir(scene.spool()).unwrap() {
                    fs::remove_file(entry.unwrap().path()).unwrap();
                }
                lock(&database).and(fill(scene))
            }
        }
    }
}

/// Writes for longer than anybody waits.
fn lock(database: &Path) -> Ongoing {
    let lock = Connection::open(database).unwrap();
    lock.execute_batch("BEGIN EXCLUSIVE").unwrap();
    Ongoing { locks: vec![lock], mends: Vec::new() }
}

fn fill(scene: &Scene) -> Ongoing {
    let disk = scene.disk.as_ref().unwrap().clone();
    disk.fill();
    Ongoing::mended_by(move || disk.free())
}

/// Gives a path to somebody else than Asterisk's user: to root, or to nobody where we are not root.
fn withhold(path: &Path, mode: u32) -> Ongoing {
    let before = fs::metadata(path).unwrap();
    let withheld = path.to_owned();
    let root = before.uid() != 0 && fs::metadata("/proc/self").unwrap().uid() == 0;
    if root {
        chown(path, Some(0), Some(0)).unwrap();
    }
    fs::set_permissions(path, fs::Permissions::from_mode(if root { mode } else { 0 })).unwrap();
    Ongoing::mended_by(move || {
        if root {
            chown(&withheld, Some(before.uid()), Some(before.gid())).unwrap();
        }
        fs::set_permissions(&withheld, before.permissions()).unwrap();
    })
}
