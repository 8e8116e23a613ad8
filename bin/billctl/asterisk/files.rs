//! `billctl asterisk render`

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use celcombiller::pbx::render::{self, Rendered};
use clap::Args;

use crate::context::Context;
use crate::render::{Rows, Value};

/// Write Asterisk's files for the extensions and ring groups into a folder
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  billctl asterisk render /tmp/rendered")]
pub(crate) struct Render {
    /// Where they are written; what is there under their names is replaced
    folder: PathBuf,
}

/// Renders the books.
pub(super) fn rendered(context: &Context) -> Result<Vec<Rendered>> {
    let (extensions, groups) = context.look(|books| Ok((books.extensions()?, books.ring_groups()?)))?;
    Ok(render::render(&extensions, &groups)?)
}

impl Render {
    pub(super) fn run(self, context: &Context) -> Result<ExitCode> {
        let files = rendered(context)?;
        render::write(&self.folder, &files).with_context(|| format!("cannot write {}", self.folder.display()))?;
        context.render.list(&Rows::of(&["file", "bytes"], &files, |file| {
            vec![
                Value::text(self.folder.join(file.name).display()),
                Value::Number(i64::try_from(file.text.len()).unwrap_or(i64::MAX)),
            ]
        }))?;
        Ok(ExitCode::SUCCESS)
    }
}
