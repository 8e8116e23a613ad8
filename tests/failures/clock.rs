//! Somebody sets the clock while the two talk. The executables cannot be given another clock, so the two dialogues
//! are played with one that is set, and Asterisk's figures, which it takes from the same clock, are set with it.

use std::io::BufReader;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::thread;

use celcombiller::agi::stand_in::{Answer, Channel};
use celcombiller::config::Config;
use celcombiller::dialogue::caller::{self, Arguments};
use celcombiller::dialogue::reducer;
use celcombiller::domain::time::Timestamp;
use celcombiller::host::{Clock, SystemClock};
use serde_json::json;

use crate::document::table;
use crate::scene::{ANA, BOB};
use crate::support::{Ledger, commands, is_dial};

const TITLE: &str = "The clock is set during a call";
const CALL: &str = "1763690000.1#1";
const RINGS: i64 = 5_000;
const TALKS: i64 = 60_000;

/// What a row sets the clock by, in milliseconds.
const STEPS: [(&str, i64); 5] = [
    ("not at all", 0),
    ("back by a day", -86_400_000),
    ("back by an hour", -3_600_000),
    ("forward by an hour", 3_600_000),
    ("forward by a day", 86_400_000),
];

/// A clock that a test sets.
struct TestClock {
    now: AtomicI64,
    passed: AtomicU64,
}

impl Clock for &TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.now.load(Ordering::SeqCst))
    }

    fn monotonic_millis(&self) -> u64 {
        self.passed.load(Ordering::SeqCst)
    }
}

impl TestClock {
    fn passes(&self, millis: i64) {
        self.now.fetch_add(millis, Ordering::SeqCst);
        self.passed.fetch_add(millis.unsigned_abs(), Ordering::SeqCst);
    }
}

/// One of the two programs.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Program {
    Caller,
    Reducer,
}

/// A call that lasts 65 s by any clock that nobody sets: it rings for 5 and is talked on for 60.
struct Call {
    ledger: Ledger,
    config: Config,
    clock: Arc<TestClock>,
    channel: Channel,
    step: i64,
    /// How long Asterisk is silent once the call is granted, in milliseconds.
    silence: i64,
    /// What the expiry makes of the hold while they talk.
    hold: &'static str,
}

impl Call {
    fn new(step: i64) -> Self {
        let ledger = Ledger::with_ana_and_bob(600);
        let toml = format!("[database]\npath = {:?}\n", ledger.database());
        let config = Config::parse(&toml, "test.toml".as_ref()).unwrap();
        let now = SystemClock::start().now().millis();
        let clock = Arc::new(TestClock { now: AtomicI64::new(now), passed: AtomicU64::new(0) });
        Self { ledger, config, clock, channel: Channel::new("1763690000.1", ANA, BOB), step, silence: 0, hold: "" }
    }

    /// Plays one of the programs; the caller's is closed at its Dial where it is to be killed there.
    fn play(&mut self, program: Program, killed: bool) {
        let (asterisk, pipe) = UnixStream::pair().unwrap();
        let (config, clock) = (self.config.clone(), Arc::clone(&self.clock));
        let run = thread::spawn(move || {
            let pipe = (BufReader::new(pipe.try_clone().unwrap()), pipe);
            match program {
                Program::Caller => caller::run(pipe, Ok(Arguments::default()), Ok(config), &&*clock),
                Program::Reducer => reducer::run(pipe, Ok(config), &&*clock),
            }
        });
        let (clock, step, ledger, hold) = (Arc::clone(&self.clock), self.step, &self.ledger, &mut self.hold);
        let silence = self.silence;
        let mut dialled = program == Program::Reducer;
        let from = BufReader::new(asterisk.try_clone().unwrap());
        let played = self.channel.play_with(&asterisk, from, &[], |_, command| {
            if command.starts_with("EXEC \"MSet\" \"CELCOMBILLER_CALL=") {
                clock.passes(silence);
            }
            if is_dial(command) {
                clock.passes(RINGS + TALKS);
                clock.now.fetch_add(step, Ordering::SeqCst);
                // Cron comes while they still talk.
                let expired = ledger.json(&["hold", "expire", "--as-of", &(&*clock).now().to_string()]);
                *hold = if expired == json!([]) { "kept" } else { "given back" };
                dialled = true;
                return if killed { Answer::Close } else { Answer::AsAsterisk };
            }
            match command.strip_prefix("GET FULL VARIABLE").filter(|_| dialled) {
                None => Answer::AsAsterisk,
                Some(asked) => {
                    let nonce = asked.trim_end_matches('"').rsplit('|').next().unwrap();
                    let (seconds, millis) = ((TALKS + step) / 1000, TALKS + step);
                    let said = format!("GRANTED|{CALL}||ANSWER|{seconds}|{millis}||{nonce}");
                    Answer::Raw(format!("200 result=1 ({said})\n").into_bytes())
                }
            }
        });
        played.unwrap();
        drop(asterisk);
        assert_eq!(run.join().unwrap().is_err(), killed);
    }

    /// Returns the seconds charged.
    fn charged(&self) -> String {
        let cdr = self.ledger.json(&["cdr", "show", CALL]);
        let billsec = cdr["billsec"].as_u64().unwrap();
        assert_eq!(self.ledger.balance("ana"), ((600 - billsec).to_string(), "0".to_owned()));
        self.ledger.check();
        format!("{billsec} s")
    }
}

#[test]
fn a_clock_that_is_set_makes_no_talk() {
    let table = table(TITLE);
    assert_eq!(table.faults(), STEPS.map(|(name, _)| name));
    for (name, step) in STEPS {
        let mut by_caller = Call::new(step);
        by_caller.play(Program::Caller, false);
        let mut by_reducer = Call::new(step);
        by_reducer.play(Program::Caller, true);
        by_reducer.play(Program::Reducer, false);
        let seen = [name, &by_caller.charged(), &by_reducer.charged(), by_caller.hold];
        assert_eq!(seen, table.row(name), "{name}");
    }
}

/// By then its hold may have been given back: the call must not go on without one.
#[test]
fn a_call_about_whose_grant_asterisk_was_silent_for_long_is_hung_up_at_once() {
    for (silence, hangs_up_in) in [(0, 640), (3_600_000, 1)] {
        let mut call = Call { silence, ..Call::new(0) };
        call.play(Program::Caller, false);
        let net = commands(&call.channel.dialogue).find_map(|said| said.strip_prefix("SET AUTOHANGUP "));
        assert_eq!(net, Some(format!("\"{hangs_up_in}\"").as_str()), "silent for {silence} ms");
    }
}
