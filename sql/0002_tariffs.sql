-- Tariffs as operators sell them: prices that begin and end, hours, fees and bands; trunks, routes and what
-- they cost; caps of users and of groups.
--
-- Still short, because every process of a call parses it: what a rate seldom has stands in one text that is
-- parsed only where it is there, and what a cap forbids likewise. Two triggers make room: entries stay guarded
-- against every statement, while a call that holds or cost something cannot be edited or deleted without
-- `billctl db check` telling, because what is held and what was charged would no longer add up.
DROP TRIGGER call_facts_stay;
DROP TRIGGER call_stays;

-- `rounding` is decimals:direction. `clock` is the zone's POSIX rules, kept beside its name because a program
-- of a call runs where no zone files are. `holidays` are dates with blanks between them.
ALTER TABLE tariff ADD COLUMN rounding TEXT NOT NULL DEFAULT '6:nearest';
ALTER TABLE tariff ADD COLUMN zone TEXT NOT NULL DEFAULT 'UTC';
ALTER TABLE tariff ADD COLUMN clock TEXT NOT NULL DEFAULT 'UTC0';
ALTER TABLE tariff ADD COLUMN holidays TEXT NOT NULL DEFAULT '';

-- A rate is never edited: the newest of a prefix and its hours that has started is the one in force. One that
-- ends when it starts withdraws those before it. The prefix `onnet` is for calls between users.
DROP INDEX rate_in_force;
ALTER TABLE rate RENAME COLUMN created TO starts;
ALTER TABLE rate RENAME COLUMN retired TO ends;
ALTER TABLE rate ADD COLUMN hours TEXT;
ALTER TABLE rate ADD COLUMN terms TEXT;
CREATE INDEX rate_by_prefix ON rate (tariff_id, prefix);

-- On a ledger of money, users call each other for nothing unless the tariff says otherwise.
INSERT INTO rate (tariff_id, prefix, price_per_minute, connect_fee, initial_seconds, subsequent_seconds, starts)
SELECT id, 'onnet', 0, 0, 1, 1, created FROM tariff
WHERE (SELECT value FROM setting WHERE name = 'unit') NOT IN ('seconds');

-- `tariff_id` is what the carrier charges us.
CREATE TABLE trunk (
    id        INTEGER PRIMARY KEY,
    name      TEXT NOT NULL UNIQUE,
    dial      TEXT NOT NULL,
    tariff_id INTEGER REFERENCES tariff,
    max_calls INTEGER
) STRICT;

CREATE TABLE route (
    id       INTEGER PRIMARY KEY,
    prefix   TEXT NOT NULL,
    trunk_id INTEGER NOT NULL REFERENCES trunk,
    priority INTEGER NOT NULL,
    strip    INTEGER NOT NULL,
    prepend  TEXT NOT NULL,
    UNIQUE (prefix, trunk_id)
) STRICT;

-- `trunk_id` is the one that carries the call, which another may take over while it is open; `cost` is what
-- the carrier charges for it.
ALTER TABLE call ADD COLUMN trunk_id INTEGER REFERENCES trunk;
ALTER TABLE call ADD COLUMN cost INTEGER;

DROP TRIGGER call_ends_once;
CREATE TRIGGER call_ends_once BEFORE UPDATE ON call
WHEN OLD.state = 'settled' OR (NEW.state = 'open' AND OLD.state <> 'open') BEGIN
    SELECT RAISE(ABORT, 'a call is settled once and never opened again');
END;

-- What a summary adds up, in the order of time, without reading the calls themselves.
CREATE INDEX call_by_time ON call (placed, disposition, billsec, charge, cost) WHERE state = 'settled';

CREATE TABLE account_group (
    id      INTEGER PRIMARY KEY,
    name    TEXT NOT NULL UNIQUE,
    caps    TEXT,
    created INTEGER NOT NULL
) STRICT;

CREATE TABLE membership (
    account_id INTEGER NOT NULL REFERENCES account,
    group_id   INTEGER NOT NULL REFERENCES account_group,
    joined     INTEGER NOT NULL,
    PRIMARY KEY (account_id, group_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX membership_by_group ON membership (group_id);

-- `valid_days` run from the first call that is granted, which sets `expires`.
ALTER TABLE account ADD COLUMN caps TEXT;
ALTER TABLE account ADD COLUMN valid_days INTEGER;
ALTER TABLE account ADD COLUMN language TEXT;
