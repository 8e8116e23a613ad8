//! The same call in small books and in large ones.

use std::time::Instant;

use crate::books::Books;
use crate::figures::{Times, millis, print_table, ratio, times};
use crate::programs::{Programs, Settler, Waiting};
use crate::report::{Bound, Targets};
use crate::row;
use crate::single::database;

const ROUNDS: u32 = 1000;

/// Compares books in one run, turn by turn.
pub(crate) fn measure(programs: &Programs, targets: &mut Targets) {
    let sizes = [
        (1_000, 0, "1,000 users"),
        (1_000_000, 0, "1,000,000 users"),
        (1_000_000, 10_000_000, "1,000,000 users, 10,000,000 calls"),
    ];
    let mut books: Vec<Books> = Vec::new();
    for (users, calls, what) in sizes {
        let started = Instant::now();
        books.push(Books::new(programs, users, calls));
        println!("made {what} in {:.0} s", started.elapsed().as_secs_f64());
    }
    println!();
    let mut table = vec![row!["books", "database", "caller", "reducer", "call", "p99", "of the smallest"]];
    for held in [false, true] {
        if held {
            books = books.into_iter().map(Books::with_resident).collect();
        }
        let mut all: Vec<[Times; 3]> = sizes.iter().map(|_| Default::default()).collect();
        for round in 0..ROUNDS {
            for (books, [caller, reducer, both]) in books.iter().zip(&mut all) {
                let took = programs.call(books, books.spread(round), Settler::Reducer, Waiting::Queue);
                assert!(took.charged, "every call is granted and charged");
                caller.add(took.caller);
                reducer.add(took.reducer);
                both.add(took.call());
            }
        }
        let smallest = all[0][2].median();
        for ((_, _, what), [caller, reducer, both]) in sizes.iter().zip(&all) {
            let share = ratio(both.median(), smallest);
            table.push(row![
                what,
                database(held),
                millis(caller.median()),
                millis(reducer.median()),
                millis(both.median()),
                millis(both.p99()),
                times(share),
            ]);
            if *what != sizes[0].2 {
                targets.add(format!("{what}, {}: of 1,000 users", database(held)), share, Bound::AtMost(1.1));
            }
        }
    }
    print_table(&format!("Small and large books: milliseconds of whole processes, {ROUNDS} rounds"), &table);
    for books in &books {
        programs.billctl(books, &["db", "check"]);
    }
}
