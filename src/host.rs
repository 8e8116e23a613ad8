//! Floor 1: the machine we run on: its clock, its time zone, its signals, its log, its memory, and where it keeps our
//! files. Nothing else in the library looks at any of them.

pub mod heap;
pub mod person;

use std::env;
use std::fs::OpenOptions;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use rustix::fs::OFlags;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

use crate::domain::calendar::Calendar;
use crate::domain::time::Timestamp;
use crate::domain::visible::visible;

/// Names the configuration's file.
pub const CONFIG_VARIABLE: &str = "CELCOMBILLER_CONFIG";
/// Names the database's file.
pub const DATABASE_VARIABLE: &str = "CELCOMBILLER_DB";

/// What time it is, and how much of it passes.
pub trait Clock {
    /// Returns the wall clock, which somebody may set.
    fn now(&self) -> Timestamp;
    /// Returns milliseconds on a clock that nobody sets.
    fn monotonic_millis(&self) -> u64;
}

/// The machine's own clock.
#[derive(Clone, Copy, Debug)]
pub struct SystemClock {
    started: Instant,
}

impl SystemClock {
    /// Starts the clock that nobody sets.
    #[must_use]
    pub fn start() -> Self {
        Self { started: Instant::now() }
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }

    fn monotonic_millis(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

/// Stays alive through SIGHUP, which Asterisk sends to an AGI program when the caller hangs up, just when
/// there is a call to settle, and through SIGTERM, which stops a whole service.
///
/// # Errors
/// The signals cannot be caught.
pub fn outlive_hangup() -> io::Result<()> {
    for signal in [SIGHUP, SIGTERM] {
        signal_hook::flag::register(signal, Arc::new(AtomicBool::new(false)))?;
    }
    Ok(())
}

/// Takes Ctrl-C and SIGTERM for a wish to stop, which the flag tells from then on; a second one ends the process.
///
/// # Errors
/// The signals cannot be caught.
pub fn wish_to_stop() -> io::Result<Arc<AtomicBool>> {
    let wished = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM] {
        signal_hook::flag::register_conditional_default(signal, Arc::clone(&wished))?;
        signal_hook::flag::register(signal, Arc::clone(&wished))?;
    }
    Ok(wished)
}

/// Returns the file that the environment names.
#[must_use]
pub fn named_file(variable: &str) -> Option<PathBuf> {
    env::var_os(variable).filter(|name| !name.is_empty()).map(PathBuf::from)
}

/// Returns the calendar of the machine: `TZ`, else `/etc/localtime`, else UTC, as every program tells the time.
#[must_use]
pub fn local_calendar() -> Calendar {
    Calendar::of(jiff::tz::TimeZone::system())
}

/// Returns a number that nobody can foresee: the standard library seeds its hashers from the kernel's random
/// numbers.
#[must_use]
pub fn random_number() -> u64 {
    RandomState::new().build_hasher().finish()
}

/// Fills bytes from the kernel's secure source, which waits until it is seeded.
///
/// # Errors
/// The kernel has none.
pub fn secure_random(bytes: &mut [u8]) -> io::Result<()> {
    Ok(getrandom::fill(bytes)?)
}

/// Tells the operator what went wrong: on standard error, which Asterisk shows on its console and which a
/// service's Asterisk throws away, and therefore in the system's log too; in one line, whatever it repeats.
pub fn tell_operator(program: &str, message: &str) {
    let message = visible(message);
    // Nobody is left to tell when even this fails.
    drop(writeln!(io::stderr(), "{program}: {message}"));
    const DAEMON_ERROR: u8 = 3 * 8 + 3;
    to_the_system_log(DAEMON_ERROR, program, &message);
}

/// Writes a decision into the system's log.
pub fn log_decision(program: &str, line: &str) {
    const DAEMON_INFO: u8 = 3 * 8 + 6;
    to_the_system_log(DAEMON_INFO, program, line);
}

/// Appends text to a file in one write, and makes the file where there is none.
///
/// # Errors
/// It cannot be opened or written; half of a text may be there where the disk is full.
pub fn append(path: &Path, text: &str) -> io::Result<()> {
    // A pipe that nobody reads must not hold a call up.
    let options = OFlags::NONBLOCK.union(OFlags::NOCTTY).bits().cast_signed();
    let mut file = OpenOptions::new().append(true).create(true).mode(0o640).custom_flags(options).open(path)?;
    file.write_all(text.as_bytes())
}

fn to_the_system_log(priority: u8, program: &str, message: &str) {
    let line = format!("<{priority}>{program}[{}]: {message}", std::process::id());
    drop(UnixDatagram::unbound().and_then(|socket| {
        // A log that does not listen must not hold a call up.
        socket.set_nonblocking(true)?;
        socket.send_to(line.as_bytes(), "/dev/log")
    }));
}
