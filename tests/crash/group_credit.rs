//! `billctl group credit`, killed at each write to the disk.

use std::process::Stdio;

use crate::support::{Ledger, executable};
use crate::writes::{WRITES, can_trace};

#[test]
fn credit_that_is_killed_at_any_write_is_given_once_by_the_next_run() {
    if !can_trace("billctl group credit") {
        return;
    }
    let ledger = Ledger::with_ana_and_bob(0);
    for group in ["club", "team"] {
        let first = ["--every", "week", "--day", "1", "--month", "1", "--year", "3000", "--open-ended"];
        let add = ["group", "add", group, "--amount", "1", "--user", "ana", "--user", "bob"];
        ledger.ok(&[&add[..], &first].concat());
    }
    let mut weeks = 0;
    let mut most = 0;
    for write in WRITES {
        for count in 1.. {
            // Two dates of two groups: four transactions.
            weeks += 2;
            let by = weeks_after_new_year(weeks);
            let killed = ledger
                .command_of("strace")
                .args(["-o", "/dev/null", "-e", &format!("inject={write}:signal=KILL:when={count}")])
                .arg(executable("billctl"))
                .args(["group", "credit", "--as-of", &by])
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .status()
                .unwrap()
                .code()
                .is_none();
            ledger.ok(&["group", "credit", "--as-of", &by]);
            let given = ((2 * weeks).to_string(), "0".to_owned());
            assert_eq!(ledger.balance("ana"), given, "killed at {write} {count}");
            assert_eq!(ledger.balance("bob"), given, "killed at {write} {count}");
            ledger.check();
            if !killed {
                break;
            }
            most = most.max(count);
        }
    }
    assert!(most > 10, "only {most} writes were cut");
}

/// Returns the day before the date of so many weeks after the first of January 3000.
fn weeks_after_new_year(weeks: i64) -> String {
    let first = jiff::civil::date(3000, 1, 1);
    first.checked_add(jiff::Span::new().days(7 * weeks - 1)).unwrap().to_string()
}
