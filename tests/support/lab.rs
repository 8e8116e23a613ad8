//! Where `tests/asterisk/setup` puts what it makes.

use std::env;
use std::path::PathBuf;

/// Returns the folder of everything that it makes.
pub(crate) fn cache() -> PathBuf {
    let lab = env::var_os("CELCOMBILLER_LAB").map(PathBuf::from);
    let cache = || {
        let cache = env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
        let home = || PathBuf::from(env::var_os("HOME").unwrap_or_default()).join(".cache");
        cache.unwrap_or_else(home).join("celcombiller-lab")
    };
    lab.unwrap_or_else(cache)
}

/// Returns the Python that has pycall, if it is there.
pub(crate) fn python_with_pycall() -> Option<PathBuf> {
    Some(cache().join("pycall-2.3.2/bin/python")).filter(|python| python.exists())
}
