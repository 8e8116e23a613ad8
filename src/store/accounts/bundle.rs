//! Bundles: accounts of their own that belong to users.

use rusqlite::types::{FromSql, FromSqlResult, ToSql, ToSqlOutput, ValueRef};
use rusqlite::{Row, named_params};

use super::account::AccountId;
use crate::domain::account::Username;
use crate::domain::bundle::{Bundle, BundleId};
use crate::domain::money::Money;
use crate::domain::time::Timestamp;
use crate::store::Books;
use crate::store::calls::cdr::Conditions;
use crate::store::error::StoreError;

impl BundleId {
    /// Returns the key of the account that a bundle is.
    #[must_use]
    pub const fn account(self) -> AccountId {
        AccountId(self.0)
    }
}

impl ToSql for BundleId {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        self.0.to_sql()
    }
}

impl FromSql for BundleId {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        value.as_i64().map(Self)
    }
}

/// What bundles of credit paid of the call `c`; null where it had no bundle.
pub(in crate::store) const BONUS: &str = "CASE WHEN c.free_seconds IS NOT NULL THEN coalesce((
    SELECT sum(u.used) FROM call_bundle u JOIN account b ON b.id = u.bundle_id
    WHERE u.call_id = c.id AND b.bundle LIKE 'bonus=%'), 0) END";

/// A bundle as stored.
#[derive(Clone, Debug)]
pub struct BundleRow {
    /// The key.
    pub id: BundleId,
    /// Whose it is.
    pub owner: Username,
    /// What it is, as it was given.
    pub bundle: Bundle,
    /// What is left of it and not held, in its unit.
    pub left: Money,
    /// What open calls hold of it.
    pub held: Money,
    /// From when it counts for no further call.
    pub expires: Option<Timestamp>,
    /// When it was given.
    pub created: Timestamp,
}

impl BundleRow {
    /// Tells whether its time is over; what was left of it is taken back some time after.
    #[must_use]
    pub fn has_ended(&self, at: Timestamp) -> bool {
        self.expires.is_some_and(|expires| expires <= at)
    }

    /// Returns its place among the bundles of its user: the lowest is used first.
    fn turn(&self) -> impl Ord + use<> {
        (self.bundle.priority, self.expires.unwrap_or(Timestamp::MAX), self.id)
    }

    const COLUMNS: &'static str = "b.id, o.username, b.bundle, b.balance - b.held, b.held, b.expires, b.created";
    const SOURCE: &'static str = "account b JOIN account o ON o.id = b.owner_id";

    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            id: row.get(0)?,
            owner: row.get(1)?,
            bundle: row.get(2)?,
            left: row.get(3)?,
            held: row.get(4)?,
            expires: row.get(5)?,
            created: row.get(6)?,
        })
    }
}

/// Which bundles to list.
#[derive(Clone, Copy, Debug, Default)]
pub struct BundleQuery {
    /// One bundle.
    pub id: Option<BundleId>,
    /// Of one user.
    pub owner: Option<AccountId>,
    /// Only those of which something is left or held, and that have not ended by then.
    pub usable_at: Option<Timestamp>,
    /// Only those that ended by then, of which something is left.
    pub left_over_at: Option<Timestamp>,
}

impl Books<'_> {
    /// Adds a bundle to a user, with nothing in it.
    ///
    /// # Errors
    /// The database fails.
    pub fn add_bundle(&self, owner: AccountId, bundle: &Bundle, given: Timestamp) -> Result<BundleId, StoreError> {
        // Every account has a name of its own; no user's has a colon.
        let mut statement = self.connection().prepare(
            "INSERT INTO account (id, kind, username, level, status, owner_id, bundle, expires, created)
             VALUES ((SELECT max(id) + 1 FROM account), 'bundle', 'bundle:' || (SELECT max(id) + 1 FROM account), 'user',
                 'active', :owner, :bundle, :expires, :given)",
        )?;
        let expires = bundle.end.map(|end| end.instant(given));
        Ok(BundleId(statement.insert(named_params! {
            ":owner": owner, ":bundle": bundle, ":expires": expires, ":given": given,
        })?))
    }

    /// Lists bundles in the order in which a call uses them: by user, priority and end, then the oldest.
    ///
    /// # Errors
    /// The database fails.
    pub fn bundles(&self, query: BundleQuery) -> Result<Vec<BundleRow>, StoreError> {
        let BundleQuery { id, owner, usable_at, left_over_at } = query;
        let mut conditions = Conditions::of("b.owner_id IS NOT NULL");
        conditions.add(":id", &id, "b.id = :id");
        conditions.add(":owner", &owner, "b.owner_id = :owner");
        conditions.add(":usable", &usable_at, "b.balance > 0 AND (b.expires IS NULL OR b.expires > :usable)");
        conditions.add(":ended", &left_over_at, "b.balance > b.held AND b.expires <= :ended");
        let sql = format!("SELECT {} FROM {} WHERE {}", BundleRow::COLUMNS, BundleRow::SOURCE, conditions.sql());
        let mut statement = self.connection().prepare(&sql)?;
        let rows = statement.query_map(conditions.values(), BundleRow::read)?;
        let mut bundles: Vec<BundleRow> = rows.collect::<Result<_, _>>()?;
        bundles.sort_by(|a, b| a.owner.cmp(&b.owner).then_with(|| a.turn().cmp(&b.turn())));
        Ok(bundles)
    }

    /// Lets a bundle count for no further call.
    ///
    /// # Errors
    /// The database fails.
    pub fn end_bundle(&self, id: BundleId, at: Timestamp) -> Result<(), StoreError> {
        self.expire_account(id.account(), at)
    }

    /// Holds some of a bundle for a call.
    ///
    /// # Errors
    /// It is more than what is left (`available_is_never_negative`), or the database fails.
    pub fn hold_bundle(&self, call: i64, bundle: BundleId, amount: Money) -> Result<(), StoreError> {
        self.connection().execute(
            "INSERT INTO call_bundle (call_id, bundle_id, amount) VALUES (:call, :bundle, :amount)",
            named_params! { ":call": call, ":bundle": bundle, ":amount": amount },
        )?;
        self.connection().execute(
            "UPDATE account SET held = held + :amount WHERE id = :bundle",
            named_params! { ":bundle": bundle, ":amount": amount },
        )?;
        Ok(())
    }

    /// Lists the bundles of a call in the order in which it uses them, each with what it holds or held of it.
    ///
    /// # Errors
    /// The database fails.
    pub fn bundles_of_call(&self, call: i64) -> Result<Vec<(BundleRow, Money)>, StoreError> {
        let sql = format!(
            "SELECT {}, c.amount FROM call_bundle c, {} WHERE b.id = c.bundle_id AND c.call_id = :call",
            BundleRow::COLUMNS,
            BundleRow::SOURCE
        );
        let mut statement = self.connection().prepare(&sql)?;
        let rows =
            statement.query_map(named_params! { ":call": call }, |row| Ok((BundleRow::read(row)?, row.get(7)?)))?;
        let mut bundles: Vec<(BundleRow, Money)> = rows.collect::<Result<_, _>>()?;
        bundles.sort_by_key(|(bundle, _)| bundle.turn());
        Ok(bundles)
    }

    /// Gives back what a call holds of bundles, unless that was done before; nothing of it counts as used.
    ///
    /// # Errors
    /// The database fails.
    pub fn give_bundles_back(&self, call: i64) -> Result<(), StoreError> {
        self.connection().execute(
            "UPDATE account SET held = held - c.amount FROM call_bundle c
             WHERE account.id = c.bundle_id AND c.call_id = :call AND c.used IS NULL",
            named_params! { ":call": call },
        )?;
        self.connection().execute(
            "UPDATE call_bundle SET used = 0 WHERE call_id = :call AND used IS NULL",
            named_params! { ":call": call },
        )?;
        Ok(())
    }

    /// Says what a call used of a bundle that it held and gave back.
    ///
    /// # Errors
    /// It is more than what it held, or the database fails.
    pub fn use_bundle(&self, call: i64, bundle: BundleId, used: Money) -> Result<(), StoreError> {
        self.connection().execute(
            "UPDATE call_bundle SET used = :used WHERE call_id = :call AND bundle_id = :bundle",
            named_params! { ":call": call, ":bundle": bundle, ":used": used },
        )?;
        Ok(())
    }
}
