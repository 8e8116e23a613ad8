//! Programs that a test puts elsewhere to run them there.

use std::path::Path;
use std::process::Command;

/// Copies a program. Another process writes it: a child that a test beside this one starts would inherit the
/// file while it is open for writing here, and Linux runs no file that somebody may still write.
pub(crate) fn copy_program(from: &Path, to: &Path) {
    let copied = Command::new("cp").args([from, to]).status().expect("cp starts");
    assert!(copied.success(), "cannot copy {}", from.display());
}
