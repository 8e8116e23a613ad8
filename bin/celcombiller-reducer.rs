//! `AGI(celcombiller_reducer)` in `h`: settles the call of a channel that is gone.

use std::io;
use std::process::ExitCode;

use celcombiller::config::Config;
use celcombiller::dialogue::reducer;
use celcombiller::host::heap::FirstThreadHeap;
use celcombiller::host::{self, CONFIG_VARIABLE, SystemClock};
use celcombiller::store;

#[global_allocator]
static HEAP: FirstThreadHeap = FirstThreadHeap;

const PROGRAM: &str = "celcombiller-reducer";

fn main() -> ExitCode {
    let clock = SystemClock::start();
    store::share_heap_for_one_call();
    if let Err(error) = host::outlive_hangup() {
        host::tell_operator(PROGRAM, &format!("a hangup would end this program: {error}"));
        return ExitCode::FAILURE;
    }
    let config = Config::load(host::named_file(CONFIG_VARIABLE).as_deref());
    match reducer::run((io::stdin().lock(), io::stdout().lock()), config, &clock) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            host::tell_operator(PROGRAM, &error.to_string());
            ExitCode::FAILURE
        }
    }
}
