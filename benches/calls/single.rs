//! One call at a time, beside the floors.

use crate::STATIC_GLIBC;
use crate::books::Books;
use crate::figures::{Times, millis, print_table, ratio, times};
use crate::floor::{self, BareBooks};
use crate::programs::{Programs, Settler, Took, Waiting};
use crate::report::{Bound, Targets};
use crate::row;

/// The two programs of one kind of call.
#[derive(Debug)]
struct Calls<'a> {
    books: &'a Books,
    settler: Settler,
    caller: Times,
    reducer: Times,
    both: Times,
}

impl<'a> Calls<'a> {
    fn new(books: &'a Books, settler: Settler) -> Self {
        Self { books, settler, caller: Times::default(), reducer: Times::default(), both: Times::default() }
    }

    fn add(&mut self, took: Took) {
        assert!(took.charged, "every call is granted and charged");
        self.caller.add(took.caller);
        self.reducer.add(took.reducer);
        self.both.add(took.call());
    }
}

/// Measures rounds in which everything has its turn, so that whatever else the machine does meets all alike.
pub(crate) fn measure(programs: &Programs, rounds: u32, targets: &mut Targets) {
    let (bare_alone, bare_held) = (BareBooks::new(), BareBooks::new().with_resident());
    let alone = Books::new(programs, 1000, 0);
    let held = Books::new(programs, 1000, 0).with_resident();
    let mut kinds =
        [(&alone, Settler::Reducer), (&alone, Settler::Caller), (&held, Settler::Reducer), (&held, Settler::Caller)]
            .map(|(books, settler)| Calls::new(books, settler));
    let (mut empty, mut commit, mut commit_held) = (Times::default(), Times::default(), Times::default());
    for round in 0..rounds {
        empty.add(floor::empty(programs));
        commit.add(floor::commit(programs, &bare_alone));
        commit_held.add(floor::commit(programs, &bare_held));
        for calls in &mut kinds {
            calls.add(programs.call(calls.books, calls.books.spread(round), calls.settler, Waiting::Queue));
        }
    }
    for books in [&alone, &held] {
        programs.billctl(books, &["db", "check"]);
    }

    let floor = commit.median() * 2;
    let mut table = vec![row!["program", "database", "median", "p99", "of two bare commits"]];
    let mut line = |program: &str, held: bool, of: &Times| {
        let share = times(ratio(of.median(), floor));
        table.push(row![program, database(held), millis(of.median()), millis(of.p99()), share]);
    };
    line("empty program", false, &empty);
    line("bare commit", false, &commit);
    line("bare commit", true, &commit_held);
    for calls in &kinds {
        let held = calls.books.is_held();
        let (caller, reducer, both) = match calls.settler {
            Settler::Reducer => ("caller: authorise", "reducer: settle", "call of one commit each"),
            Settler::Caller => {
                ("caller: authorise, dial, settle", "reducer: find it settled", "call of the caller's two")
            }
        };
        line(caller, held, &calls.caller);
        line(reducer, held, &calls.reducer);
        line(both, held, &calls.both);
        let most = match (held, STATIC_GLIBC) {
            (true, _) => 0.8,
            (false, false) => 1.3,
            (false, true) => 1.6,
        };
        let what = format!("{both}, {}, of two bare commits with nobody else", database(held));
        targets.add(what, ratio(calls.both.median(), floor), Bound::AtMost(most));
    }
    print_table(&format!("One call at a time: milliseconds of whole processes, {rounds} rounds"), &table);
}

/// Says who else has the database open.
pub(crate) fn database(held: bool) -> &'static str {
    if held { "held open" } else { "nobody else" }
}
