//! A call that Asterisk makes by itself, at an account's cost: which of its legs our programs will be asked for,
//! and what they will answer.
//!
//! Asterisk calls the channel, and connects whoever answers to the extension. The channel is a leg that costs
//! something where it is a call into the dialplan, `Local/NUMBER@CONTEXT/n`; the extension is one where it is a
//! number. Both carry the account code, so `celcombiller_caller` bills either to the account.

use super::{policy, variables};
use crate::billing::{self, BillingError};
use crate::config::Config;
use crate::domain::account::{Caller, IdentifyBy, Username};
use crate::domain::call::{Authorisation, CallIdError, CallRequest};
use crate::domain::money::Money;
use crate::domain::numbering::Dialled;
use crate::domain::rate::TalkTime;
use crate::domain::refusal::Refusal;
use crate::domain::time::Timestamp;
use crate::pbx::callfile::{Action, CallFile};
use crate::pbx::value::{ValueError, Variable};
use crate::store::Store;

/// A leg that costs something, as it would be granted now.
#[derive(Clone, Debug)]
pub struct Leg {
    /// The number.
    pub number: Dialled,
    /// The longest talk.
    pub talk_time: TalkTime,
    /// What would be held for it.
    pub held: Money,
}

/// Bills a call to a user: gives it the account code and what the programs need to know, unless it would be
/// refused when it is made. What is available is what is available now; the prices are those of `at`.
///
/// # Errors
/// Nothing of it would be billed, or not to that user; a leg would be refused; or the books fail.
pub fn bill(
    store: &mut Store,
    file: &mut CallFile,
    user: &Username,
    at: Timestamp,
    config: &Config,
) -> Result<Vec<Leg>, BillingError> {
    if let Some(other) = config.identify.by.first().filter(|way| **way != IdentifyBy::AccountCode) {
        return Err(Refusal::new(format!("[identify] by begins with {other}: an account code does not say who pays"))
            .hint("by = [\"accountcode\", \"callerid\"]")
            .into());
    }
    let mut legs = legs(file)?;
    for leg in &legs {
        if let Dialled::Number(number) = leg
            && let Some(prefix) = config.calls.blocks(number)
        {
            return Err(Refusal::new(format!("{number} begins with the blocked {prefix}")).into());
        }
    }
    legs.retain(|leg| !matches!(leg, Dialled::Number(number) if config.free.numbers.contains(number)));
    let longest = config.calls.max_talk_time().ok_or_else(|| Refusal::new("[calls] max_seconds is zero"))?;
    let number = file.caller_id.as_ref().and_then(|caller_id| caller_id.number.as_ref());
    let caller = Caller::from_channel(user.as_str(), number.map_or("", |number| number.as_str()));
    let requests = legs.iter().enumerate().map(|(index, leg)| {
        Ok(CallRequest {
            call: format!("rehearsal.{index}#1")
                .parse()
                .map_err(|error: CallIdError| Refusal::new(error.to_string()))?,
            caller: caller.clone(),
            then: legs.get(index + 1).cloned(),
            dialled: leg.clone(),
            answered_before: index > 0,
            at,
        })
    });
    let requests: Vec<CallRequest> = requests.collect::<Result<_, Refusal>>()?;
    let answers = billing::foresee(store, &requests, &policy(config, longest))?;
    let granted = legs.iter().zip(answers).map(|(number, answer)| match answer {
        Authorisation::Granted(grant) => {
            Ok(Leg { number: number.clone(), talk_time: grant.talk_time, held: grant.held })
        }
        Authorisation::Denied(denial, fact) => {
            let fact = format!("the call to {number} would be refused as {denial}: {fact}");
            Err(Refusal::new(fact)
                .hint(format!("billctl rate quote NUMBER --user {user}; billctl balance show {user}")))
        }
    });
    let granted = granted.collect::<Result<_, Refusal>>()?;
    let built = |error: ValueError| Refusal::new(error.to_string());
    file.account = Some(user.as_str().parse().map_err(built)?);
    if let [_, second] = &legs[..] {
        // Inherited by the other end of the Local channel, where the first leg is dialled.
        let value = second.to_string().parse().map_err(built)?;
        file.variables.push(Variable::new(&format!("_{}", variables::THEN), value).map_err(built)?);
    }
    Ok(granted)
}

/// Returns the legs that cost something, in the order in which they are called.
fn legs(file: &CallFile) -> Result<Vec<Dialled>, Refusal> {
    let mut legs = Vec::new();
    for channel in file.channels.all() {
        let Some((Ok(number), options)) = channel.local().map(|(extension, options)| (extension.parse(), options))
        else {
            continue;
        };
        let shown = channel.as_str();
        if file.channels.all().len() > 1 {
            let fact = format!("{shown} would be billed among other channels, and nobody can tell how many of them");
            return Err(Refusal::new(fact).hint("one call for each channel"));
        }
        if !options.contains('n') {
            let fact = format!("{shown} optimises itself away and takes the limit of the call with it");
            return Err(Refusal::new(fact).hint("end the channel with /n"));
        }
        legs.push(number);
    }
    if let Action::Extension { extension, .. } = &file.action
        && let Ok(number) = extension.as_str().parse()
    {
        legs.push(number);
    }
    match &legs[..] {
        [] => Err(Refusal::new(format!("nothing of the call to {} would be billed", file.channels))
            .hint("--channel Local/NUMBER@celcombiller/n, --extension NUMBER, or --account for an account code alone")),
        [first, second] if first == second => Err(Refusal::new(format!("{first} would be connected to itself"))),
        _ => Ok(legs),
    }
}
