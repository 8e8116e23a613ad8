-- Accounts as they are sold: credit that groups give on their dates, bundles, payments, vouchers, and a chain
-- through the ledger that shows any change.
--
-- Still short, because every process of a call parses it: what a group gives, what a bundle is for and who a
-- card holder is stand in one text each, which is parsed only where it is there.

-- The house's side of what is given away: credit, and time, which is in seconds whatever the unit is. Users
-- cannot have a colon in their names.
INSERT INTO account (id, kind, username, level, status, created)
SELECT -1, 'system', 'given:credit', 'admin', 'active', created FROM account WHERE id = 1
UNION ALL SELECT -2, 'system', 'given:time', 'admin', 'active', created FROM account WHERE id = 1;

-- A bundle is an account of its own (`kind` bundle) that belongs to a user's: so it is held, charged, listed
-- and proven like any other, and can never be overspent. `bundle` says what it is for; `expires` ends it.
-- Codes count as wrong until one is right. `contact` is a card holder's data, as JSON.
ALTER TABLE account ADD COLUMN owner_id INTEGER REFERENCES account;
ALTER TABLE account ADD COLUMN bundle TEXT;
ALTER TABLE account ADD COLUMN contact TEXT;
ALTER TABLE account ADD COLUMN warn_below INTEGER;
ALTER TABLE account ADD COLUMN warned INTEGER;
ALTER TABLE account ADD COLUMN wrong_codes INTEGER NOT NULL DEFAULT 0;
ALTER TABLE account ADD COLUMN locked_until INTEGER;
CREATE INDEX bundle_by_owner ON account (owner_id) WHERE owner_id IS NOT NULL;

ALTER TABLE account_group ADD COLUMN plan TEXT;
ALTER TABLE account_group ADD COLUMN warn_below INTEGER;

-- What a call holds of its payer's bundles, and, once it ended, what it used of them. `free_seconds` are those
-- that its bundles of time pay; null where it has no bundle at all.
ALTER TABLE call ADD COLUMN free_seconds INTEGER;
CREATE TABLE call_bundle (
    call_id   INTEGER NOT NULL REFERENCES call,
    bundle_id INTEGER NOT NULL REFERENCES account,
    amount    INTEGER NOT NULL CHECK (amount > 0),
    used      INTEGER CHECK (used BETWEEN 0 AND amount),
    PRIMARY KEY (call_id, bundle_id)
) STRICT, WITHOUT ROWID;

-- `origin` names what an entry comes from, so that a date of a group, a voucher or a payment gives once.
-- `hash` is that of the entry before and of this one's content.
ALTER TABLE ledger_entry ADD COLUMN origin TEXT;
ALTER TABLE ledger_entry ADD COLUMN hash BLOB;
CREATE UNIQUE INDEX one_entry_an_origin ON ledger_entry (origin) WHERE origin IS NOT NULL;
DROP INDEX one_charge_a_call;
CREATE UNIQUE INDEX one_charge_a_call ON ledger_entry (call_id, debit_account) WHERE kind = 'charge';

DROP TRIGGER entry_posted;
CREATE TRIGGER entry_posted AFTER INSERT ON ledger_entry BEGIN
    UPDATE account SET balance = balance - NEW.amount WHERE id = NEW.debit_account AND kind <> 'system';
    UPDATE account SET balance = balance + NEW.amount WHERE id = NEW.credit_account AND kind <> 'system';
END;

-- What came in, of which `net` was credited by the entry; `vat` is percent.
CREATE TABLE payment (
    id       INTEGER PRIMARY KEY,
    entry_id INTEGER NOT NULL UNIQUE REFERENCES ledger_entry,
    gross    INTEGER NOT NULL,
    vat      TEXT NOT NULL,
    method   TEXT
) STRICT;

-- `gives` says what each of a batch is worth.
CREATE TABLE voucher_batch (
    id      INTEGER PRIMARY KEY,
    name    TEXT NOT NULL UNIQUE,
    gives   TEXT NOT NULL,
    expires INTEGER,
    created INTEGER NOT NULL,
    actor   TEXT NOT NULL
) STRICT;

-- The code itself is nowhere: `code` is its hash. `entry_id` is the entry that redeemed it. `actor` and `note` say
-- who revoked it and why.
CREATE TABLE voucher (
    id       INTEGER PRIMARY KEY,
    batch_id INTEGER NOT NULL REFERENCES voucher_batch,
    code     BLOB NOT NULL UNIQUE,
    revoked  INTEGER,
    actor    TEXT,
    note     TEXT,
    entry_id INTEGER REFERENCES ledger_entry
) STRICT;

CREATE INDEX voucher_by_batch ON voucher (batch_id);
