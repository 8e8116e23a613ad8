//! Callbacks: two legs that one account pays for at the same time.

use super::authorise::{Policy, decide};
use crate::domain::call::{Authorisation, CallRequest, Denial};
use crate::domain::numbering::Dialled;
use crate::domain::rate::TalkTime;
use crate::store::{Books, Store, StoreError};

/// Tells what [`super::authorise`] would answer to requests, one after the other, and takes it all back.
///
/// # Errors
/// The books fail.
pub fn foresee(store: &mut Store, requests: &[CallRequest], policy: &Policy) -> Result<Vec<Authorisation>, StoreError> {
    store.write(|books| {
        let foreseen = |request: &CallRequest| match &request.then {
            None => decide(books, request, policy),
            Some(then) => decide_for_both(books, request, then, policy),
        };
        books.rehearse(|_| requests.iter().map(foreseen).collect())
    })
}

/// Decides about the first leg of a callback, which is then connected to another number. It holds no more than
/// leaves the second leg as long to talk: by itself it would take all that is available, and the second would
/// always be refused.
pub(in crate::billing) fn decide_for_both(
    books: &Books<'_>,
    request: &CallRequest,
    then: &Dialled,
    policy: &Policy,
) -> Result<Authorisation, StoreError> {
    let first = CallRequest { then: None, ..request.clone() };
    let second = CallRequest { call: request.call.next(), dialled: then.clone(), ..first.clone() };
    let mut denied = Authorisation::Denied(Denial::NoCredit, format!("nothing is left to connect it to {then}"));
    let (mut paid, mut unpaid, mut tried) = (0, policy.longest.seconds().saturating_add(1), policy.longest.seconds());
    while unpaid - paid > 1
        && let Some(longest) = TalkTime::new(tried)
    {
        let policy = Policy { longest, ..policy.clone() };
        match books.rehearse(|books| decide_both(books, [&first, &second], &policy))? {
            Authorisation::Granted(grant) if grant.talk_time == longest => paid = tried,
            Authorisation::Granted(_) => unpaid = tried,
            refused => (unpaid, denied) = (tried, refused),
        }
        tried = paid.midpoint(unpaid);
    }
    match TalkTime::new(paid) {
        Some(longest) => decide(books, &first, &Policy { longest, ..policy.clone() }),
        None => Ok(denied),
    }
}

/// Decides about both legs; returns the answer to the second, unless the first is refused.
fn decide_both(
    books: &Books<'_>,
    [first, second]: [&CallRequest; 2],
    policy: &Policy,
) -> Result<Authorisation, StoreError> {
    if let denied @ Authorisation::Denied(..) = decide(books, first, policy)? {
        return Ok(denied);
    }
    Ok(match decide(books, second, policy)? {
        Authorisation::Denied(denial, fact) => {
            Authorisation::Denied(denial, format!("connecting it to {}: {fact}", second.dialled))
        }
        granted => granted,
    })
}
