//! Vouchers and their batches.

use rusqlite::types::{FromSql, FromSqlResult, ToSql, ToSqlOutput, ValueRef};
use rusqlite::{OptionalExtension, Row, named_params};

use crate::domain::account::Username;
use crate::domain::gift::Gift;
use crate::domain::time::Timestamp;
use crate::domain::voucher::{BatchName, CodeHash, VoucherState};
use crate::store::Books;
use crate::store::entries::ledger::{Circumstances, EntryId};
use crate::store::error::StoreError;

/// A voucher's key, which is also its serial number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct VoucherId(pub i64);

impl ToSql for VoucherId {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        self.0.to_sql()
    }
}

impl FromSql for VoucherId {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        value.as_i64().map(Self)
    }
}

/// A batch to be.
#[derive(Clone, Debug)]
pub struct NewBatch {
    /// The name; `None` for one made of its number.
    pub name: Option<BatchName>,
    /// What each of its vouchers is worth.
    pub gives: Gift,
    /// From when they are refused.
    pub expires: Option<Timestamp>,
}

/// A batch, and what became of its vouchers.
#[derive(Clone, Debug)]
pub struct BatchRow {
    /// The name.
    pub name: BatchName,
    /// What each of its vouchers is worth.
    pub gives: Gift,
    /// From when they are refused.
    pub expires: Option<Timestamp>,
    /// When they were issued.
    pub created: Timestamp,
    /// By whom.
    pub actor: String,
    /// How many there are.
    pub issued: u32,
    /// How many of them can be redeemed.
    pub unused: u32,
    /// How many of them were.
    pub redeemed: u32,
    /// How many of them were not in time.
    pub expired: u32,
    /// How many of them were taken back.
    pub revoked: u32,
}

/// The entry that redeemed a voucher.
#[derive(Clone, Debug)]
pub struct Redemption {
    /// The entry.
    pub entry: EntryId,
    /// When.
    pub time: Timestamp,
    /// For whom.
    pub username: Username,
}

/// A voucher, and what became of it.
#[derive(Clone, Debug)]
pub struct VoucherRow {
    /// The serial number.
    pub id: VoucherId,
    /// The name of its batch.
    pub batch: BatchName,
    /// What it is worth.
    pub gives: Gift,
    /// From when it is refused.
    pub expires: Option<Timestamp>,
    /// What became of it.
    pub state: VoucherState,
    /// The entry that redeemed it.
    pub redeemed: Option<Redemption>,
    /// When it was taken back.
    pub revoked: Option<Timestamp>,
    /// By whom it was taken back.
    pub actor: Option<String>,
    /// Why it was taken back.
    pub note: Option<String>,
}

/// Which vouchers to list; what is `None` does not matter.
#[derive(Clone, Debug, Default)]
pub struct VoucherFilter {
    /// Those of one batch.
    pub batch: Option<BatchName>,
    /// Those of one state.
    pub state: Option<VoucherState>,
}

/// What became of voucher `v` of batch `b`.
const STATE: &str = "CASE WHEN v.entry_id IS NOT NULL THEN 'redeemed' WHEN v.revoked IS NOT NULL THEN 'revoked'
    WHEN b.expires <= :now THEN 'expired' ELSE 'unused' END";

fn read(row: &Row<'_>) -> rusqlite::Result<VoucherRow> {
    let entry: Option<i64> = row.get("entry_id")?;
    let redeemed = entry.map(|entry| {
        Ok::<_, rusqlite::Error>(Redemption {
            entry: EntryId(entry),
            time: row.get("time")?,
            username: row.get("username")?,
        })
    });
    Ok(VoucherRow {
        id: row.get("id")?,
        batch: row.get("name")?,
        gives: row.get("gives")?,
        expires: row.get("expires")?,
        state: row.get("state")?,
        redeemed: redeemed.transpose()?,
        revoked: row.get("revoked")?,
        actor: row.get("actor")?,
        note: row.get("note")?,
    })
}

/// Selects vouchers, by what follows.
fn select() -> String {
    format!(
        "SELECT v.id, b.name, b.gives, b.expires, {STATE} AS state, v.entry_id, e.time, a.username, v.revoked, v.actor,
             v.note
         FROM voucher v JOIN voucher_batch b ON b.id = v.batch_id
             LEFT JOIN ledger_entry e ON e.id = v.entry_id
             LEFT JOIN account a ON a.id = (SELECT coalesce(owner_id, id) FROM account WHERE id = e.credit_account)"
    )
}

impl Books<'_> {
    /// Returns the salt under which codes are hashed; `None` while there has been no voucher.
    ///
    /// # Errors
    /// The database fails.
    pub fn voucher_salt(&self) -> Result<Option<Vec<u8>>, StoreError> {
        let sql = "SELECT unhex(value) FROM setting WHERE name = 'voucher_salt'";
        Ok(self.connection().query_row(sql, [], |row| row.get(0)).optional()?)
    }

    /// Sets the salt under which all codes will be hashed, unless there is one.
    ///
    /// # Errors
    /// The database fails.
    pub fn salt_vouchers(&self, salt: &[u8]) -> Result<(), StoreError> {
        self.connection().execute(
            "INSERT INTO setting (name, value) VALUES ('voucher_salt', hex(:salt)) ON CONFLICT DO NOTHING",
            named_params! { ":salt": salt },
        )?;
        Ok(())
    }

    /// Adds a batch with its vouchers; returns its name, and their serial numbers in the order of the codes.
    ///
    /// # Errors
    /// The name is taken (`voucher_batch.name`), a code is (`voucher.code`), or the database fails.
    pub fn add_vouchers(
        &self,
        new: &NewBatch,
        codes: &[CodeHash],
        circumstances: Circumstances<'_>,
    ) -> Result<(BatchName, Vec<VoucherId>), StoreError> {
        let (batch, name): (i64, BatchName) = self.connection().query_row(
            "INSERT INTO voucher_batch (id, name, gives, expires, created, actor)
             SELECT n, coalesce(:name, 'batch-' || n), :gives, :expires, :now, :actor
             FROM (SELECT coalesce(max(id), 0) + 1 AS n FROM voucher_batch)
             RETURNING id, name",
            named_params! {
                ":name": new.name, ":gives": new.gives, ":expires": new.expires, ":now": circumstances.time,
                ":actor": circumstances.actor,
            },
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?;
        // Without RETURNING, which makes a table in memory for each row.
        let mut insert = self.connection().prepare("INSERT INTO voucher (batch_id, code) VALUES (:batch, :code)")?;
        let serials =
            codes.iter().map(|code| Ok(VoucherId(insert.insert(named_params! { ":batch": batch, ":code": code })?)));
        Ok((name, serials.collect::<Result<_, StoreError>>()?))
    }

    /// Finds a voucher by the hash of its code.
    ///
    /// # Errors
    /// The database fails.
    pub fn voucher_with_code(&self, code: &CodeHash, now: Timestamp) -> Result<Option<VoucherRow>, StoreError> {
        self.voucher_where("v.code = :key", code, now)
    }

    /// Finds a voucher by its serial number.
    ///
    /// # Errors
    /// The database fails.
    pub fn voucher(&self, id: VoucherId, now: Timestamp) -> Result<Option<VoucherRow>, StoreError> {
        self.voucher_where("v.id = :key", &id, now)
    }

    fn voucher_where(
        &self,
        condition: &str,
        key: &dyn ToSql,
        now: Timestamp,
    ) -> Result<Option<VoucherRow>, StoreError> {
        let sql = format!("{} WHERE {condition}", select());
        let mut statement = self.connection().prepare(&sql)?;
        Ok(statement.query_row(named_params! { ":key": key, ":now": now }, read).optional()?)
    }

    /// Lists vouchers by serial number.
    ///
    /// # Errors
    /// The database fails.
    pub fn vouchers(&self, filter: &VoucherFilter, now: Timestamp) -> Result<Vec<VoucherRow>, StoreError> {
        let sql = format!(
            "{} WHERE (:batch IS NULL OR v.batch_id = (SELECT id FROM voucher_batch WHERE name = :batch))
                 AND (:state IS NULL OR state = :state) ORDER BY v.id",
            select()
        );
        let mut statement = self.connection().prepare(&sql)?;
        let wanted = named_params! { ":batch": filter.batch, ":state": filter.state, ":now": now };
        Ok(statement.query_map(wanted, read)?.collect::<Result<_, _>>()?)
    }

    /// Lists the batches in the order of their issue, with what became of their vouchers.
    ///
    /// # Errors
    /// The database fails.
    pub fn voucher_batches(&self, now: Timestamp) -> Result<Vec<BatchRow>, StoreError> {
        let sql = format!(
            "SELECT name, gives, expires, created, actor, count(state) AS issued,
                 count(*) FILTER (WHERE state = 'unused') AS unused,
                 count(*) FILTER (WHERE state = 'redeemed') AS redeemed,
                 count(*) FILTER (WHERE state = 'expired') AS expired_unused,
                 count(*) FILTER (WHERE state = 'revoked') AS revoked
             FROM (SELECT b.*, {STATE} AS state FROM voucher_batch b JOIN voucher v ON v.batch_id = b.id)
             GROUP BY id ORDER BY id"
        );
        let mut statement = self.connection().prepare(&sql)?;
        let rows = statement.query_map(named_params! { ":now": now }, |row| {
            Ok(BatchRow {
                name: row.get("name")?,
                gives: row.get("gives")?,
                expires: row.get("expires")?,
                created: row.get("created")?,
                actor: row.get("actor")?,
                issued: row.get("issued")?,
                unused: row.get("unused")?,
                redeemed: row.get("redeemed")?,
                expired: row.get("expired_unused")?,
                revoked: row.get("revoked")?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Notes the entry that redeemed a voucher; tells whether it could still be redeemed.
    ///
    /// # Errors
    /// The database fails.
    pub fn redeem_voucher(&self, id: VoucherId, entry: EntryId) -> Result<bool, StoreError> {
        let changed = self.connection().execute(
            "UPDATE voucher SET entry_id = :entry WHERE id = :id AND entry_id IS NULL AND revoked IS NULL",
            named_params! { ":entry": entry, ":id": id },
        )?;
        Ok(changed == 1)
    }

    /// Takes vouchers back that were neither redeemed nor taken back before; returns how many those were.
    ///
    /// # Errors
    /// The database fails.
    pub fn revoke_vouchers(&self, ids: &[VoucherId], circumstances: Circumstances<'_>) -> Result<usize, StoreError> {
        let mut revoke = self.connection().prepare(
            "UPDATE voucher SET revoked = :time, actor = :actor, note = :note
             WHERE id = :id AND entry_id IS NULL AND revoked IS NULL",
        )?;
        let Circumstances { actor, note, time } = circumstances;
        ids.iter().try_fold(0, |revoked, id| {
            Ok(revoked + revoke.execute(named_params! { ":time": time, ":actor": actor, ":note": note, ":id": id })?)
        })
    }
}
