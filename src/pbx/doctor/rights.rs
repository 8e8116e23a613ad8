//! Whether the user that runs Asterisk may do what our programs do as that user, from owners and modes alone: so root
//! need not be asked, and nothing is tried.

use std::fs::{self, Metadata};
use std::io::ErrorKind;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use super::Finding;
use crate::pbx::owner::Owner;

/// Whoever runs Asterisk, with the groups that they are in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Runner {
    name: String,
    uid: u32,
    groups: Vec<u32>,
}

/// What is to be done with a file or a folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Want {
    /// Read it.
    Read,
    /// Read and change it; of a folder, make files in it.
    Write,
    /// Run it; of a folder, enter it.
    Run,
}

/// What is in the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Obstacle {
    /// Nothing is there.
    Missing(PathBuf),
    /// We may not look ourselves.
    Unseen(PathBuf),
    /// A folder on the way that cannot be entered.
    Closed(PathBuf, String),
    /// The file's own mode.
    Forbidden(PathBuf, String),
}

impl Runner {
    /// Finds a user, who may have been given one more group.
    #[must_use]
    pub fn named(name: &str, group: Option<&str>) -> Option<Self> {
        let Owner { uid, gid } = Owner::named(name)?;
        let text = fs::read_to_string("/etc/group").unwrap_or_default();
        let others = text.lines().filter_map(|line| {
            let [group_name, _, gid, members] = line.split(':').collect::<Vec<_>>()[..] else { return None };
            let is_in = Some(group_name) == group || members.split(',').any(|member| member == name);
            is_in.then(|| gid.parse().ok())?
        });
        Some(Self { name: name.to_owned(), uid, groups: [gid].into_iter().chain(others).collect() })
    }

    /// Returns the user's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Tells what keeps the user from a file, if anything does.
    #[must_use]
    pub fn obstacle(&self, path: &Path, want: Want) -> Option<Obstacle> {
        let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let folders: Vec<&Path> = path.ancestors().skip(1).filter(|folder| !folder.as_os_str().is_empty()).collect();
        for folder in folders.into_iter().rev() {
            match look(folder) {
                Err(obstacle) => return Some(obstacle),
                Ok(found) if !self.may(&found, Want::Run) => {
                    return Some(Obstacle::Closed(folder.to_owned(), shown(&found)));
                }
                Ok(_) => {}
            }
        }
        match look(&path) {
            Err(obstacle) => Some(obstacle),
            Ok(found) => {
                let wants = if found.is_dir() && want == Want::Write { &[Want::Write, Want::Run][..] } else { &[want] };
                let may = wants.iter().all(|&want| self.may(&found, want));
                (!may).then(|| Obstacle::Forbidden(path.clone(), shown(&found)))
            }
        }
    }

    /// Tells whether a mode allows something, as the kernel reads it: of owner, group and others the first that fits
    /// counts; root is only kept from running what nobody may run.
    fn may(&self, found: &Metadata, want: Want) -> bool {
        let mode = found.permissions().mode();
        let bits = match want {
            Want::Read => 0o4,
            Want::Write => 0o6,
            Want::Run => 0o1,
        };
        if self.uid == 0 {
            return want != Want::Run || found.is_dir() || mode & 0o111 != 0;
        }
        let class = if found.uid() == self.uid {
            mode >> 6
        } else if self.groups.contains(&found.gid()) {
            mode >> 3
        } else {
            mode
        };
        class & bits == bits
    }

    /// Looks whether the user can do something with a file that must be there.
    #[must_use]
    pub fn can(&self, check: String, path: &Path, want: Want) -> Finding {
        match self.obstacle(path, want) {
            None => Finding::well(check),
            Some(obstacle) => obstacle.finding(check, self, want),
        }
    }

    /// Looks at the database, its folder, and what stands beside it: all of it is written by each call.
    #[must_use]
    pub fn database(&self, database: &Path) -> Finding {
        let check = format!("{} can write {} and its folder", self.name, database.display());
        let folder = database.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let beside = ["-wal", "-shm", "-queue", "-spool"].map(|end| {
            let mut name = database.as_os_str().to_owned();
            name.push(end);
            PathBuf::from(name)
        });
        let files =
            [folder, database].into_iter().chain(beside.iter().map(PathBuf::as_path).filter(|path| path.exists()));
        let obstacle = files.into_iter().find_map(|path| self.obstacle(path, Want::Write));
        match obstacle {
            None => Finding::well(check),
            Some(Obstacle::Missing(path)) => {
                Finding::fault(check, format!("there is no {}", path.display()), "billctl init")
            }
            Some(Obstacle::Forbidden(path, shown)) => Finding::fault(
                check,
                format!("{} is {shown}", path.display()),
                format!("chown -R {}: {}", self.name, folder.display()),
            ),
            Some(obstacle) => obstacle.finding(check, self, Want::Write),
        }
    }
}

impl Obstacle {
    /// Says what is in the way and what takes it away.
    #[must_use]
    pub fn finding(self, check: String, runner: &Runner, want: Want) -> Finding {
        let letters = match want {
            Want::Read => "r",
            Want::Write => "rw",
            Want::Run => "rx",
        };
        let Runner { name, .. } = runner;
        match self {
            Self::Missing(path) => Finding::fault(check, format!("there is no {}", path.display()), "billctl init"),
            Self::Unseen(path) => {
                let why = format!("this user may not look at {}", path.display());
                Finding::unseen(check, why, format!("sudo -u {name} billctl asterisk doctor, or as root"))
            }
            Self::Closed(path, shown) => {
                let found = format!("{} is {shown}: {name} cannot enter it", path.display());
                Finding::fault(check, found, format!("chmod o+x {}", path.display()))
            }
            Self::Forbidden(path, shown) => {
                let remedy = format!("chgrp {name} {0} && chmod g+{letters} {0}", path.display());
                Finding::fault(check, format!("{} is {shown}", path.display()), remedy)
            }
        }
    }
}

fn look(path: &Path) -> Result<Metadata, Obstacle> {
    fs::metadata(path).map_err(|error| match error.kind() {
        ErrorKind::NotFound => Obstacle::Missing(path.to_owned()),
        _ => Obstacle::Unseen(path.to_owned()),
    })
}

/// Returns whose a file is and its mode.
fn shown(found: &Metadata) -> String {
    format!("of uid {}, gid {}, mode {:04o}", found.uid(), found.gid(), found.permissions().mode() & 0o7777)
}
