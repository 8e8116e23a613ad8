//! Vouchers whose programs are killed at each write: redeemed once, and never printed without being in the books.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Instant;

use crate::page::put_back;
use crate::support::{Ledger, executable};
use crate::system_calls::{Blow, Change, can_trace, tell};

#[test]
fn every_code_of_a_list_whose_making_is_killed_anywhere_is_worth_something() {
    if !can_trace() {
        return;
    }
    let ledger = Ledger::with_ana_and_bob(0);
    let (folder, snapshot) = (ledger.folder.path(), tempfile::tempdir().unwrap());
    put_back(folder, snapshot.path());
    let list = folder.join("list.csv");
    let generate = ["--format", "csv", "voucher", "generate", "--count", "3", "--amount", "1", "--output"];
    let lives_when_it_generates = |mut strace: Command| {
        strace.arg(executable("billctl")).args(generate).arg(&list).stdout(Stdio::null()).stderr(Stdio::null());
        strace.status().unwrap().code().is_some()
    };
    let changes = Change::all_of(&ledger, |strace| assert!(lives_when_it_generates(strace)));
    redeems_all_of(&ledger, &list);
    for (change, blow) in changes.iter().flat_map(|change| Blow::DEATHS.map(|blow| (change, blow))) {
        put_back(snapshot.path(), folder);
        assert!(!lives_when_it_generates(change.strikes(blow, &ledger)), "killed {blow:?} {change:?}: it lived");
        if list.exists() {
            redeems_all_of(&ledger, &list);
        }
        ledger.check();
    }
    tell("billctl voucher generate", &changes);
}

fn redeems_all_of(ledger: &Ledger, list: &Path) {
    let list = fs::read_to_string(list).unwrap();
    let codes: Vec<&str> = list.lines().skip(1).map(|line| line.split(',').nth(1).unwrap()).collect();
    assert_eq!(codes.len(), 3, "{list}");
    codes.iter().for_each(|code| drop(ledger.ok(&["voucher", "redeem", code, "ana"])));
}

#[test]
fn vouchers_that_many_redeem_at_once_while_some_are_killed_are_each_redeemed_once() {
    const VOUCHERS: u32 = 30;
    const PROGRAMS: u32 = 6;
    let ledger = Ledger::with_ana_and_bob(0);
    ledger.configure("[database]\nbusy_timeout = 60\n");
    let issued = ledger.json(&["voucher", "generate", "--count", &VOUCHERS.to_string(), "--amount", "1"]);
    let codes: Vec<&str> = issued.as_array().unwrap().iter().map(|voucher| voucher["code"].as_str().unwrap()).collect();
    let redeems = |program: u32, code: &str| {
        let user = if program.is_multiple_of(2) { "ana" } else { "bob" };
        ledger
            .command("billctl")
            .args(["voucher", "redeem", code, user])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
    };
    let began = Instant::now();
    assert!(redeems(0, codes[0]).unwrap().wait().unwrap().success());
    let span = began.elapsed();
    thread::scope(|crowd| {
        for program in 0..PROGRAMS {
            let codes = &codes;
            crowd.spawn(move || {
                for (moment, code) in (0..).zip(codes) {
                    let mut child = redeems(program, code).unwrap();
                    if program < PROGRAMS / 2 {
                        thread::sleep(span * 2 * moment / VOUCHERS);
                        child.kill().unwrap();
                    }
                    child.wait().unwrap();
                }
            });
        }
    });
    let balance = |user: &str| ledger.balance(user).0.parse::<u32>().unwrap();
    assert_eq!(balance("ana") + balance("bob"), VOUCHERS);
    let batch = &ledger.json(&["voucher", "batches"])[0];
    assert_eq!((&batch["redeemed"], &batch["unused"]), (&VOUCHERS.into(), &0.into()));
    ledger.check();
}
