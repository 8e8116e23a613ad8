//! Handing something over to a program of the operator's.

use std::io::{self, ErrorKind, Write};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use celcombiller::domain::refusal::Refusal;
use rustix::process::{Pid, Signal, kill_process_group};

/// How often it is looked whether a program has ended.
const LOOK: Duration = Duration::from_millis(5);

/// A program that is given a text on its standard input, and is successful when it exits with 0 in time.
#[derive(Clone, Debug)]
pub(crate) struct Receiver {
    pub(crate) program: String,
    pub(crate) arguments: Vec<String>,
    pub(crate) longest: Duration,
}

impl Receiver {
    /// Runs the program and waits for it. What it prints goes to standard error, because ours is for results.
    pub(crate) fn give(&self, text: &str) -> Result<(), Refusal> {
        let failed = |error: io::Error| Refusal::new(format!("{}: {error}", self.program));
        let mut command = Command::new(&self.program);
        command.args(&self.arguments).stdin(Stdio::piped()).stdout(io::stderr()).process_group(0);
        let mut child = command.spawn().map_err(failed)?;
        // The text is shorter than a pipe is long, so nobody waits for a program that does not read.
        let written = child.stdin.take().map_or(Ok(()), |mut input| input.write_all(text.as_bytes()));
        let status = self.wait(&mut child).map_err(failed)?;
        match (status, written) {
            (None, _) => {
                let fact = format!("{} took longer than {} s", self.program, self.longest.as_secs());
                Err(Refusal::new(fact).hint("--timeout SECONDS"))
            }
            (Some(status), _) if !status.success() => Err(Refusal::new(format!("{}: {status}", self.program))),
            (Some(_), Err(error)) if error.kind() != ErrorKind::BrokenPipe => Err(failed(error)),
            // A program need not read what it does not need.
            (Some(_), _) => Ok(()),
        }
    }

    /// Waits for the end; one that takes too long is killed with all that it started, and `None` is returned.
    fn wait(&self, child: &mut Child) -> io::Result<Option<ExitStatus>> {
        let began = Instant::now();
        loop {
            if let Some(status) = child.try_wait()? {
                return Ok(Some(status));
            }
            if began.elapsed() >= self.longest {
                kill_process_group(Pid::from_child(child), Signal::KILL)?;
                child.wait()?;
                return Ok(None);
            }
            thread::sleep(LOOK);
        }
    }
}
