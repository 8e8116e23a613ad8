//! `AGI(celcombiller_caller)`: authorises a call, dials it within what the balance pays for, settles it.

use std::env;
use std::io;
use std::process::ExitCode;

use celcombiller::config::Config;
use celcombiller::dialogue::caller::{self, Arguments};
use celcombiller::host::heap::FirstThreadHeap;
use celcombiller::host::{self, CONFIG_VARIABLE, SystemClock};
use celcombiller::store;

#[global_allocator]
static HEAP: FirstThreadHeap = FirstThreadHeap;

const PROGRAM: &str = "celcombiller-caller";

fn main() -> ExitCode {
    let clock = SystemClock::start();
    store::share_heap_for_one_call();
    if let Err(error) = host::outlive_hangup() {
        host::tell_operator(PROGRAM, &format!("a hangup would end this program: {error}"));
        return ExitCode::FAILURE;
    }
    let arguments = env::args_os().skip(1).map(|argument| argument.to_string_lossy().into_owned());
    let config = Config::load(host::named_file(CONFIG_VARIABLE).as_deref());
    let pipe = (io::stdin().lock(), io::stdout().lock());
    match caller::run(pipe, Arguments::read(arguments), config, &clock) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            host::tell_operator(PROGRAM, &error.to_string());
            ExitCode::FAILURE
        }
    }
}
