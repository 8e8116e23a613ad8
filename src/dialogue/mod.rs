//! Floor 3: the two talks with Asterisk, one for each program that it starts, and the calls that it begins itself.

mod announce;
mod books;
pub mod caller;
pub mod decisions;
mod ending;
pub mod reducer;
pub mod spooled;
pub mod warning;

use crate::billing::Policy;
use crate::config::Config;
use crate::domain::rate::TalkTime;

/// Returns what the operator decided about calls.
fn policy(config: &Config, longest: TalkTime) -> Policy {
    Policy {
        identify_by: config.identify.by.clone(),
        onnet: config.dial.onnet.clone(),
        offnet: config.dial.offnet.clone(),
        routes: config.dial.routes,
        longest,
        announcement_seconds: config.announce.seconds(),
        ring_seconds: config.dial.ring_seconds(),
    }
}

/// What either program reports to the operator as its name.
const PROGRAM: &str = "celcombiller";

/// Names of the channel variables that a dialplan may read, and of those that Dial and our dialplan set.
pub(crate) mod variables {
    /// `GRANTED`, or why not.
    pub(crate) const STATUS: &str = "CELCOMBILLER_STATUS";
    /// The call's key.
    pub(crate) const CALL: &str = "CELCOMBILLER_CALL";
    /// The seconds granted.
    pub(crate) const SECONDS: &str = "CELCOMBILLER_SECONDS";
    /// The seconds charged.
    pub(crate) const BILLSEC: &str = "CELCOMBILLER_BILLSEC";
    /// What they cost.
    pub(crate) const CHARGE: &str = "CELCOMBILLER_CHARGE";
    /// The number that a call file connects the callee of its channel to.
    pub(crate) const THEN: &str = "CELCOMBILLER_THEN";
    /// When the callee answered, in seconds since 1970 with milliseconds, by the dialplan's stamp.
    pub(crate) const ANSWERED: &str = "CELCOMBILLER_ANSWERED";
}
