//! A line of a statement as programs read it, in JSON and CSV.

use std::fmt::{self, Display};
use std::io::Write;

use anyhow::Result;
use celcombiller::domain::call::CallText;
use celcombiller::domain::money::Money;
use celcombiller::domain::time::Timestamp;
use celcombiller::domain::visible::cell;
use celcombiller::store::StatementLine;
use serde::{Serialize, Serializer};

use super::statement::Head;

/// The names of the cells, which are those of the keys in JSON.
pub(crate) const HEADER: &str = "id,time,kind,amount,balance_after,note,call,dialled,billsec,actor";

/// A line as programs read it.
#[derive(Debug, Serialize)]
pub(crate) struct Written<'a> {
    pub(crate) id: Option<i64>,
    pub(crate) time: Shown<Timestamp>,
    pub(crate) kind: &'a str,
    pub(crate) amount: Shown<Money>,
    pub(crate) balance_after: Shown<Money>,
    pub(crate) note: Option<&'a str>,
    pub(crate) call: Shown<CallText<'a>>,
    pub(crate) dialled: Option<&'a str>,
    pub(crate) billsec: Option<u32>,
    pub(crate) actor: Option<&'a str>,
}

/// What is shown where it is there.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shown<T>(pub(crate) Option<T>);

impl<T: Display> Display for Shown<T> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.as_ref().map_or(Ok(()), |value| value.fmt(out))
    }
}

impl<T: Display> Serialize for Shown<T> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match &self.0 {
            Some(value) => to.collect_str(value),
            None => to.serialize_none(),
        }
    }
}

/// A text as a cell of CSV.
struct Quoted<'a>(Option<&'a str>);

impl Display for Quoted<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = cell(self.0.unwrap_or_default());
        match text.contains([',', '"', '\n', '\r']) {
            true => write!(out, "\"{}\"", text.replace('"', "\"\"")),
            false => out.write_str(&text),
        }
    }
}

impl<'a> Written<'a> {
    pub(crate) fn entry(line: &StatementLine<&'a str>) -> Self {
        Self {
            id: Some(line.id.0),
            time: Shown(Some(line.time)),
            kind: line.kind.as_str(),
            amount: Shown(Some(line.amount)),
            balance_after: Shown(Some(line.balance_after)),
            note: line.note,
            call: Shown(line.call.map(|(uniqueid, attempt)| CallText { uniqueid, attempt })),
            dialled: line.dialled,
            billsec: line.billsec,
            actor: Some(line.actor),
        }
    }

    /// The line above or below the entries.
    fn balance(kind: &'a str, time: Option<Timestamp>, balance: Money) -> Self {
        Self {
            id: None,
            time: Shown(time),
            kind,
            amount: Shown(None),
            balance_after: Shown(Some(balance)),
            note: None,
            call: Shown(None),
            dialled: None,
            billsec: None,
            actor: None,
        }
    }

    pub(crate) fn opening(head: &Head) -> Self {
        Self::balance("opening balance", head.since, head.extent.opening)
    }

    pub(crate) fn closing(head: &Head) -> Self {
        Self::balance("closing balance", head.until, head.extent.closing)
    }

    /// Writes it under [`HEADER`].
    pub(crate) fn csv(&self, out: &mut impl Write) -> Result<()> {
        let Self { time, kind, amount, balance_after, call, .. } = self;
        let (id, dialled, billsec) = (Shown(self.id), Shown(self.dialled), Shown(self.billsec));
        let (note, actor) = (Quoted(self.note), Quoted(self.actor));
        Ok(writeln!(out, "{id},{time},{kind},{amount},{balance_after},{note},{call},{dialled},{billsec},{actor}")?)
    }
}
