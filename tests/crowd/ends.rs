//! Ends of calls that many report at once.

use std::fs;
use std::thread;

use celcombiller::agi::stand_in::{Answer, Channel};

use crate::support::{commands, is_dial};
use crate::{ANA, BOB, CALLER, FAR_AHEAD, charges, counted, patient_ledger};

#[test]
fn a_call_that_all_settle_at_once_and_again_is_charged_once() {
    const CALLS: u32 = 5;
    let ledger = &patient_ledger();
    for counter in 0..CALLS {
        let mut channel = Channel::new(&format!("1763690000.{counter}"), ANA, BOB);
        thread::scope(|crowd| {
            ledger.play_with(CALLER, &mut channel, &[], |channel, command| {
                // Dial is over, and the caller's program asks how: now everybody settles.
                if command.starts_with("GET FULL VARIABLE") && commands(&channel.dialogue).any(is_dial) {
                    for _ in 0..6 {
                        let mut gone = channel.clone();
                        crowd.spawn(move || ledger.hang_up(&mut gone).quietly());
                    }
                    crowd.spawn(|| ledger.ok(&["hold", "expire", "--as-of", FAR_AHEAD]));
                }
                Answer::AsAsterisk
            })
        })
        .quietly();
        ledger.hang_up(&mut channel).quietly();
    }
    assert_eq!(charges(ledger), vec!["0.05"; CALLS as usize]);
    assert_eq!(ledger.balance("ana"), ("9.75".to_owned(), "0".to_owned()));
    let history = ledger.json(&["balance", "history", "ana"]);
    let kinds = counted(history.as_array().unwrap().iter().map(|entry| entry["kind"].as_str().unwrap()));
    assert_eq!(kinds.get("charge"), Some(&(CALLS as usize)));
    ledger.check();
}

#[test]
fn ends_that_were_kept_are_posted_once_by_all_who_come_for_them() {
    const CALLS: usize = 10;
    let ledger = &patient_ledger();
    let aside = ledger.folder.path().join("aside.db");
    let mut channels: Vec<Channel> =
        (0..CALLS).map(|counter| Channel::new(&format!("1763690000.{counter}"), ANA, BOB)).collect();
    for channel in &mut channels {
        let ended = ledger.play_with(CALLER, channel, &[], |_, command| {
            if is_dial(command) {
                fs::rename(ledger.database(), &aside).unwrap();
            }
            Answer::AsAsterisk
        });
        assert!(ended.stderr.contains("its end was kept"), "{}", ended.stderr);
        fs::rename(&aside, ledger.database()).unwrap();
    }
    thread::scope(|crowd| {
        for _ in 0..4 {
            crowd.spawn(|| ledger.ok(&["hold", "expire", "--as-of", FAR_AHEAD]));
        }
        for channel in &mut channels {
            crowd.spawn(|| ledger.hang_up(channel));
        }
    });
    assert_eq!(charges(ledger), vec!["0.05"; CALLS]);
    assert_eq!(ledger.balance("ana"), ("9.5".to_owned(), "0".to_owned()));
    ledger.ok(&["hold", "expire"]);
    assert_eq!(ledger.balance("ana"), ("9.5".to_owned(), "0".to_owned()));
    ledger.check();
}
