//! What the doctor finds on an Asterisk host.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::Path;
use std::process::{Command, Stdio};

use celcombiller::pbx::doctor::machine;
use serde_json::Value;

use crate::host::Host;
use crate::program::copy_program;
use crate::support;

#[test]
fn a_host_on_which_all_is_well_has_no_findings() {
    assert_eq!(Host::new().faults(), Vec::<String>::new());
}

#[test]
fn programs_are_there_executable_and_static() {
    let host = Host::new();
    let reducer = host.place("agi-bin/celcombiller_reducer");
    fs::write(&reducer, "#!/bin/sh\n").unwrap();
    host.has(&["celcombiller_reducer", "it is not a static executable; make install AGI_DIR="]);
    fs::set_permissions(&reducer, PermissionsExt::from_mode(0o644)).unwrap();
    host.has(&["celcombiller_reducer", "mode 0644"]);
    fs::remove_file(&reducer).unwrap();
    host.has(&["there is no ", "celcombiller_reducer; make install AGI_DIR="]);
    let elsewhere = host.place("etc");
    let (_, told) = host.doctor(&["--agi-dir", elsewhere.to_str().unwrap()]);
    assert_eq!(
        told.iter().filter(|(check, ok, ..)| check.contains("etc/celcombiller_") && *ok == Some(false)).count(),
        2
    );
}

#[test]
fn the_dialplan_runs_both_programs_also_where_it_is_included() {
    let host = Host::new();
    let dialplan = fs::read_to_string(host.place("etc/extensions.conf")).unwrap();
    host.write("etc/extensions_celcombiller.conf", &dialplan);
    host.write("etc/extensions.conf", "; #include extensions_celcombiller.conf\n");
    assert_eq!(host.faults().len(), 3, "nothing includes it");
    host.write("etc/extensions.conf", "#tryinclude \"extensions_*.conf\"\n");
    assert_eq!(host.faults(), Vec::<String>::new());
    host.write("etc/extensions_celcombiller.conf", &dialplan.replace("exten => h,", "exten => hangup,"));
    host.has(&["AGI(celcombiller_reducer) in h", "keeps its hold until it expires"]);
    host.write("etc/extensions_celcombiller.conf", &dialplan.replace("[celcombiller-answered]", "[other]"));
    host.has(&["stamps answers", "pay for ringing"]);
    host.write("etc/extensions_celcombiller.conf", &dialplan.replace("AGI(celcombiller_caller)", "NoOp()"));
    host.has(&["nobody is billed"]);
}

#[test]
fn what_asterisk_has_not_loaded_is_named() {
    let host = Host::new();
    host.loaded(&["app_dial", "app_stack", "func_channel", "func_strings", "pbx_config", "pbx_spool"]);
    host.has(&["Asterisk has loaded res_agi.so: it has not; asterisk -rx 'module load res_agi.so'"]);
}

#[test]
fn asterisk_that_does_not_answer_is_said_and_is_no_fault() {
    let host = Host::new();
    host.script("asterisk", "echo 'Unable to connect to remote asterisk' >&2; exit 1");
    let (_, told) = host.doctor(&[]);
    let unseen: Vec<_> = told.iter().filter(|(_, ok, ..)| ok.is_none()).collect();
    assert_eq!(unseen.len(), 1, "{unseen:?}");
    assert_eq!(unseen[0].0, "Asterisk has loaded what calls need");
    assert!(unseen[0].2.contains("Unable to connect"), "{unseen:?}");
    assert_eq!(host.faults(), Vec::<String>::new());
}

#[test]
fn records_that_go_on_in_h_are_found() {
    let host = Host::new();
    host.write("etc/cdr.conf", "[general]\nenable=yes\nendbeforehexten=no ; as some distributors have it\n");
    host.has(&["ends before h", "endbeforehexten is no", "endbeforehexten = yes under [general]"]);
    host.write("etc/cdr.conf", "[general]\n;endbeforehexten=no\n[other]\nendbeforehexten=no\n");
    assert_eq!(host.faults(), Vec::<String>::new());
}

#[test]
fn call_files_need_a_spool_of_one_file_system() {
    let host = Host::new();
    fs::remove_dir(host.place("spool/outgoing")).unwrap();
    host.has(&["call files can be moved", "no folder ", "[asterisk] spool"]);
    let memory = Path::new("/dev/shm");
    if fs::metadata(memory).is_ok_and(|found| found.dev() != device(&host)) {
        fs::create_dir(host.place("spool/outgoing")).unwrap();
        std::os::unix::fs::symlink(memory, host.place("spool/celcombiller")).unwrap();
        host.has(&["call files can be moved", "is not on the file system of"]);
    }
}

fn device(host: &Host) -> u64 {
    fs::metadata(host.place("spool")).unwrap().dev()
}

#[test]
fn a_clock_that_is_wrong_is_found_by_the_books_and_by_whoever_synchronises_it() {
    let host = Host::new();
    host.script("timedatectl", "echo no");
    host.has(&["the clock is synchronised", "timedatectl set-ntp true"]);
    host.script("timedatectl", "echo yes");
    host.ledger.ok(&["user", "add", "ana", "--clid", "99", "--balance", "10"]);
    assert_eq!(host.faults(), Vec::<String>::new());
    let books = rusqlite::Connection::open(host.ledger.database()).unwrap();
    books.execute_batch("DROP TRIGGER entry_stays; UPDATE ledger_entry SET time = time + 86400000").unwrap();
    host.has(&["the clock is right", "the newest entry of the books was made at", "timedatectl set-ntp true"]);
}

#[test]
fn a_user_who_may_not_is_told_by_owners_and_modes() {
    let mut host = Host::new();
    // Somebody who is in no group of ours.
    host.user = "nobody";
    let folder = host.ledger.folder.path().to_owned();
    let open = |mode: u32| fs::set_permissions(&folder, PermissionsExt::from_mode(mode)).unwrap();
    open(0o700);
    let closed = host.faults();
    let enter = closed.iter().filter(|fault| fault.contains("nobody cannot enter it; chmod o+x "));
    assert_eq!(enter.count(), 3, "two programs and the configuration: {closed:#?}");
    assert!(closed.len() == 4 && closed[3].contains("mode 0700; chown -R nobody: "), "the database: {closed:#?}");
    open(0o755);
    host.has(&["nobody can write ", "mode 0755; chown -R nobody: "]);
    let owner = Command::new("chown").args(["-R", "nobody:"]).arg(&folder).status().unwrap();
    if !owner.success() {
        eprintln!("\n*** SKIPPED: only root gives files away ***\n");
        return;
    }
    assert_eq!(host.faults(), Vec::<String>::new(), "as the remedy said");
    let (books, config) = (host.ledger.database(), host.ledger.config());
    let mode = |path: &Path, mode: u32| fs::set_permissions(path, PermissionsExt::from_mode(mode)).unwrap();
    mode(&books, 0o440);
    host.has(&["nobody can write ", "mode 0440"]);
    mode(&books, 0o640);
    chown(&config, Some(0), Some(0)).unwrap();
    mode(&config, 0o600);
    host.has(&["nobody can read ", "mode 0600; chgrp nobody "]);
    chown(&config, None, Some(fs::metadata(&books).unwrap().gid())).unwrap();
    mode(&config, 0o640);
    assert_eq!(host.faults(), Vec::<String>::new(), "their group may");
    host.user = "no-such-user";
    host.has(&["there is no user no-such-user", "runuser"]);
}

#[test]
fn whoever_may_not_look_is_told_what_was_not_looked_at() {
    let host = Host::new();
    let mode = |name: &str, mode: u32| fs::set_permissions(host.place(name), PermissionsExt::from_mode(mode)).unwrap();
    let billctl = host.place("bin/billctl");
    copy_program(&support::executable("billctl"), &billctl);
    mode("", 0o755);
    mode("celcombiller.db", 0o640);
    mode("etc/extensions.conf", 0o640);
    mode("spool", 0o750);
    let mut setpriv = host.command("setpriv");
    setpriv.args(["--reuid=65534", "--regid=65534", "--clear-groups"]).arg(&billctl);
    setpriv.args(["--format", "json", "asterisk", "doctor", "--asterisk-user", "root"]);
    let output = setpriv.output().unwrap();
    if String::from_utf8_lossy(&output.stderr).contains("setpriv:") {
        eprintln!("\n*** SKIPPED: only root becomes somebody else ***\n");
        return;
    }
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let unseen = report["findings"].as_array().unwrap().iter().filter(|finding| finding["ok"].is_null());
    let checks: Vec<_> = unseen.map(|finding| finding["check"].as_str().unwrap()).collect();
    let parts = ["can be used", "runs both programs", "call files can be moved"];
    assert!(checks.len() == 3 && checks.iter().zip(parts).all(|(check, part)| check.contains(part)), "{checks:?}");
    let faults = report["findings"].as_array().unwrap().iter().filter(|finding| finding["ok"] == false);
    let ours = |check: &str| !check.ends_with("has room") && !check.starts_with("the machine's own name");
    assert_eq!(faults.filter(|finding| ours(finding["check"].as_str().unwrap())).count(), 0, "{report:#}");
}

#[test]
fn a_disk_with_little_left_is_found() {
    let host = Host::new();
    let small = host.place("spool/outgoing");
    let mut mount = Command::new("mount");
    mount.args(["-t", "tmpfs", "-o", "size=2m,nr_inodes=100", "celcombiller-test"]).arg(&small);
    if !mount.stderr(Stdio::null()).status().is_ok_and(|status| status.success()) {
        eprintln!("\n*** SKIPPED: only root can mount a small disk ***\n");
        return;
    }
    let found = machine::room(&small);
    let unmounted = Command::new("umount").arg("-l").arg(&small).status();
    assert!(found.is_fault(), "{found:?}");
    let text = format!("{found:?}");
    assert!(text.contains("MiB and ") && text.contains(" inodes are left"), "{text}");
    assert!(unmounted.unwrap().success());
}

#[test]
fn a_name_of_its_own_that_nobody_knows_is_found() {
    let fault =
        |hosts: &str, nsswitch: &str, resolves: bool| machine::own_name("pbx", hosts, nsswitch, || resolves).is_fault();
    assert!(fault("127.0.0.1 localhost\n# 127.0.1.1 pbx\n", "hosts: files dns\n", false));
    assert!(!fault("127.0.0.1 localhost\n127.0.1.1 pbx.example.org PBX # us\n", "", false));
    assert!(!fault("", "hosts: files myhostname dns\n", false));
    assert!(!fault("", "hosts: files dns\n", true));
}

#[test]
fn a_template_that_loses_the_limit_is_found() {
    let host = Host::new();
    host.ledger.ok(&["trunk", "add", "local", "--dial", "Local/{number}@carriers"]);
    host.has(&["Local/{number}@carriers optimises itself away and takes the limit with it"]);
    host.ledger.ok(&["trunk", "update", "local", "--dial", "Local/{number}@carriers/n"]);
    assert_eq!(host.faults(), Vec::<String>::new());
}

#[test]
fn with_extensions_in_the_books_there_is_more_to_look_at() {
    let host = Host::new();
    let coded = "[identify]\nby = [\"accountcode\"]\n";
    host.ledger.ok(&["user", "add", "ana", "--clid", "99"]);
    host.ledger.ok(&["extension", "add", "--user", "ana", "--ring-time", "60", "--tech", "sip"]);
    let faults = host.faults();
    let found = |part: &str| faults.iter().any(|fault| fault.contains(part));
    assert!(found("[identify] by does not begin with accountcode"), "{faults:#?}");
    assert!(found("rings for 60 s and [dial] ring_seconds is 40: its voicemail is never reached"), "{faults:#?}");
    assert!(found("celcombiller/pjsip.conf is missing or older"), "{faults:#?}");
    assert!(found("etc/pjsip.conf has no #tryinclude line for them"), "{faults:#?}");
    assert!(found("Asterisk has loaded app_mixmonitor.so"), "{faults:#?}");
    assert!(found("it does not have extensions.conf; billctl asterisk reload"), "{faults:#?}");
    assert!(
        found("has not loaded chan_sip, which it has up to version 20; billctl extension update 1000"),
        "{faults:#?}"
    );
    let rendered =
        host.command(support::executable("billctl")).args(["asterisk", "render"]).arg(host.place("out")).output();
    assert_eq!(
        String::from_utf8(rendered.unwrap().stderr).unwrap(),
        "warning: extension 1000 speaks sip, and Asterisk has not loaded chan_sip, which it has up to version 20\n"
    );
    // As rendered, and an Asterisk that has it.
    host.configure(&format!("{coded}[dial]\nring_seconds = 70\n"));
    host.ledger.ok(&["extension", "update", "1000", "--tech", "pjsip"]);
    host.ledger.ok(&["asterisk", "install"]);
    let modules = "app_dial app_stack func_channel func_strings pbx_config pbx_spool res_agi app_mixmonitor app_read \
                   func_callerid func_devstate func_dialplan func_logic chan_pjsip";
    host.loaded(&modules.split(' ').collect::<Vec<_>>());
    host.script(
        "asterisk",
        "case \"$2\" in 'module show') cat \"${0%/*}/../modules\";; 'dialplan show'*) echo NoOp;; *) echo ' 1000/1000 ';; esac",
    );
    assert_eq!(host.faults(), Vec::<String>::new());
    // What was changed since is told of both.
    host.ledger.ok(&["extension", "update", "1000", "--name", "Ana"]);
    host.has(&["are those of the books", "is missing or older; billctl asterisk install && billctl asterisk reload"]);
    host.ledger.ok(&["asterisk", "install"]);
    fs::write(host.place("etc/pjsip.conf"), "; by hand\n").unwrap();
    host.has(&["pjsip.conf has no #tryinclude line for them"]);
}
