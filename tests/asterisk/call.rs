//! A call between two phones, from the first INVITE until the reducer has run.

use crate::configuration::Dialplan;
use crate::dialogue::Dialogue;
use crate::lab::{Lab, Over};
use crate::scenario::{Callee, Caller};
use crate::subscriber::Subscriber;

pub(crate) struct Call {
    pub(crate) callee: Dialogue,
    pub(crate) over: Over,
}

impl Lab {
    /// Plays one call, which reaches the callee.
    pub(crate) fn call(
        &self,
        from: &Subscriber,
        to: &Subscriber,
        dialplan: Dialplan,
        caller: &Caller,
        callee: &Callee,
    ) -> Call {
        let callee = to.takes_a_call(callee);
        let caller = from.calls(dialplan, &to.number, caller);
        caller.finish();
        let callee = callee.finish();
        Call { callee, over: self.over(&from.number, 1).remove(0) }
    }
}
