//! Call files in a spool that no Asterisk watches.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::PathBuf;
use std::process::Command;

use serde_json::{Value, json};

use crate::program::copy_program;
use crate::support::{Ledger, executable};

const CALL: [&str; 6] = ["--channel", "PJSIP/100", "--application", "Playback", "--data", "hello-world"];
const TEXT: &str = "Channel: PJSIP/100\nApplication: Playback\nData: hello-world\n";

/// A ledger whose configuration names a spool of its own, with what else it says.
fn spool(more: &str) -> (Ledger, PathBuf) {
    let ledger = Ledger::with_ana_and_bob(100);
    let spool = ledger.folder.path().join("spool");
    fs::create_dir_all(spool.join("outgoing")).unwrap();
    ledger.configure(&format!("[asterisk]\nspool = \"{}\"\n{more}", spool.display()));
    (ledger, spool)
}

fn spooled(ledger: &Ledger, flags: &[&str]) -> Value {
    ledger.json(&[&["call", "spool"], &CALL[..], flags].concat())
}

fn refused(ledger: &Ledger, code: i32, flags: &[&str]) -> String {
    ledger.refused(code, &[&["call", "spool"], &CALL[..], flags].concat())
}

fn files(folder: PathBuf) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    let files = entries.filter(|entry| entry.file_type().unwrap().is_file());
    files.map(|entry| entry.file_name().into_string().unwrap()).collect()
}

#[test]
fn a_call_is_spooled_whole_and_nothing_else_is_left() {
    let (ledger, spool) = spool("");
    let call = spooled(&ledger, &[]);
    let path = PathBuf::from(call["path"].as_str().unwrap());
    assert_eq!(fs::read_to_string(&path).unwrap(), TEXT);
    assert_eq!(path.parent().unwrap(), spool.join("outgoing"));
    assert_eq!(call["file"], TEXT);
    assert_eq!((&call["state"], &call["legs"], &call["account"]), (&json!("due"), &json!([]), &Value::Null));
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o640);
    assert!(files(spool.join("celcombiller")).is_empty());
    assert_ne!(spooled(&ledger, &["--no-sync"])["name"], call["name"], "every call has a name of its own");
}

#[test]
fn a_call_for_later_has_its_time_before_asterisk_can_see_it() {
    let (ledger, _) = spool("");
    let call = spooled(&ledger, &["--at", "2037-11-22T09:00:00+01:00", "--filename", "later"]);
    assert_eq!((&call["time"], &call["state"]), (&json!("2037-11-22T08:00:00Z"), &json!("waiting")));
    assert_eq!(fs::metadata(call["path"].as_str().unwrap()).unwrap().mtime(), 2_142_489_600);
    let past = refused(&ledger, 1, &["--at", "2020-01-01 00:00"]);
    assert!(past.contains("which has passed"), "{past}");
}

#[test]
fn local_times_are_those_of_the_machine() {
    let (ledger, _) = spool("");
    let at = |time: &str| {
        let mut billctl = ledger.command("billctl");
        billctl.env("TZ", "CET-1CEST,M3.5.0,M10.5.0/3").args(["--format", "json", "call", "spool", "--at", time]);
        let output = billctl.args(CALL).output().unwrap();
        String::from_utf8([output.stdout, output.stderr].concat()).unwrap()
    };
    assert!(at("2030-07-01 09:00").contains("\"time\": \"2030-07-01T07:00:00Z\""));
    assert!(at("2030-12-01 09:00").contains("\"time\": \"2030-12-01T08:00:00Z\""));
    assert!(at("2030-03-31 02:30").contains("the clocks are put forward over it"));
    let twice = at("2030-10-27 02:30");
    assert!(twice.contains("comes twice there, as 2030-10-27T00:30:00Z and as 2030-10-27T01:30:00Z"), "{twice}");
}

#[test]
fn a_file_that_is_there_stays_as_it_is() {
    let (ledger, spool) = spool("");
    let theirs = spool.join("outgoing/theirs.call");
    fs::write(&theirs, "Channel: SIP/theirs\n").unwrap();
    for flag in ["--filename", "--id"] {
        let said = refused(&ledger, 1, &[flag, "theirs.call"]);
        assert_eq!(said, format!("error: a call file {} is there already\n", theirs.display()));
    }
    assert_eq!(fs::read_to_string(&theirs).unwrap(), "Channel: SIP/theirs\n");
    assert!(files(spool.join("celcombiller")).is_empty() && files(spool.join("celcombiller/once")).is_empty());
}

#[test]
fn the_same_id_is_spooled_once_whatever_has_become_of_it() {
    let (ledger, spool) = spool("");
    let again = || spooled(&ledger, &["--id", "wake-up", "--at", "+1h"])["state"].clone();
    let file = spool.join("outgoing/wake-up.call");
    assert_eq!(again(), "waiting");
    assert_eq!(again(), "spooled before");
    // What Asterisk does: it writes into the file, and removes it when the call is over.
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, format!("{text}\nStartRetry: 7 1 (1763690000)\n")).unwrap();
    fs::remove_file(&file).unwrap();
    assert_eq!(again(), "spooled before");
    assert!(!file.exists());
}

#[test]
fn an_id_whose_process_was_killed_before_the_call_was_in_the_spool_is_spooled() {
    let (ledger, spool) = spool("");
    spooled(&ledger, &["--id", "other"]);
    fs::write(spool.join("celcombiller/once/wake-up.call"), "Channel: PJSIP/999\n").unwrap();
    assert_eq!(spooled(&ledger, &["--id", "wake-up"])["state"], "due");
    assert_eq!(fs::read_to_string(spool.join("outgoing/wake-up.call")).unwrap(), TEXT);
    assert_eq!(spooled(&ledger, &["--id", "wake-up"])["state"], "spooled before");
}

#[test]
fn what_waits_is_listed_and_taken_back() {
    let (ledger, spool) = spool("");
    let list = || {
        let calls = ledger.json(&["call", "list"]);
        let said =
            |call: &Value| json!([call["name"], call["state"], call["attempts"], call["channel"], call["action"]]);
        Value::from(calls.as_array().unwrap().iter().map(said).collect::<Vec<_>>())
    };
    let made = [&["call", "spool", "--channel", "PJSIP/1&PJSIP/2", "--context", "survey", "--extension", "s"][..]];
    ledger.ok(&[made[0], &["--at", "+2h", "--filename", "b"]].concat());
    spooled(&ledger, &["--at", "+1h", "--id", "a"]);
    let calling = format!("{TEXT}\nStartRetry: 7 1 (1763690000)\n");
    fs::write(spool.join("outgoing/calling"), &calling).unwrap();
    fs::write(spool.join("outgoing/retrying"), format!("{calling}EndRetry: 7 1 (1763690000)\n")).unwrap();
    let played = "Playback(hello-world)";
    let waiting = |rest: &[Value]| {
        let mut all = vec![
            json!(["calling", "calling", 1, "PJSIP/100", played]),
            json!(["retrying", "retrying", 1, "PJSIP/100", played]),
        ];
        all.extend_from_slice(rest);
        Value::from(all)
    };
    let b = json!(["b", "waiting", 0, "PJSIP/1&PJSIP/2", "s@survey"]);
    assert_eq!(list(), waiting(&[json!(["a.call", "waiting", 0, "PJSIP/100", played]), b.clone()]));
    let taken = ledger.json(&["call", "cancel", "a"]);
    assert_eq!((&taken[0]["name"], &taken[0]["state"]), (&json!("a.call"), &json!("waiting")));
    assert_eq!(list(), waiting(&[b]));
    assert_eq!(spooled(&ledger, &["--id", "a"])["state"], "spooled before", "what was taken back stays so");
    ledger.ok(&["call", "cancel", "b", "retrying"]);
    let busy = ledger.refused(1, &["call", "cancel", "calling"]);
    let path = spool.join("outgoing/calling");
    assert_eq!(busy, format!("error: {} is being called\nhint: billctl call list\n", path.display()));
    let missing = ledger.refused(1, &["call", "cancel", "a"]);
    assert!(missing.starts_with("error: no call waits as "), "{missing}");
}

#[test]
fn what_asterisk_kept_says_how_each_call_ended() {
    let (ledger, spool) = spool("");
    assert_eq!(ledger.json(&["call", "history"]), json!([]));
    let done = spool.join("outgoing_done");
    fs::create_dir(&done).unwrap();
    for (name, attempts, status) in [("a", 1, "Completed"), ("b", 3, "Expired"), ("c", 0, "Failed")] {
        let tried = "\nStartRetry: 7 1 (1763690000)\nEndRetry: 7 1 (1763690000)".repeat(attempts);
        fs::write(done.join(name), format!("{TEXT}Account: randall\n{tried}\nStatus: {status}\n")).unwrap();
    }
    let calls = ledger.json(&["call", "history"]);
    let said = |call: &Value| json!([call["name"], call["state"], call["attempts"], call["account"]]);
    let said: Vec<_> = calls.as_array().unwrap().iter().map(said).collect();
    let expected =
        json!([["a", "completed", 1, "randall"], ["b", "expired", 3, "randall"], ["c", "failed", 0, "randall"]]);
    assert_eq!(json!(said), expected);
    assert_eq!(ledger.json(&["call", "history", "--limit", "1"])[0]["name"], "c");
}

#[test]
fn a_dry_run_prints_the_file_and_makes_nothing() {
    let (ledger, spool) = spool("");
    fs::remove_dir(spool.join("outgoing")).unwrap();
    assert_eq!(ledger.ok(&[&["call", "spool", "--dry-run"], &CALL[..]].concat()), TEXT);
    assert!(files(spool).is_empty());
}

#[test]
fn a_spool_that_cannot_be_used_is_named_and_nothing_is_left_behind() {
    let (ledger, spool) = spool("");
    let missing = refused(&ledger, 3, &["--spool-dir", "/nowhere/outgoing"]);
    let hint = "hint: [asterisk] spool in the configuration names the spool; or --spool-dir\n";
    assert_eq!(missing, format!("error: no folder /nowhere/outgoing\n{hint}"));
    let unknown = refused(&ledger, 1, &["--owner", "nobody-of-that-name"]);
    assert!(unknown.starts_with("error: this machine has no user \"nobody-of-that-name\"\n"), "{unknown}");
    let elsewhere = tempfile::tempdir_in("/dev/shm").unwrap();
    let stage = elsewhere.path().join("stage");
    let other = refused(&ledger, 3, &["--temp-dir", stage.to_str().unwrap()]);
    let outgoing = spool.join("outgoing");
    let fact = format!("error: {} is not on the file system of {}\n", stage.display(), outgoing.display());
    assert!(other.starts_with(&fact), "{other}");
    assert!(!stage.exists());
    let watched = refused(&ledger, 3, &["--temp-dir", outgoing.to_str().unwrap()]);
    assert!(watched.contains("is where Asterisk looks"), "{watched}");
    assert!(files(outgoing).is_empty());
    assert!(!spool.join("celcombiller").exists());
}

/// Tells whether this is root, who alone can make files somebody else's.
fn is_root(ledger: &Ledger) -> bool {
    fs::metadata(ledger.database()).unwrap().uid() == 0
}

#[test]
fn a_call_belongs_to_whom_asterisk_runs_as() {
    let (ledger, spool) = spool("");
    if !is_root(&ledger) {
        return;
    }
    const DAEMON: u32 = 1;
    let owner = |call: &Value| fs::metadata(call["path"].as_str().unwrap()).unwrap().uid();
    assert_eq!(owner(&spooled(&ledger, &[])), 0);
    assert_eq!(owner(&spooled(&ledger, &["--owner", "daemon"])), DAEMON);
    fs::remove_dir_all(spool.join("celcombiller")).unwrap();
    chown(spool.join("outgoing"), Some(DAEMON), Some(DAEMON)).unwrap();
    assert_eq!(owner(&spooled(&ledger, &["--id", "a"])), DAEMON);
    for made in ["celcombiller", "celcombiller/once"] {
        assert_eq!(fs::metadata(spool.join(made)).unwrap().uid(), DAEMON, "{made} can be written by Asterisk's user");
    }
}

#[test]
fn who_cannot_give_a_call_to_asterisk_is_told_so() {
    let (ledger, spool) = spool("");
    if !is_root(&ledger) {
        return;
    }
    let folder = ledger.folder.path();
    fs::set_permissions(folder, fs::Permissions::from_mode(0o755)).unwrap();
    let billctl = folder.join("billctl");
    copy_program(&executable("billctl"), &billctl);
    fs::create_dir(spool.join("celcombiller")).unwrap();
    let as_daemon = || {
        let mut setpriv = Command::new("setpriv");
        setpriv.args(["--reuid=1", "--regid=1", "--clear-groups"]).arg(&billctl).args(["call", "spool"]).args(CALL);
        setpriv.env("CELCOMBILLER_CONFIG", ledger.config()).env("CELCOMBILLER_DB", folder.join("no-books.db"));
        let output = setpriv.output().unwrap();
        assert_eq!(output.status.code(), Some(3));
        String::from_utf8(output.stderr).unwrap()
    };
    let said = as_daemon();
    assert!(said.contains("making "), "the stage is root's: {said}");
    for open in ["outgoing", "celcombiller"] {
        fs::set_permissions(spool.join(open), fs::Permissions::from_mode(0o777)).unwrap();
    }
    let said = as_daemon();
    assert!(said.contains("to the user 0, who must own it so that Asterisk can: Operation not permitted"), "{said}");
    assert!(said.ends_with("hint: run it as root or as the user that Asterisk runs as\n"), "{said}");
    assert!(files(spool.join("outgoing")).is_empty() && files(spool.join("celcombiller")).is_empty());
    assert!(!spool.join("celcombiller/once").exists());
}

#[test]
fn a_value_that_is_none_is_named_before_anything_is_made() {
    let (ledger, spool) = spool("");
    for (flags, why) in [
        (["--callerid", "a\nApplication: System <1>"], "a line feed would begin another directive"),
        (["--variable", "SHELL(x)=1"], "`SHELL(x)` is not the name of a variable"),
        (["--wait-time", "0"], "invalid value '0' for '--wait-time <SECONDS>'"),
        (["--filename", "../../etc/cron.d/x"], "is not the name of a call file"),
    ] {
        let said = refused(&ledger, 2, &flags);
        assert!(said.contains(why), "{said}");
    }
    let ours = refused(&ledger, 1, &["--variable", "__CELCOMBILLER_THEN=1"]);
    assert_eq!(ours, "error: the variable CELCOMBILLER_THEN is celcombiller's own\n");
    assert!(files(spool.join("outgoing")).is_empty());
}

/// Numbers beyond the users are reached, and the account code says who pays.
const BILLED: &str = "[identify]\nby = [\"accountcode\"]\n[dial]\noffnet = \"PJSIP/{number}@carrier\"\n\
                      [calls]\nblocked = [\"900\"]\n[free]\nnumbers = [\"112\"]\n";

fn billed(ledger: &Ledger, flags: &[&str]) -> Value {
    ledger.json(&[&["call", "spool", "--user", "ana"], flags].concat())
}

fn unbilled(ledger: &Ledger, flags: &[&str]) -> String {
    ledger.refused(1, &[&["call", "spool", "--user", "ana"], flags].concat())
}

#[test]
fn a_call_for_a_user_carries_the_account_code_and_tells_what_each_leg_may_cost() {
    let (ledger, _) = spool(BILLED);
    let call = billed(&ledger, &["--channel", "PJSIP/ana", "--extension", "5511"]);
    assert_eq!(call["legs"], json!([{"number": "5511", "seconds": 100, "hold": "100"}]));
    let text = "Channel: PJSIP/ana\nAccount: ana\nContext: celcombiller\nExtension: 5511\nPriority: 1\n";
    assert_eq!(call["file"], text);
    let call = billed(&ledger, &["--channel", "Local/5511@celcombiller/n", "--application", "Playback"]);
    assert_eq!(call["legs"], json!([{"number": "5511", "seconds": 100, "hold": "100"}]));
    assert_eq!(ledger.balance("ana"), ("100".to_owned(), "0".to_owned()), "nothing is held before the call is made");
}

#[test]
fn both_legs_of_a_callback_share_what_is_available() {
    let (ledger, _) = spool(BILLED);
    let call = billed(&ledger, &["--channel", "Local/5511@celcombiller/n", "--extension", "5522"]);
    let legs = json!([
        {"number": "5511", "seconds": 50, "hold": "50"},
        {"number": "5522", "seconds": 50, "hold": "50"},
    ]);
    assert_eq!(call["legs"], legs);
    assert!(call["file"].as_str().unwrap().contains("\nAccount: ana\nSet: _CELCOMBILLER_THEN=5522\n"), "{call:#}");
    let free = billed(&ledger, &["--channel", "Local/112@celcombiller/n", "--extension", "5522"]);
    assert_eq!(free["legs"], json!([{"number": "5522", "seconds": 100, "hold": "100"}]));
    assert!(!free["file"].as_str().unwrap().contains("CELCOMBILLER_THEN"));
}

#[test]
fn a_call_that_its_user_could_not_pay_for_is_refused_before_it_is_spooled() {
    let (ledger, spool) = spool(BILLED);
    let refused = |why: &str, flags: &[&str]| {
        let said = unbilled(&ledger, flags);
        assert!(said.starts_with(&format!("error: {why}")), "{said}");
    };
    let (desk, local) = ("PJSIP/ana", "Local/5511@celcombiller/n");
    refused("900123 begins with the blocked 900", &["--channel", desk, "--extension", "900123"]);
    refused("nothing of the call to PJSIP/ana would be billed", &["--channel", desk, "--application", "Echo"]);
    let lossy = "Local/5511@celcombiller optimises itself away and takes the limit of the call with it\nhint: end the";
    refused(lossy, &["--channel", "Local/5511@celcombiller", "--application", "Echo"]);
    refused("5511 would be connected to itself", &["--channel", local, "--extension", "+5511"]);
    refused(
        "Local/5511@celcombiller/n would be billed among",
        &["--channel", &format!("{desk}&{local}"), "--extension", "1"],
    );
    ledger.ok(&["balance", "remove", "ana", "99"]);
    let fact = "the call to 5511 would be refused as NO_CREDIT: connecting it to 5522: ana has 0 available";
    refused(fact, &["--channel", local, "--extension", "5522"]);
    ledger.ok(&["balance", "remove", "ana", "1"]);
    let fact = "the call to 5511 would be refused as NO_CREDIT: ana has 0 available";
    refused(fact, &["--channel", desk, "--extension", "5511"]);
    ledger.ok(&["user", "suspend", "ana"]);
    refused(
        "the call to 5511 would be refused as SUSPENDED: ana is suspended",
        &["--channel", desk, "--extension", "5511"],
    );
    let nobody = ledger.refused(1, &["call", "spool", "--user", "eva", "--channel", desk, "--extension", "1"]);
    assert!(nobody.starts_with("error: no user"), "{nobody}");
    assert!(files(spool.join("outgoing")).is_empty());
    ledger.check();
}

#[test]
fn an_account_code_must_say_who_pays() {
    let (ledger, _) = spool("[identify]\nby = [\"callerid\", \"accountcode\"]\n");
    assert_eq!(
        unbilled(&ledger, &["--channel", "PJSIP/ana", "--extension", "999999998"]),
        "error: [identify] by begins with callerid: an account code does not say who pays\n\
         hint: by = [\"accountcode\", \"callerid\"]\n"
    );
}
