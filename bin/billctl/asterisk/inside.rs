//! What the doctor looks at where the books have extensions or ring groups.

use std::io;

use celcombiller::domain::account::IdentifyBy;
use celcombiller::domain::extension::Extension;
use celcombiller::domain::ring_group::RingGroup;
use celcombiller::pbx::doctor::Finding;
use celcombiller::pbx::reload::{self, Console};

use super::{files, modules};
use crate::context::Context;

/// Looks at all of it; nothing where there is nothing inside.
pub(super) fn examine(context: &Context, console: Console<'_>) -> Vec<Finding> {
    // Books that cannot be used are another finding.
    let (extensions, groups) = files::books(context).unwrap_or_default();
    if extensions.is_empty() && groups.is_empty() {
        return Vec::new();
    }
    let mut findings = vec![identified(context), patient(context, &extensions)];
    findings.extend(installed(context));
    findings.push(loaded(console, &extensions, &groups));
    findings
}

fn identified(context: &Context) -> Finding {
    let check = "extensions are billed by their account code";
    match context.config.identify.by.first() {
        Some(IdentifyBy::AccountCode) => Finding::well(check),
        _ => Finding::fault(
            check,
            "[identify] by does not begin with accountcode",
            "by = [\"accountcode\"] under [identify], others after it",
        ),
    }
}

fn patient(context: &Context, extensions: &[Extension]) -> Finding {
    let check = "callers wait longer than extensions ring";
    let patience = context.config.dial.ring_seconds();
    let longest = extensions.iter().max_by_key(|extension| extension.settings.ring_time.seconds());
    match longest.filter(|longest| longest.settings.ring_time.seconds() >= patience) {
        None => Finding::well(check),
        Some(longest) => Finding::fault(
            check,
            format!(
                "extension {} rings for {} s and [dial] ring_seconds is {patience}: its voicemail is never reached",
                longest.number, longest.settings.ring_time
            ),
            format!("ring_seconds = {} under [dial]", longest.settings.ring_time.seconds() + 10),
        ),
    }
}

/// Looks at our files in Asterisk's folder and at the lines in its own that include them.
fn installed(context: &Context) -> Vec<Finding> {
    let etc = context.config.asterisk.etc.display();
    let remedy = "billctl asterisk install && billctl asterisk reload";
    let [ours, lines] =
        [format!("the files in {etc} are those of the books"), format!("the files in {etc} include them")];
    let changes = match files::plan(context) {
        Ok((_, changes)) => changes,
        Err(error) if is_denied(&error) => {
            return vec![Finding::unseen(ours, format!("{error:#}"), "sudo -u asterisk billctl asterisk doctor")];
        }
        Err(error) => return vec![Finding::fault(ours, format!("{error:#}"), remedy)],
    };
    let of = |check: String, ours: bool, found: &str| match changes
        .iter()
        .find(|change| change.is_ours(&context.config.asterisk.etc) == ours)
    {
        None => Finding::well(check),
        Some(change) => Finding::fault(check, format!("{} {found}", change.path.display()), remedy),
    };
    vec![of(ours, true, "is missing or older"), of(lines, false, "has no #tryinclude line for them")]
}

fn is_denied(error: &anyhow::Error) -> bool {
    let cause = error.root_cause().downcast_ref::<io::Error>();
    cause.is_some_and(|cause| cause.kind() == io::ErrorKind::PermissionDenied)
}

fn loaded(console: Console<'_>, extensions: &[Extension], groups: &[RingGroup]) -> Finding {
    let check = "Asterisk has the extensions and ring groups of the books";
    match reload::missing(console, extensions, groups) {
        Ok(None) => Finding::well(check),
        Ok(Some(what)) => Finding::fault(check, format!("it does not have {what}"), "billctl asterisk reload"),
        Err(error) => modules::no_answer(check, &error),
    }
}
