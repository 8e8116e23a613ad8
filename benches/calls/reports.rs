//! What an operator asks of ten million calls.

use std::time::Instant;

use crate::books::Books;
use crate::figures::{Times, millis, print_table};
use crate::programs::Programs;
use crate::report::{Bound, Targets};
use crate::row;

const USERS: u32 = 1_000_000;
const CALLERS: u32 = 100_000;
const CALLS: u32 = 10_000_000;
/// The calls of one user, a second apart, and the day of which a statement is asked for.
const LIFE: u32 = 1_000_000;
const DAY: [&str; 4] = ["--since", "2023-11-20", "--until", "2023-11-21"];

/// Measures whole processes of billctl. Each question has been asked once before it is measured.
pub(crate) fn measure(programs: &Programs, targets: &mut Targets) {
    statements(programs, targets);
    let started = Instant::now();
    let books = Books::with_callers(programs, USERS, CALLERS, CALLS);
    println!("made {USERS} users and {CALLS} calls of {CALLERS} in {:.0} s\n", started.elapsed().as_secs_f64());
    let summary = |by| ["cdr", "summary", "--zone", "Europe/Berlin", "--by", by];
    let mut table = vec![row!["what is asked", "median", "slowest"]];
    let mut ask = |arguments: &[&str], rounds: u32| {
        programs.report(&books, arguments);
        let mut times = Times::default();
        (0..rounds).for_each(|_| times.add(programs.report(&books, arguments)));
        table.push(row![arguments.join(" "), millis(times.median()), millis(times.p99())]);
        times.median().as_secs_f64()
    };
    let by_day = ask(&summary("day"), 5);
    targets.add("a summary by day, seconds", by_day, Bound::AtMost(5.0));
    let user = format!("user{}", books.spread(1).0 % CALLERS);
    let last_fifty = ask(&["cdr", "list", "--user", &user, "--limit", "50"], 100);
    targets.add("a user's last fifty calls, milliseconds", last_fifty * 1000.0, Bound::AtMost(10.0));
    ask(&["cdr", "list", "--limit", "50"], 100);
    for by in ["month", "hour", "disposition", "trunk", "prefix", "country", "user"] {
        ask(&summary(by), 1);
    }
    ask(&["cdr", "export"], 1);
    print_table("Reports of ten million calls: milliseconds of whole processes", &table);
}

/// Measures the statements of a user who made many calls.
fn statements(programs: &Programs, targets: &mut Targets) {
    let books = Books::with_callers(programs, 2, 1, LIFE);
    let mut table = vec![row!["what is asked", "median", "slowest"]];
    let mut ask = |format: &[&str], span: &[&str]| {
        let arguments = [&["balance", "statement", "user0", "--zone", "UTC"], span, format].concat();
        programs.report(&books, &arguments);
        let times: Times = (0..5).map(|_| programs.report(&books, &arguments)).collect();
        table.push(row![arguments.join(" "), millis(times.median()), millis(times.p99())]);
        times.median().as_secs_f64()
    };
    let life = ["--since", "2000-01-01"];
    let csv = ask(&["--format", "csv"], &life);
    targets.add("a statement of a million calls, seconds", csv, Bound::AtMost(1.0));
    ask(&["--format", "json"], &life);
    ask(&["--html"], &life);
    let day = ask(&["--format", "csv"], &DAY);
    targets.add("a day of it, seconds", day, Bound::AtMost(0.2));
    print_table(&format!("Statements of {LIFE} calls: milliseconds of whole processes"), &table);
}
