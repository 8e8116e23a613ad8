//! Every invariant of the books, proven from the rows alone.

use std::fmt::Display;
use std::str::FromStr;

use super::chain::Head;
use crate::domain::account::Language;
use crate::domain::bundle::Bundle;
use crate::domain::caps::Caps;
use crate::domain::contact::Contact;
use crate::domain::dialling::DialTemplate;
use crate::domain::entry_hash::EntryHash;
use crate::domain::extension::ShownName;
use crate::domain::gift::Gift;
use crate::domain::hours::Hours;
use crate::domain::money::Rounding;
use crate::domain::numbering::LeadingDigits;
use crate::domain::plan::Plan;
use crate::domain::tariff::Holidays;
use crate::domain::terms::Terms;
use crate::domain::time::Timestamp;
use crate::domain::vat::Vat;
use crate::domain::zone::Zone;
use crate::store::Books;
use crate::store::error::StoreError;
use crate::store::extension::settings_fault;

/// An invariant and the rows that break it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// Its name.
    pub name: &'static str,
    /// What breaks it, a line each; empty when it holds.
    pub faults: Vec<String>,
}

/// What the invariants came to, and for which books.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Audit {
    /// The invariants.
    pub checks: Vec<Check>,
    /// The newest entry, which stands for all that was posted.
    pub head: Option<Head>,
}

impl Audit {
    /// Tells whether every invariant holds.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.checks.iter().all(|check| check.faults.is_empty())
    }
}

/// The invariant that also the types prove.
const BELONGING: &str = "every value is one that belongs";

/// The invariants: each query returns a line for every fault.
const CHECKS: &[(&str, &str)] = &[
    ("the file is sound", "SELECT integrity_check FROM pragma_integrity_check WHERE integrity_check <> 'ok'"),
    (
        "every reference points somewhere",
        "SELECT \"table\" || ' row ' || rowid || ' points at a missing ' || parent FROM pragma_foreign_key_check",
    ),
    (
        "every balance is the sum of its entries",
        "WITH side AS (
             SELECT debit_account AS account, -amount AS amount FROM ledger_entry
             UNION ALL SELECT credit_account, amount FROM ledger_entry),
         total AS (SELECT account, sum(amount) AS amount FROM side GROUP BY account)
         SELECT a.username || ' has balance ' || a.balance || ' but entries of ' || coalesce(t.amount, 0) || ' millionths'
         FROM account a LEFT JOIN total t ON t.account = a.id
         WHERE a.kind <> 'system' AND a.balance <> coalesce(t.amount, 0)",
    ),
    (
        "every entry continues from the one before",
        "WITH side AS (
             SELECT id, debit_account AS account, -amount AS amount, debit_balance AS after FROM ledger_entry
             UNION ALL SELECT id, credit_account, amount, credit_balance FROM ledger_entry),
         running AS (
             SELECT s.id, a.username, s.after, sum(s.amount) OVER (PARTITION BY s.account ORDER BY s.id) AS expected
             FROM side s JOIN account a ON a.id = s.account WHERE a.kind <> 'system')
         SELECT 'entry ' || id || ' of ' || username || ' says ' || coalesce(after, 'nothing') || ' instead of ' || expected
         FROM running WHERE after IS NOT expected",
    ),
    (
        "what is held is the sum of the open holds",
        "WITH hold AS (
             SELECT account_id, amount FROM call WHERE state = 'open'
             UNION ALL SELECT bundle_id, amount FROM call_bundle WHERE used IS NULL),
         total AS (SELECT account_id, sum(amount) AS amount FROM hold GROUP BY account_id)
         SELECT a.username || ' has ' || a.held || ' held but open holds of ' || coalesce(t.amount, 0) || ' millionths'
         FROM account a LEFT JOIN total t ON t.account_id = a.id WHERE a.held <> coalesce(t.amount, 0)",
    ),
    (
        "nobody has spent more than was available",
        "SELECT username || ' has ' || (balance + credit_limit - held) || ' millionths available' FROM account
         WHERE kind <> 'system' AND balance + credit_limit - held < 0",
    ),
    (
        "every call is charged once, what its record says",
        "SELECT c.uniqueid || '#' || c.attempt || ' costs ' || coalesce(c.charge, 0) || ' but was charged '
             || coalesce(sum(e.amount), 0) || ' millionths in ' || count(e.id) || ' entries'
         FROM call c LEFT JOIN ledger_entry e ON e.call_id = c.id AND e.kind = 'charge' AND e.debit_account = c.account_id
         GROUP BY c.id
         HAVING coalesce(sum(e.amount), 0) <> coalesce(c.charge, 0) OR count(e.id) > 1",
    ),
    (
        "every charge belongs to a settled call of its payer",
        "SELECT 'entry ' || e.id FROM ledger_entry e LEFT JOIN call c ON c.id = e.call_id
         WHERE e.kind = 'charge' AND (c.id IS NULL OR c.state <> 'settled' OR c.account_id <> e.debit_account
             AND NOT EXISTS (SELECT 1 FROM call_bundle b WHERE b.call_id = c.id AND b.bundle_id = e.debit_account))",
    ),
    (
        "every bundle of a call is held while it lasts and charged once what was used",
        "SELECT c.uniqueid || '#' || c.attempt || ' used ' || coalesce(b.used, 0) || ' of bundle ' || b.bundle_id
             || ' but was charged ' || coalesce(e.amount, 0)
         FROM call_bundle b JOIN call c ON c.id = b.call_id
             LEFT JOIN ledger_entry e ON e.call_id = b.call_id AND e.debit_account = b.bundle_id AND e.kind = 'charge'
         WHERE coalesce(b.used, 0) <> coalesce(e.amount, 0) OR (b.used IS NULL) <> (c.state = 'open')
             OR c.free_seconds IS NULL",
    ),
    (
        "the free seconds of a call are those of its bundles",
        "SELECT c.uniqueid || '#' || c.attempt || ' has ' || c.free_seconds || ' free seconds'
         FROM call c WHERE c.free_seconds IS NOT NULL AND c.free_seconds * 1000000 <> (
             SELECT coalesce(sum(CASE WHEN c.state = 'settled' THEN u.used ELSE u.amount END), 0)
             FROM call_bundle u JOIN account b ON b.id = u.bundle_id
             WHERE u.call_id = c.id AND b.bundle LIKE 'seconds=%')",
    ),
    (
        "every bundle belongs to a user, identifies nobody and owes nothing",
        "SELECT b.username FROM account b LEFT JOIN account o ON o.id = b.owner_id
         WHERE b.kind = 'bundle' AND (o.kind IS NOT 'user' OR b.credit_limit <> 0 OR b.tariff_id IS NOT NULL
             OR EXISTS (SELECT 1 FROM identity i WHERE i.account_id = b.id))",
    ),
    (
        // Seconds and credit are both posted in millionths; no entry may turn one into the other.
        "what a bundle is given and uses returns to the account of its unit",
        "WITH side AS (
             SELECT b.bundle, e.id, e.credit_account AS other FROM account b CROSS JOIN ledger_entry e
             WHERE b.owner_id IS NOT NULL AND e.debit_account = b.id AND e.debit_balance IS NOT NULL
             UNION ALL SELECT b.bundle, e.id, e.debit_account FROM account b CROSS JOIN ledger_entry e
             WHERE b.owner_id IS NOT NULL AND e.credit_account = b.id AND e.credit_balance IS NOT NULL)
         SELECT 'entry ' || s.id || ' of ' || s.bundle FROM side s JOIN account o ON o.id = s.other
         WHERE o.username <> CASE WHEN s.bundle LIKE 'seconds=%' THEN 'given:time' ELSE 'given:credit' END",
    ),
    (
        "no call costs more than it was granted",
        "SELECT uniqueid || '#' || attempt || ' was granted ' || seconds || ' s for ' || amount || ' and billed '
             || billsec || ' s for ' || charge
         FROM call WHERE state = 'settled' AND (charge > amount OR billsec > seconds)",
    ),
    (
        "every reversal mirrors one entry",
        "SELECT 'entry ' || r.id FROM ledger_entry r LEFT JOIN ledger_entry e ON e.id = r.reverses
         WHERE r.kind = 'reversal' AND (e.id IS NULL OR e.amount <> r.amount OR e.debit_account <> r.credit_account
             OR e.credit_account <> r.debit_account)",
    ),
    (
        "nothing was credited beyond what was paid",
        "SELECT 'payment ' || p.id || ' of ' || p.gross || ' bought ' || e.amount || ' millionths'
         FROM payment p JOIN ledger_entry e ON e.id = p.entry_id WHERE p.gross < e.amount",
    ),
    (
        "every voucher was redeemed by its own entry, once, and not when it was revoked",
        "SELECT 'voucher ' || v.id FROM voucher v LEFT JOIN ledger_entry e ON e.id = v.entry_id
         WHERE v.entry_id IS NOT NULL
             AND (v.revoked IS NOT NULL OR e.kind IS NOT 'voucher' OR e.origin IS NOT 'voucher:' || v.id)
         UNION ALL SELECT 'entry ' || e.id FROM ledger_entry e
             LEFT JOIN voucher v ON v.id = CAST(substr(e.origin, length('voucher:') + 1) AS INTEGER)
         WHERE e.kind = 'voucher' AND v.entry_id IS NOT e.id",
    ),
    (
        "every user has a tariff and is identified by their number and SIM",
        "SELECT a.username FROM account a WHERE a.kind = 'user' AND (a.tariff_id IS NULL OR a.status <> 'closed' AND (
             a.clid IS NULL
             OR NOT EXISTS (SELECT 1 FROM identity WHERE kind = 'number' AND value = a.clid AND account_id = a.id)
             OR coalesce(a.imsi, '') <> coalesce(
                 (SELECT value FROM identity WHERE kind = 'imsi' AND account_id = a.id), '')))",
    ),
    (
        BELONGING,
        "SELECT 'account ' || username FROM account WHERE kind NOT IN ('user', 'bundle', 'system')
             OR (kind = 'bundle') <> (owner_id IS NOT NULL AND bundle IS NOT NULL)
             OR status NOT IN ('active', 'suspended', 'closed') OR credit_limit < 0 OR max_calls < 1
         UNION ALL SELECT 'identity ' || value FROM identity WHERE kind NOT IN ('number', 'imsi')
         UNION ALL SELECT 'rate ' || id FROM rate WHERE price_per_minute < 0 OR connect_fee < 0
             OR initial_seconds < 1 OR subsequent_seconds < 1
         UNION ALL SELECT 'call ' || uniqueid || '#' || attempt FROM call WHERE attempt < 1 OR seconds < 1
             OR answered_before NOT IN (0, 1) OR state NOT IN ('open', 'settled', 'released', 'expired') OR cost < 0
             OR cost IS NOT NULL AND (trunk_id IS NULL OR state <> 'settled')
         UNION ALL SELECT 'trunk ' || name FROM trunk WHERE max_calls < 1 OR instr(dial, '{number}') = 0
         UNION ALL SELECT 'route ' || id FROM route WHERE priority < 0 OR strip NOT BETWEEN 0 AND length(prefix)",
    ),
    (
        "closed accounts hold nothing and identify nobody",
        "SELECT a.username FROM account a WHERE a.status = 'closed'
             AND (a.held <> 0 OR EXISTS (SELECT 1 FROM identity i WHERE i.account_id = a.id))",
    ),
    (
        "every extension is a number of its payer",
        "SELECT 'extension ' || e.number FROM extension e WHERE e.kind = 'extension' AND NOT EXISTS (
             SELECT 1 FROM identity i WHERE i.kind = 'number' AND i.value = e.number AND i.account_id = e.account_id)
         UNION ALL SELECT 'extension ' || number || ' is of kind ' || kind FROM extension
             WHERE kind NOT IN ('extension', 'ring_group')",
    ),
    (
        "every ring group rings extensions, and its number is no user's",
        "SELECT 'ring group ' || e.number || ' rings ' || m.value
         FROM extension e, json_each(CASE WHEN json_valid(e.settings) THEN e.settings ELSE '{}' END, '$.members') m
         WHERE e.kind = 'ring_group' AND m.value NOT LIKE '%#'
             AND NOT EXISTS (SELECT 1 FROM extension x WHERE x.kind = 'extension' AND x.number = m.value)
         UNION ALL SELECT 'ring group ' || e.number || ' is a number of ' || a.username FROM extension e
             JOIN identity i ON i.kind = 'number' AND i.value = e.number JOIN account a ON a.id = i.account_id
         WHERE e.kind = 'ring_group'",
    ),
];

impl Books<'_> {
    /// Proves every invariant from the rows; none is repaired. With a `noted` head also that nothing was
    /// changed since it was noted in what was posted before.
    ///
    /// # Errors
    /// The database fails.
    pub fn check(&self, noted: Option<EntryHash>) -> Result<Audit, StoreError> {
        let mut checks = CHECKS
            .iter()
            .map(|&(name, sql)| {
                let mut statement = self.connection().prepare(sql)?;
                let mut faults: Vec<String> = statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
                if name == BELONGING {
                    faults.extend(self.unreadable()?);
                }
                Ok(Check { name, faults })
            })
            .collect::<Result<Vec<_>, StoreError>>()?;
        checks.push(self.check_audit()?);
        checks.extend(self.check_chain(noted)?);
        Ok(Audit { checks, head: self.head()? })
    }

    /// Lists the texts that cannot be read as what they are: rates' terms and hours, tariffs' clocks, bundles,
    /// caps, plans, languages, contacts, taxes, what vouchers give, trunks' templates, routes' digits, what is set of
    /// extensions and ring groups.
    fn unreadable(&self) -> Result<Vec<String>, StoreError> {
        fn reads<T: FromStr<Err: Display>>(text: &str) -> Option<String> {
            text.parse::<T>().err().map(|error| error.to_string())
        }
        let mut statement = self.connection().prepare(
            "SELECT 'rate ' || id, 'terms', terms FROM rate WHERE terms IS NOT NULL
             UNION ALL SELECT 'rate ' || id, 'hours', hours FROM rate WHERE hours IS NOT NULL
             UNION ALL SELECT 'tariff ' || name, 'rounding', rounding FROM tariff
             UNION ALL SELECT 'tariff ' || name, 'clock', clock FROM tariff
             UNION ALL SELECT 'tariff ' || name, 'holidays', holidays FROM tariff
             UNION ALL SELECT 'account ' || username, 'bundle', bundle FROM account WHERE bundle IS NOT NULL
             UNION ALL SELECT 'account ' || username, 'caps', caps FROM account WHERE caps IS NOT NULL
             UNION ALL SELECT 'account ' || username, 'language', language FROM account WHERE language IS NOT NULL
             UNION ALL SELECT 'account ' || username, 'contact', contact FROM account WHERE contact IS NOT NULL
             UNION ALL SELECT 'payment ' || id, 'vat', vat FROM payment
             UNION ALL SELECT 'group ' || name, 'caps', caps FROM account_group WHERE caps IS NOT NULL
             UNION ALL SELECT 'group ' || name, 'plan', plan FROM account_group WHERE plan IS NOT NULL
             UNION ALL SELECT 'batch ' || name, 'gift', gives FROM voucher_batch
             UNION ALL SELECT 'trunk ' || name, 'dial', dial FROM trunk
             UNION ALL SELECT 'route ' || id, 'digits', prefix FROM route
             UNION ALL SELECT 'route ' || id, 'digits', prepend FROM route
             UNION ALL SELECT kind || ' ' || number, kind, settings FROM extension
             UNION ALL SELECT kind || ' ' || number, 'name', name FROM extension",
        )?;
        let mut rows = statement.query([])?;
        let mut faults = Vec::new();
        while let Some(row) = rows.next()? {
            let (what, kind, text): (String, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
            let error = match kind.as_str() {
                "terms" => reads::<Terms>(&text),
                "hours" => reads::<Hours>(&text),
                "rounding" => reads::<Rounding>(&text),
                "holidays" => reads::<Holidays>(&text),
                "bundle" => reads::<Bundle>(&text),
                "caps" => reads::<Caps>(&text),
                "plan" => reads::<Plan>(&text),
                "language" => reads::<Language>(&text),
                "vat" => reads::<Vat>(&text),
                "contact" => serde_json::from_str::<Contact>(&text).err().map(|error| error.to_string()),
                "gift" => reads::<Gift>(&text),
                "dial" => reads::<DialTemplate>(&text),
                "digits" => reads::<LeadingDigits>(&text),
                "name" => reads::<ShownName>(&text),
                "extension" | "ring_group" => settings_fault(&kind, &text),
                _ => Zone::kept(kind, text).local(Timestamp::default()).err().map(|error| error.to_string()),
            };
            faults.extend(error.map(|error| format!("{what}: {error}")));
        }
        Ok(faults)
    }
}
