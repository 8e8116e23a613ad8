//! Payments with the entries that they bought, and the other movements that are listed by their kind.

use rusqlite::{OptionalExtension, Row, ToSql, named_params};

use super::ledger::{EntryId, EntryQuery};
use crate::domain::account::Username;
use crate::domain::ledger::EntryKind;
use crate::domain::line::Line;
use crate::domain::money::{Amount, Money};
use crate::domain::time::Timestamp;
use crate::domain::vat::Vat;
use crate::store::Books;
use crate::store::accounts::account::AccountId;
use crate::store::error::StoreError;

/// A payment's key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PaymentId(pub i64);

/// A payment and what it bought, as stored.
#[derive(Clone, Debug)]
pub struct PaymentRow {
    /// The key.
    pub id: PaymentId,
    /// The entry that credits the user.
    pub refill: EntryId,
    /// When.
    pub time: Timestamp,
    /// Whose.
    pub username: Username,
    /// The user's account.
    pub account: AccountId,
    /// What was paid.
    pub gross: Amount,
    /// The tax in it.
    pub vat: Vat,
    /// What was credited.
    pub net: Amount,
    /// How it was paid.
    pub method: Option<Line>,
    /// What it is named outside.
    pub reference: Option<String>,
    /// The user's balance after it.
    pub balance_after: Money,
    /// Why, in words.
    pub note: Option<String>,
    /// Who took it.
    pub actor: String,
    /// The entry that took the credit back.
    pub reversed_by: Option<EntryId>,
}

/// A movement between a user and the house, as stored.
#[derive(Clone, Debug)]
pub struct MovementRow {
    /// The key.
    pub id: EntryId,
    /// When.
    pub time: Timestamp,
    /// Whose.
    pub username: Username,
    /// How much.
    pub amount: Amount,
    /// The user's balance after it.
    pub balance_after: Money,
    /// Why, in words.
    pub note: Option<String>,
    /// Who did it.
    pub actor: String,
    /// The payment that bought it.
    pub payment: Option<PaymentId>,
    /// The entry that took it back.
    pub reversed_by: Option<EntryId>,
}

/// What the origin of a payment that is named outside begins with.
const REFERENCE: &str = "payment:reference:";

/// Returns the origin of a payment, which is its own name unless it has one outside.
fn origin(id: PaymentId, reference: Option<&Line>) -> String {
    reference.map_or_else(|| format!("payment:{}", id.0), |reference| format!("{REFERENCE}{reference}"))
}

const COLUMNS: &str = "p.id, p.entry_id, e.time, a.username, e.credit_account, p.gross, p.vat, e.amount, p.method,
     e.origin, e.credit_balance, e.note, e.actor,
     (SELECT r.id FROM ledger_entry r WHERE r.reverses = e.id) AS reversed_by
     FROM payment p JOIN ledger_entry e ON e.id = p.entry_id JOIN account a ON a.id = e.credit_account";

fn read(row: &Row<'_>) -> rusqlite::Result<PaymentRow> {
    let origin: Option<String> = row.get("origin")?;
    Ok(PaymentRow {
        id: PaymentId(row.get("id")?),
        refill: EntryId(row.get("entry_id")?),
        time: row.get("time")?,
        username: row.get("username")?,
        account: row.get("credit_account")?,
        gross: row.get("gross")?,
        vat: row.get("vat")?,
        net: row.get("amount")?,
        method: row.get("method")?,
        reference: origin.as_deref().and_then(|origin| origin.strip_prefix(REFERENCE)).map(str::to_owned),
        balance_after: row.get("credit_balance")?,
        note: row.get("note")?,
        actor: row.get("actor")?,
        reversed_by: row.get::<_, Option<i64>>("reversed_by")?.map(EntryId),
    })
}

impl Books<'_> {
    /// Returns what the next payment will be, and the origin of its entry. Nobody else can take it before the
    /// transaction ends.
    ///
    /// # Errors
    /// The database fails.
    pub fn next_payment(&self, reference: Option<&Line>) -> Result<(PaymentId, String), StoreError> {
        let last: i64 =
            self.connection().query_row("SELECT coalesce(max(id), 0) FROM payment", [], |row| row.get(0))?;
        let id = PaymentId(last + 1);
        Ok((id, origin(id, reference)))
    }

    /// Notes what was paid for an entry.
    ///
    /// # Errors
    /// The database fails.
    pub fn add_payment(
        &self,
        id: PaymentId,
        refill: EntryId,
        gross: Amount,
        vat: Vat,
        method: Option<&Line>,
    ) -> Result<(), StoreError> {
        self.connection().execute(
            "INSERT INTO payment (id, entry_id, gross, vat, method) VALUES (:id, :refill, :gross, :vat, :method)",
            named_params! {
                ":id": id.0, ":refill": refill, ":gross": gross.money(), ":vat": vat, ":method": method,
            },
        )?;
        Ok(())
    }

    /// Finds a payment.
    ///
    /// # Errors
    /// The database fails.
    pub fn payment(&self, id: PaymentId) -> Result<Option<PaymentRow>, StoreError> {
        let sql = format!("SELECT {COLUMNS} WHERE p.id = :id");
        Ok(self.connection().query_row(&sql, named_params! { ":id": id.0 }, read).optional()?)
    }

    /// Finds the payment that has a name outside.
    ///
    /// # Errors
    /// The database fails.
    pub fn payment_referred_to(&self, reference: &Line) -> Result<Option<PaymentRow>, StoreError> {
        let sql = format!("SELECT {COLUMNS} WHERE e.origin = :origin");
        let origin = format!("{REFERENCE}{reference}");
        Ok(self.connection().query_row(&sql, named_params! { ":origin": origin }, read).optional()?)
    }

    /// Lists payments, oldest last; of one user only if asked.
    ///
    /// # Errors
    /// The database fails.
    pub fn payments(&self, of: Option<AccountId>, query: EntryQuery) -> Result<Vec<PaymentRow>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} WHERE (:account IS NULL OR e.credit_account = :account)
                 AND e.time >= :since AND e.time < :until ORDER BY p.id DESC LIMIT :limit"
        );
        let mut statement = self.connection().prepare(&sql)?;
        let (since, until, limit) = query.bounds();
        let rows = statement
            .query_map(named_params! { ":account": of, ":since": since, ":until": until, ":limit": limit }, read)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Lists the movements of one kind between users and the house, oldest last; of one user only if asked.
    ///
    /// # Errors
    /// The database fails.
    pub fn movements(
        &self,
        kind: EntryKind,
        of: Option<AccountId>,
        query: EntryQuery,
    ) -> Result<Vec<MovementRow>, StoreError> {
        // Each side has its own index, which is of use where one account is asked for.
        let listed = |side: &str| {
            let account = if of.is_some() { "= :account" } else { "IS NOT NULL" };
            format!(
                "SELECT id, time, amount, {side}_account AS account, {side}_balance AS balance_after, note, actor
                 FROM ledger_entry WHERE {side}_balance IS NOT NULL AND {side}_account {account} AND kind = :kind
                     AND time >= :since AND time < :until"
            )
        };
        let sql = format!(
            "SELECT e.*, a.username, p.id AS payment,
                 (SELECT r.id FROM ledger_entry r WHERE r.reverses = e.id) AS reversed_by
             FROM ({} UNION ALL {}) e JOIN account a ON a.id = e.account LEFT JOIN payment p ON p.entry_id = e.id
             ORDER BY e.id DESC LIMIT :limit",
            listed("debit"),
            listed("credit"),
        );
        let mut statement = self.connection().prepare(&sql)?;
        let (since, until, limit) = query.bounds();
        let mut values: Vec<(&str, &dyn ToSql)> =
            vec![(":kind", &kind), (":since", &since), (":until", &until), (":limit", &limit)];
        if of.is_some() {
            values.push((":account", &of));
        }
        let rows = statement.query_map(&values[..], |row| {
            Ok(MovementRow {
                id: EntryId(row.get("id")?),
                time: row.get("time")?,
                username: row.get("username")?,
                amount: row.get("amount")?,
                balance_after: row.get("balance_after")?,
                note: row.get("note")?,
                actor: row.get("actor")?,
                payment: row.get::<_, Option<i64>>("payment")?.map(PaymentId),
                reversed_by: row.get::<_, Option<i64>>("reversed_by")?.map(EntryId),
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}
