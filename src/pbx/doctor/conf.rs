//! Asterisk's files of configuration, as far as one must read them to look for something.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

/// How deep files include each other.
const DEPTH: u32 = 10;

/// Returns the lines of a file and of those that it includes, without comments and blanks around them; none where
/// the file is missing.
///
/// # Errors
/// A file is there and cannot be read.
pub(super) fn lines(etc: &Path, name: &str) -> io::Result<Vec<String>> {
    let mut lines = Vec::new();
    read_into(&mut lines, etc, &etc.join(name), DEPTH)?;
    Ok(lines)
}

fn read_into(lines: &mut Vec<String>, etc: &Path, path: &Path, depth: u32) -> io::Result<()> {
    let text = match fs::read(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        text => text.map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", path.display())))?,
    };
    for line in String::from_utf8_lossy(&text).lines() {
        let line = line.split(';').next().unwrap_or_default().trim();
        match ["#include", "#tryinclude"].iter().find_map(|word| line.strip_prefix(word)) {
            Some(name) if depth > 0 => {
                for path in matching(&etc.join(name.trim().trim_matches(['"', '<', '>']))) {
                    read_into(lines, etc, &path, depth - 1)?;
                }
            }
            _ => lines.push(line.to_owned()),
        }
    }
    Ok(())
}

/// Returns the files that a path names, which may have one `*` in its last part.
fn matching(path: &Path) -> Vec<PathBuf> {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let (Some((begin, end)), Some(folder)) = (name.split_once('*'), path.parent()) else {
        return vec![path.to_owned()];
    };
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let fits = |name: &str| name.len() >= begin.len() + end.len() && name.starts_with(begin) && name.ends_with(end);
    let mut paths: Vec<_> =
        entries.filter(|entry| fits(&entry.file_name().to_string_lossy())).map(|entry| entry.path()).collect();
    paths.sort();
    paths
}

/// Returns the value of a key in a section, of which the last one counts.
///
/// # Errors
/// The file is there and cannot be read.
pub(super) fn value(etc: &Path, name: &str, section: &str, key: &str) -> io::Result<Option<String>> {
    // What stands in a section that is marked `(!)` is only a template, so its header is not this one.
    let header = format!("[{section}]");
    let (mut inside, mut found) = (false, None);
    for line in lines(etc, name)? {
        if line.starts_with('[') {
            inside = line == header;
        } else if let (true, Some((name, value))) = (inside, line.split_once('='))
            && name.trim() == key
        {
            found = Some(value.trim_start_matches('>').trim().to_owned());
        }
    }
    Ok(found.filter(|value| !value.is_empty()))
}
