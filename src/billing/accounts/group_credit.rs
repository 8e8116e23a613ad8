//! What is due on the dates of groups: given once to each member, however often and by how many it is asked for.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::caps::find_group;
use super::gift::give;
use super::plan::{group_date, refused};
use crate::billing::error::BillingError;
use crate::domain::calendar::When;
use crate::domain::gift::Gift;
use crate::domain::group::GroupName;
use crate::domain::ledger::EntryKind;
use crate::domain::money::Money;
use crate::domain::plan::Plan;
use crate::domain::refusal::Refusal;
use crate::domain::time::Timestamp;
use crate::store::{AccountId, Books, Circumstances, GroupDate, GroupRow, Store};

/// Members who are given something in one transaction. That takes some ten milliseconds, for which a call waits
/// at most.
const BATCH: usize = 500;

/// Which dates are to be given.
#[derive(Clone, Debug)]
pub struct CreditRun {
    /// Those of one group only. Without `as_of` its next date is given too, before it is due.
    pub group: Option<GroupName>,
    /// Those up to a date; by default up to today, where each plan is.
    pub as_of: Option<When>,
    /// Now.
    pub now: Timestamp,
}

/// What a date of a group came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credited {
    /// The group.
    pub group: GroupName,
    /// The date.
    pub date: Date,
    /// What each member was given.
    pub gift: Gift,
    /// How many members.
    pub members: u64,
}

impl Credited {
    /// Returns what all members had together: credit in the unit of the books, or seconds of talk; `None` beyond
    /// what money can be.
    #[must_use]
    pub fn total(&self) -> Option<Money> {
        let members = i64::try_from(self.members).ok()?;
        self.gift.amount().money().millionths().checked_mul(members).map(Money::from_millionths)
    }
}

/// A date of a group that is due, for whoever is in it and waits.
struct Due {
    date: Date,
    group: GroupRow,
    plan: Plan,
    gift: Gift,
    whom: GroupDate,
}

impl Due {
    fn of(date: Date, group: &GroupRow, plan: &Plan) -> Result<Self, BillingError> {
        let (gift, whom) = (plan.gift_on(date).map_err(refused)?, group_date(group, plan, date)?);
        Ok(Self { date, group: group.clone(), plan: plan.clone(), gift, whom })
    }

    fn credited(&self, members: u64) -> Credited {
        Credited { group: self.group.name.clone(), date: self.date, gift: self.gift.clone(), members }
    }

    /// Gives to a member who is still to have it; tells whether they were.
    fn give_to(&self, books: &Books<'_>, member: AccountId, by: Circumstances<'_>) -> Result<bool, BillingError> {
        let waits = books.is_waiting(&self.whom, member)?;
        if waits {
            let note = format!("group {}, {}", self.group.name, self.date);
            let by = Circumstances { note: Some(&note), ..by };
            give(books, member, &self.gift, EntryKind::Credit, &self.whom.origin_for(member), by)?;
        }
        Ok(waits)
    }

    /// Gives to some of the members, by the plan as it is now: it may have changed since they were listed.
    fn give_batch(
        &self,
        books: &Books<'_>,
        batch: &[AccountId],
        by: Circumstances<'_>,
    ) -> Result<Option<Credited>, BillingError> {
        let Some(plan) = books.plan(&self.group)?.filter(|plan| plan.has(self.date)) else {
            return Ok(None);
        };
        let (now, mut members) = (Self::of(self.date, &self.group, &plan)?, 0);
        for &member in batch {
            members += u64::from(now.give_to(books, member, by)?);
        }
        Ok((members > 0).then(|| now.credited(members)))
    }
}

impl CreditRun {
    /// Lists what is due, in the order of dates.
    fn due(&self, books: &Books<'_>) -> Result<Vec<Due>, BillingError> {
        let groups = match &self.group {
            Some(name) => vec![find_group(books, name)?],
            None => books.groups(None)?,
        };
        let mut due = Vec::new();
        for group in groups {
            let Some(plan) = books.plan(&group)? else {
                if self.group.is_some() {
                    let fact = format!("group \"{}\" gives nothing", group.name);
                    return Err(Refusal::new(fact).hint("billctl group update --help").into());
                }
                continue;
            };
            let today = match self.as_of {
                Some(when) => plan.date_of(when),
                None => plan.today(self.now),
            };
            let today = today.map_err(refused)?;
            // By hand, today counts as the next date where it is one.
            let early = self.group.is_some() && self.as_of.is_none();
            let by = plan.to_come(today.yesterday().unwrap_or(today)).next().filter(|_| early).unwrap_or(today);
            for date in plan.due(by, today) {
                due.push(Due::of(date, &group, &plan)?);
            }
        }
        due.sort_by(|a, b| (a.date, &a.group.name).cmp(&(b.date, &b.group.name)));
        Ok(due)
    }
}

/// Tells what [`credit_groups`] would give.
///
/// # Errors
/// There is no such group, it has no plan, or the books fail.
pub fn foresee_credit(books: &Books<'_>, run: &CreditRun) -> Result<Vec<Credited>, BillingError> {
    let mut foreseen = Vec::new();
    for due in run.due(books)? {
        foreseen.push(due.credited(books.count_waiting(&due.whom)?.into()));
    }
    foreseen.retain(|credited| credited.members > 0);
    Ok(foreseen)
}

/// Gives everything that is due, in the order of dates, in transactions of bounded size: whatever ends it, what was
/// given stays, and the next run gives the rest. `between` is told after each how many members had something,
/// and may let others in.
///
/// # Errors
/// There is no such group, it has no plan, or the books fail.
pub fn credit_groups(
    store: &mut Store,
    run: &CreditRun,
    circumstances: Circumstances<'_>,
    mut between: impl FnMut(u64),
) -> Result<Vec<Credited>, BillingError> {
    let mut credited: Vec<Credited> = Vec::new();
    let mut last_dates = BTreeMap::new();
    for due in store.read(|books| run.due(books))? {
        let waiting = store.read(|books| books.waiting(&due.whom))?;
        for batch in waiting.chunks(BATCH) {
            let Some(given) = store.write(|books| due.give_batch(books, batch, circumstances))? else { continue };
            between(given.members);
            match credited.last_mut() {
                Some(last) if Credited { members: last.members, ..given.clone() } == *last => {
                    last.members += given.members;
                }
                _ => credited.push(given),
            }
        }
        last_dates.insert(due.group.name.clone(), due);
    }
    for Due { date, group, plan, .. } in last_dates.into_values() {
        // Nobody who joins from now on is in time for a date that is over.
        let over = date.min(plan.behind(run.now, None).map_err(refused)?);
        if over > plan.done() {
            store.write(|books| match books.plan(&group)? {
                Some(plan) => books.set_plan(&group, Some(&plan.done_up_to(over))),
                None => Ok(()),
            })?;
        }
    }
    Ok(credited)
}

/// Gives a member who leaves what is due and was not given yet, inside a transaction.
///
/// # Errors
/// The books fail.
pub(in crate::billing) fn credit_leaving(
    books: &Books<'_>,
    group: &GroupRow,
    member: AccountId,
    by: Circumstances<'_>,
) -> Result<(), BillingError> {
    let Some(plan) = books.plan(group)? else { return Ok(()) };
    let today = plan.today(by.time).map_err(refused)?;
    for date in plan.due(today, today) {
        Due::of(date, group, &plan)?.give_to(books, member, by)?;
    }
    Ok(())
}
