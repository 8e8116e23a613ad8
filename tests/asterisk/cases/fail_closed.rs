//! When Asterisk cannot run our program, the shipped dialplan ends the call there.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::configuration::{Dialplan, Setup};
use crate::lab::Lab;
use crate::scenario::{STAYS, Then, answers};
use crate::version::Version;

on_both_versions! { a_call_without_a_working_program_is_not_dialled }

fn a_call_without_a_working_program_is_not_dialled(version: Version) {
    let lab = Lab::boot(version, Setup { shipped_dialplan: true, ..Setup::PLAIN });
    let program = lab.folder().join("agi-bin/celcombiller_caller");
    let (ana, bia) = (lab.subscriber(4), lab.subscriber(0));
    let callee = bia.takes_a_call(&answers(Then::Stays));
    let refuses = |state: &str, agi_status: &str| {
        let caller = ana.calls(Dialplan::Shipped, &bia.number, &STAYS).finish();
        assert!(!caller.answered(), "{state}: {caller:#?}");
        assert!(!callee.dialogue().rang(), "{state}: {:#?}", callee.dialogue());
        let noted = format!("celcombiller_caller: {agi_status}");
        let errors = lab.log().lines().filter(|line| line.contains("] ERROR[") && line.contains(&noted)).count();
        assert!(errors > 0, "{state}: the operator reads why");
    };

    fs::set_permissions(&program, fs::Permissions::from_mode(0o644)).unwrap();
    refuses("not executable", "FAILURE");
    fs::write(&program, "#!/bin/sh\nkill -9 $$\n").unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    refuses("crashing", "FAILURE");
    fs::write(&program, "no program at all").unwrap();
    refuses("not a program", "FAILURE");
    fs::remove_file(&program).unwrap();
    refuses("missing", "NOTFOUND");
    ana.assert_spent(0);
}
