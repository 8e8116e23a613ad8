//! Which Asterisk, and whether this machine can run it.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::{LazyLock, Mutex};
use std::{env, fs, io};

use crate::made;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Version {
    V16,
    V22,
}

impl Version {
    fn number(self) -> u8 {
        match self {
            Self::V16 => 16,
            Self::V22 => 22,
        }
    }

    /// Returns the folder that holds this Asterisk and the Debian around it.
    pub(crate) fn root(self) -> PathBuf {
        made::cache().join(format!("asterisk-{}", self.number()))
    }

    /// Returns where its modules are, as seen inside the root: Debian moved them below the machine's name.
    pub(crate) fn modules(self) -> PathBuf {
        let libraries = self.root().join("usr/lib");
        let below = fs::read_dir(&libraries).expect("a root has /usr/lib").map(|entry| entry.unwrap().path());
        let found = below.map(|folder| folder.join("asterisk/modules")).chain([libraries.join("asterisk/modules")]);
        let modules = found.into_iter().find(|modules| modules.join("app_dial.so").exists());
        let modules = modules.unwrap_or_else(|| panic!("no app_dial.so below {}", libraries.display()));
        PathBuf::from("/").join(modules.strip_prefix(self.root()).unwrap())
    }

    fn is_installed(self) -> bool {
        self.root().join("usr/sbin/asterisk").exists()
    }

    /// Returns why no test can run on it here, if so.
    fn obstacle(self) -> Option<String> {
        match (self.is_installed(), isolates(), has_phones()) {
            (true, true, true) => None,
            (false, ..) => {
                let (number, root) = (self.number(), self.root());
                Some(format!("no Asterisk {number} in {}; run tests/asterisk/setup", root.display()))
            }
            (_, false, _) => Some("a private mount and process namespace cannot be had; run as root".to_owned()),
            (.., false) => Some("no sipp; run tests/asterisk/setup".to_owned()),
        }
    }
}

/// Returns whether this process may chroot, mount and be the first process of a namespace.
pub(crate) fn isolates() -> bool {
    static ISOLATES: LazyLock<bool> =
        LazyLock::new(|| succeeds(Command::new("unshare").args(["--mount", "--pid", "--fork", "chroot", "/", "true"])));
    *ISOLATES
}

fn has_phones() -> bool {
    static HAS_PHONES: LazyLock<bool> = LazyLock::new(|| succeeds(Command::new("sh").args(["-c", "command -v sipp"])));
    *HAS_PHONES
}

fn succeeds(command: &mut Command) -> bool {
    let quiet = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    quiet.status().is_ok_and(|status| status.success())
}

/// Runs the case, or says loudly why it cannot; under `CI=true` one version may be missing, both may not.
pub(crate) fn run(version: Version, case: fn(Version)) {
    let Some(obstacle) = version.obstacle() else {
        return case(version);
    };
    let one_runs = [Version::V16, Version::V22].into_iter().any(|version| version.obstacle().is_none());
    if one_runs { say_once(&obstacle) } else { skip(&obstacle) }
}

/// Says loudly that a test cannot run here, which under `CI=true` is a failure.
pub(crate) fn skip(obstacle: &str) {
    assert!(env::var("CI").as_deref() != Ok("true"), "cannot be skipped under CI: {obstacle}");
    say_once(obstacle);
}

/// Says loudly, once, what is missing here.
fn say_once(obstacle: &str) {
    static SAID: Mutex<Vec<String>> = Mutex::new(Vec::new());
    let mut said = SAID.lock().unwrap();
    if !said.iter().any(|known| known == obstacle) {
        said.push(obstacle.to_owned());
        // Past the harness, which would keep to itself what a passing test prints.
        io::stderr().write_all(format!("\nSKIPPED: {obstacle}\n\n").as_bytes()).unwrap();
    }
}
