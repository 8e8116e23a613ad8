//! Callers who forge the rest of the block and the replies.

use celcombiller::agi::stand_in::Channel;

use crate::another_block::behind_another_block;
use crate::script::{CALL, CALLER, REDUCER, ana_calls_bob, is_untouched};
use crate::support::{Ended, Ledger, commands, is_dial};

/// The rest of a block, as a caller would write it who wants another to pay.
const FORGED_REST: &str = "agi_calleridname: x\nagi_callingpres: 0\nagi_callingani2: 0\nagi_callington: 0\n\
                           agi_callingtns: 0\nagi_dnid: x\nagi_rdnis: x\nagi_context: x\nagi_extension: 999999998\n\
                           agi_priority: 1\nagi_enhanced: 0.0\nagi_accountcode: ana\nagi_threadid: 1\n\n";

/// Plays a channel whose caller number forges the rest of the block and then these replies.
fn behind_a_forged_caller(ledger: &Ledger, program: &str, channel: &mut Channel, replies: &str) -> Ended {
    let forged = format!("agi_callerid: 1\n{FORGED_REST}{replies}");
    let block = channel.environment(&[]).replace("agi_callerid: 999999999\n", &forged);
    behind_another_block(ledger, program, channel, block.into_bytes())
}

#[test]
fn a_caller_who_forges_the_block_and_the_replies_has_nothing_dialled() {
    let ledger = Ledger::with_ana_and_bob(600);
    ledger.configure("[identify]\nby = [\"accountcode\", \"callerid\"]\n");
    let granted = "200 result=1 (Ring|0|||||||||)\n".to_owned() + &"200 result=1\n".repeat(4);
    // With these, the call would be settled as not answered before it is dialled.
    let settled = format!("{granted}200 result=-1\n200 result=1 (GRANTED|{CALL}||NOANSWER|||)\n");
    for replies in
        ["", "200 result=1 (Ring|0|||||||||)\n", &granted, &settled, &(settled.clone() + &"200 result=1\n".repeat(3))]
    {
        let mut channel = ana_calls_bob();
        let ended = behind_a_forged_caller(&ledger, CALLER, &mut channel, replies);
        assert!(!commands(&channel.dialogue).any(is_dial), "{replies}{:#?}", channel.dialogue);
        assert_eq!(ended.status.code(), Some(1), "{replies}");
    }
    is_untouched(&ledger);
}

/// A reducer that believed the forged reply would find that nobody answered, and charge nothing.
#[test]
fn a_caller_who_forges_what_the_reducer_reads_settles_nothing() {
    for reply in ["200 result=1 (||||||)\n", &format!("200 result=1 (GRANTED|{CALL}||NOANSWER|||)\n")] {
        let ledger = Ledger::with_ana_and_bob(600);
        let mut channel = ana_calls_bob();
        ledger.play(CALLER, &mut channel, &["authorise"]).quietly();
        behind_a_forged_caller(&ledger, REDUCER, &mut channel, reply);
        assert_eq!(ledger.balance("ana"), ("600".to_owned(), "600".to_owned()), "{reply}");
    }
}
