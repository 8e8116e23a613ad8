//! `billctl`: the operator's hand on the books, for people (tables) and for programs (JSON, CSV).

mod args;
mod asterisk;
mod asterisk_cdr;
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
mod demo;
mod extension;
mod failure;
mod group;
mod group_credit;
mod group_plan;
mod hold;
mod import;
mod init;
mod new_file;
mod notify;
mod password;
mod progress;
mod rate;
mod refill;
mod render;
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

use std::process::ExitCode;

use clap::Parser;

use args::{Arguments, Noun};
use context::Context;

fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return typed::refuse(error),
    };
    let done = Context::of(arguments.global, &arguments.noun).and_then(|context| match arguments.noun {
        Noun::Init(init) => init.run(&context),
        Noun::Demo(demo) => demo.run(&context),
        Noun::User(verb) => verb.run(&context),
        Noun::Callerid(verb) => verb.run(&context),
        Noun::Balance(verb) => verb.run(&context),
        Noun::Refill(verb) => verb.run(&context),
        Noun::Payment(verb) => verb.run(&context),
        Noun::Charge(verb) => verb.run(&context),
        Noun::Bundle(verb) => verb.run(&context),
        Noun::Voucher(verb) => verb.run(&context),
        Noun::Group(verb) => verb.run(&context),
        Noun::Notify(notify) => notify.run(&context),
        Noun::Cap(verb) => verb.run(&context),
        Noun::Tariff(verb) => verb.run(&context),
        Noun::Rate(verb) => verb.run(&context),
        Noun::Trunk(verb) => verb.run(&context),
        Noun::Route(verb) => verb.run(&context),
        Noun::Country(verb) => verb.run(&context),
        Noun::Cdr(verb) => verb.run(&context),
        Noun::Hold(verb) => verb.run(&context),
        Noun::Call(verb) => verb.run(&context),
        Noun::Import(verb) => verb.run(&context),
        Noun::Db(verb) => verb.run(&context),
        Noun::Stats(stats) => stats.run(&context).map(|()| ExitCode::SUCCESS),
        Noun::Extension(verb) => verb.run(&context),
        Noun::Ringgroup(verb) => verb.run(&context),
        Noun::Asterisk(verb) => verb.run(&context),
        Noun::Completions(shell) => shell.run(),
        Noun::Man(man) => man.run(),
    });
    match done {
        Ok(code) => code,
        Err(error) => failure::report(&error),
    }
}
