//! `billctl asterisk`

mod doctor;
mod files;
mod inside;
mod modules;

use std::process::ExitCode;

use anyhow::Result;
use celcombiller::billing::{self, Priced, QuoteRequest};
use celcombiller::domain::announcement::Utterance;
use celcombiller::domain::numbering::{Dialled, PhoneNumber};
use celcombiller::domain::refusal::Refusal;
use celcombiller::pbx::dialplan::{self, Flavour};
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
    Doctor(doctor::Doctor),
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
