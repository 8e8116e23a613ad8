//! Which trunk a call takes, and what that costs us.

use crate::billing::calls::authorise::Policy;
use crate::billing::tariffs::rating::{Priced, find_rate};
use crate::domain::call::{CallId, Denial};
use crate::domain::dialling::{DialFacts, DialString, DialTemplate};
use crate::domain::money::Money;
use crate::domain::numbering::{Dialled, Imsi, PhoneNumber};
use crate::domain::outcome::Talk;
use crate::domain::routing::{MinuteCost, RouteOrder, Way, place};
use crate::domain::time::Timestamp;
use crate::store::{Books, Callee, RouteRow, Store, StoreError, StoredCall, TrunkId, TrunkRow};

/// How a destination is reached.
pub(in crate::billing) struct Reached {
    /// The number that is rated.
    pub(in crate::billing) number: PhoneNumber,
    /// What is dialled.
    pub(in crate::billing) dial: DialString,
    /// Over which trunk.
    pub(in crate::billing) trunk: Option<TrunkId>,
    /// What is dialled when that does not reach the network.
    pub(in crate::billing) further: Vec<Way>,
}

/// Finds how a destination is reached: a user as users are; any other number over the first trunk of its routes
/// that has room, and where it has none, as the policy says. Else tells why it is not.
pub(in crate::billing) fn reach(
    books: &Books<'_>,
    dialled: &Dialled,
    callee: Option<&Callee>,
    policy: &Policy,
    at: Timestamp,
) -> Result<Result<Reached, (Denial, String)>, StoreError> {
    let directly = |number: &PhoneNumber, dial| Reached { number: number.clone(), dial, trunk: None, further: vec![] };
    let reached = match (callee, dialled) {
        (Some(Callee { extension: Some(number), .. }), _) => {
            let facts = DialFacts { number: Some(number.as_str()), ..DialFacts::default() };
            DialTemplate::extension().dial_string(&facts).map(|dial| directly(number, dial))
        }
        (Some(callee), _) => callee.number.as_ref().and_then(|number| {
            let facts = DialFacts {
                number: Some(number.as_str()),
                imsi: callee.imsi.as_ref().map(Imsi::as_str),
                username: Some(callee.username.as_str()),
            };
            Some(directly(number, policy.onnet.dial_string(&facts)?))
        }),
        (None, Dialled::Number(number)) => {
            let ways = ways(books, number, policy.routes, at)?;
            if !ways.is_empty() {
                return over(books, number, &ways);
            }
            let facts = DialFacts { number: Some(number.as_str()), ..DialFacts::default() };
            policy.offnet.as_ref().and_then(|offnet| Some(directly(number, offnet.dial_string(&facts)?)))
        }
        (None, Dialled::Imsi(_)) => None,
    };
    Ok(reached.ok_or_else(|| (Denial::NoRoute, format!("nothing reaches {dialled}"))))
}

/// Takes the first way whose trunk has room; those after it are left for when it does not reach the network.
fn over(
    books: &Books<'_>,
    number: &PhoneNumber,
    ways: &[RouteWay],
) -> Result<Result<Reached, (Denial, String)>, StoreError> {
    let mut rest = ways;
    while let [first, further @ ..] = rest {
        if has_room(books, &first.row.trunk)? {
            return Ok(Ok(Reached {
                number: number.clone(),
                dial: first.dial.clone(),
                trunk: Some(first.row.trunk.id),
                further: further.iter().map(RouteWay::way).collect(),
            }));
        }
        rest = further;
    }
    let full: Vec<_> = ways.iter().map(|way| way.row.trunk.trunk.name.as_str()).collect();
    Ok(Err((Denial::TrunkBusy, format!("every trunk to {number} is full: {}", full.join(", ")))))
}

fn has_room(books: &Books<'_>, row: &TrunkRow) -> Result<bool, StoreError> {
    match row.trunk.max_calls {
        None => Ok(true),
        Some(most) => Ok(books.open_calls_on(row.id)? < most.get()),
    }
}

/// A route of a number, as it would be dialled.
#[derive(Clone, Debug)]
pub struct RouteWay {
    /// The route and its trunk.
    pub row: RouteRow,
    /// What Dial takes.
    pub dial: DialString,
}

impl RouteWay {
    fn of(row: RouteRow, number: &PhoneNumber) -> Option<Self> {
        let outside = row.route.outside(number)?;
        let facts = DialFacts { number: Some(outside.as_str()), ..DialFacts::default() };
        let dial = row.trunk.trunk.dial.dial_string(&facts)?;
        Some(Self { row, dial })
    }

    fn way(&self) -> Way {
        Way { trunk: self.row.trunk.trunk.name.clone(), dial: self.dial.clone() }
    }
}

/// Lists the ways to a number in the order in which they are tried, each trunk once.
///
/// # Errors
/// The books fail.
pub fn ways(
    books: &Books<'_>,
    number: &PhoneNumber,
    order: RouteOrder,
    at: Timestamp,
) -> Result<Vec<RouteWay>, StoreError> {
    let mut placed = Vec::new();
    for way in books.routes_to(number)?.into_iter().filter_map(|row| RouteWay::of(row, number)) {
        let cost = match order {
            RouteOrder::Priority => None,
            RouteOrder::Cost => minute_cost(books, &way.row.trunk, number, at)?,
        };
        placed.push((place(&way.row.route, order, cost), way));
    }
    placed.sort_by(|(a, _), (b, _)| a.cmp(b));
    let mut ways: Vec<RouteWay> = Vec::with_capacity(placed.len());
    for (_, way) in placed {
        if ways.iter().all(|before| before.row.trunk.id != way.row.trunk.id) {
            ways.push(way);
        }
    }
    Ok(ways)
}

/// Returns what a minute to a number costs us over a trunk; `None` where its tariff does not say.
///
/// # Errors
/// The books fail.
pub fn minute_cost(
    books: &Books<'_>,
    row: &TrunkRow,
    number: &PhoneNumber,
    at: Timestamp,
) -> Result<Option<MinuteCost>, StoreError> {
    books.look_up(|books| {
        let Some(tariff) = row.tariff.map(|id| books.tariff_of(id)).transpose()? else { return Ok(None) };
        let found = find_rate(books, &tariff, Priced { number, on_net: false, at }, |_| false)?;
        Ok(found.and_then(|found| {
            let minute = found.rate.charge(60, tariff.tariff.rounding)?;
            Some(MinuteCost { minute, connect_fee: found.rate.connect_fee })
        }))
    })
}

/// Works out what the carrier of a call charges us: its tariff's price, when the call was placed, of the seconds
/// that are billed, for the number as the caller dialled it. `None` where that tariff does not say.
pub(in crate::billing) fn cost(
    books: &Books<'_>,
    call: &StoredCall,
    talk: Talk,
    billsec: u32,
) -> Result<Option<Money>, StoreError> {
    let (Some(trunk), Dialled::Number(number)) = (call.trunk, &call.dialled) else { return Ok(None) };
    books.look_up(|books| {
        let Some(tariff) = books.cost_tariff(trunk)? else { return Ok(None) };
        let priced = Priced { number, on_net: false, at: call.facts.placed };
        Ok(find_rate(books, &tariff, priced, |_| false)?.and_then(|found| match talk {
            Talk::NotAnswered | Talk::GoesOn => Some(Money::ZERO),
            Talk::Answered { .. } | Talk::AtMost { .. } => found.rate.charge(billsec, tariff.tariff.rounding),
        }))
    })
}

/// Moves a call on to the first of its further ways whose trunk has room, and returns that way and those after
/// it. `None` when there is none, or when the call's hold was closed meanwhile: then nothing may be dialled.
///
/// # Errors
/// The books fail.
pub fn take_next_route<'a>(
    store: &mut Store,
    call: &CallId,
    further: &'a [Way],
) -> Result<Option<(&'a Way, &'a [Way])>, StoreError> {
    store.write(|books| {
        let mut rest = further;
        while let [way, after @ ..] = rest {
            if let Some(row) = books.trunk(&way.trunk)?
                && has_room(books, &row)?
            {
                return Ok(books.move_call(call, row.id)?.then_some((way, after)));
            }
            rest = after;
        }
        Ok(None)
    })
}
