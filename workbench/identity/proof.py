"""What a sign-in found out beside the keys, for the audit log."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Proof:
    """How whoever is there proved who they are, and what had failed before.

    Parameters
    ----------
    factor : {"none", "totp", "recovery_code"}
        What was given beside the passphrase.
    failures : tuple of (str, int)
        By authenticator: how many guesses failed since one was right.
    has_disabled : bool
        Whether the authenticator app's codes are refused since, after too many wrong ones.
    """

    factor: Literal["none", "totp", "recovery_code"] = "none"
    failures: tuple[tuple[str, int], ...] = ()
    has_disabled: bool = False

    def and_failed(self, authenticator: str, count: int) -> "Proof":
        """Return this with failures of an authenticator, if there are any."""
        failures = (*self.failures, (authenticator, count)) if count else self.failures
        return Proof(self.factor, failures, self.has_disabled)


UNPROVED = Proof()
