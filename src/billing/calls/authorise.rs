//! Authorise: a request becomes a hold, or a reason why not.

use super::callback::decide_for_both;
use crate::billing::accounts::bundle::purse;
use crate::billing::accounts::caps::{Capped, leeway};
use crate::billing::routes::routing::{Reached, reach};
use crate::billing::tariffs::rating::{Priced, find_rate};
use crate::domain::account::{AccountCode, Caller, IdentifyBy, Language, Status};
use crate::domain::call::{Authorisation, CallRequest, Denial, Grant};
use crate::domain::dialling::{DialString, DialTemplate};
use crate::domain::money::Money;
use crate::domain::purse::Purse;
use crate::domain::rate::TalkTime;
use crate::domain::routing::RouteOrder;
use crate::store::{Books, CallState, NewHold, Payer, RateRow, Store, StoreError};

/// Seconds after ring and talk until a hold may be given back: nobody can still be talking then.
const EXPIRY_MARGIN: u32 = 60;

/// What the operator decided about calls.
#[derive(Clone, Debug)]
pub struct Policy {
    /// How the account is found, in order.
    pub identify_by: Vec<IdentifyBy>,
    /// How a registered user is reached.
    pub onnet: DialTemplate,
    /// How any other number is reached that has no route.
    pub offnet: Option<DialTemplate>,
    /// What decides among the routes of a number.
    pub routes: RouteOrder,
    /// The longest call.
    pub longest: TalkTime,
    /// How long a caller is spoken to before the dial, in seconds.
    pub announcement_seconds: u32,
    /// How long a callee rings, in seconds.
    pub ring_seconds: u32,
}

/// Decides about a call. When it is granted, the exact price of the longest talk that is available has been taken from
/// what the account can spend, its bundles first; nothing may be dialled before the store is closed. With the answer
/// goes the language of the account, where one was found and has one.
///
/// Asking again for the same call returns the first grant while its hold is open.
///
/// # Errors
/// The books fail: then nothing is known, and the call must be refused.
pub fn authorise(
    store: &mut Store,
    request: &CallRequest,
    policy: &Policy,
) -> Result<(Authorisation, Option<Language>), StoreError> {
    store.write(|books| {
        let payer = match identify(books, &request.caller, &policy.identify_by)? {
            Ok(payer) => payer,
            Err(denied) => return Ok((denied, None)),
        };
        let decided = match &request.then {
            None => decide_leg(books, &payer, request, policy)?,
            Some(then) => decide_for_both(books, request, then, policy)?,
        };
        let decided = match decided {
            // The hold of a first grant stands in the way of asking again.
            denied @ Authorisation::Denied(
                Denial::NoCredit | Denial::TooManyCalls | Denial::TrunkBusy | Denial::SpendingCap | Denial::TimeCap,
                _,
            ) => first_grant(books, &payer, request)?.unwrap_or(denied),
            decided => decided,
        };
        Ok((decided, payer.language))
    })
}

/// Decides about one leg, whoever pays for it.
pub(in crate::billing) fn decide(
    books: &Books<'_>,
    request: &CallRequest,
    policy: &Policy,
) -> Result<Authorisation, StoreError> {
    match identify(books, &request.caller, &policy.identify_by)? {
        Ok(payer) => decide_leg(books, &payer, request, policy),
        Err(denied) => Ok(denied),
    }
}

fn decide_leg(
    books: &Books<'_>,
    payer: &Payer,
    request: &CallRequest,
    policy: &Policy,
) -> Result<Authorisation, StoreError> {
    if let Some(denied) = barred(payer, request) {
        return Ok(denied);
    }
    let callee = books.callee(&request.dialled)?;
    let reached = reach(books, &request.dialled, callee.as_ref(), policy, request.at)?;
    let Reached { number, dial, trunk, further } = match reached {
        Ok(reached) => reached,
        Err((denial, fact)) => return Ok(denied(denial, fact)),
    };
    let priced = Priced { number: &number, on_net: callee.is_some(), at: request.at };
    let Some(RateRow { id: rate_id, rate, .. }) = find_rate(books, &payer.tariff, priced, |_| false)? else {
        return Ok(denied(Denial::NoRate, format!("no rate for {number} in the tariff of {}", payer.username)));
    };
    let purse = if payer.has_bundles { purse(books, payer.id, priced)? } else { Purse::default() };
    let (freed, bonus) = (purse.freed(&rate), purse.bonus());
    let capped = Capped { payer, number: &number, on_net: callee.is_some(), rate: &freed, bonus, at: request.at };
    let leeway = match leeway(books, &capped)? {
        Ok(leeway) => leeway,
        Err((denial, fact)) => return Ok(denied(denial, fact)),
    };
    let spendable = leeway.funds.map_or(payer.available, |funds| funds.min(payer.available));
    let funds = spendable.checked_add(bonus).unwrap_or(Money::MAX);
    let shortest = |seconds: u64| u32::try_from(seconds).ok().and_then(TalkTime::new);
    let longest = leeway.seconds.and_then(shortest).map_or(policy.longest, |left| left.min(policy.longest));
    let rounding = payer.tariff.tariff.rounding;
    let grant = freed
        .max_talk_time(funds, longest, rounding)
        .and_then(|talk_time| Some((talk_time, freed.charge(talk_time.seconds(), rounding)?)));
    let Some((talk_time, price)) = grant else {
        return Ok(denied(Denial::NoCredit, format!("{} has {} available", payer.username, payer.available)));
    };
    let paid = purse.pay(&rate, talk_time.seconds(), price);
    let dials = u32::try_from(1 + further.len()).unwrap_or(u32::MAX);
    let ringing = policy.ring_seconds.saturating_mul(dials);
    let patience = ringing.saturating_add(policy.announcement_seconds + talk_time.seconds() + EXPIRY_MARGIN);
    let placed = books.place_hold(&NewHold {
        call: &request.call,
        payer: payer.id,
        rate: rate_id,
        clid: &request.caller.to_string(),
        dialled: &request.dialled,
        dial: dial.as_str(),
        callee: callee.map(|callee| callee.id),
        trunk,
        answered_before: request.answered_before,
        amount: paid.rest,
        seconds: talk_time,
        free_seconds: paid.is_by_bundles().then(|| paid.seconds()),
        placed: request.at,
        expires: request.at.plus_seconds(patience),
    });
    match placed {
        Ok(row) => {
            for &(bundle, part) in paid.time.iter().chain(&paid.bonus) {
                books.hold_bundle(row, bundle, part)?;
            }
            if let Some(days) = payer.valid_days.filter(|_| payer.expires.is_none()) {
                books.expire_account(payer.id, request.at.plus_seconds(days.saturating_mul(86_400)))?;
            }
            let (call, available) = (request.call.clone(), payer.available);
            Ok(Authorisation::Granted(Grant { call, talk_time, held: paid.rest, available, dial, further }))
        }
        Err(error) if error.breaks("call.uniqueid") => first_grant(books, payer, request)?.ok_or(error),
        Err(error) => Err(error),
    }
}

fn denied(denial: Denial, fact: String) -> Authorisation {
    Authorisation::Denied(denial, fact)
}

/// Finds who pays. The first way that the channel has anything to show for decides: an account code that
/// names nobody is not overlooked in favour of a caller id that a phone can choose.
fn identify(
    books: &Books<'_>,
    caller: &Caller,
    ways: &[IdentifyBy],
) -> Result<Result<Payer, Authorisation>, StoreError> {
    for way in ways {
        let found = match (way, caller) {
            (IdentifyBy::AccountCode, Caller { account_code: Some(AccountCode::Username(username)), .. }) => {
                books.payer_named(username)?
            }
            (IdentifyBy::AccountCode, Caller { account_code: Some(AccountCode::Nobody(_)), .. }) => None,
            (IdentifyBy::CallerId, Caller { number: Some(number), .. }) => match books.payer_by_number(number)? {
                None => continue,
                found => found,
            },
            (IdentifyBy::Imsi, Caller { imsi: Some(imsi), .. }) => match books.payer_by_imsi(imsi)? {
                None => continue,
                found => found,
            },
            _ => continue,
        };
        return Ok(found.ok_or_else(|| unknown(caller, ways)));
    }
    Ok(Err(unknown(caller, ways)))
}

fn unknown(caller: &Caller, ways: &[IdentifyBy]) -> Authorisation {
    let ways: Vec<_> = ways.iter().map(|way| way.as_str()).collect();
    denied(Denial::UnknownCaller, format!("no account for {caller} by {}", ways.join(", ")))
}

fn barred(payer: &Payer, request: &CallRequest) -> Option<Authorisation> {
    let username = &payer.username;
    if payer.status != Status::Active {
        return Some(denied(Denial::Suspended, format!("{username} is {}", payer.status)));
    }
    if let Some(expires) = payer.expires.filter(|&expires| expires <= request.at) {
        return Some(denied(Denial::Expired, format!("{username} expired at {expires}")));
    }
    let most = payer.max_calls.filter(|&most| payer.open_calls >= most)?;
    Some(denied(Denial::TooManyCalls, format!("{username} has {} calls of {most}", payer.open_calls)))
}

/// Answers a request that was answered before: with the same grant while the hold is open, else with a
/// refusal, because what is closed cannot pay for anything.
fn first_grant(books: &Books<'_>, payer: &Payer, request: &CallRequest) -> Result<Option<Authorisation>, StoreError> {
    let Some(first) = books.stored_call(&request.call)? else { return Ok(None) };
    let same = first.state == CallState::Open && first.dialled == request.dialled;
    let Some(dial) = DialString::granted_before(&first.dial).filter(|_| same) else {
        let fact = format!("call {} was asked for before and is {}", request.call, first.state);
        return Ok(Some(denied(Denial::Unavailable, fact)));
    };
    Ok(Some(Authorisation::Granted(Grant {
        call: request.call.clone(),
        talk_time: first.facts.granted,
        held: first.amount,
        available: payer.available.checked_add(first.amount).unwrap_or(payer.available),
        dial,
        // Who was granted this died before dialling; one way is enough to answer again.
        further: Vec::new(),
    })))
}
