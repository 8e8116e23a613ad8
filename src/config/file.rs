//! The file of the configuration, and who may write it.

use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use super::ConfigError;

const OTHERS_WRITE: u32 = 0o002;

/// Of a folder for everybody's files, such as `/tmp`, where nobody can replace another's.
const ONLY_THEIR_OWN: u32 = 0o1000;

/// Reads a file, unless anybody could have written it: what it says decides who pays and which programs are run.
pub(super) fn read(path: &Path) -> io::Result<Result<String, ConfigError>> {
    let exposed = |path: &Path, mode| Ok(Err(ConfigError::Exposed { path: path.to_owned(), mode: mode & 0o7777 }));
    let file = File::open(path)?;
    let found = file.metadata()?;
    if found.is_file() {
        if found.mode() & OTHERS_WRITE != 0 {
            return exposed(path, found.mode());
        }
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let mode = fs::metadata(folder)?.mode();
        if mode & (OTHERS_WRITE | ONLY_THEIR_OWN) == OTHERS_WRITE {
            return exposed(folder, mode);
        }
    }
    // Its size is known: a whole file would ask for it again.
    let mut text = String::with_capacity(usize::try_from(found.len()).unwrap_or_default() + 1);
    file.take(u64::MAX).read_to_string(&mut text)?;
    Ok(Ok(text))
}
