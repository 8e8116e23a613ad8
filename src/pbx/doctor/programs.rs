//! Whether the two programs are where Asterisk looks for them.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use super::Finding;
use super::rights::{Obstacle, Runner, Want};

/// Where packages and the source put AGI programs.
const FOLDERS: [&str; 2] = ["/usr/share/asterisk/agi-bin", "/var/lib/asterisk/agi-bin"];

/// Returns the first folder of AGI programs that exists.
#[must_use]
pub fn folder() -> PathBuf {
    FOLDERS.iter().map(PathBuf::from).find(|folder| folder.is_dir()).unwrap_or_else(|| FOLDERS[0].into())
}

/// Looks at the two programs in Asterisk's folder: there, executable for whoever runs it, static.
#[must_use]
pub fn examine(folder: &Path, runner: &Runner) -> Vec<Finding> {
    ["celcombiller_caller", "celcombiller_reducer"]
        .into_iter()
        .map(|name| {
            let path = folder.join(name);
            let check = format!("{} is there, executable and static", path.display());
            let remedy = format!("make install AGI_DIR={}", folder.display());
            match runner.obstacle(&path, Want::Run) {
                Some(Obstacle::Missing(path)) => {
                    Finding::fault(check, format!("there is no {}", path.display()), remedy)
                }
                Some(obstacle) => obstacle.finding(check, runner, Want::Run),
                None => Finding::of(check, is_static(&path), "it is not a static executable", remedy),
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
