//! Whether Asterisk finds what it needs of ours.

use std::fs::{self, File};
use std::io::Read;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use super::owner::Owner;

/// What was looked at, and what mends it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What should be.
    pub check: String,
    /// What is instead, and the command that mends it; `None` when all is well.
    pub fault: Option<(String, String)>,
}

impl Finding {
    /// Finds all well.
    #[must_use]
    pub fn well(check: impl Into<String>) -> Self {
        Self { check: check.into(), fault: None }
    }

    /// Finds a fault.
    #[must_use]
    pub fn fault(check: impl Into<String>, fault: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { check: check.into(), fault: Some((fault.into(), remedy.into())) }
    }

    fn of(check: impl Into<String>, well: bool, fault: impl Into<String>, remedy: impl Into<String>) -> Self {
        if well { Self::well(check) } else { Self::fault(check, fault, remedy) }
    }
}

/// Where packages and the source put AGI programs.
const AGI_FOLDERS: [&str; 2] = ["/usr/share/asterisk/agi-bin", "/var/lib/asterisk/agi-bin"];

/// Returns the first folder of AGI programs that exists.
#[must_use]
pub fn agi_folder() -> PathBuf {
    AGI_FOLDERS.iter().map(PathBuf::from).find(|folder| folder.is_dir()).unwrap_or_else(|| AGI_FOLDERS[0].into())
}

/// Looks at the two programs in Asterisk's folder: there, executable, static.
#[must_use]
pub fn programs(folder: &Path) -> Vec<Finding> {
    ["celcombiller_caller", "celcombiller_reducer"]
        .into_iter()
        .map(|name| {
            let path = folder.join(name);
            let check = format!("{} is there, executable and static", path.display());
            let remedy = format!("make install AGI_DIR={}", folder.display());
            match fs::metadata(&path) {
                Err(error) => Finding::fault(check, error.to_string(), remedy),
                Ok(found) if found.permissions().mode() & 0o111 == 0 => {
                    Finding::fault(check, "it is not executable", format!("chmod 755 {}", path.display()))
                }
                Ok(_) => Finding::of(check, is_static(&path), "it is not a static executable", remedy),
            }
        })
        .collect()
}

/// Tells whether a file is an ELF executable without an interpreter (a dynamic linker), from its program
/// headers, as the ELF-64 specification lays them out.
fn is_static(path: &Path) -> bool {
    const INTERPRETER: u32 = 3;
    let mut head = Vec::new();
    let read = File::open(path).and_then(|file| file.take(4096).read_to_end(&mut head));
    let number = |at: usize, bytes: usize| {
        let field = head.get(at..at + bytes)?;
        field.iter().rev().try_fold(0_usize, |sum, &byte| sum.checked_mul(256)?.checked_add(byte.into()))
    };
    let headers = || Some((number(32, 8)?, number(54, 2)?, number(56, 2)?));
    match (read, head.starts_with(b"\x7fELF\x02\x01"), headers()) {
        (Ok(_), true, Some((offset, size, count))) => (0..count).all(|index| {
            let kind = index.checked_mul(size).and_then(|skip| number(offset.checked_add(skip)?, 4));
            kind.is_some_and(|kind| kind != INTERPRETER as usize)
        }),
        _ => false,
    }
}

/// Looks at the dialplan in Asterisk's folder of configuration.
#[must_use]
pub fn dialplan(folder: &Path) -> Vec<Finding> {
    let mut lines = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        if name.to_string_lossy().starts_with("extensions") {
            let text = fs::read(entry.path()).unwrap_or_default();
            lines.extend(String::from_utf8_lossy(&text).lines().map(code));
        }
    }
    let calls = |program: &str| lines.iter().any(|line| line.contains(&format!("AGI({program}")));
    let mut in_h = false;
    let settles = lines.iter().any(|line| {
        if line.starts_with("exten") {
            in_h = line.split("=>").nth(1).is_some_and(|rest| rest.trim_start().starts_with("h,"));
        }
        line.contains("AGI(celcombiller_reducer") && (in_h || line.contains("hangup_handler"))
    });
    let place = folder.display();
    let sample = "billctl asterisk dialplan shows the lines";
    vec![
        Finding::of(
            format!("the dialplan in {place} runs AGI(celcombiller_caller)"),
            calls("celcombiller_caller"),
            "no extensions*.conf there does: nobody is billed",
            sample,
        ),
        Finding::of(
            format!("the dialplan in {place} runs AGI(celcombiller_reducer) in h"),
            settles,
            "no h extension there does: a call whose first program was killed keeps its hold until it expires",
            sample,
        ),
        Finding::of(
            format!("the dialplan in {place} stamps answers"),
            lines.iter().any(|line| line.starts_with("[celcombiller-answered]")),
            "no context celcombiller-answered: callers who were answered before the dial pay for ringing",
            sample,
        ),
    ]
}

/// Returns a line of configuration without blanks around it and without its comment.
fn code(line: &str) -> String {
    line.split(';').next().unwrap_or_default().trim().to_owned()
}

/// Looks at whose file the database is: Asterisk's user must be able to write it and its folder.
#[must_use]
pub fn ownership(database: &Path, user: &str) -> Finding {
    let check = format!("{} and its folder belong to {user}", database.display());
    let folder = database.parent().unwrap_or(Path::new("."));
    let remedy = format!("chown -R {user}: {}", folder.display());
    let Some(Owner { uid, .. }) = Owner::named(user) else {
        return Finding::fault(
            check,
            format!("there is no user {user}"),
            "--asterisk-user NAME names who runs Asterisk",
        );
    };
    let belongs = |path: &Path| fs::metadata(path).is_ok_and(|found| uid == 0 || found.uid() == uid);
    Finding::of(check, belongs(database) && belongs(folder), "they belong to somebody else", remedy)
}
