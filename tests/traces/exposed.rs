//! Books and configurations that anybody could have written: no call is made on their word.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use crate::script::{CALLER, ana_calls_bob, call, dialled_by_the_dialplan};
use crate::support::Ledger;

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

#[test]
fn what_others_may_write_is_refused_with_the_command_that_mends_it() {
    let ledger = Ledger::with_ana_and_bob(600);
    let folder = ledger.folder.path();
    let apart = folder.join("etc");
    fs::create_dir(&apart).unwrap();
    let config = apart.join("celcombiller.toml");
    fs::write(&config, "").unwrap();
    for (path, mode, closed) in [
        (ledger.database(), 0o666, 0o660),
        (folder.to_owned(), 0o777, 0o770),
        (folder.to_owned(), 0o1777, 0o770),
        (config.clone(), 0o646, 0o644),
        (apart.clone(), 0o777, 0o755),
    ] {
        set_mode(&path, mode);
        let mut channel = ana_calls_bob();
        let mut command = ledger.command(CALLER);
        let child = crate::support::piped(command.env("CELCOMBILLER_CONFIG", &config));
        let ended =
            crate::support::accompany(child, &mut channel, &[], |_, _| celcombiller::agi::stand_in::Answer::AsAsterisk);
        assert_eq!(channel.variable("CELCOMBILLER_STATUS"), "UNAVAILABLE");
        let shown = path.display();
        let fact = format!("others may write {shown} (mode {mode:04o}): chmod o-w {shown}");
        assert!(ended.stderr.contains(&fact), "{fact}: {}", ended.stderr);
        let mending = Command::new("chmod").arg("o-w").arg(&path).status().unwrap();
        assert!(mending.success());
        assert_eq!(ledger.balance("ana"), ("600".to_owned(), "0".to_owned()));
        set_mode(&path, closed);
    }
    assert_eq!(call(&ledger, &mut ana_calls_bob(), &["authorise"]), "GRANTED");
}

#[test]
fn an_end_that_comes_while_the_books_are_exposed_is_kept_and_posted_when_they_are_not() {
    let ledger = Ledger::with_ana_and_bob(600);
    let mut channel = ana_calls_bob();
    assert_eq!(call(&ledger, &mut channel, &["authorise"]), "GRANTED");
    dialled_by_the_dialplan(&mut channel, [("DIALSTATUS", "ANSWER"), ("ANSWEREDTIME", "50")]);
    set_mode(&ledger.database(), 0o666);
    let ended = ledger.hang_up(&mut channel);
    assert!(
        ended.stderr.contains("(mode 0666): chmod o-w ") && ended.stderr.contains("its end was kept"),
        "{}",
        ended.stderr
    );
    set_mode(&ledger.database(), 0o660);
    let kept = ledger.folder.path().join("celcombiller.db-spool");
    set_mode(&kept, 0o2777);
    let said = ledger.refused(3, &["hold", "expire"]);
    assert!(said.contains(&format!("others may write {0} (mode 2777): chmod o-w {0}", kept.display())), "{said}");
    assert_eq!(ledger.balance("ana"), ("600".to_owned(), "600".to_owned()), "anybody could have written that end");
    set_mode(&kept, 0o2770);
    ledger.ok(&["hold", "expire"]);
    assert_eq!(ledger.balance("ana"), ("550".to_owned(), "0".to_owned()));
}
