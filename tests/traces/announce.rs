//! What the caller is told before the dial and near the end, and that none of it is paid for.

use std::cell::Cell;
use std::io::{self, BufReader};
use std::thread;
use std::time::Duration;

use celcombiller::agi::stand_in::{Answer, CalleeBehaviour, Channel};
use celcombiller::config::Config;
use celcombiller::dialogue::caller::{self, Arguments};
use celcombiller::domain::time::Timestamp;
use celcombiller::host::Clock;

use crate::outcome::{is_closed_at, is_record, nothing_to_settle};
use crate::script::{
    ANA, BOB, BOBS_SIM, CALL, CALLER, UNIQUEID, ana_calls_bob, answers, call, call_and_kill_the_caller_mid_dial,
    dialled_by_the_dialplan, ends_with,
};
use crate::support::{Ended, Ledger, accompany, commands, is_dial, signal};
use crate::transcript::{assert_trace, dials, reads_the_ending};

const TELLS_ALL: &str = r#"
[announce]
balance = true
minutes = true
unit_many = "euros"
part_many = "cents"
before_minutes = "talk-for"
"#;

/// Returns what was said to the channel between the verdict and the reading of the end.
fn said(channel: &Channel) -> Vec<&str> {
    let said = commands(&channel.dialogue).skip_while(|command| !command.ends_with("GRANTED\"")).skip(1);
    said.take_while(|command| !command.starts_with("GET FULL VARIABLE")).collect()
}

/// Plays a call whose caller hangs up while the sound is played.
fn call_and_hang_up_at(ledger: &Ledger, channel: &mut Channel, sound: &str) -> Ended {
    let child = ledger.start(CALLER, &[]);
    let process = child.id();
    let mut hung_up = false;
    accompany(child, channel, &[], |_, command| {
        if command.contains(sound) {
            hung_up = true;
            signal("HUP", process);
            return Answer::Raw(b"200 result=-1\n".to_vec());
        }
        match hung_up && !["EXEC", "SET VARIABLE", "GET"].iter().any(|dead| command.starts_with(dead)) {
            true => Answer::Raw(b"511 Command Not Permitted on a dead channel or intercept routine\n".to_vec()),
            false => Answer::AsAsterisk,
        }
    })
}

#[test]
fn balance_and_minutes_are_told_in_early_media_before_the_dial_and_cost_nothing() {
    let ledger = Ledger::in_euros();
    ledger.configure(TELLS_ALL);
    ledger.ok(&["balance", "add", "ana", "2.509"]);
    let mut channel = ana_calls_bob();
    channel.callee = answers(0, 2);
    assert_eq!(call(&ledger, &mut channel, &[]), "GRANTED");
    assert_trace(
        &mut channel,
        r#"
        > STATE
        < 200 result=1 (Ring|0|||||||||)
        > EXEC "MSet" "CELCOMBILLER_CALL=1763690000.12#1,CELCOMBILLER_SECONDS=1245,CELCOMBILLER_STATUS=GRANTED"
        < 200 result=0
        > EXEC "Progress" ""
        < 200 result=0
        > EXEC "Playback" "vm-youhave,noanswer"
        < 200 result=0
        > SAY NUMBER "12" ""
        < 200 result=0
        > EXEC "Playback" "euros,noanswer"
        < 200 result=0
        > EXEC "Playback" "vm-and,noanswer"
        < 200 result=0
        > SAY NUMBER "50" ""
        < 200 result=0
        > EXEC "Playback" "cents,noanswer"
        < 200 result=0
        > EXEC "Playback" "talk-for,noanswer"
        < 200 result=0
        > SAY NUMBER "20" ""
        < 200 result=0
        > EXEC "Playback" "minutes,noanswer"
        < 200 result=0
        > CHANNEL STATUS
        < 200 result=4
        > SET AUTOHANGUP "1285"
        < 200 result=0
        > EXEC "Dial" "SIP/IMSI001010000000002@127.0.0.1:5062,40,iS(1245)"
        < 200 result=-1
        > ENDING
        < 200 result=1 (GRANTED|1763690000.12#1||ANSWER|2|2000|)
        > SET AUTOHANGUP "0"
        < 200 result=0
        > SET VARIABLE "CELCOMBILLER_CHARGE" "0.07"
        < 200 result=1
        > SET VARIABLE "CELCOMBILLER_BILLSEC" "2"
        < 200 result=1
        "#,
    );
    is_record(&ledger, CALL, ("ANSWERED", 2, "0.07"));
    is_closed_at(&ledger, "12.439");
}

#[test]
fn a_caller_who_hangs_up_while_being_told_gets_the_hold_back_and_nobody_is_dialled() {
    let ledger = Ledger::in_euros();
    ledger.configure(TELLS_ALL);
    for (attempt, sound) in ["vm-youhave", "SAY NUMBER \"10\"", "euros", "minutes"].into_iter().enumerate() {
        let mut channel = ana_calls_bob();
        channel.uniqueid = format!("1763690000.{attempt}");
        call_and_hang_up_at(&ledger, &mut channel, sound).quietly();
        assert_eq!(dials(&channel), [""; 0]);
        assert_eq!(channel.variable("CELCOMBILLER_CHARGE"), "0");
        is_record(&ledger, &format!("1763690000.{attempt}#1"), ("CANCEL", 0, "0"));
        is_closed_at(&ledger, "10");
        nothing_to_settle(&ledger, &mut channel);
    }
}

#[test]
fn a_program_that_is_killed_while_telling_leaves_nothing_to_pay() {
    let ledger = Ledger::in_euros();
    ledger.configure(TELLS_ALL);
    let child = ledger.start(CALLER, &[]);
    let (process, mut channel) = (child.id(), ana_calls_bob());
    accompany(child, &mut channel, &[], |_, command| {
        if command.contains("euros") {
            signal("KILL", process);
        }
        Answer::AsAsterisk
    });
    assert_eq!(ledger.balance("ana").1, "10", "what was granted is held");
    ledger.hang_up(&mut channel).quietly();
    is_record(&ledger, CALL, ("FAILED", 0, "0"));
    is_closed_at(&ledger, "10");
}

#[test]
fn time_that_passes_while_telling_is_neither_talk_nor_taken_from_the_call() {
    let ledger = Ledger::in_euros();
    ledger.configure(TELLS_ALL);
    let mut channel = ana_calls_bob();
    // Up before the dial and without a stamp: the time of the dial is all that bounds the talk.
    channel.variables.insert("CHANNEL(state)".to_owned(), "Up".to_owned());
    channel.variables.insert("TIMEOUT(absolute)".to_owned(), "2000".to_owned());
    channel.callee = CalleeBehaviour::Fails("ANSWER");
    let ended = ledger.play_with(CALLER, &mut channel, &[], |channel, command| {
        if command.contains("euros") {
            thread::sleep(Duration::from_millis(2100));
        }
        match reads_the_ending(channel, command) {
            true => ends_with(command, "ANSWER|9|9000|"),
            false => Answer::AsAsterisk,
        }
    });
    ended.quietly();
    is_record(&ledger, CALL, ("ANSWERED", 0, "0.05"));
    let nets: Vec<_> = commands(&channel.dialogue).filter(|command| command.starts_with("SET AUTOHANGUP")).collect();
    assert_eq!(nets, ["SET AUTOHANGUP \"1035\"", "SET AUTOHANGUP \"1998\""]);
}

#[test]
fn a_hold_outlives_what_is_told_only_where_something_is() {
    let ledger = Ledger::in_euros();
    let lives = |toml: &str, uniqueid: &str| {
        ledger.configure(&format!("[calls]\nmax_seconds = 100\n{toml}"));
        assert_eq!(call(&ledger, &mut Channel::new(uniqueid, ANA, BOB), &["authorise"]), "GRANTED");
        let holds = ledger.json(&["hold", "list"]);
        let hold = holds.as_array().unwrap().iter().find(|hold| hold["call"] == format!("{uniqueid}#1")).unwrap();
        let at = |key: &str| hold[key].as_str().unwrap().parse::<chrono::DateTime<chrono::Utc>>().unwrap();
        (at("expires") - at("placed")).num_seconds()
    };
    assert_eq!(lives("", "1763690000.1"), 40 + 100 + 60);
    assert_eq!(lives("[announce]\nminutes = true\n", "1763690000.2"), 60 + 40 + 100 + 60);
}

/// A clock on which a minute and a half passes between any two looks.
struct Leaping(Cell<u64>);

impl Clock for Leaping {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(4_000_000_000_000)
    }

    fn monotonic_millis(&self) -> u64 {
        self.0.replace(self.0.get() + 90_000)
    }
}

#[test]
fn what_takes_longer_to_tell_than_a_hold_allows_for_is_taken_from_the_call() {
    let ledger = Ledger::in_euros();
    let config = format!("[database]\npath = {:?}\n{TELLS_ALL}", ledger.database());
    let config = Config::parse(&config, "announce.toml".as_ref()).unwrap();
    let (from_asterisk, to_program) = io::pipe().unwrap();
    let (from_program, to_asterisk) = io::pipe().unwrap();
    let program = thread::spawn(move || {
        let pipes = (BufReader::new(from_asterisk), to_asterisk);
        caller::run(pipes, Ok(Arguments::default()), Ok(config), &Leaping(Cell::default()))
    });
    let mut channel = ana_calls_bob();
    channel.callee = CalleeBehaviour::Fails("BUSY");
    channel.play(to_program, BufReader::new(from_program), &[]).unwrap();
    program.join().unwrap().unwrap();
    let net = commands(&channel.dialogue).find(|command| command.starts_with("SET AUTOHANGUP")).unwrap();
    assert_eq!(net, format!("SET AUTOHANGUP \"{}\"", 40 + 995 - (90 - 60)));
    is_closed_at(&ledger, "10");
}

#[test]
fn where_the_dialplan_dials_nothing_is_told() {
    let ledger = Ledger::in_euros();
    ledger.configure(TELLS_ALL);
    let mut channel = ana_calls_bob();
    assert_eq!(call(&ledger, &mut channel, &["authorise"]), "GRANTED");
    assert_eq!(said(&channel), ["SET AUTOHANGUP \"1035\""]);
}

#[test]
fn a_user_is_spoken_to_in_the_language_of_the_account_and_only_where_something_is_said() {
    let ledger = Ledger::in_euros();
    ledger.ok(&["user", "update", "ana", "--language", "pt_BR"]);
    let language = "SET VARIABLE \"CHANNEL(language)\" \"pt_BR\"";
    let set_for = |toml: &str, caller: &str, dialled: &str| {
        ledger.configure(toml);
        let mut channel = Channel::new(UNIQUEID, caller, dialled);
        channel.uniqueid = format!("1763690000.{}", toml.len());
        channel.callee = CalleeBehaviour::Fails("BUSY");
        call(&ledger, &mut channel, &[]);
        commands(&channel.dialogue).filter(|command| *command == language).count()
    };
    assert_eq!(set_for("", ANA, BOB), 0);
    assert_eq!(set_for("[announce]\nminutes = true", ANA, BOB), 1);
    assert_eq!(set_for("[dial]\nlimit = \"warn\"", ANA, BOB), 1);
    assert_eq!(set_for("[calls]\nmax_seconds = 60", ANA, "5511"), 0);
    assert_eq!(set_for("[prompts]\nNO_ROUTE = \"no-route\"", ANA, "5511"), 1);
    assert_eq!(set_for("[prompts]\nNO_CREDIT = \"no-credit\"", BOB, ANA), 0, "bob has none");
}

#[test]
fn a_warning_is_asked_for_only_where_it_lies_within_the_call() {
    let ledger = Ledger::with_ana_and_bob(600);
    for (granted, warn, every, options) in [
        (600, 60, 0, "iL(600000:60000)"),
        (61, 60, 0, "iL(61000:60000)"),
        (60, 60, 0, "iL(60000)"),
        (30, 60, 0, "iL(30000)"),
        (600, 0, 0, "iL(600000)"),
        (600, 60, 20, "iL(600000:60000:20000)"),
        (60, 60, 20, "iL(60000:40000:20000)"),
        (50, 60, 20, "iL(50000:40000:20000)"),
        (40, 60, 20, "iL(40000:20000:20000)"),
        (20, 60, 20, "iL(20000)"),
        (10, 60, 25, "iL(10000)"),
    ] {
        ledger.configure(&format!(
            "[calls]\nmax_seconds = {granted}\n\
             [dial]\nlimit = \"warn\"\nwarn_seconds = {warn}\nwarn_every_seconds = {every}\n"
        ));
        let mut channel = ana_calls_bob();
        channel.uniqueid = format!("1763690000.{granted}{warn}{every}");
        channel.callee = CalleeBehaviour::Fails("BUSY");
        call(&ledger, &mut channel, &[]);
        assert_eq!(dials(&channel), [format!("{BOBS_SIM},40,{options}")]);
    }
}

#[test]
fn a_sound_at_the_end_is_no_talk_beyond_the_grant() {
    let ledger = Ledger::with_ana_and_bob(600);
    let overrun = |toml: &str, uniqueid: &str| {
        ledger.configure(&format!("[calls]\nmax_seconds = 10\n{toml}"));
        let mut channel = Channel::new(uniqueid, ANA, BOB);
        call_and_kill_the_caller_mid_dial(&ledger, &mut channel);
        dialled_by_the_dialplan(&mut channel, [("DIALSTATUS", "ANSWER"), ("ANSWEREDTIME_MS", "13500")]);
        let told = ledger.hang_up(&mut channel).stderr;
        is_record(&ledger, &format!("{uniqueid}#1"), ("ANSWERED", 10, "10"));
        (ledger.json(&["cdr", "show", &format!("{uniqueid}#1")])["overrun"].as_u64().unwrap(), told.is_empty())
    };
    assert_eq!(overrun("", "1763690000.1"), (3, false), "a fault that the operator is told of");
    assert_eq!(overrun("[dial]\nlimit = \"warn\"", "1763690000.2"), (0, true));
}

#[test]
fn what_dial_does_by_itself_is_not_said_and_the_rest_is() {
    let ledger = Ledger::with_ana_and_bob(600);
    let before_dial = |toml: &str| {
        ledger.configure(&format!("[dial]\n{toml}\n"));
        let mut channel = ana_calls_bob();
        channel.uniqueid = format!("1763690000.{}", toml.len());
        channel.callee = CalleeBehaviour::Fails("BUSY");
        call(&ledger, &mut channel, &[]);
        let net = "SET AUTOHANGUP";
        let said: Vec<_> = said(&channel).into_iter().filter(|said| !said.starts_with(net) && !is_dial(said)).collect();
        said.iter().map(|said| said.to_string()).collect::<Vec<_>>()
    };
    let sounds = "warn_sound = \"beep\"\nwarn_connect_sound = \"c\"\nwarn_timeout_sound = \"t\"\nwarn_callee = true";
    assert_eq!(before_dial("limit = \"warn\""), [""; 0]);
    assert_eq!(before_dial(sounds), [""; 0], "a call that is cut silently has no sounds");
    assert_eq!(
        before_dial(&format!("limit = \"warn\"\n{sounds}")),
        [
            "SET VARIABLE \"LIMIT_WARNING_FILE\" \"beep\"",
            "SET VARIABLE \"LIMIT_CONNECT_FILE\" \"c\"",
            "SET VARIABLE \"LIMIT_TIMEOUT_FILE\" \"t\"",
            "SET VARIABLE \"LIMIT_PLAYAUDIO_CALLEE\" \"yes\"",
        ]
    );
}
