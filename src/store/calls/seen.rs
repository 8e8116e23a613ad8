//! What Asterisk saw, beside what the books say: a table that lasts as long as the look at both.

use rusqlite::{Row, named_params};

use super::call::CallState;
use crate::domain::account::{AccountCode, Username};
use crate::domain::call::{CallId, UniqueId};
use crate::domain::cdr::AsteriskCdr;
use crate::domain::outcome::Disposition;
use crate::domain::time::Timestamp;
use crate::store::Books;
use crate::store::error::StoreError;

/// A record of Asterisk on one channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SeenRecord {
    /// When it began.
    pub started: Timestamp,
    /// When it ended.
    pub ended: Timestamp,
    /// What became of it.
    pub disposition: Disposition,
    /// The seconds since the caller's channel was answered; 0 unless the callee answered.
    pub billsec: u32,
}

impl From<&AsteriskCdr> for SeenRecord {
    fn from(cdr: &AsteriskCdr) -> Self {
        let &AsteriskCdr { started, ended, disposition, billsec, .. } = cdr;
        Self { started, ended, disposition, billsec }
    }
}

/// What the books say of one attempt on a channel.
#[derive(Clone, Debug)]
pub struct KnownCall {
    /// The attempt.
    pub call: CallId,
    /// What became of its hold.
    pub state: CallState,
    /// When it was authorised.
    pub placed: Timestamp,
    /// Whether the channel was up before.
    pub answered_before: bool,
    /// What became of the call, once settled.
    pub disposition: Option<Disposition>,
    /// The seconds talked, once settled: those that were billed and those beyond the grant.
    pub talked: u32,
}

/// A channel: what Asterisk saw of it, and the calls that the books know on it.
#[derive(Clone, Debug)]
pub struct SeenChannel {
    /// Its key.
    pub uniqueid: UniqueId,
    /// What Asterisk saw, in the order of the file.
    pub records: Vec<SeenRecord>,
    /// The attempts, in order.
    pub calls: Vec<KnownCall>,
    /// The user who called, where the books know no call.
    pub stranger: Option<Username>,
}

impl SeenChannel {
    /// Begins with nothing seen and nothing known.
    #[must_use]
    pub const fn new(uniqueid: UniqueId) -> Self {
        Self { uniqueid, records: Vec::new(), calls: Vec::new(), stranger: None }
    }
}

const CALL_COLUMNS: &str = "c.attempt, c.state, c.placed, c.answered_before, c.disposition, c.billsec + c.overrun";

fn read_call(row: &Row<'_>, at: usize, uniqueid: &UniqueId) -> rusqlite::Result<KnownCall> {
    Ok(KnownCall {
        call: CallId { uniqueid: uniqueid.clone(), attempt: row.get(at)? },
        state: row.get(at + 1)?,
        placed: row.get(at + 2)?,
        answered_before: row.get(at + 3)?,
        disposition: row.get(at + 4)?,
        talked: row.get::<_, Option<u32>>(at + 5)?.unwrap_or(0),
    })
}

impl Books<'_> {
    /// Makes room for what Asterisk saw, outside of the books.
    ///
    /// # Errors
    /// The database fails.
    pub fn begin_seen(&self) -> Result<(), StoreError> {
        Ok(self.connection().execute_batch(
            "PRAGMA temp.cache_size = -65536;
             CREATE TEMP TABLE seen (
                 uniqueid TEXT NOT NULL, line INTEGER NOT NULL, started INTEGER NOT NULL, ended INTEGER NOT NULL,
                 disposition TEXT NOT NULL, billsec INTEGER NOT NULL, account_code TEXT, source TEXT,
                 PRIMARY KEY (uniqueid, line)) WITHOUT ROWID",
        )?)
    }

    /// Adds a record; `line` is its place in the file. One that cannot be a call of a user without the books knowing
    /// it, such as a free one, is `excused`.
    ///
    /// # Errors
    /// The database fails.
    pub fn add_seen(&self, line: u64, cdr: &AsteriskCdr, excused: bool) -> Result<(), StoreError> {
        let account_code = match &cdr.caller.account_code {
            Some(AccountCode::Username(name)) if !excused => Some(name.as_str()),
            _ => None,
        };
        let number = cdr.caller.number.as_ref().map(|number| number.as_str());
        let source = number.or_else(|| cdr.caller.imsi.as_ref().map(|imsi| imsi.as_str())).filter(|_| !excused);
        self.connection()
            .prepare(
                "INSERT INTO seen (uniqueid, line, started, ended, disposition, billsec, account_code, source)
                 VALUES (:uniqueid, :line, :started, :ended, :disposition, :billsec, :account_code, :source)",
            )?
            .execute(named_params! {
                ":uniqueid": cdr.uniqueid, ":line": line.cast_signed(), ":started": cdr.started, ":ended": cdr.ended,
                ":disposition": cdr.disposition, ":billsec": cdr.billsec,
                ":account_code": account_code, ":source": source,
            })?;
        Ok(())
    }

    /// Tells every channel that Asterisk saw, one at a time, with the calls on it.
    ///
    /// # Errors
    /// What `tell` returns, or the database failing.
    pub fn each_seen(&self, mut tell: impl FnMut(SeenChannel) -> Result<(), StoreError>) -> Result<(), StoreError> {
        let mut statement = self.connection().prepare(&format!(
            "SELECT s.uniqueid, s.line, s.started, s.ended, s.disposition, s.billsec,
                 CASE WHEN c.id IS NULL AND s.disposition = 'ANSWERED' THEN coalesce(
                     (SELECT username FROM account WHERE username = s.account_code AND kind = 'user' AND status <> 'closed'),
                     (SELECT a.username FROM identity i JOIN account a ON a.id = i.account_id
                      WHERE i.kind IN ('number', 'imsi') AND i.value = s.source)) END,
                 {CALL_COLUMNS}
             FROM temp.seen s LEFT JOIN call c ON c.uniqueid = s.uniqueid
             ORDER BY s.uniqueid, s.line, c.attempt"
        ))?;
        let mut rows = statement.query([])?;
        let mut open: Option<(SeenChannel, i64)> = None;
        while let Some(row) = rows.next()? {
            let uniqueid = row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?;
            let line: i64 = row.get(1)?;
            if open.as_ref().is_some_and(|(channel, _)| channel.uniqueid.as_str() != uniqueid)
                && let Some((channel, _)) = open.take()
            {
                tell(channel)?;
            }
            let (channel, newest) = match &mut open {
                Some(open) => open,
                none => none.insert((SeenChannel::new(row.get(0)?), i64::MIN)),
            };
            // Each record comes with each call of its channel.
            if *newest != line {
                *newest = line;
                let record = SeenRecord {
                    started: row.get(2)?,
                    ended: row.get(3)?,
                    disposition: row.get(4)?,
                    billsec: row.get(5)?,
                };
                // A file that was rotated or copied may have a record twice.
                if !channel.records.contains(&record) {
                    channel.records.push(record);
                }
                if channel.stranger.is_none() {
                    channel.stranger = row.get(6)?;
                }
            }
            let attempt: Option<u32> = row.get(7)?;
            if let Some(attempt) = attempt
                && channel.calls.last().is_none_or(|last| last.call.attempt.get() < attempt)
            {
                let call = read_call(row, 7, &channel.uniqueid)?;
                channel.calls.push(call);
            }
        }
        open.map_or(Ok(()), |(channel, _)| tell(channel))
    }

    /// Returns the attempts on one channel, in order.
    ///
    /// # Errors
    /// The database fails.
    pub fn known_calls(&self, uniqueid: &UniqueId) -> Result<Vec<KnownCall>, StoreError> {
        let mut statement = self
            .connection()
            .prepare(&format!("SELECT {CALL_COLUMNS} FROM call c WHERE c.uniqueid = :uniqueid ORDER BY c.attempt"))?;
        let calls = statement.query_map(named_params! { ":uniqueid": uniqueid }, |row| read_call(row, 0, uniqueid))?;
        Ok(calls.collect::<Result<_, _>>()?)
    }

    /// Lists the answered calls on channels that Asterisk has no record of, among those that were authorised and that
    /// ended between these times.
    ///
    /// # Errors
    /// The database fails.
    pub fn unseen_calls(
        &self,
        placed: (Timestamp, Timestamp),
        ended: (Timestamp, Timestamp),
    ) -> Result<Vec<CallId>, StoreError> {
        let mut statement = self.connection().prepare(
            "SELECT c.uniqueid, c.attempt FROM call c INDEXED BY call_by_time
             WHERE c.state = 'settled' AND c.placed >= :since AND c.placed < :until AND c.disposition = 'ANSWERED'
                 AND c.ended > :first AND c.ended < :last
                 AND NOT EXISTS (SELECT 1 FROM temp.seen s WHERE s.uniqueid = c.uniqueid)",
        )?;
        let calls = statement.query_map(
            named_params! { ":since": placed.0, ":until": placed.1, ":first": ended.0, ":last": ended.1 },
            |row| Ok(CallId { uniqueid: row.get(0)?, attempt: row.get(1)? }),
        )?;
        Ok(calls.collect::<Result<_, _>>()?)
    }
}
