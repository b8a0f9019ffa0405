"""simonw/llm: the log of prompts and replies that most people have who keep one, in plaintext.

Measured through ``Response.log_to_db``, which its command line and plugins call. Its settings stay its own: a
rollback journal, not WAL; and its full-text index is written with every turn, so an append does more than the other
peers' does. Making the response object, without a model, is 3 % of an append.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.benchmark.subjects import TURN_COLUMNS, Synchronous
from workbench.records import Turn

if TYPE_CHECKING:
    from workbench.analytics import ContentFrame

# A turn's messages are a chain of hashes: the prompt's, and after it the reply's.
_SELECT = """
SELECT turns.id, turns.datetime_utc, turns.model, asked.text, answered.text, turns.input_tokens, turns.output_tokens
FROM turns
JOIN parts AS asked ON asked.message_hash = turns.parent_message_hash
JOIN parts AS answered ON answered.message_hash = turns.tip_message_hash
ORDER BY turns.rowid
"""


class LlmLog:
    """Turns in llm's log; it keeps prompt, reply, model, tokens and time, and nothing else of a turn.

    Raises
    ------
    ImportError
        When llm isn't installed.
    """

    name = "llm"

    def __init__(self) -> None:
        import llm  # noqa: PLC0415 - a peer that needn't be installed
        from sqlite_utils import Database  # noqa: PLC0415 - comes with it

        self._database_of = Database
        self._make_model: Any = _echoing(llm)
        self._folder = Path()
        self._database: Any = None

    def open(self, folder: Path, *, synchronous: Synchronous) -> None:
        """Open the log and migrate it, as its command line does."""
        from llm.migrations import migrate  # noqa: PLC0415 - as above

        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._database = self._database_of(folder / "logs.db")
        self._database.execute(f"PRAGMA synchronous={synchronous}")
        migrate(self._database)  # type: ignore[no-untyped-call]  # it has no annotations

    def append(self, turn: Turn) -> None:
        """Log one response."""
        model = self._make_model(turn)
        response = model.prompt(turn.prompt.text)
        response.text()
        response.id = turn.id
        response.log_to_db(self._database)

    def load(self) -> "ContentFrame":
        """Return what the log keeps; the other columns are left out."""
        from workbench.analytics import content_frame  # noqa: PLC0415 - loads pandas

        kept = ("id", "created", "model", "prompt", "text", "input_tokens", "output_tokens")
        rows = self._database.execute(_SELECT).fetchall()
        return content_frame(rows, columns={name: TURN_COLUMNS[name] for name in kept})

    def bytes_stored(self) -> int:
        """Return the bytes of the folder."""
        return sum(file.stat().st_size for file in self._folder.iterdir())

    def close(self) -> None:
        """Close the log."""
        self._database.close()


def _echoing(llm: Any) -> Any:
    """Return a kind of model that answers with what a turn says."""

    class Echo(llm.Model):  # type: ignore[misc]  # the library is handed in, so its types are unknown here
        can_stream = False

        def __init__(self, turn: Turn) -> None:
            self.model_id = turn.model
            self._turn = turn

        def execute(self, prompt: Any, *, response: Any, **_options: Any) -> Any:  # noqa: ARG002 - as it is called
            response.set_usage(input=self._turn.usage.input_tokens, output=self._turn.usage.output_tokens)
            yield self._turn.text

    return Echo
