"""A notice on its way, and where such notices wait."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol

from workbench.incidents.notices import NoticeName

Status = Literal["queued", "sent", "failed", "dead"]
"""``queued``: not tried yet; ``failed``: to be tried again; ``sent``: a server took it; ``dead``: given up."""


@dataclass(frozen=True, slots=True)
class PendingNotice:
    """One notice to one recipient.

    Parameters
    ----------
    id : str
        Opaque; every attempt's Message-ID comes of it.
    recipient : str
        The address; never shown.
    template : str
        Which notice.
    created : datetime
        When what it tells of happened; UTC.
    next_try : datetime
        Not before then.
    tries : int
        Attempts begun.
    status : str
        How it stands.
    """

    id: str
    recipient: str = field(repr=False)
    template: NoticeName
    created: datetime
    next_try: datetime
    tries: int = 0
    status: Status = "queued"


class OutboxStore(Protocol):
    """Keeps notices; a store that seals them can stand here, and each method may raise a `WorkbenchError`."""

    def put(self, notice: PendingNotice) -> None:
        """Keep a notice, in the place of the one with its id; once this returns, it outlasts a crash."""

    def get(self, notice_id: str) -> PendingNotice | None:
        """Return the notice with that id, or ``None``."""

    def pending(self) -> Iterable[PendingNotice]:
        """Return those that are queued or failed."""


class MemoryOutbox:
    """Keeps notices for as long as the process lives."""

    def __init__(self) -> None:
        self._notices: dict[str, PendingNotice] = {}

    def put(self, notice: PendingNotice) -> None:
        """Keep a notice."""
        self._notices[notice.id] = notice

    def get(self, notice_id: str) -> PendingNotice | None:
        """Return the notice with that id, or ``None``."""
        return self._notices.get(notice_id)

    def pending(self) -> list[PendingNotice]:
        """Return those that are queued or failed, in the order in which they came."""
        return [notice for notice in list(self._notices.values()) if notice.status in ("queued", "failed")]
