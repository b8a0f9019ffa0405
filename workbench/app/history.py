"""The sealed history of one account, opened turn by turn in memory."""

import operator
from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING, Literal

from workbench.app.segments import Segments
from workbench.app.sharing.overseers import settle
from workbench.app.sharing.shared_turns import erase_copies
from workbench.errors import InputError, IntegrityError, NotFoundError
from workbench.records import Turn, TurnId
from workbench.storage import Damaged, decode

if TYPE_CHECKING:
    from workbench.analytics import ContentFrame
    from workbench.app.session import Session

Moment = str | date | datetime


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
        return self._session.opened("content:read").turns.count()

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
        vault = self._session.opened("content:read").turns
        scanned = vault.scan(limit=_count(limit), offset=max(0, _count(offset)))
        return [decode(item[1], Turn) for item in scanned if not isinstance(item, Damaged)]

    def damaged(self) -> list[TurnId]:
        """Return the ids of turns that don't open: altered, or moved."""
        vault = self._session.opened("content:read").turns
        return [TurnId(item.record_id.hex()) for item in vault.scan() if isinstance(item, Damaged)]

    def get(self, turn_id: str) -> Turn:
        """Return one turn.

        Parameters
        ----------
        turn_id : str
            Its `Turn.id`, 32 hexadecimal digits; a frame has it in the column ``id``.

        Raises
        ------
        NotFoundError
            When there is none of that id, or it is another's.
        IntegrityError
            When it was altered or moved.
        """
        return decode(self._session.opened("content:read").turns.read(record_id_of(turn_id)), Turn)

    def search(
        self,
        query: str,
        *,
        limit: int = 20,
        offset: int = 0,
        since: Moment | None = None,
        until: Moment | None = None,
        model: str | None = None,
        form: str | None = None,
        order: Literal["rank", "newest"] = "rank",
    ) -> list[Turn]:
        """Return turns whose prompt or reply matches, best or newest first.

        Parameters
        ----------
        query : str
            Words in any case; the last one may be unfinished; ``"a phrase"``; ``win*``. All must occur.
        limit, offset : int
            At most so many, after so many others.
        since, until : str, date or datetime, optional
            Only turns from `since` on and before `until`; ISO dates, UTC unless they say otherwise.
        model, form : str, optional
            Only turns that this model answered, or of this form.
        order : {"rank", "newest"}
            By BM25, or by time.

        Raises
        ------
        InputError
            When the query is no text, or a filter can't be read.
        """
        opened = self._session.opened("content:read")
        first, end = _moment(since), _moment(until)
        hits = opened.index.search(
            query,
            limit=_count(limit),
            offset=max(0, _count(offset)),
            since=first.timestamp() if first else None,
            until=end.timestamp() if end else None,
            model=model,
            form=form,
            order=order,
        )
        found = []
        for hit in hits:
            try:
                found.append(decode(opened.turns.read(hit.record_id), Turn))
            except (NotFoundError, IntegrityError):  # deleted by another kernel, or altered, since it was indexed
                opened.index.remove(hit.record_id)
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
        from workbench.analytics import unpack_segments  # noqa: PLC0415 - loads pandas

        opened = self._session.opened("content:read")
        first, end = _moment(since), _moment(until)
        segments = Segments(opened.turns)
        try:
            bodies, tail = segments.bodies_and_tail()
            return unpack_segments(bodies, tail, since=first, until=end)
        except IntegrityError:  # of a segment: the records themselves are listed by `damaged`, and left out
            segments.clear()
        bodies, tail = segments.bodies_and_tail()
        return unpack_segments(bodies, tail, since=first, until=end)

    def delete(self, turn_id: str) -> None:
        """Delete one turn for good, from every share too; its bytes are overwritten in the store and its log.

        The audit log keeps that it was deleted; backups keep the sealed turn until they expire,
        and restoring one leaves it out.

        Parameters
        ----------
        turn_id : str
            Its `Turn.id`.

        Raises
        ------
        NotFoundError
            When there is none of that id, or it is another's.
        """
        opened = self._session.opened("content:delete")
        record_id = record_id_of(turn_id)
        settle(opened)  # a reader whose keys are others by now would keep a vault's key from being renewed
        with opened.vaults.transaction():
            opened.turns.erase([record_id])
            copies = erase_copies(opened, record_id.hex())
            opened.audit.record("sensitive_delete", subject=record_id.hex(), copies=copies)
        opened.index.remove(record_id)
        self._session.announce("history")
        opened.vaults.checkpoint()
        opened.turns.settle()


def record_id_of(turn_id: str) -> bytes:
    """Return the id of a turn's record.

    Raises
    ------
    NotFoundError
        When it can't be one.
    """
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
