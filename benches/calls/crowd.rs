//! Many calls at once.

use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use crate::books::{Books, User};
use crate::figures::{Times, millis, print_table, ratio};
use crate::programs::{Programs, Settler, Waiting};
use crate::report::{Bound, Targets};
use crate::row;
use crate::single::database;

/// How many at once.
const CROWDS: [u32; 4] = [1, 8, 32, 128];

/// How long each round lasts: long enough that whoever is overtaken shows.
const ROUND: Duration = Duration::from_secs(4);

/// Calls made at once for a while.
#[derive(Debug, Default)]
struct Crowd {
    callers: Times,
    reducers: Times,
    failed: u32,
    elapsed: Duration,
}

impl Crowd {
    fn per_second(&self) -> f64 {
        let made = u32::try_from(self.callers.count()).expect("fewer than four thousand million calls");
        f64::from(made - self.failed) / self.elapsed.as_secs_f64()
    }

    fn add(&mut self, others: Self) {
        self.callers.extend(others.callers);
        self.reducers.extend(others.reducers);
        self.failed += others.failed;
    }

    fn cells(&self) -> Vec<String> {
        let Self { callers, reducers, failed, .. } = self;
        let per_second = format!("{:.0}", self.per_second());
        row![per_second, millis(callers.median()), millis(callers.p99()), millis(reducers.p99()), failed]
    }
}

/// Measures each crowd, with the queue and without in turn.
pub(crate) fn measure(programs: &Programs, rounds: u32, targets: &mut Targets) {
    let mut table = vec![row!["database", "at once", "waiting", "calls/s", "caller", "p99", "reducer's p99", "failed"]];
    for held in [false, true] {
        let books = Books::new(programs, 1000, 0);
        let books = if held { books.with_resident() } else { books };
        let mut one_at_a_time = 0.0;
        for at_once in CROWDS {
            let (mut queue, mut handler) = (Crowd::default(), Crowd::default());
            for _ in 0..rounds {
                gather(programs, &books, at_once, Waiting::Queue, &mut queue);
                gather(programs, &books, at_once, Waiting::BusyHandler, &mut handler);
            }
            for (waiting, crowd) in [("in the queue", &queue), ("queue = false", &handler)] {
                table.push([row![database(held), at_once, waiting], crowd.cells()].concat());
            }
            let who = format!("{at_once} at once, {}", database(held));
            match at_once {
                1 => one_at_a_time = queue.per_second(),
                8 => {
                    let gain = queue.per_second() / one_at_a_time;
                    targets.add(format!("{who}: calls/s, of one at a time"), gain, Bound::AtLeast(1.5));
                }
                _ => {
                    let share = ratio(queue.callers.p99(), handler.callers.p99());
                    targets.add(format!("{who}: failed calls"), f64::from(queue.failed), Bound::AtMost(0.0));
                    targets.add(format!("{who}: a caller's p99, of queue = false"), share, Bound::AtMost(0.25));
                }
            }
        }
        programs.billctl(&books, &["db", "check"]);
    }
    let seconds = ROUND.as_secs() * u64::from(rounds);
    print_table(
        &format!("Calls at once, one commit in each program: milliseconds of a process, {seconds} s each"),
        &table,
    );
}

/// Makes calls, so many at once, each caller one after the other.
fn gather(programs: &Programs, books: &Books, at_once: u32, waiting: Waiting, crowd: &mut Crowd) {
    let gathered = Mutex::new(Crowd::default());
    let started = Instant::now();
    thread::scope(|scope| {
        for user in 0..at_once {
            let gathered = &gathered;
            let calls = move || {
                let mut own = Crowd::default();
                while started.elapsed() < ROUND {
                    let took = programs.call(books, User(user), Settler::Reducer, waiting);
                    own.callers.add(took.caller);
                    own.reducers.add(took.reducer);
                    own.failed += u32::from(!took.charged);
                }
                gathered.lock().expect("no caller panics").add(own);
            };
            thread::Builder::new().stack_size(128 * 1024).spawn_scoped(scope, calls).expect("a caller");
        }
    });
    crowd.elapsed += started.elapsed();
    crowd.add(gathered.into_inner().expect("no caller panics"));
}
