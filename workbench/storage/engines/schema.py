"""The tables of a store, format 2. Every column is an opaque id, a count or ciphertext; ``docs/format.md`` says more.

Written once in SQLite's words; `workbench.storage.engines.postgres` says BYTEA and BIGINT instead.
"""

FORMAT = 2

TABLES = """
CREATE TABLE store (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    format INTEGER NOT NULL,
    store_id BLOB NOT NULL,        -- 16 random bytes, bound into every ciphertext
    name_salt BLOB NOT NULL        -- 16 random bytes, for the tags of account names
);
CREATE TABLE account (
    account_id BLOB PRIMARY KEY,   -- 16 random bytes
    name_tag BLOB NOT NULL UNIQUE, -- Argon2id of the name: a guess costs as much as one at a weak passphrase
    public_keys BLOB NOT NULL,     -- to be sealed to, to be verified by
    wrapped_keys BLOB NOT NULL     -- their private halves, under the root key
) WITHOUT ROWID;
CREATE TABLE slot (
    slot_id BLOB PRIMARY KEY,
    account_id BLOB NOT NULL REFERENCES account,
    packed BLOB NOT NULL           -- cost, salt, commitment, wrapped root key
) WITHOUT ROWID;
CREATE TABLE vault (
    vault_id BLOB PRIMARY KEY,
    number INTEGER NOT NULL UNIQUE, -- its places in the log begin at number << 40
    owner_id BLOB NOT NULL REFERENCES account (account_id),
    epoch INTEGER NOT NULL,        -- which vault key is in force
    renewing INTEGER NOT NULL,     -- data keys of this epoch or older are being replaced; 0 when none are
    members BLOB NOT NULL          -- who holds the vault key, sealed under it
) WITHOUT ROWID;
CREATE TABLE vault_grant (
    vault_id BLOB NOT NULL REFERENCES vault,
    epoch INTEGER NOT NULL,
    account_id BLOB NOT NULL REFERENCES account,
    sealed BLOB NOT NULL,          -- the vault key, signed by whoever granted it, sealed to the account
    PRIMARY KEY (vault_id, epoch, account_id)
) WITHOUT ROWID;
CREATE TABLE data_key (
    key_id BLOB PRIMARY KEY,
    vault_id BLOB NOT NULL REFERENCES vault,
    epoch INTEGER NOT NULL,        -- of the vault key that wraps it
    born INTEGER NOT NULL,         -- the epoch in which it was made
    first_place INTEGER NOT NULL,  -- the checkpoints keep the range of records that it seals
    last_place INTEGER NOT NULL,
    wrapped BLOB NOT NULL
) WITHOUT ROWID;
CREATE INDEX data_key_by_vault ON data_key (vault_id);
CREATE TABLE record (
    place INTEGER PRIMARY KEY,     -- number << 40 | position: 1, 2, 3 ... without a gap
    record_id BLOB UNIQUE,         -- these four are null once the record is erased
    key_id BLOB,
    version INTEGER,
    sealed BLOB,
    leaf BLOB NOT NULL,            -- a commitment that hides the content, and stays
    head BLOB NOT NULL             -- of the hash chain
);
CREATE TABLE checkpoint (
    vault_id BLOB PRIMARY KEY REFERENCES vault,
    size INTEGER NOT NULL,
    frontier BLOB NOT NULL,        -- of the Merkle tree at that size
    note BLOB NOT NULL             -- signed
) WITHOUT ROWID;
CREATE TABLE cache (
    cache_id BLOB PRIMARY KEY,
    vault_id BLOB NOT NULL REFERENCES vault,
    kind INTEGER NOT NULL,
    first_place INTEGER NOT NULL,  -- which records it is made of, and how many of them lived
    last_place INTEGER NOT NULL,
    living INTEGER NOT NULL,
    key_id BLOB NOT NULL,          -- of a data key of its own
    sealed BLOB NOT NULL
);
CREATE INDEX cache_by_vault ON cache (vault_id, kind, first_place);
CREATE TABLE standing (
    account_id BLOB PRIMARY KEY REFERENCES account,
    serial INTEGER NOT NULL,       -- counts up with every change
    packed BLOB NOT NULL           -- roles and state, signed by whoever granted them
) WITHOUT ROWID;
CREATE TABLE session (
    session_id BLOB PRIMARY KEY,   -- SHA-256 of a token that only the session's own process holds
    account_id BLOB NOT NULL REFERENCES account,
    sealed BLOB NOT NULL           -- which device, first and last seen
) WITHOUT ROWID;
CREATE INDEX session_by_account ON session (account_id);
CREATE TABLE throttle (
    tag BLOB PRIMARY KEY,          -- of an authenticator, or of a name that no account has
    failures INTEGER NOT NULL,     -- one after the other
    free_at INTEGER NOT NULL       -- POSIX seconds: no guess is taken before
) WITHOUT ROWID;
CREATE TABLE letter (
    letter_id BLOB PRIMARY KEY,
    account_id BLOB NOT NULL REFERENCES account, -- to whom it is sealed; the sender has signed it inside
    sealed BLOB NOT NULL
) WITHOUT ROWID;
CREATE INDEX letter_by_account ON letter (account_id);
"""

POSITION_BITS = 40


def first_place(number: int) -> int:
    """Return where a vault's places begin; position 1 is one further."""
    return number << POSITION_BITS


def statements(tables: str = TABLES) -> list[str]:
    """Return the statements one by one, without their comments."""
    lines = (line.split("--")[0].rstrip() for line in tables.splitlines())
    return [statement for part in "\n".join(lines).split(";") if (statement := part.strip())]
