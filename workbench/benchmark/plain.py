"""The measure of all others: SQLite in plaintext through the standard library, as an honest engineer would use it.

One table, one autocommitted INSERT a turn, WAL, no ORM, SQLite's own defaults otherwise. What our vault has to do and a
plain table needn't is left out: no checksum, no chain, no encryption, and secure_delete is off (some builds of SQLite
have it on, which would slow this side).
"""

import json
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.benchmark.subjects import HITS, TURN_COLUMNS, Synchronous
from workbench.records import Turn

if TYPE_CHECKING:
    from workbench.analytics import ContentFrame

SQLITE_VERSION = sqlite3.sqlite_version

_TABLE = """
CREATE TABLE IF NOT EXISTS turn (
    place INTEGER PRIMARY KEY,
    id BLOB NOT NULL UNIQUE,       -- 16 random bytes
    created INTEGER NOT NULL,      -- microseconds since 1970, UTC
    form TEXT,
    seed INTEGER,
    model TEXT NOT NULL,
    label TEXT NOT NULL,
    outcome TEXT NOT NULL,
    prompt TEXT NOT NULL,
    minimised TEXT,                -- NULL where it is the prompt: no engineer would write it twice
    reply TEXT NOT NULL,
    input_tokens INTEGER NOT NULL,
    output_tokens INTEGER NOT NULL,
    is_estimated INTEGER NOT NULL,
    pseudonyms TEXT NOT NULL,      -- JSON, as the next two
    entities TEXT NOT NULL,
    manifest TEXT NOT NULL
)
"""
_INSERT = (
    "INSERT INTO turn (id, created, form, seed, model, label, outcome, prompt, minimised, reply, input_tokens,"
    " output_tokens, is_estimated, pseudonyms, entities, manifest)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_SELECT = (
    "SELECT lower(hex(id)), created, coalesce(form, ''), model, label, outcome, prompt, coalesce(minimised, prompt),"
    " reply, json_array_length(entities), input_tokens, output_tokens FROM turn ORDER BY place"
)
# External content: the index holds no second copy of the texts. The tokenizer is that of our own index.
_INDEX = (
    "CREATE VIRTUAL TABLE IF NOT EXISTS turn_index USING fts5"
    "(prompt, reply, content='turn', content_rowid='place', tokenize='unicode61 remove_diacritics 2')"
)
_BY_RANK = "SELECT rowid FROM turn_index WHERE turn_index MATCH ? ORDER BY rank LIMIT ?"
_NEWEST = "SELECT rowid FROM turn_index WHERE turn_index MATCH ? ORDER BY rowid DESC LIMIT ?"

_as_json = json.JSONEncoder(separators=(",", ":")).encode  # json.dumps would make an encoder each time


class Plain:
    """Turns in a plaintext SQLite file, searched by FTS5."""

    errors: tuple[type[Exception], ...] = (sqlite3.Error,)
    name = "plain"

    def __init__(self) -> None:
        self._folder = Path()
        self._connection: Any = None  # of sqlite3, or of a library made after it

    def open(self, folder: Path, *, synchronous: Synchronous) -> None:
        """Open the file, in WAL mode."""
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._connection = self._connect(folder / "turns.db")
        for pragma in ("journal_mode=WAL", f"synchronous={synchronous}", "secure_delete=OFF", "temp_store=MEMORY"):
            self._connection.execute(f"PRAGMA {pragma}").fetchall()
        self._connection.execute(_TABLE)

    def append(self, turn: Turn) -> None:
        """Insert one row."""
        minimised = turn.minimised
        self._connection.execute(
            _INSERT,
            (
                bytes.fromhex(turn.id),
                round(turn.created.timestamp() * 1_000_000),
                turn.prompt.form,
                turn.prompt.seed,
                turn.model,
                turn.label,
                turn.outcome,
                turn.prompt.text,
                minimised.text if minimised.entities else None,
                turn.text,
                turn.usage.input_tokens,
                turn.usage.output_tokens,
                turn.usage.is_estimated,
                _as_json(turn.pseudonyms.originals),
                _as_json([(e.start, e.end, e.kind, e.rule, e.confidence) for e in minimised.entities]),
                _as_json(turn.manifest),
            ),
        )

    def load(self) -> "ContentFrame":
        """Return every row, the way ``pandas.read_sql`` goes: fetched whole, then typed by column."""
        from workbench.analytics import content_frame  # noqa: PLC0415 - loads pandas

        return content_frame(self._connection.execute(_SELECT).fetchall(), columns=TURN_COLUMNS)

    def index(self) -> None:
        """Build the full-text index and merge it into one segment, its best shape for searching."""
        self._connection.execute(_INDEX)
        for command in ("rebuild", "optimize"):
            self._connection.execute("INSERT INTO turn_index (turn_index) VALUES (?)", (command,))

    def search(self, word: str, *, newest: bool) -> int:
        """Count the hits of a word."""
        return len(self._connection.execute(_NEWEST if newest else _BY_RANK, (f'"{word}"', HITS)).fetchall())

    def bytes_stored(self) -> int:
        """Return the bytes of the folder, the write-ahead log folded in."""
        self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        return sum(file.stat().st_size for file in self._folder.iterdir())

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def _connect(self, path: Path) -> Any:
        return sqlite3.connect(path, isolation_level=None)
