//! Files that are there when they are complete, and never take the place of another.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, ErrorKind};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use celcombiller::domain::refusal::Refusal;

/// A new file while it is written, beside the name that it will have.
pub(crate) struct Draft<'a> {
    file: &'a Path,
    draft: PathBuf,
    out: BufWriter<File>,
}

impl<'a> Draft<'a> {
    /// Begins a file with these permissions, less what the process's mask takes away.
    pub(crate) fn begin(file: &'a Path, mode: u32) -> Result<Self> {
        if file.try_exists().with_context(|| file.display().to_string())? {
            return Err(exists(file).into());
        }
        let draft = draft_of(file);
        let out = OpenOptions::new().write(true).create_new(true).mode(mode).open(&draft);
        let out = BufWriter::new(out.with_context(|| writing(&draft))?);
        Ok(Self { file, draft, out })
    }

    /// Has it written, synced, and given its name.
    pub(crate) fn finish(self, write: impl FnOnce(&mut BufWriter<File>) -> Result<()>) -> Result<()> {
        let Self { file, draft, mut out } = self;
        let finished = write(&mut out).with_context(|| writing(&draft)).and_then(|()| publish(out, &draft, file));
        if finished.is_err() {
            // Half a file is of no use; that it stays is no harm.
            drop(fs::remove_file(&draft));
        }
        finished
    }

    /// Leaves it, and nothing of it.
    pub(crate) fn abandon(self) -> io::Result<()> {
        fs::remove_file(self.draft)
    }
}

fn publish(out: BufWriter<File>, draft: &Path, file: &Path) -> Result<()> {
    let out = out.into_inner().map_err(io::IntoInnerError::into_error).with_context(|| writing(draft))?;
    out.sync_all().with_context(|| writing(draft))?;
    // Unlike renaming, linking never takes the place of a file that has come meanwhile.
    match fs::hard_link(draft, file) {
        // From here on the file is there; whatever fails takes nothing of it away.
        Ok(()) => drop(fs::remove_file(draft)),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => return Err(exists(file).into()),
        // Some file systems have no links.
        Err(_) => fs::rename(draft, file).with_context(|| writing(file))?,
    }
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    drop(File::open(folder).and_then(|folder| folder.sync_all()));
    Ok(())
}

fn writing(path: &Path) -> String {
    format!("writing {}", path.display())
}

fn exists(file: &Path) -> Refusal {
    Refusal::new(format!("{} exists", file.display()))
        .hint("name a new file: an export never takes the place of another")
}

fn draft_of(file: &Path) -> PathBuf {
    let mut name = file.to_owned().into_os_string();
    name.push(format!(".draft-{}", std::process::id()));
    name.into()
}
