//! What decides the moments and the losses of the cuts, so that they can be repeated.

use std::env;
use std::time::{SystemTime, UNIX_EPOCH};

const SEED: &str = "CELCOMBILLER_POWER_CUT_SEED";

/// Returns the seed that the environment names, else a new one.
pub(crate) fn seed() -> u64 {
    match env::var(SEED) {
        Ok(seed) => seed.parse().unwrap_or_else(|_| panic!("{SEED}: expected a number, got `{seed}`")),
        Err(_) => u64::from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().subsec_nanos()),
    }
}
