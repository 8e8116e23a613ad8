//! What the doctor looks at where the books have extensions or ring groups.

use celcombiller::domain::account::IdentifyBy;
use celcombiller::domain::extension::Extension;
use celcombiller::domain::ring_group::RingGroup;
use celcombiller::pbx::doctor::Finding;
use celcombiller::pbx::reload::{self, Console};

use super::files;
use crate::context::Context;

/// What the rendered dialplan calls besides Dial.
const MODULES: [&str; 7] = [
    "app_stack.so",
    "app_mixmonitor.so",
    "app_read.so",
    "func_callerid.so",
    "func_devstate.so",
    "func_dialplan.so",
    "func_logic.so",
];

/// Looks at all of it; nothing where there is nothing inside.
pub(super) fn examine(context: &Context) -> Vec<Finding> {
    // Books that cannot be used are another finding.
    let (extensions, groups) = files::books(context).unwrap_or_default();
    if extensions.is_empty() && groups.is_empty() {
        return Vec::new();
    }
    let console = Console { program: &context.config.asterisk.program };
    let mut findings = vec![identified(context), patient(context, &extensions), installed(context)];
    findings.push(loaded(console, &extensions, &groups));
    if findings.iter().all(|finding| finding.check != "Asterisk answers") {
        findings.extend(modules(console, &extensions));
    }
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

fn installed(context: &Context) -> Finding {
    let check = format!("the files in {} are those of the books", context.config.asterisk.etc.display());
    let remedy = "billctl asterisk install && billctl asterisk reload";
    match files::plan(context) {
        Ok((_, changes)) => match changes.first() {
            None => Finding::well(check),
            Some(change) => Finding::fault(check, format!("{} is older", change.path.display()), remedy),
        },
        Err(error) => Finding::fault(check, format!("{error:#}"), remedy),
    }
}

fn loaded(console: Console<'_>, extensions: &[Extension], groups: &[RingGroup]) -> Finding {
    let check = "Asterisk has the extensions and ring groups of the books";
    match reload::missing(console, extensions, groups) {
        Ok(None) => Finding::well(check),
        Ok(Some(what)) => Finding::fault(check, format!("it does not have {what}"), "billctl asterisk reload"),
        Err(error) => Finding::fault(
            "Asterisk answers",
            error.to_string(),
            "start it, or run this as its user; [asterisk] program names what speaks to its console",
        ),
    }
}

fn modules(console: Console<'_>, extensions: &[Extension]) -> Vec<Finding> {
    let boxes = extensions.iter().any(|extension| extension.settings.voicemail.is_some());
    let wanted = MODULES.into_iter().chain(boxes.then_some("app_voicemail.so"));
    wanted
        .map(|module| {
            let check = format!("Asterisk has loaded {module}");
            match console.run(&format!("module show like {module}")) {
                Ok(answer) if answer.contains("Running") => Finding::well(check),
                Ok(_) => Finding::fault(check, "it has not", format!("asterisk -rx 'module load {module}'")),
                Err(error) => Finding::fault(check, error.to_string(), "start Asterisk"),
            }
        })
        .collect()
}
