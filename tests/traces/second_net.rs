//! The absolute timeout, which ends a call that Dial's own limit did not.

use celcombiller::agi::stand_in::CalleeBehaviour;

use crate::script::{ana_calls_bob, answers, call, dialled_by_the_dialplan};
use crate::support::{Ledger, commands};

#[test]
fn the_second_net_gives_way_to_an_earlier_end_and_is_taken_back_after_the_call() {
    for (before, nets) in [
        ("0", vec!["640", "0"]),
        ("0.000", vec!["640", "0"]),
        ("100.000", vec![]),
        ("640.000", vec![]),
        ("641.000", vec!["640", "641"]),
        ("5000.250", vec!["640", "5000"]),
    ] {
        let ledger = Ledger::with_ana_and_bob(600);
        let mut channel = ana_calls_bob();
        channel.callee = CalleeBehaviour::Fails("BUSY");
        dialled_by_the_dialplan(&mut channel, [("TIMEOUT(absolute)", before)]);
        assert_eq!(call(&ledger, &mut channel, &[]), "GRANTED");
        let said: Vec<_> =
            commands(&channel.dialogue).filter_map(|command| command.strip_prefix("SET AUTOHANGUP ")).collect();
        assert_eq!(said, nets.iter().map(|seconds| format!("{seconds:?}")).collect::<Vec<_>>(), "{before}");
    }
}

#[test]
fn the_second_net_counts_the_time_that_the_dial_took() {
    let ledger = Ledger::with_ana_and_bob(1);
    let mut channel = ana_calls_bob();
    channel.callee = answers(1, 60);
    dialled_by_the_dialplan(&mut channel, [("TIMEOUT(absolute)", "5000.900")]);
    assert_eq!(call(&ledger, &mut channel, &[]), "GRANTED");
    let nets: Vec<_> = commands(&channel.dialogue).filter(|said| said.starts_with("SET AUTOHANGUP")).collect();
    assert_eq!(nets, ["SET AUTOHANGUP \"41\"", "SET AUTOHANGUP \"4998\""]);
}
