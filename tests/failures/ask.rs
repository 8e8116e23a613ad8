//! A call is asked for while the fault lasts.

use celcombiller::agi::stand_in::{Answer, Channel};
use serde_json::json;

use crate::document::Seen;
use crate::fault::Fault;
use crate::rows;
use crate::scene::{ANA, BOB, CALLER, FAR_AHEAD, RESCUE, Scene};
use crate::support::{commands, is_dial};

rows! { "A call is asked for", ask, {
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
} }

/// Returns what becomes of a call that pays, its status and exit code, of a free one, and what the operator reads.
fn ask(fault: Fault) -> Seen {
    let scene = Scene::for_the(fault)?;
    let ongoing = fault.begin(&scene);
    let mut others = 0;
    let mut ask_for = |number: &str| {
        let mut channel = Channel::new(&format!("1763690000.{number}"), ANA, number);
        if fault == Fault::Variable {
            channel.variables.insert("CELCOMBILLER_BILLSEC".to_owned(), "1|2".to_owned());
        }
        let ended = scene.play(CALLER, &mut channel, |_, command| match fault {
            Fault::PipeClosed => Answer::Close,
            // After the hold was placed; in the silence another call is made, and then Asterisk goes.
            Fault::Silence if command.starts_with("EXEC \"MSet\" \"CELCOMBILLER_CALL=") => {
                others += 1;
                let mut other = Channel::new(&format!("1763690001.{others}"), ANA, BOB);
                scene.play(CALLER, &mut other, |_, _| Answer::AsAsterisk).quietly();
                Answer::Close
            }
            _ => Answer::AsAsterisk,
        });
        (channel, ended)
    };
    let (channel, ended) = ask_for(BOB);
    let (free, free_ended) = ask_for(RESCUE);
    ongoing.mend();
    let held = scene.ledger.json(&["hold", "list"]);
    assert!(held == json!([]) || fault == Fault::Silence, "a call that is refused holds nothing: {held}");
    scene.ledger.ok(&["hold", "expire", "--as-of", FAR_AHEAD]);
    scene.charged(others, "nothing else was dialled that costs");
    let status = match channel.variable("CELCOMBILLER_STATUS") {
        "" => "not set",
        status => status,
    };
    let exit = ended.status.code().expect("nothing dies").to_string();
    let dialled = heard(&free);
    assert!(dialled != "dialled" || free_ended.status.code() == Some(0), "{}", free_ended.stderr);
    Some(vec![heard(&channel).to_owned(), status.to_owned(), exit, dialled.to_owned(), ended.stderr])
}

/// Returns what the caller hears.
fn heard(channel: &Channel) -> &'static str {
    let prompt = commands(&channel.dialogue).any(|command| command == "EXEC \"Playback\" \"sorry,noanswer\"");
    match commands(&channel.dialogue).any(is_dial) {
        true => "dialled",
        false if prompt => "prompt, not dialled",
        false => "not dialled",
    }
}
