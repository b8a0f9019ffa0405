"""The sealed history of one account, opened turn by turn in memory."""

import operator
from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING

from workbench.errors import InputError, IntegrityError, NotFoundError
from workbench.records import Turn, TurnId
from workbench.storage import Damaged, decode

if TYPE_CHECKING:
    from workbench.analytics import ContentFrame
    from workbench.app.session import Session

Moment = str | date | datetime

COLUMNS = {
    "id": "str",
    "created": "datetime64[us, UTC]",
    "form": "str",
    "model": "str",
    "label": "str",
    "outcome": "str",
    "prompt": "str",
    "minimised": "str",
    "text": "str",
    "entities": "int64",
    "input_tokens": "int64",
    "output_tokens": "int64",
}


class History:
    """Every turn of the account that a session has open.

    A turn that was altered or moved fails on its own: `get` raises `IntegrityError` for it, `damaged` lists it, and the
    others stay readable.

    Parameters
    ----------
    session : Session
        Whose; it also checks the permissions.
    """

    def __init__(self, session: "Session") -> None:
        self._session = session

    def __repr__(self) -> str:
        """Tell whether it is open; a permission isn't asked for, nor a denial logged, for a representation."""
        return "History(<locked>)" if self._session.is_locked else "History(<unlocked>)"

    def __len__(self) -> int:
        """Return how many turns are kept, damaged ones included."""
        return self._session.opened("history:read").turns.count()

    def __iter__(self) -> Iterator[Turn]:
        """Yield every readable turn, newest first."""
        return iter(self.recent(limit=-1))

    def recent(self, *, limit: int = 200, offset: int = 0) -> list[Turn]:
        """Return readable turns, newest first.

        Parameters
        ----------
        limit : int
            At most so many; all when negative.
        offset : int
            Skip so many of the newest.
        """
        vault = self._session.opened("history:read").turns
        scanned = vault.scan(limit=_count(limit), offset=max(0, _count(offset)))
        return [decode(item[1], Turn) for item in scanned if not isinstance(item, Damaged)]

    def damaged(self) -> list[TurnId]:
        """Return the ids of turns that don't open: altered, or moved."""
        vault = self._session.opened("history:read").turns
        return [TurnId(item.record_id.hex()) for item in vault.scan() if isinstance(item, Damaged)]

    def get(self, turn_id: str) -> Turn:
        """Return one turn.

        Raises
        ------
        NotFoundError
            When there is none of that id, or it is another's.
        IntegrityError
            When it was altered or moved.
        """
        return decode(self._session.opened("history:read").turns.read(_record_id(turn_id)), Turn)

    def search(self, query: str, *, limit: int = 20) -> list[Turn]:
        """Return turns whose prompt or reply matches, best first.

        Parameters
        ----------
        query : str
            Words in any case; the last one may be unfinished; ``"a phrase"``; ``win*``. All must occur.
        limit : int
            At most so many.
        """
        opened = self._session.opened("history:read")
        if not isinstance(query, str):
            raise InputError("A search is for text.")
        with opened.indexing:
            newest = opened.turns.newest()
            if newest > opened.indexed_until:  # turns of this session and of others since the last search
                scanned = opened.turns.scan(after=opened.indexed_until)
                turns = [decode(item[1], Turn) for item in scanned if not isinstance(item, Damaged)]
                opened.index.add((bytes.fromhex(turn.id), turn.prompt.text, turn.text) for turn in reversed(turns))
                opened.indexed_until = newest
        found = []
        for record_id in opened.index.search(query, limit=_count(limit)):
            try:
                found.append(decode(opened.turns.read(record_id), Turn))
            except (NotFoundError, IntegrityError):  # deleted by another kernel, or altered, since it was indexed
                opened.index.remove(record_id)
        return found

    def frame(self, *, since: Moment | None = None, until: Moment | None = None) -> "ContentFrame":
        """Return one row per readable turn, oldest first, opened in memory only.

        What a cell shows of the frame, and so what the notebook keeps, is the length of each text, never its words.

        Columns: ``id``, ``created`` (datetime64, UTC), ``form``, ``model``, ``label``, ``outcome``, ``prompt``,
        ``minimised``, ``text`` (the restored reply), ``entities`` (spans replaced), ``input_tokens``,
        ``output_tokens`` (int64).

        Parameters
        ----------
        since, until : str, date or datetime, optional
            Keep turns from `since` on and before `until`; ISO dates, UTC unless they say otherwise.

        Raises
        ------
        InputError
            When a date can't be read.
        """
        from workbench.analytics import content_frame  # noqa: PLC0415 - loads pandas

        first, end = _moment(since), _moment(until)
        rows = [
            (
                turn.id,
                turn.created,
                turn.prompt.form or "",
                turn.model,
                turn.label,
                turn.outcome,
                turn.prompt.text,
                turn.minimised.text,
                turn.text,
                len(turn.minimised.entities),
                turn.usage.input_tokens,
                turn.usage.output_tokens,
            )
            for turn in reversed(self.recent(limit=-1))
            if (first is None or turn.created >= first) and (end is None or turn.created < end)
        ]
        return content_frame(rows, columns=COLUMNS)

    def delete(self, turn_id: str) -> None:
        """Delete one turn for good; its bytes are overwritten in the store and its write-ahead log.

        The audit log keeps that it was deleted; backups keep the sealed turn until they expire,
        and restoring one leaves it out.

        Raises
        ------
        NotFoundError
            When there is none of that id, or it is another's.
        """
        opened = self._session.opened("history:delete")
        record_id = _record_id(turn_id)
        with opened.vaults.transaction():
            opened.turns.erase([record_id])
            opened.audit.record("sensitive_delete", subject=record_id.hex())
        opened.vaults.checkpoint()
        opened.index.remove(record_id)
        self._session.announce("history")
        opened.turns.settle()


def _record_id(turn_id: str) -> bytes:
    try:
        return bytes.fromhex(turn_id)
    except (TypeError, ValueError):
        raise NotFoundError("There is no such record.") from None


def _count(value: int) -> int:
    """Return a number of records, within what SQLite can count."""
    try:
        return max(-1, min(operator.index(value), 2**62))
    except TypeError:
        raise InputError("A number of turns is a whole number.") from None


def _moment(value: Moment | None) -> datetime | None:
    """Return a moment with a time zone; UTC where none is said, midnight where there is only a date."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            raise InputError("The date can't be read.", remedy="Write it as 2026-11-01.") from None
    elif isinstance(value, date) and not isinstance(value, datetime):
        value = datetime.combine(value, time())
    if value is not None and not isinstance(value, datetime):
        raise InputError("A date is text, a date or a datetime.")
    return value.replace(tzinfo=UTC) if value is not None and value.tzinfo is None else value
