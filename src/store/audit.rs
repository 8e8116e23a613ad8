//! Who did what: rows that follow each other in a chain, as the entries of the ledger do.

use rusqlite::types::ValueRef;
use rusqlite::{OptionalExtension, named_params, params};

use super::entries::chain::{self, hash_of};
use super::entries::checks::Check;
use super::{Books, StoreError};
use crate::domain::deed::Deed;
use crate::domain::time::Timestamp;

/// What a row is, in the order in which it is hashed.
const CONTENT: &str = "id, time, actor, verb, subject, change";

/// How many columns that are.
const COLUMNS: usize = 6;

/// A row of the audit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditRow {
    /// Its number, from 1 without gaps.
    pub id: i64,
    /// What was done.
    pub deed: Deed,
}

/// Which rows of the audit; what is not named is any.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditQuery {
    /// From then on.
    pub since: Option<Timestamp>,
    /// Before then.
    pub until: Option<Timestamp>,
    /// By this one.
    pub actor: Option<String>,
    /// To this one.
    pub subject: Option<String>,
    /// This verb, or all of this noun.
    pub verb: Option<String>,
    /// At most so many, the newest.
    pub limit: Option<u32>,
}

impl Books<'_> {
    /// Writes down who did what.
    ///
    /// # Errors
    /// The database fails.
    pub fn note(&self, deed: &Deed) -> Result<(), StoreError> {
        let newest = "SELECT id, hash FROM audit ORDER BY id DESC LIMIT 1";
        let newest = self.connection().query_row(newest, [], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
        let (last, before): (i64, Vec<u8>) = newest.unwrap_or_default();
        let Deed { time, actor, verb, subject, change } = deed;
        let content = [
            ValueRef::Integer(last + 1),
            ValueRef::Integer(time.millis()),
            actor.as_str().into(),
            verb.as_str().into(),
            subject.as_deref().map_or(ValueRef::Null, ValueRef::from),
            change.as_str().into(),
        ];
        let hash = hash_of(&before, content);
        let sql = format!("INSERT INTO audit ({CONTENT}, hash) VALUES (?, ?, ?, ?, ?, ?, ?)");
        self.connection().execute(&sql, params![last + 1, time, actor, verb, subject, change, hash.bytes()])?;
        Ok(())
    }

    /// Lists who did what, the oldest first.
    ///
    /// # Errors
    /// The database fails.
    pub fn deeds(&self, query: &AuditQuery) -> Result<Vec<AuditRow>, StoreError> {
        let mut statement = self.connection().prepare(
            "SELECT * FROM (
                 SELECT id, time, actor, verb, subject, change FROM audit
                 WHERE time >= coalesce(:since, time) AND (:until IS NULL OR time < :until)
                     AND actor = coalesce(:actor, actor) AND (:subject IS NULL OR subject = :subject)
                     AND (:verb IS NULL OR verb = :verb OR substr(verb, 1, length(:verb) + 1) = :verb || '.')
                 ORDER BY id DESC LIMIT coalesce(:limit, -1))
             ORDER BY id",
        )?;
        let AuditQuery { since, until, actor, subject, verb, limit } = query;
        let rows = statement.query_map(
            named_params! {
                ":since": since, ":until": until, ":actor": actor, ":subject": subject, ":verb": verb, ":limit": limit,
            },
            |row| {
                let deed = Deed {
                    time: row.get(1)?,
                    actor: row.get(2)?,
                    verb: row.get(3)?,
                    subject: row.get(4)?,
                    change: row.get(5)?,
                };
                Ok(AuditRow { id: row.get(0)?, deed })
            },
        )?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Proves from the rows alone that each is what it was when it was written and that none is missing before the
    /// last. That the newest were removed, or that all hashes were made anew, does not show.
    pub(in crate::store) fn check_audit(&self) -> Result<Check, StoreError> {
        let sql = format!("SELECT {CONTENT}, hash FROM audit ORDER BY id");
        let faults = chain::faults(self.connection(), &sql, COLUMNS, "row", |_, _, _| {})?;
        Ok(Check { name: "every row of the audit carries the hash of its content and of the one before", faults })
    }
}
