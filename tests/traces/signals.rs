//! The signals of a hangup and of a stopped service.

use celcombiller::agi::stand_in::{Answer, Channel};

use crate::outcome::{is_closed_at, is_record, nothing_to_settle};
use crate::script::{CALL, CALLER, ana_calls_bob, call_and_kill_the_caller_mid_dial};
use crate::support::{Ledger, accompany, is_dial, signal};
use crate::transcript::{ENDING, plain, reads_the_ending};

#[test]
fn a_hangup_or_a_stopped_service_does_not_keep_a_call_from_its_charge() {
    for name in ["HUP", "TERM"] {
        let during: fn(&Channel, &str) -> bool = |_, command| is_dial(command);
        for moment in [during, reads_the_ending] {
            let ledger = Ledger::in_euros();
            let mut channel = ana_calls_bob();
            let child = ledger.start(CALLER, &[]);
            let process = child.id();
            let ended = accompany(child, &mut channel, &[], |channel, command| {
                if moment(channel, command) {
                    signal(name, process);
                }
                Answer::AsAsterisk
            });
            ended.quietly();
            is_record(&ledger, CALL, ("ANSWERED", 0, "0.05"));
            nothing_to_settle(&ledger, &mut channel);
            is_closed_at(&ledger, "9.95");
        }
    }
}

#[test]
fn the_reducer_outlives_the_same_signals() {
    for name in ["HUP", "TERM"] {
        let ledger = Ledger::in_euros();
        let mut channel = ana_calls_bob();
        call_and_kill_the_caller_mid_dial(&ledger, &mut channel);
        channel.extension = "h".to_owned();
        let child = ledger.start("celcombiller-reducer", &[]);
        let process = child.id();
        let ended = accompany(child, &mut channel, &[], |_, command| {
            if plain(command) == ENDING {
                signal(name, process);
            }
            Answer::AsAsterisk
        });
        ended.quietly();
        is_closed_at(&ledger, "9.95");
    }
}
