"""The last gate before the network: the bytes of a request are compared with what was approved, or nothing is sent."""

import hashlib
import json
from typing import Any

from workbench.errors import DetectionError
from workbench.records import Outgoing

ALLOWED_FIELDS = frozenset({"model", "max_tokens", "messages", "system", "stream"})
"""Every field that a request body may have; no metadata, no tools, no profile."""


class Gate:
    """Lets exactly one approved text through, as often as it must be sent again, and remembers its digest.

    It stands behind the SDK, where the body is already the bytes that go into the TLS connection, so that nothing which
    a library, a hook or the environment adds on the way can slip past.

    Parameters
    ----------
    outgoing : Outgoing
        What was approved: text, instruction, model and destination.
    """

    def __init__(self, outgoing: Outgoing) -> None:
        self._outgoing = outgoing
        self.request_sha256: str | None = None
        """SHA-256 of the last body that was let through, in hexadecimal (FIPS 180-4)."""

    def __repr__(self) -> str:
        """Tell whether anything has passed."""
        return f"Gate({'shut' if self.request_sha256 is None else 'passed'})"

    def approve(self, body: bytes, *, scheme: str, destination: str) -> None:
        """Return if `body` is what was approved; the caller may then send it.

        Parameters
        ----------
        body : bytes
            The whole body of the request, as it would be sent.
        scheme, destination : str
            Of the address that it would be sent to: ``"https"``, and the host (with a port, where it has one).

        Raises
        ------
        DetectionError
            When a single character differs, a field was added, or the address is another; nothing was sent.
        """
        difference = self._difference(body, scheme=scheme, destination=destination)
        if difference is not None:
            raise DetectionError(f"The request was stopped at the last gate: {difference}.")
        self.request_sha256 = hashlib.sha256(body).hexdigest()

    def _difference(self, body: bytes, *, scheme: str, destination: str) -> str | None:
        """Name the part that isn't as approved, without quoting it."""
        if scheme != "https" or destination != self._outgoing.destination:
            return "its address isn't the one that was shown"
        fields = _fields(body)
        if fields is None:
            return "its body can't be read"
        checks = (
            ("it has fields that no request of ours has", fields.keys() <= ALLOWED_FIELDS),
            ("its model isn't the one that was shown", fields.get("model") == self._outgoing.model),
            ("its instruction isn't the one that was shown", fields.get("system") == self._outgoing.system),
            (
                "its text isn't the minimised text that was approved",
                fields.get("messages") == [{"role": "user", "content": self._outgoing.text.text}],
            ),
        )
        return next((sentence for sentence, holds in checks if not holds), None)


def _fields(body: bytes) -> dict[str, Any] | None:
    """Return the body's fields, or ``None`` where it isn't one JSON object in which every name stands once.

    A name that stands twice could be read in one way here and in another way by the receiver (RFC 8259, section 4).
    """
    try:
        fields = json.loads(body.decode("utf-8"), object_pairs_hook=_unique)
    except (ValueError, RecursionError):
        return None
    return fields if isinstance(fields, dict) else None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return the pairs as a dictionary.

    Raises
    ------
    ValueError
        When a name stands twice.
    """
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise ValueError("a name stands twice")
    return fields
