-- The books: accounts, what identifies them, what a call costs, calls with their holds, and the ledger.
--
-- Why so short: each call is two processes, and each of them parses this whole schema when it opens the
-- file, which is half of the instructions of a call. So it has the constraints that guard money, and no
-- others: whatever writes here, in whatever order and however it dies, cannot commit a hold beyond what is
-- available, a second charge for a call, or a change to an entry. That every other value is one that
-- belongs is proven by `billctl db check`, and ensured by the types that write it.
--
-- Money is INTEGER millionths of the ledger's unit; times are INTEGER milliseconds since 1970 in UTC.

CREATE TABLE setting (
    name  TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE tariff (
    id      INTEGER PRIMARY KEY,
    name    TEXT NOT NULL UNIQUE,
    created INTEGER NOT NULL
) STRICT;

-- A price is never edited, because open holds and past calls point at it: it is retired and replaced.
CREATE TABLE rate (
    id                 INTEGER PRIMARY KEY,
    tariff_id          INTEGER NOT NULL REFERENCES tariff,
    prefix             TEXT NOT NULL,
    price_per_minute   INTEGER NOT NULL,
    connect_fee        INTEGER NOT NULL,
    initial_seconds    INTEGER NOT NULL,
    subsequent_seconds INTEGER NOT NULL,
    created            INTEGER NOT NULL,
    retired            INTEGER
) STRICT;

CREATE UNIQUE INDEX rate_in_force ON rate (tariff_id, prefix) WHERE retired IS NULL;

-- Users, and the house's own accounts on the other side of each movement. `balance` of a user is the sum
-- of their entries and `held` that of their open holds; triggers keep both, so that no statement can
-- forget to. `available` is balance + credit_limit - held.
CREATE TABLE account (
    id           INTEGER PRIMARY KEY,
    kind         TEXT NOT NULL, -- user or system
    username     TEXT NOT NULL,
    name         TEXT,
    level        TEXT NOT NULL,
    status       TEXT NOT NULL, -- active, suspended or closed
    clid         TEXT,
    imsi         TEXT,
    password     TEXT,
    tariff_id    INTEGER REFERENCES tariff,
    credit_limit INTEGER NOT NULL DEFAULT 0,
    max_calls    INTEGER,
    expires      INTEGER,
    created      INTEGER NOT NULL,
    balance      INTEGER NOT NULL DEFAULT 0,
    held         INTEGER NOT NULL DEFAULT 0,
    CONSTRAINT nothing_negative_is_held CHECK (held >= 0),
    CONSTRAINT available_is_never_negative CHECK (kind = 'system' OR balance + credit_limit - held >= 0)
) STRICT;

-- A closed account keeps its name in the books and frees it for another.
CREATE UNIQUE INDEX account_username ON account (username) WHERE status <> 'closed';

-- What a channel may show to be billed to an account: its `clid`, further numbers, and its `imsi`.
CREATE TABLE identity (
    kind       TEXT NOT NULL, -- number or imsi
    value      TEXT NOT NULL,
    account_id INTEGER NOT NULL REFERENCES account,
    PRIMARY KEY (kind, value)
) STRICT, WITHOUT ROWID;

CREATE INDEX identity_by_account ON identity (account_id);

-- One row an attempt: what was authorised and is held, then, once, how it ended (the CDR).
CREATE TABLE call (
    id              INTEGER PRIMARY KEY,
    uniqueid        TEXT NOT NULL,
    attempt         INTEGER NOT NULL,
    account_id      INTEGER NOT NULL REFERENCES account,
    rate_id         INTEGER NOT NULL REFERENCES rate,
    clid            TEXT NOT NULL,
    dialled         TEXT NOT NULL,
    dial            TEXT NOT NULL,
    callee_id       INTEGER REFERENCES account,
    answered_before INTEGER NOT NULL,
    amount          INTEGER NOT NULL CHECK (amount >= 0),
    seconds         INTEGER NOT NULL,
    placed          INTEGER NOT NULL,
    expires         INTEGER NOT NULL,
    state           TEXT NOT NULL, -- open, settled, released or expired
    note            TEXT,
    disposition     TEXT,
    answered        INTEGER,
    ended           INTEGER,
    billsec         INTEGER,
    overrun         INTEGER,
    charge          INTEGER,
    unpaid          INTEGER,
    UNIQUE (uniqueid, attempt),
    CONSTRAINT settled_calls_say_how_they_ended CHECK (
        state <> 'settled'
        OR (disposition IS NOT NULL AND ended IS NOT NULL AND billsec BETWEEN 0 AND seconds
            AND overrun >= 0 AND charge BETWEEN 0 AND amount AND unpaid >= 0)),
    CONSTRAINT other_calls_cost_nothing CHECK (state = 'settled' OR charge IS NULL)
) STRICT;

CREATE INDEX call_by_account ON call (account_id);
CREATE INDEX call_open ON call (account_id) WHERE state = 'open';

CREATE TRIGGER hold_placed AFTER INSERT ON call BEGIN
    UPDATE account SET held = held + NEW.amount WHERE id = NEW.account_id;
END;

CREATE TRIGGER hold_closed AFTER UPDATE OF state ON call WHEN OLD.state = 'open' AND NEW.state <> 'open' BEGIN
    UPDATE account SET held = held - OLD.amount WHERE id = OLD.account_id;
END;

CREATE TRIGGER call_facts_stay BEFORE UPDATE OF
    id, uniqueid, attempt, account_id, rate_id, clid, dialled, dial, callee_id, answered_before,
    amount, seconds, placed, expires
ON call BEGIN
    SELECT RAISE(ABORT, 'what a call was granted is never edited');
END;

CREATE TRIGGER call_ends_once BEFORE UPDATE ON call WHEN OLD.state = 'settled' OR NEW.state = 'open' BEGIN
    SELECT RAISE(ABORT, 'a call is settled once and never opened again');
END;

CREATE TRIGGER call_stays BEFORE DELETE ON call BEGIN
    SELECT RAISE(ABORT, 'a call is never deleted');
END;

-- Double entry in one row: what leaves one account arrives at another. The balances after the entry are
-- kept for users, so that a history reads like a bank statement and a missing entry shows.
CREATE TABLE ledger_entry (
    id             INTEGER PRIMARY KEY,
    time           INTEGER NOT NULL,
    kind           TEXT NOT NULL,
    debit_account  INTEGER NOT NULL REFERENCES account,
    credit_account INTEGER NOT NULL REFERENCES account,
    amount         INTEGER NOT NULL CHECK (amount > 0),
    debit_balance  INTEGER,
    credit_balance INTEGER,
    call_id        INTEGER REFERENCES call,
    reverses       INTEGER REFERENCES ledger_entry,
    actor          TEXT NOT NULL,
    note           TEXT,
    CHECK (debit_account <> credit_account),
    CHECK ((kind = 'charge') = (call_id IS NOT NULL AND reverses IS NULL)),
    CHECK ((kind = 'reversal') = (reverses IS NOT NULL))
) STRICT;

-- Only sides that are users are looked up by account; the house's accounts are on the other side of all.
CREATE INDEX entry_by_debtor ON ledger_entry (debit_account) WHERE debit_balance IS NOT NULL;
CREATE INDEX entry_by_creditor ON ledger_entry (credit_account) WHERE credit_balance IS NOT NULL;
CREATE UNIQUE INDEX one_charge_a_call ON ledger_entry (call_id) WHERE kind = 'charge';
CREATE UNIQUE INDEX one_reversal_an_entry ON ledger_entry (reverses) WHERE reverses IS NOT NULL;

CREATE TRIGGER entry_posted AFTER INSERT ON ledger_entry BEGIN
    UPDATE account SET balance = balance - NEW.amount WHERE id = NEW.debit_account AND kind = 'user';
    UPDATE account SET balance = balance + NEW.amount WHERE id = NEW.credit_account AND kind = 'user';
END;

CREATE TRIGGER entry_stays BEFORE UPDATE ON ledger_entry BEGIN
    SELECT RAISE(ABORT, 'a ledger entry is never edited: reverse it');
END;

CREATE TRIGGER entry_is_kept BEFORE DELETE ON ledger_entry BEGIN
    SELECT RAISE(ABORT, 'a ledger entry is never deleted: reverse it');
END;
