"""The tables: opaque ids, counters and envelopes; the test of the house reads every column and finds no word."""

FORMAT = 1  # raised whenever an older program could misread the store

TABLES = """
CREATE TABLE store (
    singleton INTEGER PRIMARY KEY CHECK (singleton = 1),
    format INTEGER NOT NULL,
    store_id BLOB NOT NULL,        -- 16 random bytes, bound into every envelope
    name_salt BLOB NOT NULL        -- 16 random bytes, for the tags of account names
);
CREATE TABLE account (
    account_id BLOB PRIMARY KEY,   -- 16 random bytes
    name_tag BLOB NOT NULL UNIQUE, -- Argon2id of the name: a guess costs as much as one at a weak passphrase
    version INTEGER NOT NULL,
    profile BLOB NOT NULL          -- sealed: name, roles, when it was made
) WITHOUT ROWID;
CREATE TABLE slot (
    slot_id BLOB PRIMARY KEY,
    account_id BLOB NOT NULL REFERENCES account,
    packed BLOB NOT NULL           -- cost, salt, commitment, wrapped account key
) WITHOUT ROWID;
CREATE TABLE data_key (
    key_id BLOB PRIMARY KEY,
    account_id BLOB NOT NULL REFERENCES account,
    wrapped BLOB NOT NULL          -- sealed under the account key
) WITHOUT ROWID;
CREATE TABLE record (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    record_id BLOB NOT NULL UNIQUE,
    owner_id BLOB NOT NULL REFERENCES account (account_id),
    kind INTEGER NOT NULL,
    version INTEGER NOT NULL,
    envelope BLOB NOT NULL,
    head BLOB                      -- of the hash chain, for audit entries
);
CREATE INDEX record_by_owner ON record (owner_id, kind, sequence);
"""

SQLITE_TRIGGERS = """
-- Advisory: whoever can write the file can drop these; the hash chain is what shows it.
CREATE TRIGGER audit_keeps_entries BEFORE DELETE ON record WHEN old.kind = 18
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
CREATE TRIGGER audit_alters_nothing BEFORE UPDATE ON record WHEN old.kind = 18
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
"""
