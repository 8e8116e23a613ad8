//! A line for each decision about a call: what was granted or refused, and what it came to.
//!
//! It is written after the decision is on the disk and where nobody waits for it, and nothing depends on it.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader, ErrorKind};
use std::path::Path;

use super::books::tell;
use crate::billing::{PostedEnd, Settlement};
use crate::config::log::Decisions;
use crate::domain::call::{CallId, Denial, Grant};
use crate::domain::log_line::{LogLine, plain_value};
use crate::domain::outcome::CallReport;
use crate::domain::time::Timestamp;
use crate::host;

/// Who calls whom, as the channel has it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Parties<'a> {
    pub(super) caller: &'a str,
    pub(super) account_code: &'a str,
    pub(super) dialled: &'a str,
}

impl Parties<'_> {
    fn on(self, line: LogLine) -> LogLine {
        let line = line.and("caller", self.caller);
        let line = if self.account_code.is_empty() { line } else { line.and("accountcode", self.account_code) };
        line.and("dialled", self.dialled)
    }
}

/// What was granted.
pub(super) fn granted(grant: &Grant, parties: Parties<'_>) -> LogLine {
    let line = parties.on(LogLine::new("decision", "granted").and("call", &grant.call));
    line.and("seconds", grant.talk_time).and("hold", grant.held)
}

/// What costs nothing and was not asked for.
pub(super) fn free(channel: &str, parties: Parties<'_>) -> LogLine {
    parties.on(LogLine::new("decision", "free").and("channel", channel))
}

/// What was refused, and the fact behind it.
pub(super) fn refused(channel: &str, parties: Parties<'_>, denial: Denial, fact: &str) -> LogLine {
    let line = parties.on(LogLine::new("decision", "refused").and("channel", channel));
    line.and("reason", denial.as_str()).and("fact", fact)
}

/// What a call came to, where that was posted now.
pub(super) fn settled(call: &CallId, settlement: &Settlement) -> Option<LogLine> {
    let Settlement::Posted { billsec, overrun, charge, unpaid } = settlement else { return None };
    let line = LogLine::new("decision", "settled").and("call", call).and("seconds", billsec).and("charge", charge);
    Some(line.and("overrun", overrun).and("unpaid", unpaid))
}

/// An end that waits beside the books.
pub(super) fn kept(report: &CallReport) -> LogLine {
    LogLine::new("decision", "kept").and("call", &report.call).and("disposition", report.disposition.as_str())
}

/// Writes a line where the operator wants it. Where that cannot be, the operator is told, and nothing else happens.
pub(super) fn write(to: &Decisions, at: Timestamp, line: &LogLine) {
    match to {
        Decisions::Off => {}
        Decisions::Syslog => host::log_decision(super::PROGRAM, &line.to_string()),
        Decisions::File(path) => {
            let text = format!("time={} {line}\n", at.exact());
            if let Err(error) = host::append(path, &text) {
                tell(&format!("a decision cannot be written to {}: {error}", path.display()));
            }
        }
    }
}

/// A line that is written as soon as nobody waits for what comes first, whatever ends that: when it is dropped.
pub(super) struct Pending<'a> {
    pub(super) to: &'a Decisions,
    pub(super) at: Timestamp,
    pub(super) line: LogLine,
}

impl Drop for Pending<'_> {
    fn drop(&mut self) {
        write(self.to, self.at, &self.line);
    }
}

/// Writes down the settlements that an operator's command posted.
pub fn write_settled<'a>(to: &Decisions, at: Timestamp, posted: impl IntoIterator<Item = &'a PostedEnd>) {
    for line in posted.into_iter().filter_map(|(call, settlement)| settled(call, settlement)) {
        write(to, at, &line);
    }
}

/// Counts what was refused since an instant, by reason, as a file of decisions has it. No file has none.
///
/// # Errors
/// It cannot be read.
pub fn refusals(log: &Path, since: Timestamp) -> io::Result<BTreeMap<String, u64>> {
    let mut counted = BTreeMap::new();
    let file = match File::open(log) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(counted),
        opened => opened?,
    };
    for line in BufReader::new(file).lines() {
        let line = line?;
        let time = plain_value(&line, "time").and_then(|time| time.parse::<Timestamp>().ok());
        if time.is_some_and(|time| time >= since)
            && plain_value(&line, "decision") == Some("refused")
            && let Some(reason) = plain_value(&line, "reason")
        {
            *counted.entry(reason.to_owned()).or_default() += 1;
        }
    }
    Ok(counted)
}
