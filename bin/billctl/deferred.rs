//! The verbs of a noun, described to the parser only where that noun is the one that was asked for.

use std::sync::atomic::{AtomicBool, Ordering};

use clap::{ArgMatches, Command, CommandFactory, Error, FromArgMatches, Subcommand};

use crate::args::Arguments;

/// Whether the verbs of all nouns are described.
static ALL: AtomicBool = AtomicBool::new(false);

/// Returns the command line with the verbs of all nouns, for whoever writes all of them down.
pub(crate) fn whole_command() -> Command {
    ALL.store(true, Ordering::Relaxed);
    Arguments::command()
}

/// The verbs of a noun. To describe those of all nouns, with all of their flags, takes longer than most verbs do.
#[derive(Debug)]
pub(crate) struct Deferred<V>(pub(crate) V);

impl<V: FromArgMatches> FromArgMatches for Deferred<V> {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        V::from_arg_matches(matches).map(Self)
    }

    fn from_arg_matches_mut(matches: &mut ArgMatches) -> Result<Self, Error> {
        V::from_arg_matches_mut(matches).map(Self)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        self.0.update_from_arg_matches(matches)
    }
}

impl<V: Subcommand> Subcommand for Deferred<V> {
    fn augment_subcommands(noun: Command) -> Command {
        let describe = |noun: Command| {
            // What the noun says of itself is not for its verbs to say.
            let about = noun.get_about().cloned().unwrap_or_default();
            V::augment_subcommands(noun).about(about)
        };
        if ALL.load(Ordering::Relaxed) { describe(noun) } else { noun.defer(describe) }
    }

    fn augment_subcommands_for_update(noun: Command) -> Command {
        V::augment_subcommands_for_update(noun)
    }

    fn has_subcommand(name: &str) -> bool {
        V::has_subcommand(name)
    }
}
