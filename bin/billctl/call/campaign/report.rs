//! What became of each row of a campaign.

use anyhow::Result;
use celcombiller::domain::time::Timestamp;
use celcombiller::host::{Clock, SystemClock};
use celcombiller::pbx::record::{Record, State};
use celcombiller::pbx::spool::{Spool, SpoolError};

use super::table::{Plan, Row};
use crate::context::Context;
use crate::render::{Format, Rows, Value};

const KEYS: &[&str] = &[
    "campaign",
    "rows",
    "spooled",
    "left",
    "in_progress",
    "answered",
    "unanswered",
    "taken_back",
    "blocked",
    "refused",
    "calls",
];
const CALL_KEYS: &[&str] = &["line", "number", "call", "state", "time", "attempts", "why"];
const FILE_KEYS: &[&str] = &["line", "number", "call", "state", "time", "attempts", "why", "file"];
/// States of rows that have no call.
const LEFT: &str = "left";
const BLOCKED: &str = "blocked";
const REFUSED: &str = "refused";

/// What a report is about.
pub(super) struct Report<'a> {
    pub(super) spool: &'a Spool,
    pub(super) campaign: &'a str,
    pub(super) rows: &'a [Row],
    /// How many calls this run made.
    pub(super) spooled: u64,
    /// Whether it shows the files of the calls that are left.
    pub(super) files: bool,
}

/// Prints what became of each row, and of how many.
pub(super) fn print(context: &Context, report: &Report<'_>) -> Result<()> {
    // Later than the last call.
    let now = SystemClock::start().now();
    let look = |row| Ok((row, made(report.spool, row, now)?));
    let calls: Vec<(&Row, Option<Record>)> = report.rows.iter().map(look).collect::<Result<_>>()?;
    let listed = Rows::of(if report.files { FILE_KEYS } else { CALL_KEYS }, &calls, |(row, record)| {
        let mut values = vec![
            row.line.into(),
            row.number.as_str().into(),
            Value::text_of(row.name.as_ref()),
            state(row, record.as_ref()).into(),
            record.as_ref().map(|record| record.time).filter(|time| *time <= now).into(),
            record.as_ref().map_or(0, |record| record.attempts).into(),
            row.fault().map(|fault| fault.fact).filter(|_| record.is_none()).into(),
        ];
        if report.files {
            values.push(match (&row.plan, record) {
                (Plan::Call(planned), None) => planned.file.render().into(),
                _ => Value::Nothing,
            });
        }
        values
    });
    if context.render.format() == Format::Csv {
        return context.render.list(&listed);
    }
    let many = |states: &[&str]| {
        let found = calls.iter().filter(|(row, record)| states.contains(&state(row, record.as_ref())));
        Value::from(found.count() as u64)
    };
    let totals = vec![
        report.campaign.into(),
        Value::from(report.rows.len() as u64),
        report.spooled.into(),
        many(&[LEFT]),
        many(&[State::Waiting, State::Due, State::Calling, State::Retrying].map(State::as_str)),
        many(&[State::Completed.as_str()]),
        many(&[State::Expired, State::Failed].map(State::as_str)),
        many(&[State::TakenBack.as_str()]),
        many(&[BLOCKED]),
        many(&[REFUSED]),
        Value::Rows(listed),
    ];
    context.render.one(KEYS, totals)
}

/// Returns the call that was made of a row.
fn made(spool: &Spool, row: &Row, now: Timestamp) -> Result<Option<Record>, SpoolError> {
    row.name.as_ref().map_or(Ok(None), |name| spool.once(name, now))
}

fn state(row: &Row, record: Option<&Record>) -> &'static str {
    match (record, &row.plan) {
        (Some(record), _) => record.state.as_str(),
        (None, Plan::Call(_) | Plan::Asked) => LEFT,
        (None, Plan::Blocked) => BLOCKED,
        (None, Plan::Refused(_)) => REFUSED,
    }
}
