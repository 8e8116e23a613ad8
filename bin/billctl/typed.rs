//! What was typed and is no command line.

use std::env;
use std::process::ExitCode;

use celcombiller::domain::visible::{is_invisible, visible};
use clap::CommandFactory;
use clap::builder::Styles;

use crate::args::Arguments;

/// Says so as clap does, but with everything to be seen in the words that it repeats.
pub(crate) fn refuse(error: clap::Error) -> ExitCode {
    let words: Vec<String> = env::args_os().map(|word| word.to_string_lossy().into_owned()).collect();
    if !error.use_stderr() || !words.iter().any(|word| word.contains(is_invisible)) {
        error.exit();
    }
    let code = u8::try_from(error.exit_code()).unwrap_or(u8::MAX);
    // Without colours of its own, which could not be told from those of a word.
    let plain = error.with_cmd(&Arguments::command().styles(Styles::plain()));
    let mut said = plain.render().ansi().to_string();
    for word in &words {
        // Of `--flag=value` it repeats one of the two.
        for part in [Some(word.as_str()), word.split_once('=').map(|(_, value)| value)].into_iter().flatten() {
            said = said.replace(part, &visible(part));
        }
    }
    for line in said.trim_end().lines() {
        eprintln!("{}", visible(line));
    }
    ExitCode::from(code)
}
