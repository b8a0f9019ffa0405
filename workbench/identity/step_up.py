"""Step-up: a fresh proof of who one is, for one action and no other.

A proof is bound to the action's permission and its facts (which record, which role, how many), is good for five
minutes, and once (A20). Sources: ASVS 7.5.1 and 7.5.3; OWASP Transaction Authorization 1.1, 1.5, 2.9, 2.10. *Advisory*
in the user's own kernel: what holds there is that the keys to act with are few, and that an idle session drops them.
"""

import threading
from hashlib import sha256

from workbench.errors import StepUpRequiredError
from workbench.identity.open_session import Moment, SessionClock
from workbench.storage import pack

FRESH = 300.0  # seconds; A20

Fact = str | int | bytes


def digest_of(action: str, facts: dict[str, Fact]) -> bytes:
    """Return 32 bytes that stand for one action with all its facts."""
    return sha256(b"JWB1 step-up" + pack(action, sorted(facts.items()))).digest()


class StepUps:
    """The proofs of one open session, in memory only.

    Parameters
    ----------
    clock : SessionClock
        The session's.
    """

    def __init__(self, clock: SessionClock) -> None:
        self._clock = clock
        self._proofs: dict[bytes, Moment] = {}
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        """Tell nothing of the proofs."""
        return "StepUps(<in memory>)"

    def add(self, action: str, facts: dict[str, Fact]) -> None:
        """Keep a proof that was just given."""
        with self._lock:
            self._proofs[digest_of(action, facts)] = self._clock.moment()

    def spend(self, action: str, facts: dict[str, Fact]) -> None:
        """Use a proof up.

        Raises
        ------
        StepUpRequiredError
            When there is none for exactly this action, or it is older than five minutes, or was used.
        """
        with self._lock:
            given = self._proofs.pop(digest_of(action, facts), None)
        if given is None or self._clock.since(given) >= FRESH:
            raise StepUpRequiredError(
                f"{action} takes a fresh proof of who you are, for this one action.",
                remedy="Give your passphrase, and your code if you have a second factor, with this action.",
            )
