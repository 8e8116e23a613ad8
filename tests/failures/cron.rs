//! What cron runs while the fault lasts.

use std::fs;

use celcombiller::agi::stand_in::{Answer, Channel};
use rusqlite::Connection;

use crate::document::Seen;
use crate::fault::Fault;
use crate::rows;
use crate::scene::{ANA, BOB, CALLER, FAR_AHEAD, Scene};
use crate::support::is_dial;
use crate::table;

rows! { "Cron", cron, {
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
    spool_missing => "no spool",
    spool_of_another_owner => "spool of another owner",
} }

/// The verbs, as their columns are named, with what makes them have work.
const VERBS: [(&str, &[&str]); 7] = [
    ("hold expire", &["hold", "expire", "--as-of", FAR_AHEAD]),
    ("group credit", &["group", "credit", "--as-of", "2027-01-01"]),
    ("notify", &["notify"]),
    ("db check", &["db", "check"]),
    ("bundle expire", &["bundle", "expire", "--as-of", FAR_AHEAD]),
    ("db backup", &["db", "backup"]),
    ("stats", &["stats"]),
];

#[test]
fn every_verb_that_cron_runs_has_its_column() {
    let readme = include_str!("../../README.md");
    let run = readme.lines().filter(|line| line.contains("* * * ")).filter_map(|line| line.split("billctl ").nth(1));
    let run: Vec<_> = run.collect();
    assert!(run.len() > 5, "the lines were found: {run:?}");
    for line in run {
        assert!(VERBS.iter().any(|(verb, _)| line.starts_with(verb)), "{line}");
    }
    assert_eq!(table("Cron").columns(), VERBS.map(|(verb, _)| verb));
}

/// Returns the exit code of each verb, and what the operator reads. A verb that fails has changed nothing.
fn cron(fault: Fault) -> Seen {
    let scene = Scene::for_the(fault)?;
    let folder = scene.ledger.folder.path();
    for prepared in [
        ["group", "add", "crew", "--every", "month", "--open-ended", "--amount", "1", "--user", "bob"].as_slice(),
        &["bundle", "add", "bob", "--minutes", "1", "--days", "1"],
        &["user", "update", "bob", "--warn-below", "1"],
    ] {
        let done = scene.billctl(prepared);
        assert!(done.status.success(), "{prepared:?}: {}", String::from_utf8_lossy(&done.stderr));
    }
    // A call whose end nobody reported.
    let mut channel = Channel::new("1763690000.1", ANA, BOB);
    scene.play(CALLER, &mut channel, |_, command| if is_dial(command) { Answer::Close } else { Answer::AsAsterisk });
    let before = books(&scene);
    let ongoing = fault.begin(&scene);
    let (mut seen, mut told) = (Vec::new(), String::new());
    for (verb, arguments) in VERBS {
        let copy = folder.join("copy.db");
        let mut arguments = arguments.to_vec();
        if verb == "db backup" {
            arguments.push(copy.to_str().unwrap());
        }
        let output = scene.billctl(&arguments);
        let error = String::from_utf8_lossy(&output.stderr);
        let code = output.status.code().expect("nothing dies");
        assert!(code == 0 || error.contains("error: "), "{verb} exits {code} and tells {error:?}");
        assert!(verb != "db backup" || code == 0 || !copy.exists(), "no copy is left that is none");
        seen.push(code.to_string());
        if !error.is_empty() {
            told.push_str(&format!("{verb}: {error}"));
        }
    }
    ongoing.mend();
    if !seen.contains(&"0".to_owned()) {
        assert_eq!(books(&scene), before, "nothing was changed");
    }
    scene.ledger.check();
    // What was left undone is done by the next run.
    drop(fs::remove_file(folder.join("copy.db")));
    for (_, arguments) in VERBS {
        let copy = folder.join("copy.db");
        let copy = (arguments == ["db", "backup"]).then_some(copy.to_str().unwrap());
        let arguments: Vec<_> = arguments.iter().copied().chain(copy).collect();
        let output = scene.billctl(&arguments);
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    }
    scene.ledger.check();
    seen.push(told);
    Some(seen)
}

/// Returns everything that cron could have changed.
fn books(scene: &Scene) -> Vec<String> {
    let books = Connection::open(scene.ledger.database()).unwrap();
    ["account", "ledger_entry", "call", "account_group", "setting"]
        .iter()
        .flat_map(|table| {
            let mut rows = books.prepare(&format!("SELECT * FROM {table}")).unwrap();
            let columns = rows.column_count();
            let row = |row: &rusqlite::Row<'_>| {
                (0..columns).map(|at| Ok(format!("{:?}|", row.get_ref(at)?))).collect::<rusqlite::Result<String>>()
            };
            rows.query_map([], row).unwrap().collect::<Result<Vec<_>, _>>().unwrap()
        })
        .collect()
}
