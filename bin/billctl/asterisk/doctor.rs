//! `billctl asterisk doctor`

use std::fs::{self, OpenOptions};
use std::io::ErrorKind;
use std::net::ToSocketAddrs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Result;
use celcombiller::billing;
use celcombiller::config::DEFAULT_PATH;
use celcombiller::domain::time::Timestamp;
use celcombiller::pbx::doctor::rights::{Runner, Want};
use celcombiller::pbx::doctor::settings::Settings;
use celcombiller::pbx::doctor::{Finding, Verdict, cdr, dialplan, machine, programs};
use celcombiller::pbx::reload::Console;
use celcombiller::pbx::spool as call_files;
use clap::Args;

use super::{inside, modules};
use crate::context::Context;
use crate::render::{Rows, Value};

/// Look for what keeps calls from being made and billed; exits with 1 if there is something
///
/// What cannot be looked at, because Asterisk does not answer or this user may not, is said and is no fault.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  sudo -u asterisk billctl asterisk doctor")]
pub(crate) struct Doctor {
    /// Where Asterisk looks for AGI programs [default: what asterisk.conf says, or what exists of
    /// /usr/share/asterisk/agi-bin and /var/lib/asterisk/agi-bin]
    #[arg(long, value_name = "DIR")]
    agi_dir: Option<PathBuf>,
    /// Where Asterisk's configuration is [default: `[asterisk] etc`]
    #[arg(long, value_name = "DIR")]
    etc: Option<PathBuf>,
    /// Who runs Asterisk [default: `runuser` of asterisk.conf, or asterisk]
    #[arg(long, value_name = "NAME")]
    asterisk_user: Option<String>,
}

/// The first second of 2025, before which no books of ours began.
const OUR_TIME: Timestamp = Timestamp::from_millis(1_735_689_600_000);

impl Doctor {
    pub(super) fn run(self, context: &Context) -> Result<ExitCode> {
        let etc = self.etc.unwrap_or_else(|| context.config.asterisk.etc.clone());
        let settings = Settings::of(&etc);
        let console = Console { program: &context.config.asterisk.program };
        let mut findings = books(context);
        findings.push(limit(context));
        let agi = self.agi_dir.or(settings.agi).unwrap_or_else(programs::folder);
        let user = self.asterisk_user.or(settings.user).unwrap_or_else(|| "asterisk".to_owned());
        match Runner::named(&user, settings.group.as_deref()) {
            Some(runner) => findings.extend(rights(context, &runner, &agi, &etc)),
            None => findings.push(Finding::fault(
                "this machine has the user that runs Asterisk",
                format!("there is no user {user}"),
                "--asterisk-user NAME, or runuser under [options] in asterisk.conf, names who runs Asterisk",
            )),
        }
        findings.extend(dialplan::examine(&etc));
        findings.push(cdr::ends_before_h(&etc));
        findings.push(call_spool(context));
        findings.extend(clock(context));
        let folder = context.database().parent().filter(|folder| !folder.as_os_str().is_empty());
        findings.extend([folder.unwrap_or(Path::new(".")), &context.config.asterisk.spool].map(machine::room));
        findings.push(own_name());
        findings.extend(inside::examine(context, console));
        findings.extend(modules::examine(context, console));
        let well = !findings.iter().any(Finding::is_fault);
        let rows = Rows::of(&["check", "ok", "found", "remedy"], &findings, |finding| {
            let (ok, found) = match &finding.verdict {
                Verdict::Well => (Value::Truth(true), None),
                Verdict::Fault { found, remedy } => (Value::Truth(false), Some((found, remedy))),
                Verdict::Unseen { why, remedy } => (Value::Nothing, Some((why, remedy))),
            };
            let (found, remedy) = found.unzip();
            vec![finding.check.as_str().into(), ok, Value::text_of(found), Value::text_of(remedy)]
        });
        context.render.one(&["findings", "ok"], vec![Value::Rows(rows), well.into()])?;
        Ok(if well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

fn rights(context: &Context, runner: &Runner, agi: &Path, etc: &Path) -> Vec<Finding> {
    let mut findings = programs::examine(agi, runner);
    let config = context.config_path.as_deref().unwrap_or(Path::new(DEFAULT_PATH));
    // The default one may be missing, which means the defaults.
    if context.config_path.is_some() || config.exists() {
        let check = format!("{} can read {}", runner.name(), config.display());
        findings.push(runner.can(check, config, Want::Read));
    }
    findings.push(runner.database(context.database()));
    let rendered = fs::read_dir(etc.join("celcombiller")).into_iter().flatten().flatten();
    let mut rendered: Vec<_> = rendered.map(|entry| entry.path()).collect();
    rendered.sort();
    findings.extend(
        rendered
            .into_iter()
            .map(|path| runner.can(format!("{} can read {}", runner.name(), path.display()), &path, Want::Read)),
    );
    findings
}

/// Looks at the books, and at what only they tell.
fn books(context: &Context) -> Vec<Finding> {
    let check = format!("the books at {} can be used", context.database().display());
    match context.open() {
        Ok(_) => vec![Finding::well(check), holds(context), kept(context)],
        Err(_) if is_denied(context.database()) => {
            vec![Finding::unseen(check, "this user may not use them", "sudo -u asterisk billctl asterisk doctor")]
        }
        Err(error) => {
            let remedy = error.hint().unwrap_or("billctl db check");
            vec![Finding::fault(check, error.to_string(), remedy)]
        }
    }
}

/// Tells whether this user may not use the books, whoever else may.
fn is_denied(path: &Path) -> bool {
    let opened = OpenOptions::new().read(true).write(true).open(path);
    opened.is_err_and(|error| error.kind() == ErrorKind::PermissionDenied)
}

fn call_spool(context: &Context) -> Finding {
    let outgoing = context.config.asterisk.spool.join("outgoing");
    let check = format!("call files can be moved into {} as a whole", outgoing.display());
    match call_files::Spool::at(&outgoing).watched() {
        Err(_) if fs::metadata(&outgoing).is_err_and(|error| error.kind() == ErrorKind::PermissionDenied) => {
            Finding::unseen(check, "this user may not look there", "sudo -u asterisk billctl asterisk doctor")
        }
        Ok(_) => Finding::well(check),
        Err(error) => Finding::fault(check, error.to_string(), error.hint().unwrap_or("make the folder readable")),
    }
}

fn clock(context: &Context) -> [Finding; 2] {
    let check = "the clock is right";
    let now = context.now;
    // Books that cannot be used are another finding.
    let newest = context.look(|books| Ok(books.newest_entry()?)).ok().flatten();
    let finding = match newest {
        _ if now < OUR_TIME => Finding::fault(check, format!("it says {now}"), "timedatectl set-ntp true"),
        Some(newest) if newest > now => {
            let found = format!("it says {now}, and the newest entry of the books was made at {newest}");
            Finding::fault(check, found, "timedatectl set-ntp true")
        }
        _ => Finding::well(check),
    };
    [finding, machine::synchronised()]
}

fn own_name() -> Finding {
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let name = read("/proc/sys/kernel/hostname");
    let name = name.trim();
    let resolves = || (name, 0).to_socket_addrs().is_ok();
    machine::own_name(name, &read("/etc/hosts"), &read("/etc/nsswitch.conf"), resolves)
}

fn holds(context: &Context) -> Finding {
    let check = "no hold is overdue";
    let overdue = context.decide(|store| Ok(billing::expire(store, context.now, true)?.len()));
    match overdue {
        Ok(0) => Finding::well(check),
        Ok(overdue) => {
            Finding::fault(check, format!("{overdue} are"), "billctl hold expire, every five minutes by cron")
        }
        Err(error) => Finding::fault(check, error.to_string(), "billctl init"),
    }
}

fn limit(context: &Context) -> Finding {
    let check = "the limit of a call stays with its callee";
    let dial = &context.config.dial;
    // Books that cannot be used are another finding.
    let trunks = context.look(|books| Ok(books.trunks()?)).unwrap_or_default();
    let over_trunks = trunks.iter().map(|row| &row.trunk.dial);
    let templates = [Some(&dial.onnet), dial.offnet.as_ref()].into_iter().flatten().chain(over_trunks);
    match templates.into_iter().find(|template| template.loses_limit()) {
        None => Finding::well(check),
        Some(template) => Finding::fault(
            check,
            format!("{template} optimises itself away and takes the limit with it"),
            "end the template with /n",
        ),
    }
}

fn kept(context: &Context) -> Finding {
    let check = "no end of a call waits to be posted";
    match context.waiting() {
        Ok(waiting) if waiting.is_empty() => Finding::well(check),
        Ok(waiting) => Finding::fault(check, format!("{} wait", waiting.len()), "billctl hold expire"),
        Err(error) => Finding::fault(check, error.to_string(), "make the folder readable"),
    }
}
