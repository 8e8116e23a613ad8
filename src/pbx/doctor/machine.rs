//! What the machine must give: room, a right clock, a name of its own.

use std::path::Path;
use std::process::Command;

use rustix::fs::statvfs;

use super::Finding;

/// Below this a day's calls, recordings and backups may not fit: 256 MiB.
const LEAST_BYTES: u64 = 256 << 20;
/// Each call leaves files for a moment: its call file, what was kept of its end, its recording.
const LEAST_INODES: u64 = 1000;

/// Looks at the bytes and inodes that are left where a folder is.
#[must_use]
pub fn room(folder: &Path) -> Finding {
    let check = format!("{} has room", folder.display());
    match statvfs(folder) {
        Err(error) => Finding::unseen(check, error.to_string(), format!("ls -ld {}", folder.display())),
        Ok(found) => {
            let (bytes, inodes) = (found.f_bavail.saturating_mul(found.f_frsize), found.f_favail);
            // Some file systems have as many inodes as they have room for, and say 0 of 0.
            let few = found.f_files > 0 && inodes < LEAST_INODES;
            let left = format!("{} MiB and {inodes} inodes are left", bytes >> 20);
            let remedy = format!("du -xh --max-depth=2 {} | sort -h", folder.display());
            Finding::of(check, bytes >= LEAST_BYTES && !few, left, remedy)
        }
    }
}

/// Asks whether the clock is kept right from outside.
#[must_use]
pub fn synchronised() -> Finding {
    let check = "the clock is synchronised";
    let asked = Command::new("timedatectl").args(["show", "--property=NTPSynchronized", "--value"]).output();
    let answer = asked.as_ref().map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    match answer.as_deref() {
        Ok("yes") => Finding::well(check),
        Ok("no") => {
            Finding::fault(check, "it is not: prices by the hour and expiry follow it", "timedatectl set-ntp true")
        }
        _ => Finding::unseen(check, "no timedatectl tells", "chronyc tracking, or ntpq -p"),
    }
}

/// Looks whether the machine's own name has an address, in `/etc/hosts` or from whoever else `nsswitch.conf` names, or
/// where it `resolves` when a name server is asked. Asterisk asks for it at each call whose sound is not bound to an
/// address, and the caller waits for as long as nobody answers.
#[must_use]
pub fn own_name(name: &str, hosts: &str, nsswitch: &str, resolves: impl FnOnce() -> bool) -> Finding {
    let code = |line: &str| line.split('#').next().unwrap_or_default().to_owned();
    let is_it = |word: &str| word.eq_ignore_ascii_case(name);
    let listed = hosts.lines().map(code).any(|line| line.split_whitespace().skip(1).any(is_it));
    let by_system = nsswitch.lines().map(code).any(|line| {
        line.starts_with("hosts:") && line.split_whitespace().any(|source| ["myhostname", "resolve"].contains(&source))
    });
    Finding::of(
        "the machine's own name has an address",
        listed || by_system || resolves(),
        format!("{name} is not in /etc/hosts and nobody else knows it: callers wait while Asterisk asks for it"),
        format!("echo '127.0.1.1 {name}' >> /etc/hosts"),
    )
}
