//! The call that tells a user what is left: nobody pays for it.

use std::num::NonZeroU16;

use crate::config::Config;
use crate::domain::announcement::Sound;
use crate::domain::dialling::DialFacts;
use crate::domain::refusal::Refusal;
use crate::pbx::callfile::{Action, CallFile};
use crate::pbx::value::ValueError;
use crate::store::AccountRow;

/// How many further attempts there are where nobody answers.
const FURTHER_ATTEMPTS: u16 = 2;

/// Builds a call to a user's phone that plays a prompt and says the balance of the moment, in the user's language.
/// It has no account code and dials no number, so `celcombiller_caller` holds and charges nothing for it.
///
/// # Errors
/// `[dial] onnet` names a fact that the user does not have, or makes no channel of a call file.
pub fn call(user: &AccountRow, prompt: Option<&Sound>, config: &Config) -> Result<CallFile, Refusal> {
    let template = &config.dial.onnet;
    let facts = DialFacts {
        number: user.clid.as_ref().map(|number| number.as_str()),
        imsi: user.imsi.as_ref().map(|imsi| imsi.as_str()),
        username: Some(user.username.as_str()),
    };
    let unreachable = || {
        Refusal::new(format!("{} has not what [dial] onnet = \"{template}\" asks for", user.username))
            .hint(format!("billctl user update {} --imsi DIGITS", user.username))
    };
    let dial = template.dial_string(&facts).ok_or_else(unreachable)?;
    let built = |error: ValueError| Refusal::new(error.to_string());
    let prompt = prompt.map_or_else(String::new, |sound| format!(",prompt={}", sound.as_str()));
    let action = Action::Application {
        name: "AGI".parse().map_err(built)?,
        data: format!("celcombiller_caller,balance={}{prompt}", user.username).parse().map_err(built)?,
    };
    let ring_seconds = u16::try_from(config.dial.ring_seconds()).ok().and_then(NonZeroU16::new);
    Ok(CallFile {
        wait_time: ring_seconds,
        max_retries: Some(FURTHER_ATTEMPTS),
        ..CallFile::new(dial.as_str().parse().map_err(built)?, action)
    })
}
