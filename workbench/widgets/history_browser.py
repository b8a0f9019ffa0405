"""The panel to search, open and delete turns of the sealed history."""

import threading
from typing import Any, ClassVar

from workbench.app import Session
from workbench.errors import LockedError
from workbench.prosody import FORMS
from workbench.records import Turn
from workbench.widgets.actions import LONGEST_LINE, Action, is_text
from workbench.widgets.latest import Latest
from workbench.widgets.marking import marked
from workbench.widgets.modules import module
from workbench.widgets.panel import Panel

PAGE = 50  # turns
EXCERPT = 120  # characters of a prompt that its row shows


class HistoryBrowser(Panel):
    """Look through the turns of the session's account: newest first, or those that match a search, best first.

    Turns are opened in memory when they are shown, and leave the panel when the session locks.

    Parameters
    ----------
    session : Session
        Whose history; the panel waits while it is locked.
    """

    _esm = module("history_browser")

    def __init__(self, session: Session) -> None:
        self._guard = threading.RLock()
        self._lists = Latest()
        self._query = ""
        self._limit = PAGE
        self._opened = ""
        super().__init__(session)

    def _on_change(self, change: str) -> None:
        if change in {"locked", "unlocked"}:
            with self._guard:
                self._lists.forget()
                self._query, self._limit, self._opened = "", PAGE, ""
            self._show()
        elif change == "history":
            self._list_soon()

    def _show(self) -> None:
        super()._show()
        if not self._session.is_locked:
            self._list_soon()
            if self._opened:
                self._start(self._send_turn, self._opened, about="open")

    def _state(self) -> dict[str, Any]:
        return super()._state() | {"query": self._query}

    def _search(self, query: str) -> None:
        with self._guard:
            self._query, self._limit = query, PAGE
        self._list_soon()

    def _more(self) -> None:
        with self._guard:
            self._limit += PAGE
        self._list_soon()

    def _list_soon(self) -> None:
        self._lists.give(self._guarded(self._send_rows, about="search"))

    def _send_rows(self) -> None:
        """Send the rows of the query as it is now, unless the session has locked or the query changed meanwhile."""
        with self._guard:
            query, limit = self._query, self._limit
        history = self._session.history
        try:
            if query.strip():
                turns = history.search(query, limit=limit + 1)
                total, unreadable = None, 0
            else:
                turns, total = history.recent(limit=limit), len(history)
                unreadable = max(0, min(limit, total) - len(turns))
        except LockedError:
            return  # the view has been told that it is locked
        with self._guard:
            if (query, limit) == (self._query, self._limit) and not self._session.is_locked:
                self.send(
                    {
                        "event": "rows",
                        "query": query,
                        "rows": [_as_row(turn) for turn in turns[:limit]],
                        "total": total,
                        "more": len(turns) > limit if total is None else total > limit,
                        "unreadable": unreadable,
                    }
                )

    def _open(self, turn: str) -> None:
        with self._guard:
            self._opened = turn
        self._start(self._send_turn, turn, about="open")

    def _send_turn(self, turn_id: str) -> None:
        shown = _as_shown(self._session.history.get(turn_id))
        with self._guard:
            if turn_id == self._opened and not self._session.is_locked:
                self.send({"event": "turn", "turn": shown})

    def _delete(self, turn: str) -> None:
        """Delete a turn; its reader has confirmed it."""
        self._start(self._delete_turn, turn, about="delete")

    def _delete_turn(self, turn_id: str) -> None:
        self._session.history.delete(turn_id)
        with self._guard:
            if self._opened == turn_id:
                self._opened = ""
        self.send({"event": "deleted", "id": turn_id})

    _is_id = staticmethod(is_text(32))  # hexadecimal digits of 16 bytes (records.TurnId)
    actions: ClassVar = {
        **Panel.actions,
        "search": Action(_search, {"query": is_text(LONGEST_LINE)}),
        "more": Action(_more, {}),
        "open": Action(_open, {"turn": _is_id}),
        "delete": Action(_delete, {"turn": _is_id}),
    }


def _form_title(turn: Turn) -> str:
    return FORMS[turn.prompt.form].title if turn.prompt.form in FORMS else ""


def _as_row(turn: Turn) -> dict[str, Any]:
    first = " ".join(turn.prompt.text[: 4 * EXCERPT].split())
    return {
        "id": turn.id,
        "created": turn.created.isoformat(),
        "excerpt": first if len(first) <= EXCERPT else f"{first[:EXCERPT].rstrip()}…",
        "form": _form_title(turn),
        "label": turn.label,
        "outcome": turn.outcome,
    }


def _as_shown(turn: Turn) -> dict[str, Any]:
    return {
        "id": turn.id,
        "created": turn.created.isoformat(),
        "prompt": turn.prompt.text,
        "parts": marked(turn.prompt.text, turn.minimised),
        "text": turn.text,
        "form": _form_title(turn),
        "model": turn.model,
        "label": turn.label,
        "outcome": turn.outcome,
        "input_tokens": turn.usage.input_tokens,
        "output_tokens": turn.usage.output_tokens,
        "estimated": turn.usage.is_estimated,
    }
