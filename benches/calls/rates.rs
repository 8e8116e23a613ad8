//! The same call under a short price list and under a long one.

use crate::books::Books;
use crate::figures::{Times, millis, print_table, ratio, times};
use crate::programs::{Programs, Settler, Waiting};
use crate::report::{Bound, Targets};
use crate::row;
use crate::single::database;

const SIZES: [(u32, &str); 2] = [(100, "100 rates"), (500_000, "500,000 rates")];

/// Compares price lists in one run, turn by turn: only who authorises looks for a rate.
pub(crate) fn measure(programs: &Programs, rounds: u32, targets: &mut Targets) {
    let mut books: Vec<Books> =
        SIZES.iter().map(|&(rates, _)| Books::new(programs, 1_000, 0).with_rates(programs, rates)).collect();
    let mut table = vec![row!["price list", "database", "caller", "p99", "of the shortest"]];
    for held in [false, true] {
        if held {
            books = books.into_iter().map(Books::with_resident).collect();
        }
        let mut callers = SIZES.map(|_| Times::default());
        for round in 0..rounds {
            for (books, caller) in books.iter().zip(&mut callers) {
                let took = programs.call(books, books.spread(round), Settler::Reducer, Waiting::Queue);
                assert!(took.charged, "every call is granted and charged");
                caller.add(took.caller);
            }
        }
        let shortest = callers[0].median();
        for ((_, what), caller) in SIZES.iter().zip(&callers) {
            let share = ratio(caller.median(), shortest);
            table.push(row![what, database(held), millis(caller.median()), millis(caller.p99()), times(share)]);
        }
        let share = ratio(callers[1].median(), shortest);
        targets.add(format!("{}, {}: of {}", SIZES[1].1, database(held), SIZES[0].1), share, Bound::AtMost(1.1));
    }
    print_table(&format!("Short and long price lists: milliseconds of the caller, {rounds} rounds"), &table);
}
