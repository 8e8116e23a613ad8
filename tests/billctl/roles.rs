//! Who may do what, where more than root and the owner of the database use billctl.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::process::{Command, Output};

use crate::program::copy_program;
use crate::support::{Ledger, executable};
use crate::table::table;

/// A user whom no machine knows by name.
const LEA: &str = "54321";

/// Root's daemon, whose group has the same name on every machine.
const DAEMON: &str = "1";

fn shop() -> Ledger {
    let ledger = Ledger::with_ana_and_bob(10);
    ledger.configure(
        "[roles]\n\
         counter = { users = [\"54321\"], may = [\"*.show\", \"balance.add\", \"voucher.*\"] }\n\
         back = { groups = [\"daemon\"], may = [\"tariff.*\", \"stats\", \"balance.add\", \"--actor\"] }\n",
    );
    ledger
}

/// Runs billctl by sudo, as it was told to be somebody's doing.
fn by_sudo(ledger: &Ledger, uid: &str, line: &str) -> Output {
    ledger.command("billctl").args(line.split(' ')).env("SUDO_UID", uid).output().unwrap()
}

#[test]
fn a_role_gives_the_verbs_that_it_names_to_its_users_and_groups() {
    let ledger = shop();
    let verdict = |line: &str| {
        let (who, line) = line.split_once(": ").unwrap();
        let output = match who {
            "lea" => by_sudo(&ledger, LEA, line),
            "daemon" => by_sudo(&ledger, DAEMON, line),
            "nobody" => by_sudo(&ledger, "54322", line),
            "root" => by_sudo(&ledger, "0", line),
            _ => ledger.command("billctl").args(line.split(' ')).env_remove("SUDO_UID").output().unwrap(),
        };
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        match output.status.code() {
            Some(0) => "done".to_owned(),
            _ => said.lines().next().unwrap().trim_start_matches("error: ").to_owned(),
        }
    };
    table(
        "
        lea: balance add ana 5         -> done
        lea: user show ana             -> done
        lea: balance show ana          -> done
        lea: voucher generate --count 1 --amount 1 -> done
        lea: country list              -> done
        lea: user list                 -> uid:54321 may not user list: no role of theirs has the right user.list
        lea: tariff add gold           -> uid:54321 may not tariff add: no role of theirs has the right tariff.add
        lea: db backup /dev/null       -> uid:54321 may not db backup: no role of theirs has the right db.backup
        lea: stats                     -> uid:54321 may not stats: no role of theirs has the right stats
        lea: audit list                -> uid:54321 may not audit list: no role of theirs has the right audit.list
        daemon: tariff add gold        -> done
        daemon: stats                  -> done
        daemon: user suspend ana       -> daemon may not user suspend: no role of theirs has the right user.suspend
        nobody: user show ana          -> uid:54322 may not user show: no role of theirs has the right user.show
        root: user suspend ana         -> done
        owner: user resume ana         -> done
        ",
        verdict,
    );
    let said = String::from_utf8(by_sudo(&ledger, LEA, "rate list").stderr).unwrap();
    assert!(said.contains("hint: ask who may change [roles] in /etc/celcombiller/celcombiller.toml"), "{said}");
}

#[test]
fn only_who_may_answers_in_anothers_name() {
    let ledger = shop();
    let forged = by_sudo(&ledger, LEA, "balance add ana 5 --actor root");
    assert_eq!(forged.status.code(), Some(1));
    let said = String::from_utf8(forged.stderr).unwrap();
    assert!(said.contains("uid:54321 may not balance add in another's name"), "{said}");
    assert!(by_sudo(&ledger, LEA, "balance add ana 5").status.success());
    assert!(by_sudo(&ledger, DAEMON, "balance add ana 5 --actor web-shop").status.success());
    let rows = ledger.json(&["audit", "list", "--verb", "balance"]);
    let actors: Vec<_> = rows.as_array().unwrap().iter().map(|row| row["actor"].as_str().unwrap()).collect();
    assert_eq!(actors, ["uid:54321", "web-shop"]);
    let history = ledger.json(&["balance", "history", "ana"]);
    assert_eq!(history[1]["actor"], "uid:54321", "the ledger says the same");
}

#[test]
fn without_roles_everybody_may_what_the_files_let_them() {
    let ledger = Ledger::with_ana_and_bob(10);
    assert!(by_sudo(&ledger, LEA, "tariff add gold --actor anybody").status.success());
}

#[test]
fn a_right_that_is_none_is_told_before_it_is_missed() {
    let ledger = shop();
    let told = |may: &str| {
        ledger.configure(&format!("[roles]\ncounter = {{ users = [\"54321\"], may = [\"user.show\", \"{may}\"] }}\n"));
        let output = by_sudo(&ledger, LEA, "user show ana");
        (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
    };
    let (code, said) = told("ballance.add");
    assert_eq!(code, 1);
    assert!(said.starts_with("error: [roles] counter has the right \"ballance.add\", which is none\nhint: "), "{said}");
    let (code, said) = told("balance add");
    assert_eq!(code, 2);
    assert!(said.contains("`balance add` is no right: expected NOUN.VERB"), "{said}");
}

#[test]
fn who_neither_is_root_nor_owns_the_database_cannot_say_that_it_was_sudo() {
    let ledger = shop();
    if fs::metadata(ledger.database()).unwrap().uid() != 0 {
        return;
    }
    let folder = ledger.folder.path();
    fs::set_permissions(folder, fs::Permissions::from_mode(0o755)).unwrap();
    let billctl = folder.join("billctl");
    copy_program(&executable("billctl"), &billctl);
    let as_lea = |line: &str| {
        let mut setpriv = Command::new("setpriv");
        setpriv.args(["--reuid=54321", "--regid=54321", "--clear-groups"]).arg(&billctl).args(line.split(' '));
        let environment = [
            ("SUDO_UID", "0".into()),
            ("CELCOMBILLER_DB", ledger.database()),
            ("CELCOMBILLER_CONFIG", ledger.config()),
        ];
        String::from_utf8(setpriv.envs(environment).output().unwrap().stderr).unwrap()
    };
    assert!(as_lea("tariff add gold").contains("uid:54321 may not tariff add"));
    let said = as_lea("balance add ana 5");
    assert!(!said.contains("may not") && said.contains("error: "), "the role lets her, the file does not: {said}");
}
