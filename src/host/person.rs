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
            Some(uid) => {
                let (name, group) = user(uid);
                let groups = groups_of(&name).into_iter().chain(group).collect();
                Self { uid, name, groups, has_lent_rights: uid != real }
            }
            None => {
                let mut groups: Vec<u32> = getgroups().unwrap_or_default().iter().map(|gid| gid.as_raw()).collect();
                groups.push(getgid().as_raw());
                let has_lent_rights = geteuid() != getuid() || getegid() != getgid();
                Self { uid: real, name: user(real).0, groups, has_lent_rights }
            }
        }
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

/// Returns a user's name and the number of their own group, by the machine's files.
fn user(uid: u32) -> (String, Option<u32>) {
    let (users, number) = (read(USERS), uid.to_string());
    let user = lines(&users).find(|fields| fields.get(2) == Some(&number.as_str()));
    match user.as_deref() {
        Some([name, _, _, group, ..]) => ((*name).to_owned(), group.parse().ok()),
        Some([name, ..]) => ((*name).to_owned(), None),
        _ => (format!("uid:{uid}"), None),
    }
}

/// Returns the numbers of the groups that have a member of that name.
fn groups_of(name: &str) -> Vec<u32> {
    let is_member = |group: &Vec<&str>| group.get(3).is_some_and(|names| names.split(',').any(|of| of == name));
    lines(&read(GROUPS)).filter(is_member).filter_map(|group| group.get(2)?.parse().ok()).collect()
}

/// Returns the number of a group, by its name in `/etc/group` or as it is.
#[must_use]
pub fn group_named(group: &str) -> Option<u32> {
    let named = lines(&read(GROUPS))
        .find(|fields| fields.first() == Some(&group))
        .and_then(|fields| fields.get(2)?.parse().ok());
    named.or_else(|| group.parse().ok())
}

/// Reads a file of lines; one that cannot be read has none.
fn read(path: &str) -> String {
    fs::read_to_string(path).unwrap_or_default()
}

/// Returns the fields of lines, which have colons between them.
fn lines(text: &str) -> impl Iterator<Item = Vec<&str>> {
    text.lines().map(|line| line.split(':').collect())
}
