//! `billctl asterisk`

mod files;
mod inside;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use celcombiller::billing::{self, Priced, QuoteRequest};
use celcombiller::domain::announcement::Utterance;
use celcombiller::domain::numbering::{Dialled, PhoneNumber};
use celcombiller::domain::refusal::Refusal;
use celcombiller::pbx::dialplan::{self, Flavour};
use celcombiller::pbx::doctor::{self, Finding};
use clap::{Args, Subcommand, ValueEnum};

use crate::context::Context;
use crate::render::{Rows, Value};

#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    Announce(Announce),
    Dialplan(Dialplan),
    Render(files::Render),
    Install(files::Install),
    Reload(files::Reload),
    Doctor(Doctor),
}

/// Tell what a user would be told before a call, in order
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  billctl asterisk announce ana 5511999990000")]
pub(crate) struct Announce {
    user: String,
    /// The number that would be dialled
    number: PhoneNumber,
}

/// Print the dialplan that calls the two programs
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  billctl asterisk dialplan > /etc/asterisk/extensions_celcombiller.conf\n  \
    echo '#tryinclude extensions_celcombiller.conf' >> /etc/asterisk/extensions.conf")]
pub(crate) struct Dialplan {
    /// What Asterisk is part of
    #[arg(long = "for", value_enum, default_value_t = System::Plain)]
    system: System,
}

/// What Asterisk is part of.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum System {
    /// Asterisk by itself
    Plain,
    /// OpenBTS with Range's dialplan
    Openbts,
    /// FreePBX or Issabel
    Freepbx,
}

/// Look for what keeps calls from being billed; exits with 1 if there is something
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  sudo -u asterisk billctl asterisk doctor")]
pub(crate) struct Doctor {
    /// Where Asterisk looks for AGI programs [default: what exists of /usr/share/asterisk/agi-bin and
    /// /var/lib/asterisk/agi-bin]
    #[arg(long, value_name = "DIR")]
    agi_dir: Option<PathBuf>,
    /// Where Asterisk's configuration is
    #[arg(long, value_name = "DIR", default_value = "/etc/asterisk")]
    etc: PathBuf,
    /// Who runs Asterisk
    #[arg(long, value_name = "NAME", default_value = "asterisk")]
    asterisk_user: String,
}

impl Verb {
    pub(crate) fn run(self, context: &Context) -> Result<ExitCode> {
        match self {
            Self::Announce(announce) => announce.run(context),
            Self::Dialplan(Dialplan { system }) => {
                context.render.text(dialplan::sample(match system {
                    System::Plain => Flavour::Plain,
                    System::Openbts => Flavour::OpenBts,
                    System::Freepbx => Flavour::FreePbx,
                }))?;
                Ok(ExitCode::SUCCESS)
            }
            Self::Render(render) => render.run(context),
            Self::Install(install) => install.run(context),
            Self::Reload(reload) => reload.run(context),
            Self::Doctor(doctor) => doctor.run(context),
        }
    }
}

impl Announce {
    fn run(&self, context: &Context) -> Result<ExitCode> {
        let cap = context.config.calls.max_talk_time().ok_or_else(|| Refusal::new("[calls] max_seconds is zero"))?;
        let said = context.look(|books| {
            let user = billing::find_user(books, &self.user)?;
            let tariff = billing::find_tariff(books, &user.tariff)?;
            let on_net = books.callee(&Dialled::Number(self.number.clone()))?.is_some();
            let priced = Priced { number: &self.number, on_net, at: context.now };
            let available = user.available()?;
            let request = QuoteRequest { priced, seconds: 0, user: Some(user.id), funds: Some(available), cap };
            let Some(talk_time) = billing::quote(books, tariff, &request)?.max_talk_time else {
                let fact =
                    format!("{} has {available} available, which pays for no call to {}", self.user, self.number);
                return Err(Refusal::new(fact).hint(format!("billctl balance add {} AMOUNT", self.user)).into());
            };
            Ok(context.config.announce.said(available, books.unit()?.is_seconds(), talk_time))
        })?;
        context.render.list(&Rows::of(&["sound", "number"], &said, |utterance| match utterance {
            Utterance::Sound(sound) => vec![sound.as_str().into(), Value::Nothing],
            Utterance::Number(number) => vec![Value::Nothing, (*number).into()],
        }))?;
        Ok(ExitCode::SUCCESS)
    }
}

impl Doctor {
    fn run(&self, context: &Context) -> Result<ExitCode> {
        let mut findings = vec![books(context), holds(context), kept(context), limit(context)];
        findings.push(doctor::ownership(context.database(), &self.asterisk_user));
        findings.extend(doctor::programs(&self.agi_dir.clone().unwrap_or_else(doctor::agi_folder)));
        findings.extend(doctor::dialplan(&self.etc));
        findings.extend(inside::examine(context));
        let well = findings.iter().all(|finding| finding.fault.is_none());
        let rows = Rows::of(&["check", "ok", "found", "remedy"], &findings, |finding| {
            let (found, remedy) = finding.fault.clone().unzip();
            vec![finding.check.as_str().into(), finding.fault.is_none().into(), found.into(), remedy.into()]
        });
        context.render.one(&["findings", "ok"], vec![Value::Rows(rows), well.into()])?;
        Ok(if well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

fn books(context: &Context) -> Finding {
    let check = format!("the books at {} can be used", context.database().display());
    match context.open() {
        Ok(_) => Finding::well(check),
        Err(error) => {
            let remedy = error.hint().unwrap_or("billctl db check");
            Finding::fault(check, error.to_string(), remedy)
        }
    }
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
