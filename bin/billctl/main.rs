//! `billctl`: the operator's hand on the books, for people (tables) and for programs (JSON, CSV).

mod args;
mod asterisk;
mod asterisk_cdr;
mod audit;
mod balance;
mod books;
mod bundle;
mod call;
mod callerid;
mod cap;
mod cdr;
mod context;
mod country;
mod csv_file;
mod db;
mod deed;
mod deferred;
mod demo;
mod extension;
mod failure;
mod group;
mod group_credit;
mod group_plan;
mod hidden;
mod hold;
mod import;
mod init;
mod new_file;
mod notify;
mod password;
mod pieces;
mod progress;
mod rate;
mod refill;
mod render;
mod rights;
mod ringgroup;
mod route;
mod shell;
mod span;
mod stats;
mod tariff;
mod trunk;
mod typed;
mod user;
mod voucher;

use std::env;
use std::mem::ManuallyDrop;
use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches};

use args::{Arguments, Noun};
use celcombiller::host::heap::FirstThreadHeap;
use context::Context;
use deed::Asked;

#[global_allocator]
static HEAP: FirstThreadHeap = FirstThreadHeap;

fn main() -> ExitCode {
    // Never taken apart, which takes as long as a short command: the process ends with it.
    let mut command = ManuallyDrop::new(Arguments::command());
    let read = command.try_get_matches_from_mut(env::args_os()).and_then(|mut matches| {
        let asked = Asked::of(&command, &matches);
        let arguments = Arguments::from_arg_matches_mut(&mut matches).map_err(|error| error.format(&mut command))?;
        Ok((arguments, asked))
    });
    let (arguments, asked) = match read {
        Ok(read) => read,
        Err(error) => return typed::refuse(error),
    };
    let done = Context::of(arguments.global, &arguments.noun, asked).and_then(|context| match arguments.noun {
        Noun::Init(init) => init.run(&context),
        Noun::Demo(demo) => demo.run(&context),
        Noun::User(verb) => verb.0.run(&context),
        Noun::Callerid(verb) => verb.0.run(&context),
        Noun::Balance(verb) => verb.0.run(&context),
        Noun::Refill(verb) => verb.0.run(&context),
        Noun::Payment(verb) => verb.0.run(&context),
        Noun::Charge(verb) => verb.0.run(&context),
        Noun::Bundle(verb) => verb.0.run(&context),
        Noun::Voucher(verb) => verb.0.run(&context),
        Noun::Group(verb) => verb.0.run(&context),
        Noun::Notify(notify) => notify.run(&context),
        Noun::Cap(verb) => verb.0.run(&context),
        Noun::Tariff(verb) => verb.0.run(&context),
        Noun::Rate(verb) => verb.0.run(&context),
        Noun::Trunk(verb) => verb.0.run(&context),
        Noun::Route(verb) => verb.0.run(&context),
        Noun::Country(verb) => verb.0.run(&context),
        Noun::Cdr(verb) => verb.0.run(&context),
        Noun::Hold(verb) => verb.0.run(&context),
        Noun::Call(verb) => verb.0.run(&context),
        Noun::Import(verb) => verb.0.run(&context),
        Noun::Db(verb) => verb.0.run(&context),
        Noun::Audit(verb) => verb.0.run(&context),
        Noun::Stats(stats) => stats.run(&context).map(|()| ExitCode::SUCCESS),
        Noun::Extension(verb) => verb.0.run(&context),
        Noun::Ringgroup(verb) => verb.0.run(&context),
        Noun::Asterisk(verb) => verb.0.run(&context),
        Noun::Completions(shell) => shell.run(),
        Noun::Man(man) => man.run(),
    });
    match done {
        Ok(code) => code,
        Err(error) => failure::report(&error),
    }
}
