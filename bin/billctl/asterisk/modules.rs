//! Whether Asterisk has loaded what calls need.

use celcombiller::domain::extension::Technology;
use celcombiller::pbx::doctor::Finding;
use celcombiller::pbx::reload::{Console, ReloadError};

use super::files;
use crate::context::Context;

/// What every call needs: the programs, Dial, the answer's stamp, and call files.
const ALWAYS: [&str; 7] = [
    "app_dial.so",
    "app_stack.so",
    "func_channel.so",
    "func_strings.so",
    "pbx_config.so",
    "pbx_spool.so",
    "res_agi.so",
];

/// What the rendered dialplan calls besides.
const INSIDE: [&str; 6] =
    ["app_mixmonitor.so", "app_read.so", "func_callerid.so", "func_devstate.so", "func_dialplan.so", "func_logic.so"];

/// Looks at what is needed by these books.
pub(super) fn examine(context: &Context, console: Console<'_>) -> Vec<Finding> {
    let answer = match console.run("module show") {
        Ok(answer) => answer,
        Err(error) => return vec![no_answer("Asterisk has loaded what calls need", &error)],
    };
    let runs = |module: &str| {
        answer.lines().any(|line| line.split_whitespace().next() == Some(module) && line.contains(" Running"))
    };
    let mut findings: Vec<_> = wanted(context)
        .into_iter()
        .map(|module| {
            let remedy = format!("asterisk -rx 'module load {module}'");
            Finding::of(format!("Asterisk has loaded {module}"), runs(module), "it has not", remedy)
        })
        .collect();
    // Books that cannot be used are another finding.
    let (extensions, _) = files::books(context).unwrap_or_default();
    if let Some(phone) = extensions.iter().find(|phone| phone.settings.technology == Technology::Sip) {
        findings.push(Finding::of(
            "Asterisk speaks what phones speak",
            runs("chan_sip.so"),
            ReloadError::NoChanSip(phone.number.clone()).to_string(),
            format!("billctl extension update {} --tech pjsip", phone.number),
        ));
    }
    findings
}

fn wanted(context: &Context) -> Vec<&'static str> {
    let (extensions, groups) = files::books(context).unwrap_or_default();
    let mut wanted = ALWAYS.to_vec();
    if !extensions.is_empty() || !groups.is_empty() {
        wanted.extend(INSIDE);
    }
    for (module, needed) in [
        ("app_voicemail.so", extensions.iter().any(|phone| phone.settings.voicemail.is_some())),
        ("chan_pjsip.so", extensions.iter().any(|phone| phone.settings.technology == Technology::Pjsip)),
        ("res_musiconhold.so", groups.iter().any(|group| group.settings.music.is_some())),
    ] {
        wanted.extend(needed.then_some(module));
    }
    wanted
}

/// Says that Asterisk could not be asked.
pub(super) fn no_answer(check: &str, error: &ReloadError) -> Finding {
    Finding::unseen(
        check,
        error.to_string(),
        "start it, or run this as its user; [asterisk] program names what speaks to its console",
    )
}
