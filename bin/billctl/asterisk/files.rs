//! `billctl asterisk render`, `install` and `reload`

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use celcombiller::domain::extension::Extension;
use celcombiller::domain::refusal::Refusal;
use celcombiller::domain::ring_group::RingGroup;
use celcombiller::pbx::install::{self, Change};
use celcombiller::pbx::reload::{self, Console, ReloadError};
use celcombiller::pbx::render;
use clap::Args;
use similar::TextDiff;

use crate::context::Context;
use crate::render::{Rows, Value};

/// Write Asterisk's files for the extensions and ring groups into a folder
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  billctl asterisk render /tmp/rendered")]
pub(crate) struct Render {
    /// Where they are written; what is there under their names is replaced
    folder: PathBuf,
}

/// Put the rendered files in place, each with a line that includes it; what was there is kept beside them
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  billctl asterisk install --dry-run\n  \
    billctl asterisk install && billctl asterisk reload")]
pub(crate) struct Install {
    /// Print what would be changed
    #[arg(long)]
    dry_run: bool,
}

/// Have Asterisk read what was installed, and ask it for it; if it is not there, what was installed before is back
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  billctl asterisk reload")]
pub(crate) struct Reload;

/// Reads what is rendered.
pub(super) fn books(context: &Context) -> Result<(Vec<Extension>, Vec<RingGroup>)> {
    context.look(|books| Ok((books.extensions()?, books.ring_groups()?)))
}

/// Returns what is to be changed in Asterisk's folder, with the files for it.
pub(super) fn plan(context: &Context) -> Result<(Vec<render::Rendered>, Vec<Change>)> {
    let (extensions, groups) = books(context)?;
    let files = render::render(&extensions, &groups)?;
    let etc = &context.config.asterisk.etc;
    let cannot_read = || format!("cannot read {}", etc.display());
    let changes = install::plan(etc, &files).with_context(cannot_read)?;
    if let Some(path) = install::stranger(etc, &files).with_context(cannot_read)? {
        let fact = format!("{} is not one of ours, and the folder it is in is replaced", path.display());
        return Err(Refusal::new(fact).hint("mv it elsewhere").into());
    }
    Ok((files, changes))
}

/// Tells on standard error of a phone that Asterisk will not hear; one that does not answer cannot be asked.
fn warn(context: &Context, extensions: &[Extension]) {
    let console = Console { program: &context.config.asterisk.program };
    if let Ok(Some(number)) = reload::unspoken(console, extensions) {
        eprintln!("warning: {}", ReloadError::NoChanSip(number.clone()));
    }
}

impl Render {
    pub(super) fn run(self, context: &Context) -> Result<ExitCode> {
        let (extensions, groups) = books(context)?;
        let files = render::render(&extensions, &groups)?;
        render::write(&self.folder, &files).with_context(|| format!("cannot write {}", self.folder.display()))?;
        warn(context, &extensions);
        context.render.list(&Rows::of(&["file", "bytes"], &files, |file| {
            vec![Value::text(self.folder.join(file.name).display()), bytes(file.text.len())]
        }))?;
        Ok(ExitCode::SUCCESS)
    }
}

impl Install {
    pub(super) fn run(self, context: &Context) -> Result<ExitCode> {
        let (files, changes) = plan(context)?;
        if self.dry_run {
            let diffs: String = changes.iter().map(diff).collect();
            if !diffs.is_empty() {
                context.render.text(&diffs)?;
            }
            return Ok(ExitCode::SUCCESS);
        }
        let etc = &context.config.asterisk.etc;
        install::install(etc, &files, &changes).with_context(|| format!("cannot write {}", etc.display()))?;
        context.render.list(&Rows::of(&["file", "state", "bytes"], &changes, |change| {
            let state = if change.before.is_some() { "changed" } else { "created" };
            vec![Value::text(change.path.display()), state.into(), bytes(change.after.len())]
        }))?;
        Ok(ExitCode::SUCCESS)
    }
}

fn bytes(many: usize) -> Value {
    Value::Number(i64::try_from(many).unwrap_or(i64::MAX))
}

/// Returns what changes in a file, as `diff -u` tells it, without secrets and PINs.
fn diff(change: &Change) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (before, after) = (change.before.as_deref().map(text).unwrap_or_default(), text(&change.after));
    let path = change.path.display().to_string();
    let diff = TextDiff::from_lines(&before, &after).unified_diff().header(&path, &path).to_string();
    diff.split_inclusive('\n').map(hidden).collect()
}

fn hidden(line: &str) -> String {
    for secret in ["password=", "secret=", " => -"] {
        if let Some((key, value)) = line.split_once(secret) {
            let rest = value.find([',', '\n']).map_or("", |end| &value[end..]);
            return format!("{key}{secret}********{rest}");
        }
    }
    line.to_owned()
}

impl Reload {
    pub(super) fn run(self, context: &Context) -> Result<ExitCode> {
        let (extensions, groups) = books(context)?;
        let asterisk = &context.config.asterisk;
        let files = render::render(&extensions, &groups)?;
        if !install::plan(&asterisk.etc, &files).with_context(|| "cannot read Asterisk's files")?.is_empty() {
            let fact = format!("what is in {} is not what the books say", asterisk.etc.display());
            return Err(Refusal::new(fact).hint("billctl asterisk install").into());
        }
        let console = Console { program: &asterisk.program };
        match reload::reload(console, &extensions, &groups) {
            Ok(()) => {}
            Err(refused @ ReloadError::Refused(_)) => {
                install::roll_back(&asterisk.etc)
                    .with_context(|| format!("{refused}, and what was there before cannot be put back"))?;
                reload::read_again(console, &extensions)?;
                let hint = "what was installed before is back; Asterisk's log says why, and billctl asterisk install \
                            tries again";
                return Err(Refusal::new(refused.to_string()).hint(hint).into());
            }
            Err(ReloadError::NoChanSip(number)) => {
                let hint = format!("billctl extension update {number} --tech pjsip");
                return Err(Refusal::new(ReloadError::NoChanSip(number).to_string()).hint(hint).into());
            }
            Err(error) => return Err(error.into()),
        }
        context.render.one(&["extensions", "ring_groups"], vec![bytes(extensions.len()), bytes(groups.len())])?;
        Ok(ExitCode::SUCCESS)
    }
}
