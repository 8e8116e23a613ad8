-- Who did what with `billctl`: a row a transaction that changed anything, written by that transaction.
--
-- What a call does is not here: it is in `call` and in the ledger. No index, because only operators read it, and seldom.
-- `hash` is that of the row before and of this one's content, as in the ledger.
CREATE TABLE audit (
    id      INTEGER PRIMARY KEY,
    time    INTEGER NOT NULL,
    actor   TEXT NOT NULL,
    verb    TEXT NOT NULL, -- such as tariff.add
    subject TEXT,
    change  TEXT NOT NULL,
    hash    BLOB NOT NULL
) STRICT;

CREATE TRIGGER audit_stays BEFORE UPDATE ON audit BEGIN
    SELECT RAISE(ABORT, 'what was done is never edited');
END;

CREATE TRIGGER audit_is_kept BEFORE DELETE ON audit BEGIN
    SELECT RAISE(ABORT, 'what was done is never deleted');
END;
