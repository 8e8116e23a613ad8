//! Who runs this process.

use std::env;
use std::fs;

use rustix::process::{getegid, geteuid, getgid, getgroups, getuid};

const USERS: &str = "/etc/passwd";
const GROUPS: &str = "/etc/group";

/// A user of this machine, who runs this process or has it run by sudo.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// The user's number.
    pub uid: u32,
    /// The user's name, or `uid:` and the number where `/etc/passwd` has none: programs that are linked statically
    /// cannot ask elsewhere.
    pub name: String,
    /// The numbers of the user's groups.
    groups: Vec<u32>,
    /// Whether the process has more rights than the user: sudo gave them, or the program's file does.
    pub has_lent_rights: bool,
}

impl Person {
    /// Finds who runs this process. That it was sudo is believed where the process is root's or belongs to `owner`,
    /// who could do everything anyway; from anybody else it is no more than what they say of themselves.
    #[must_use]
    pub fn running(owner: Option<u32>) -> Self {
        let real = getuid().as_raw();
        let behind_sudo = env::var("SUDO_UID").ok().and_then(|uid| uid.parse().ok());
        match behind_sudo.filter(|_| real == 0 || Some(real) == owner) {
            Some(uid) => Self { has_lent_rights: uid != real, ..Self::by_the_files(uid) },
            None => {
                let mut groups: Vec<u32> = getgroups().unwrap_or_default().iter().map(|gid| gid.as_raw()).collect();
                groups.push(getgid().as_raw());
                let has_lent_rights = geteuid() != getuid() || getegid() != getgid();
                Self { groups, has_lent_rights, ..Self::by_the_files(real) }
            }
        }
    }

    /// Finds a user in the machine's files.
    fn by_the_files(uid: u32) -> Self {
        let number = uid.to_string();
        let user = lines(USERS).into_iter().find(|fields| fields.get(2) == Some(&number));
        let Some(user) = user else {
            return Self { uid, name: format!("uid:{uid}"), groups: Vec::new(), has_lent_rights: false };
        };
        let name = user.first().cloned().unwrap_or_default();
        let is_member = |group: &Vec<String>| group.get(3).is_some_and(|names| names.split(',').any(|of| of == name));
        let of_group = |group: Vec<String>| group.get(2)?.parse().ok();
        let groups = lines(GROUPS).into_iter().filter(is_member).filter_map(of_group);
        let groups = groups.chain(user.get(3).and_then(|gid| gid.parse().ok())).collect();
        Self { uid, name, groups, has_lent_rights: false }
    }

    /// Tells whether this is the user of that name or number.
    #[must_use]
    pub fn is(&self, user: &str) -> bool {
        self.name == user || user.parse() == Ok(self.uid)
    }

    /// Tells whether the user is in the group of that name or number.
    #[must_use]
    pub fn is_in(&self, group: &str) -> bool {
        group_named(group).is_some_and(|gid| self.groups.contains(&gid))
    }
}

/// Returns the number of a group, by its name in `/etc/group` or as it is.
#[must_use]
pub fn group_named(group: &str) -> Option<u32> {
    let named = lines(GROUPS).into_iter().find(|fields| fields.first().is_some_and(|name| name == group));
    named.and_then(|fields| fields.get(2)?.parse().ok()).or_else(|| group.parse().ok())
}

/// Reads a file of lines whose fields have colons between them; one that cannot be read has none.
fn lines(path: &str) -> Vec<Vec<String>> {
    let text = fs::read_to_string(path).unwrap_or_default();
    text.lines().map(|line| line.split(':').map(str::to_owned).collect()).collect()
}
