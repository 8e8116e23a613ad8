//! Vouchers whose programs are killed at each write: redeemed once, and never printed without being in the books.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Instant;

use crate::support::{Ledger, executable, piped};
use crate::writes::WRITES;

/// Runs billctl and kills it at a write; returns whether it was, or `None` where nothing can be traced.
fn killed_at(ledger: &Ledger, write: &str, count: u32, arguments: &[&str]) -> bool {
    let mut strace = ledger.command_of("strace");
    strace.args(["-f", "-o", "/dev/null", "-e", &format!("inject={write}:signal=KILL:when={count}")]);
    let output = piped(strace.arg(executable("billctl")).args(arguments)).wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(matches!(output.status.code(), None | Some(0)), "{write} {count}: {said}");
    output.status.code().is_none()
}

fn can_be_traced() -> bool {
    let traced = Command::new("strace").args(["-o", "/dev/null", "true"]).stderr(Stdio::null()).status();
    let can = traced.is_ok_and(|status| status.success());
    if !can {
        eprintln!("\n*** SKIPPED: strace cannot run here, so billctl is not killed at its writes ***\n");
    }
    can
}

#[test]
fn a_voucher_whose_redeeming_is_killed_at_any_write_is_redeemed_once() {
    if !can_be_traced() {
        return;
    }
    let ledger = Ledger::with_ana_and_bob(0);
    let issued = ledger.json(&["voucher", "generate", "--count", "200", "--amount", "1"]);
    let mut codes = issued.as_array().unwrap().iter().map(|voucher| voucher["code"].as_str().unwrap());
    let (mut redeemed, mut cuts) = (0, 0);
    for write in WRITES {
        for count in 1.. {
            let code = codes.next().unwrap();
            let killed = killed_at(&ledger, write, count, &["voucher", "redeem", code, "ana"]);
            let before = ledger.balance("ana").0;
            let again = ledger.billctl(&["voucher", "redeem", code, "ana"]);
            redeemed += 1;
            let right = match again.status.success() {
                true => (redeemed - 1).to_string(),
                false => redeemed.to_string(),
            };
            assert_eq!(before, right, "killed at {write} {count}");
            assert_eq!(ledger.balance("ana").0, redeemed.to_string(), "killed at {write} {count}");
            if !killed {
                break;
            }
            cuts += 1;
        }
    }
    assert!(cuts > 10, "only {cuts} writes were cut");
    ledger.check();
}

#[test]
fn every_code_of_a_list_whose_making_is_killed_at_any_write_is_worth_something() {
    if !can_be_traced() {
        return;
    }
    let ledger = Ledger::with_ana_and_bob(0);
    let mut cuts = 0;
    for write in ["write", "fsync", "linkat"].into_iter().chain(WRITES) {
        for count in 1.. {
            let list = ledger.folder.path().join(format!("{write}-{count}.csv"));
            let generate = ["--format", "csv", "voucher", "generate", "--count", "3", "--amount", "1", "--output"];
            let killed = killed_at(&ledger, write, count, &[&generate[..], &[list.to_str().unwrap()]].concat());
            if list.exists() {
                redeems_all_of(&ledger, &list);
            }
            assert!(list.exists() || killed, "{write} {count}");
            if !killed {
                break;
            }
            cuts += 1;
        }
    }
    assert!(cuts > 15, "only {cuts} writes were cut");
    ledger.check();
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
