//! What Asterisk saw against what the books say.

use crate::billing::calls::settle::{Settlement, post, settle};
use crate::domain::account::Username;
use crate::domain::call::CallId;
use crate::domain::outcome::{CallReport, Disposition, Witness};
use crate::domain::time::Timestamp;
use crate::domain::words::words;
use crate::store::{Books, CallState, KnownCall, SeenChannel, SeenRecord, Store, StoreError};

words! {
    /// In what Asterisk and the books differ about a call.
    Disagreement, "a disagreement", {
        /// Asterisk saw an answered call whose hold was never charged.
        NotCharged = "not_charged",
        /// Asterisk saw the end of a call that nobody answered, and its funds are still held.
        StillHeld = "still_held",
        /// Asterisk saw an answered call of a user that the books do not know at all.
        Unknown = "unknown",
        /// The books charged a call, and Asterisk saw none that was answered.
        NotSeen = "not_seen",
        /// Both know of the call, and its seconds differ.
        Seconds = "seconds",
    }
}

/// A call about which Asterisk and the books differ.
#[derive(Clone, Debug)]
pub struct Mismatch {
    /// In what.
    pub disagreement: Disagreement,
    /// The call; of one that the books do not know, the first on its channel.
    pub call: CallId,
    /// When Asterisk saw it begin.
    pub started: Option<Timestamp>,
    /// The seconds that Asterisk saw.
    pub seen: Option<u32>,
    /// Who called, where the books do not know the call.
    pub stranger: Option<Username>,
    /// The end of the call as Asterisk saw it, where that can be posted.
    pub report: Option<CallReport>,
}

/// Which calls are held against each other, and how closely.
#[derive(Clone, Copy, Debug)]
pub struct Comparison {
    /// Those that were authorised from then on.
    pub since: Option<Timestamp>,
    /// Those that were authorised before then.
    pub until: Option<Timestamp>,
    /// The seconds by which the two may differ.
    pub tolerance: u32,
    /// When the first and the last record of the file ended: what ended before or after cannot be in it.
    pub file: (Timestamp, Timestamp),
}

/// Holds what [`Books::add_seen`] was given against the books. Returns the differences and how many calls were
/// compared.
///
/// # Errors
/// The books fail.
pub fn compare_seen(books: &Books<'_>, comparison: &Comparison) -> Result<(Vec<Mismatch>, u64), StoreError> {
    let since = comparison.since.unwrap_or(Timestamp::MIN);
    let until = comparison.until.unwrap_or(Timestamp::MAX);
    let is_meant = |placed: Timestamp| since <= placed && placed < until;
    let (mut mismatches, mut compared) = (Vec::new(), 0);
    books.each_seen(|channel| {
        if channel.calls.is_empty() {
            mismatches.extend(unknown(channel).filter(|found| found.started.is_some_and(is_meant)));
            return Ok(());
        }
        for (call, records) in by_attempt(&channel) {
            if is_meant(call.placed) {
                compared += 1;
                mismatches.extend(judge(call, &records, comparison.tolerance));
            }
        }
        Ok(())
    })?;
    // Asterisk writes a record when its channel is gone, a moment after the end of the call.
    let (first, last) = comparison.file;
    let unseen = books.unseen_calls((since, until), (first.plus_seconds(1), last))?;
    compared += unseen.len() as u64;
    mismatches.extend(unseen.into_iter().map(|call| Mismatch::of(Disagreement::NotSeen, call)));
    Ok((mismatches, compared))
}

impl Mismatch {
    const fn of(disagreement: Disagreement, call: CallId) -> Self {
        Self { disagreement, call, started: None, seen: None, stranger: None, report: None }
    }
}

fn unknown(channel: SeenChannel) -> Option<Mismatch> {
    let seen = seconds(&channel.records);
    let started = channel.records.first().map(|record| record.started);
    let stranger = Some(channel.stranger?);
    Some(Mismatch { seen, started, stranger, ..Mismatch::of(Disagreement::Unknown, CallId::first(channel.uniqueid)) })
}

/// Returns the seconds of the records that were answered; `None` where none was. A call that was transferred has
/// several.
fn seconds(records: &[SeenRecord]) -> Option<u32> {
    let answered = records.iter().filter(|record| record.disposition == Disposition::Answered);
    answered.map(|record| record.billsec).reduce(u32::saturating_add)
}

/// Gives each attempt on a channel the records that are about it.
///
/// Most channels dial once, so that every record is of that. Of several attempts a record is of one that was
/// authorised before it ended, while the next was authorised after: records are cut to the second, so both may fit,
/// and then it is the one that has no record yet.
fn by_attempt(channel: &SeenChannel) -> Vec<(&KnownCall, Vec<SeenRecord>)> {
    let mut attempts: Vec<_> = channel.calls.iter().map(|call| (call, Vec::new())).collect();
    for record in &channel.records {
        let begins_by = |call: &KnownCall, end: Timestamp| call.placed < end;
        let end = record.ended.plus_seconds(1);
        let fits = |place: usize| {
            let next = channel.calls.get(place + 1);
            begins_by(&channel.calls[place], end) && next.is_none_or(|next| !begins_by(next, record.ended))
        };
        let fitting: Vec<usize> = (0..attempts.len()).filter(|&place| fits(place)).collect();
        let free = fitting.iter().find(|&&place| attempts[place].1.is_empty());
        let place = free.or(fitting.last()).copied().unwrap_or(0);
        attempts[place].1.push(*record);
    }
    attempts
}

fn judge(call: &KnownCall, records: &[SeenRecord], tolerance: u32) -> Option<Mismatch> {
    let seen = seconds(records);
    let last = records.last()?;
    let disagreement = match (call.state, call.disposition == Some(Disposition::Answered)) {
        (CallState::Settled, true) if seen.is_none() => Disagreement::NotSeen,
        (CallState::Settled, _) => {
            let seen = seen.unwrap_or(0);
            let more = seen.saturating_sub(call.talked);
            let less = call.talked.saturating_sub(seen);
            // On a channel that was up before, Asterisk counts what was heard and rung before the answer.
            let differs = less > tolerance || more > tolerance && !call.answered_before;
            return differs.then(|| mismatch(Disagreement::Seconds, call, records, None));
        }
        (CallState::Open | CallState::Expired | CallState::Released, _) if seen.is_some() => Disagreement::NotCharged,
        (CallState::Open, _) => Disagreement::StillHeld,
        _ => return None,
    };
    let report = (disagreement != Disagreement::NotSeen).then(|| CallReport {
        call: call.call.clone(),
        disposition: if seen.is_some() { Disposition::Answered } else { last.disposition },
        answered_millis: seen.map(|seconds| u64::from(seconds) * 1000),
        // Asterisk's time of the answer is that of the caller's channel, which may have been up before.
        answered_at: None,
        limit_is_heard: false,
        witness: Witness::Afterwards,
        at: last.ended,
    });
    Some(mismatch(disagreement, call, records, report))
}

/// Returns the end of an attempt as Asterisk saw it, where that is still to be posted.
pub(in crate::billing) fn seen_end(channel: &SeenChannel, call: &CallId) -> Option<CallReport> {
    let (known, records) = by_attempt(channel).into_iter().find(|(known, _)| known.call == *call)?;
    judge(known, &records, 0)?.report
}

fn mismatch(
    disagreement: Disagreement,
    call: &KnownCall,
    records: &[SeenRecord],
    report: Option<CallReport>,
) -> Mismatch {
    let started = records.first().map(|record| record.started);
    Mismatch { seen: seconds(records), started, report, ..Mismatch::of(disagreement, call.call.clone()) }
}

/// Posts ends of calls as Asterisk saw them, each once, and returns what each came to. With `dry_run` nothing stays
/// posted.
///
/// # Errors
/// The books fail.
pub fn settle_seen(store: &mut Store, reports: &[CallReport], dry_run: bool) -> Result<Vec<Settlement>, StoreError> {
    if dry_run {
        let all = |books: &Books<'_>| reports.iter().map(|report| post(books, report)).collect();
        return store.write(|books| books.rehearse(all));
    }
    reports.iter().map(|report| settle(store, report)).collect()
}
