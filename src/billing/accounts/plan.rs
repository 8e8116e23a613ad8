//! Plans of groups: made, changed for the dates to come, and looked at.

use jiff::civil::Date;

use crate::billing::error::BillingError;
use crate::domain::calendar::Calendar;
use crate::domain::plan::{Draft, Plan, PlanError};
use crate::domain::refusal::Refusal;
use crate::domain::time::Timestamp;
use crate::store::{Books, GroupDate, GroupRow};

/// What to do about the plan of a group.
#[derive(Clone, Debug, Default)]
pub enum PlanChange {
    /// Nothing.
    #[default]
    Stays,
    /// Make it, or change it for the dates to come; the calendar is that of this machine.
    Drafted(Draft, Calendar),
    /// Give nothing any more.
    Ends,
}

/// Changes the plan of a group inside a transaction.
///
/// # Errors
/// There is no such plan, members are still to have what the group has given others or should have given before
/// today, or the books fail.
pub(in crate::billing) fn change_plan(
    books: &Books<'_>,
    group: &GroupRow,
    change: &PlanChange,
    now: Timestamp,
) -> Result<(), BillingError> {
    let plan = match change {
        PlanChange::Stays => return Ok(()),
        PlanChange::Ends => None,
        PlanChange::Drafted(draft, local) => Some(match books.plan(group)? {
            None => Plan::of(draft, local, now),
            Some(plan) => {
                let given = books.last_given(group)?;
                refuse_arrears(books, group, &plan, plan.behind(now, given).map_err(refused)?)?;
                plan.changed(draft, now, given)
            }
        }),
    };
    Ok(books.set_plan(group, plan.transpose().map_err(refused)?.as_ref())?)
}

/// Refuses what would have members lose what they are still to have.
fn refuse_arrears(books: &Books<'_>, group: &GroupRow, plan: &Plan, up_to: Date) -> Result<(), BillingError> {
    for date in plan.due(up_to, up_to) {
        let waiting = books.count_waiting(&group_date(group, plan, date)?)?;
        if waiting > 0 {
            let fact = format!(
                "group \"{}\" has not given everybody what was due on {date}: {waiting} still waiting",
                group.name
            );
            return Err(Refusal::new(fact).hint(format!("billctl group credit {} --as-of {up_to}", group.name)).into());
        }
    }
    Ok(())
}

/// Finds whom a date is for: who joined before it was over.
pub(in crate::billing) fn group_date(group: &GroupRow, plan: &Plan, date: Date) -> Result<GroupDate, BillingError> {
    Ok(GroupDate::of(group, date, plan.end_of(date).map_err(refused)?))
}

pub(in crate::billing) fn refused(error: PlanError) -> Refusal {
    let refusal = Refusal::new(error.to_string());
    match error {
        PlanError::NoSuchDay(day, _) => {
            refusal.hint(format!("--day {day} alone is also the last day of a shorter month"))
        }
        PlanError::NoEnd => refusal.hint("--count N, --until DATE or --open-ended"),
        PlanError::NoGift => refusal.hint("--amount AMOUNT"),
        PlanError::TooFar(_) => refusal.hint("--open-ended"),
        PlanError::NotCounted => refusal.hint("--count N, or --until DATE"),
        PlanError::NamelessZone => refusal.hint("--zone NAME, such as Europe/Berlin"),
        _ => refusal,
    }
}

/// A plan and what is to come of it.
#[derive(Clone, Debug)]
pub struct Coming {
    /// The plan.
    pub plan: Plan,
    /// The next dates on which nothing was given yet, a dozen at most.
    pub dates: Vec<Date>,
    /// How many there are; `None` without end.
    pub left: Option<u64>,
}

/// Returns what is to come of a group's plan; `None` where it has none.
///
/// # Errors
/// The books fail.
pub fn coming(books: &Books<'_>, group: &GroupRow, now: Timestamp) -> Result<Option<Coming>, BillingError> {
    const SHOWN: usize = 12;
    let Some(plan) = books.plan(group)? else { return Ok(None) };
    let behind = plan.behind(now, books.last_given(group)?).map_err(refused)?;
    let dates = plan.to_come(behind).take(SHOWN).collect();
    let left = plan.ends().then(|| plan.to_come(behind).count() as u64);
    Ok(Some(Coming { plan, dates, left }))
}
