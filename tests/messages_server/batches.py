"""Message batches, kept in memory: made, looked at, cancelled, read and deleted."""

from collections.abc import Callable
from typing import Any

Json = dict[str, Any]

_CREATED = "2026-11-23T09:00:00Z"
_EXPIRES = "2026-11-24T09:00:00Z"


class Batches:
    """Every batch of one server. A batch ends when it is looked at for the first time after it was made."""

    def __init__(self, answer: Callable[[Json], Json]) -> None:
        self._answer = answer
        self._batches: dict[str, Json] = {}
        self._requests: dict[str, list[Json]] = {}
        self._cancelled: set[str] = set()

    def create(self, requests: list[Json]) -> Json:
        """Take the requests and return the batch, in progress."""
        name = f"msgbatch_{len(self._batches) + 1:024d}"
        self._requests[name] = requests
        self._batches[name] = {
            "id": name,
            "type": "message_batch",
            "processing_status": "in_progress",
            "request_counts": _counts(processing=len(requests)),
            "created_at": _CREATED,
            "expires_at": _EXPIRES,
            "ended_at": None,
            "archived_at": None,
            "cancel_initiated_at": None,
            "results_url": None,
        }
        return self._batches[name]

    def retrieve(self, name: str) -> Json | None:
        """Return the batch, ended by now, or ``None``."""
        batch = self._batches.get(name)
        if batch is None:
            return None
        count = len(self._requests[name])
        counts = _counts(canceled=count) if name in self._cancelled else _counts(succeeded=count)
        ended = {"processing_status": "ended", "ended_at": _CREATED, "request_counts": counts}
        self._batches[name] = batch | ended | {"results_url": f"/v1/messages/batches/{name}/results"}
        return self._batches[name]

    def page(self) -> Json:
        """Return every batch, newest first, in one page."""
        data = list(reversed(self._batches.values()))
        ids = [batch["id"] for batch in data]
        return {
            "data": data,
            "has_more": False,
            "first_id": ids[0] if ids else None,
            "last_id": ids[-1] if ids else None,
        }

    def cancel(self, name: str) -> Json | None:
        """Return the batch, being cancelled, or ``None``."""
        if name not in self._batches:
            return None
        self._cancelled.add(name)
        self._batches[name] |= {"processing_status": "canceling", "cancel_initiated_at": _CREATED}
        return self._batches[name]

    def results(self, name: str) -> list[Json] | None:
        """Return one object for each request, in the order of another, or ``None`` where there is no ended batch."""
        batch = self._batches.get(name)
        if batch is None or batch["processing_status"] != "ended":
            return None
        return [
            {
                "custom_id": request["custom_id"],
                "result": {"type": "canceled"}
                if name in self._cancelled
                else {"type": "succeeded", "message": self._answer(request["params"])},
            }
            for request in reversed(self._requests[name])
        ]

    def delete(self, name: str) -> Json | None:
        """Forget the batch with its requests and results, or return ``None``."""
        if self._batches.pop(name, None) is None:
            return None
        del self._requests[name]
        return {"id": name, "type": "message_batch_deleted"}


def _counts(**counts: int) -> Json:
    return {"processing": 0, "succeeded": 0, "errored": 0, "canceled": 0, "expired": 0} | counts
