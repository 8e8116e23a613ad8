//! The fault begins while the two talk, and lasts until the call is over.

use std::fs;

use celcombiller::agi::stand_in::{Answer, Channel};

use crate::document::Seen;
use crate::fault::{Fault, Ongoing};
use crate::rows;
use crate::scene::{ANA, BOB, CALLER, FAR_AHEAD, REDUCER, Scene};
use crate::support::{Ended, accompany, commands, is_dial, piped, signal};

rows! { "A call is over", end, {
    database_locked => "database locked",
    database_missing => "database missing",
    database_read_only => "database read-only",
    disk_read_only => "disk read-only",
    database_header_damaged => "database's header damaged",
    database_page_damaged => "page of the database damaged",
    another_database => "another program's database",
    newer_schema => "newer schema",
    older_schema => "older schema",
    disk_full => "disk full",
    no_inodes => "no inodes left",
    database_of_another_owner => "database of another owner",
    folder_of_another_owner => "folder of another owner",
    configuration_missing => "configuration missing",
    configuration_broken => "configuration is no TOML",
    unknown_key => "unknown key",
    configuration_of_another_owner => "configuration of another owner",
    malformed_variable => "malformed variable",
    pipe_closed => "Asterisk closes the pipe",
    silence => "Asterisk is silent",
    spool_missing => "locked, no spool",
    spool_of_another_owner => "locked, spool of another owner",
    spool_full => "locked, disk full",
    spool_without_inodes => "locked, no inodes left",
    ballast_used_up => "locked, disk full, ballast used up",
    no_place => "locked, no place for the end",
} }

/// Returns what the caller's program makes of the end, what the reducer does after a caller's program that was
/// killed, what becomes of the call, and what the operator reads.
fn end(fault: Fault) -> Seen {
    let scene = Scene::for_the(fault)?;
    // A disk on which somebody writes cannot be made read-only by hand.
    let by_caller = (fault != Fault::DiskReadOnly).then(|| by_the_caller(fault, &scene));
    let by_reducer = by_the_reducer(fault, &Scene::for_the(fault)?);
    if let Some(by_caller) = &by_caller {
        assert_eq!(by_caller.afterwards, by_reducer.afterwards, "{}\n{}", by_caller.told, by_reducer.told);
    }
    let (made, told) = by_caller.map_or(("-".to_owned(), String::new()), |end| (end.made, end.told));
    Some(vec![made, by_reducer.made, by_reducer.afterwards, format!("{told}{}", by_reducer.told)])
}

/// Plays a call into a fault; the caller's program sees its end.
fn by_the_caller(fault: Fault, scene: &Scene) -> End {
    let mut channel = Channel::new("1763690000.1", ANA, BOB);
    let mut ongoing = Ongoing::default();
    let ended = scene.play(CALLER, &mut channel, |channel, command| {
        let dialled = commands(&channel.dialogue).filter(|said| is_dial(said)).count();
        match fault {
            Fault::PipeClosed if is_dial(command) => return Answer::Close,
            Fault::Silence if dialled == 1 && !is_dial(command) => return Answer::Close,
            Fault::Variable if dialled == 1 && command.contains("${CELCOMBILLER_STATUS}|") => {
                let nonce = command.trim_end_matches('"').rsplit('|').next().unwrap();
                let values = "GRANTED|1763690000.1#1||ANSWER|0|0|one|too many";
                return Answer::Raw(format!("200 result=1 ({values}|{nonce})\n").into_bytes());
            }
            _ if is_dial(command) => ongoing = fault.begin(scene),
            _ => {}
        }
        Answer::AsAsterisk
    });
    End::of(scene, &channel, &ended, ongoing)
}

/// Plays a call into a fault, during which the caller's program is killed.
fn by_the_reducer(fault: Fault, scene: &Scene) -> End {
    let mut channel = Channel::new("1763690000.1", ANA, BOB);
    let child = piped(&mut scene.command(CALLER));
    let process = child.id();
    accompany(child, &mut channel, &[], |_, command| {
        if is_dial(command) {
            signal("KILL", process);
        }
        Answer::AsAsterisk
    });
    let ongoing = fault.begin(scene);
    if fault == Fault::Variable {
        channel.variables.insert("CELCOMBILLER_ANSWERED".to_owned(), "1|2".to_owned());
    }
    channel.extension = "h".to_owned();
    let ended = scene.play(REDUCER, &mut channel, |_, _| match fault {
        Fault::PipeClosed | Fault::Silence => Answer::Close,
        _ => Answer::AsAsterisk,
    });
    End::of(scene, &channel, &ended, ongoing)
}

/// What was made of the end of a call.
struct End {
    made: String,
    afterwards: String,
    told: String,
}

impl End {
    /// Looks at what was made of it, mends the fault, and lets `hold expire` see to the rest.
    fn of(scene: &Scene, channel: &Channel, ended: &Ended, ongoing: Ongoing) -> Self {
        let told = ended.stderr.clone();
        let charged = !channel.variable("CELCOMBILLER_CHARGE").is_empty();
        ongoing.mend();
        let made = match (charged, scene.waiting()) {
            (true, [0, 0]) => "charged",
            (false, [1, 0]) => "kept",
            (false, [0, 1]) => "kept elsewhere",
            (false, [0, 0]) => "not kept",
            other => panic!("{other:?}: {told}"),
        };
        assert_eq!(told.contains("its end was kept in "), made.starts_with("kept"), "{told}");
        let expire = || {
            let done = scene.billctl(&["hold", "expire", "--as-of", FAR_AHEAD]);
            assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        };
        expire();
        let afterwards = match scene.ledger.balance("ana").0.as_str() {
            "9.95" => "charged",
            // Nobody could write its end, so its hold was given back: Asterisk's own record is left.
            "10" => {
                reconcile(scene);
                "reconciled"
            }
            other => panic!("{other}: {told}"),
        };
        expire();
        scene.charged(1, &told);
        let exit = ended.status.code().expect("nothing dies");
        Self { made: format!("{made}, {exit}"), afterwards: afterwards.to_owned(), told }
    }
}

/// Charges what Asterisk's record says.
fn reconcile(scene: &Scene) {
    let held = scene.ledger.json(&["hold", "list", "--all"]);
    let placed = held[0]["placed"].as_str().unwrap().replace('T', " ").replace('Z', "");
    let record = format!(
        "\"\",\"{ANA}\",\"{BOB}\",\"users\",\"\",\"PJSIP/a-1\",\"PJSIP/b-2\",\"Dial\",\"\",\"{placed}\",\"{placed}\",\"{placed}\",\
         0,0,\"ANSWERED\",\"DOCUMENTATION\",\"1763690000.1\"\n"
    );
    let file = scene.config().with_file_name("Master.csv");
    fs::write(&file, record).unwrap();
    scene.ledger.ok(&["cdr", "reconcile", file.to_str().unwrap(), "--zone", "UTC", "--settle"]);
}
