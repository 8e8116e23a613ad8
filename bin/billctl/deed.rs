//! What a command line asks for, in the words of the audit.

use std::any::TypeId;

use celcombiller::domain::deed::Deed;
use celcombiller::domain::time::Timestamp;
use celcombiller::domain::visible::{is_invisible, visible};
use clap::{Arg, ArgMatches, Command, parser::ValueSource};

use crate::hidden::Hidden;

/// What stands before every noun: where and how, never what.
const EVERYWHERE: [&str; 4] = ["config", "db", "format", "actor"];

/// The flags that say to whom or what something is done, where no argument does.
const SUBJECTS: [&str; 5] = ["user", "group", "tariff", "trunk", "batch"];

/// The longest text of what was asked for, and of what it is about, in characters.
const LONGEST: usize = 1000;

/// What a command line asks for.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    /// Such as `tariff.add`, or `stats`.
    pub(crate) verb: String,
    subject: Option<String>,
    change: String,
}

impl Asked {
    /// Reads it from what clap found.
    pub(crate) fn of(mut command: &Command, mut matches: &ArgMatches) -> Self {
        let mut verb = Vec::new();
        while let Some((name, below)) = matches.subcommand()
            && let Some(found) = command.find_subcommand(name)
        {
            verb.push(name);
            (command, matches) = (found, below);
        }
        let arguments = || command.get_arguments().filter(|argument| !EVERYWHERE.contains(&argument.get_id().as_str()));
        let given =
            |argument: &&Arg| matches.value_source(argument.get_id().as_str()) == Some(ValueSource::CommandLine);
        let first = arguments().find(|argument| argument.is_positional() && !is_hidden(argument) && given(argument));
        let named = || {
            arguments().find(|argument| {
                SUBJECTS.contains(&argument.get_id().as_str()) && !values(argument, matches).is_empty()
            })
        };
        let about = first.or_else(named);
        let rest = arguments().filter(given).map(|argument| {
            let mut words = values(argument, matches);
            if about.is_some_and(|about| about.get_id() == argument.get_id()) {
                words.drain(..words.len().min(1));
            } else if let Some(name) = argument.get_long() {
                words.insert(0, format!("--{name}"));
            }
            words.join(" ")
        });
        let change = rest.filter(|text| !text.is_empty()).collect::<Vec<_>>().join(" ");
        let subject = about.and_then(|about| matches.get_raw(about.get_id().as_str())?.next());
        Self {
            verb: verb.join("."),
            subject: subject.map(|subject| plain(&subject.to_string_lossy())),
            change: plain(&change),
        }
    }

    /// Returns it as what somebody does.
    pub(crate) fn deed(&self, actor: &str, time: Timestamp) -> Deed {
        let Self { verb, subject, change } = self.clone();
        Deed { time, actor: plain(actor), verb, subject, change }
    }
}

/// Returns a text that a terminal shows as it is, of which only the beginning if it is very long.
fn plain(text: &str) -> String {
    visible(text).chars().take(LONGEST).collect()
}

fn is_hidden(argument: &Arg) -> bool {
    argument.get_value_parser().type_id() == TypeId::of::<Hidden>()
}

/// Returns the values of an argument, of which a secret is none.
fn values(argument: &Arg, matches: &ArgMatches) -> Vec<String> {
    let quoted = |value: &str| match value.chars().any(|c| c.is_whitespace() || is_invisible(c) || c == '"')
        || value.is_empty()
    {
        true => format!("{value:?}"),
        false => value.to_owned(),
    };
    match matches.get_raw(argument.get_id().as_str()) {
        Some(_) if !argument.get_action().takes_values() => Vec::new(),
        Some(_) if is_hidden(argument) => vec!["***".to_owned()],
        Some(values) => values.map(|value| quoted(&value.to_string_lossy())).collect(),
        None => Vec::new(),
    }
}
