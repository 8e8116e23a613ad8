//! Waiting for what must come.

use std::thread;
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(30);

/// Returns what `look` finds, looking again until it finds something.
///
/// # Panics
/// After half a minute.
pub(crate) fn eventually<T>(what: &str, look: impl FnMut() -> Option<T>) -> T {
    eventually_or(|| what.to_owned(), look)
}

/// The same, with more to say where it is in vain.
pub(crate) fn eventually_or<T>(tell: impl FnOnce() -> String, mut look: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    while start.elapsed() < PATIENCE {
        if let Some(found) = look() {
            return found;
        }
        thread::sleep(Duration::from_millis(20));
    }
    panic!("waited {PATIENCE:?} in vain: {}", tell())
}
