//! Asterisk's files for the extensions and ring groups of the books, from the templates beside this file.

use std::collections::HashMap;
use std::fs::{DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{Environment, UndefinedBehavior, Value, context};
use serde::Serialize;

use super::ring;
use crate::domain::extension::{Extension, Record, Settings};
use crate::domain::numbering::PhoneNumber;
use crate::domain::ring_group::{GroupSettings, RingGroup};

/// A template that cannot be filled.
#[derive(Debug, thiserror::Error)]
#[error("cannot render {file}: {cause}")]
pub struct RenderError {
    file: &'static str,
    cause: minijinja::Error,
}

/// A file for Asterisk's folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendered {
    /// Its name, also that of the file of Asterisk's that includes it, except for the hints.
    pub name: &'static str,
    /// Its text.
    pub text: String,
}

impl Rendered {
    /// Returns which of Asterisk's files includes it.
    #[must_use]
    pub fn included_from(&self) -> &'static str {
        if self.name == "hints.conf" { "extensions.conf" } else { self.name }
    }
}

const TEMPLATES: [(&str, &str); 5] = [
    ("pjsip.conf", include_str!("templates/pjsip.conf")),
    ("sip.conf", include_str!("templates/sip.conf")),
    ("extensions.conf", include_str!("templates/extensions.conf")),
    ("hints.conf", include_str!("templates/hints.conf")),
    ("voicemail.conf", include_str!("templates/voicemail.conf")),
];

/// An extension as the templates see it.
#[derive(Serialize)]
struct Phone<'a> {
    number: &'a PhoneNumber,
    name: &'a str,
    payer: &'a str,
    device: String,
    variables: Vec<String>,
    #[serde(flatten)]
    settings: &'a Settings,
}

/// A ring group as the templates see it.
#[derive(Serialize)]
struct Group<'a> {
    number: &'a PhoneNumber,
    payer: Option<&'a str>,
    steps: Vec<String>,
    #[serde(flatten)]
    settings: &'a GroupSettings,
}

/// Returns the books as the templates see them.
fn seen<'a>(extensions: &'a [Extension], groups: &'a [RingGroup]) -> (Vec<Phone<'a>>, Vec<Group<'a>>) {
    let by_number: HashMap<_, _> = extensions.iter().map(|extension| (&extension.number, extension)).collect();
    let groups = groups.iter().map(|group| Group::of(group, &by_number)).collect();
    (extensions.iter().map(Phone::of).collect(), groups)
}

/// Renders every file; the same books give the same bytes.
///
/// # Errors
/// A template is wrong.
pub fn render(extensions: &[Extension], groups: &[RingGroup]) -> Result<Vec<Rendered>, RenderError> {
    let (phones, groups) = seen(extensions, groups);
    let mut environment = Environment::new();
    let mut syntax = SyntaxConfig::builder();
    syntax.trim_blocks(true).lstrip_blocks(true).keep_trailing_newline(true);
    environment.set_syntax(syntax.build().map_err(|cause| RenderError { file: "nothing", cause })?);
    environment.set_undefined_behavior(UndefinedBehavior::SemiStrict);
    environment.add_filter("value", value);
    environment.add_filter("spoken", spoken);
    let revision = hash(&phones, &groups);
    let books = context! { revision, phones => Value::from(Serde(phones)), groups => Value::from(Serde(groups)) };
    TEMPLATES
        .into_iter()
        .map(|(name, template)| {
            let text = environment.render_str(template, books.clone());
            Ok(Rendered { name, text: text.map_err(|cause| RenderError { file: name, cause })? })
        })
        .collect()
}

/// Returns a text that others than these books do not have (FNV-1a of 64 bits), by which it is known whether Asterisk
/// has read what was rendered.
#[must_use]
pub fn revision(extensions: &[Extension], groups: &[RingGroup]) -> String {
    let (phones, groups) = seen(extensions, groups);
    hash(&phones, &groups)
}

fn hash(phones: &[Phone<'_>], groups: &[Group<'_>]) -> String {
    let text = serde_json::to_vec(&(phones, groups)).unwrap_or_default();
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for byte in text {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    format!("{hash:016x}")
}

/// Writes a text so that it stays one value: `;` would begin a comment.
fn value(text: &str) -> String {
    text.replace(';', "\\;")
}

/// Writes a name for the list of mailboxes, where `,` and `;` cannot be written.
fn spoken(name: &str) -> String {
    name.replace([',', ';'], " ")
}

impl<'a> Phone<'a> {
    fn of(extension: &'a Extension) -> Self {
        let settings = &extension.settings;
        let recording = settings.recording;
        let mut variables = vec![format!("__CELCOMBILLER_EXTENSION={}", extension.number)];
        for (calls, record) in [("INTERNAL", recording.out_internal), ("EXTERNAL", recording.out_external)] {
            if record != Record::DontCare {
                variables.push(format!("CELCOMBILLER_RECORD_{calls}={record}"));
            }
        }
        if let Some(number) = &settings.caller_id {
            variables.push(format!("CELCOMBILLER_CALLERID={number}"));
        }
        Self {
            number: &extension.number,
            name: extension.name.as_str(),
            payer: extension.payer.as_str(),
            device: settings.technology.device(&extension.number),
            variables,
            settings,
        }
    }
}

impl<'a> Group<'a> {
    fn of(group: &'a RingGroup, phones: &HashMap<&PhoneNumber, &Extension>) -> Self {
        Self {
            number: &group.number,
            payer: group.payer.as_ref().map(|payer| payer.as_str()),
            steps: ring::steps(group, phones),
            settings: &group.settings,
        }
    }
}

/// Writes files into a folder, which is made if it is missing. They hold secrets: nobody but their owner and the
/// owner's group may read them.
///
/// # Errors
/// A file cannot be written.
pub fn write(folder: &Path, files: &[Rendered]) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o750).create(folder)?;
    for Rendered { name, text } in files {
        let mut file =
            OpenOptions::new().write(true).create(true).truncate(true).mode(0o640).open(folder.join(name))?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
    }
    Ok(())
}
