-- What is dialled inside: phones (`extension`) and the groups that ring several of them (`ring_group`). One table, so
-- that no number is two things, and because every process of a call parses it; all that a call does not need to know
-- stands in `settings`, as JSON.
--
-- An extension is also one of its payer's numbers (`identity`): so it is nobody else's, and a call to it is one
-- between users. A group that names a payer bills the numbers outside that it rings to that one, else to the caller.
CREATE TABLE extension (
    number     TEXT NOT NULL PRIMARY KEY,
    kind       TEXT NOT NULL,
    name       TEXT NOT NULL,
    account_id INTEGER REFERENCES account,
    settings   TEXT NOT NULL
) STRICT, WITHOUT ROWID;
