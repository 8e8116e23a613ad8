//! Restore: a copy in the place of the books.

use std::path::{Path, PathBuf};

use crate::billing::error::BillingError;
use crate::domain::deed::Deed;
use crate::domain::refusal::Refusal;
use crate::domain::time::Timestamp;
use crate::store::{Access, Lacking, Proof, Staged, Store, StoreError};

/// How a copy is to be restored.
#[derive(Clone, Copy, Debug)]
pub struct Restoration {
    /// Also where the books have what the copy lacks, or cannot be read.
    pub force: bool,
    /// Only tell what it would come to.
    pub dry_run: bool,
    /// Now.
    pub at: Timestamp,
}

/// What restoring came to.
#[derive(Clone, Debug)]
pub struct Restored {
    /// What the copy was proven to be.
    pub proof: Proof,
    /// What the replaced books had and the copy lacks; `None` where they could not be read.
    pub lacking: Option<Lacking>,
    /// Where the replaced books are kept.
    pub replaced: Option<PathBuf>,
}

/// Restores a copy, all of it or nothing. The audit of the copy then also has the `deed`, and where the replaced books
/// are kept, whose audit goes on from there.
///
/// # Errors
/// The copy is not sound, is of other books, or lacks what the books have; or the file system fails. Then the books
/// are as they were.
pub fn restore(access: &Access, file: &Path, terms: Restoration, deed: Deed) -> Result<Restored, BillingError> {
    if file.canonicalize().ok().is_some_and(|file| access.path.canonicalize().is_ok_and(|books| books == file)) {
        return Err(Refusal::new(format!("{} is the database itself", file.display())).into());
    }
    let mut staged = Staged::of(file, access).map_err(|error| match error.unsound() {
        Some(fact) => Refusal::new(format!("{} is not sound: {fact}", file.display()))
            .hint("take another backup; billctl --db FILE db check says more")
            .into(),
        None => BillingError::from(error),
    })?;
    let proof = staged.proof.clone();
    let aside = access.beside(&format!("-replaced-{}", terms.at.exact().replace(':', "")));
    let kept = format!("{} replaced={}", deed.change, aside.display()).trim_start().to_owned();
    staged.note(&Deed { change: kept, ..deed })?;
    let mut books = match Store::open(access) {
        Ok(books) => books,
        Err(error) => {
            let missing = matches!(error, StoreError::Missing(_));
            let refused = match (missing || terms.force, error) {
                (_, error) if error.is_busy() => Some(error.into()),
                (true, _) => None,
                (false, error) => Some(
                    Refusal::new(format!("nobody can tell what would be lost: {error}"))
                        .hint("--force keeps the files aside and puts the copy in their place")
                        .into(),
                ),
            };
            if refused.is_some() || terms.dry_run {
                staged.discard();
                return refused.map_or(Ok(Restored { proof, lacking: None, replaced: None }), Err);
            }
            let kept = staged.put(&access.path, &aside)?;
            return Ok(Restored { proof, lacking: None, replaced: kept.then_some(aside) });
        }
    };
    let mut lost = Lacking::default();
    let done = books.replace_by(&staged, &aside, |origin, lacking| {
        lost = lacking;
        if *origin != staged.origin {
            let (unit, made) = (&staged.origin.unit, staged.origin.made);
            let fact = format!("{} is of other books: made {made}, in {}", file.display(), unit.as_str());
            return Err(Refusal::new(fact).hint("restore it to another place: --db FILE").into());
        }
        if !lacking.is_nothing() && !terms.force {
            let Lacking { entries, calls, accounts } = lacking;
            let fact = format!(
                "{} is older than the books: it lacks {entries} entries, {calls} calls and {accounts} accounts",
                file.display()
            );
            return Err(BillingError::from(Refusal::new(fact).hint("--force restores it and keeps the books aside")));
        }
        Ok(!terms.dry_run)
    });
    staged.discard();
    let done = done?;
    books.close()?;
    Ok(Restored { proof, lacking: Some(lost), replaced: done.then_some(aside) })
}
