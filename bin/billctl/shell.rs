//! `billctl completions` and `billctl man`

use std::io;
use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use clap_complete::Shell;

use crate::deferred::whole_command;

/// Print completions for a shell
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  billctl completions bash > /etc/bash_completion.d/billctl")]
pub(crate) struct Completions {
    shell: Shell,
}

/// Print the manual page
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  billctl man > /usr/local/share/man/man1/billctl.1")]
pub(crate) struct Man;

impl Completions {
    pub(crate) fn run(self) -> Result<ExitCode> {
        clap_complete::generate(self.shell, &mut whole_command(), "billctl", &mut io::stdout());
        Ok(ExitCode::SUCCESS)
    }
}

impl Man {
    pub(crate) fn run(self) -> Result<ExitCode> {
        clap_mangen::Man::new(whole_command()).render(&mut io::stdout())?;
        Ok(ExitCode::SUCCESS)
    }
}
