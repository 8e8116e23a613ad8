//! Who calls whom, and a caller's program that is killed while Dial runs.

use celcombiller::agi::stand_in::{Answer, Channel};

use crate::support::{Ledger, accompany, is_dial, signal};

pub(crate) const CALLER: &str = "celcombiller-caller";
pub(crate) const REDUCER: &str = "celcombiller-reducer";
pub(crate) const ANA: &str = "999999999";
pub(crate) const BOB: &str = "999999998";
pub(crate) const FAR_AHEAD: &str = "2099-01-01";

pub(crate) fn kill_the_caller_mid_dial(ledger: &Ledger, channel: &mut Channel) {
    let child = ledger.start(CALLER, &[]);
    let process = child.id();
    let ended = accompany(child, channel, &[], |_, command| {
        if is_dial(command) {
            signal("KILL", process);
        }
        Answer::AsAsterisk
    });
    assert_eq!(ended.status.code(), None, "killed");
}
