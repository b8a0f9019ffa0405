"""One account's audit log: what was done, when, with which outcome; never what was written.

Event names follow the OWASP Logging Vocabulary where it has one (``authn_login_success``, ``sensitive_read``) and are
``llm_…`` elsewhere. Entries are sealed like every record and chained by hashes (*crypto* against edits in the middle);
that nothing is cut off at the end is shown only by a head that was kept elsewhere.
"""

from collections.abc import Callable
from datetime import datetime

from workbench.crypto import Table
from workbench.records import AuditEntry
from workbench.storage import Vault, decode, encode


class AuditLog:
    """The log of one open session's account.

    Parameters
    ----------
    vault : Vault
        Where entries are sealed.
    now : callable
        The clock; UTC.
    """

    def __init__(self, vault: Vault, *, now: Callable[[], datetime]) -> None:
        self._vault = vault
        self._now = now

    def record(self, event: str, *, outcome: str = "success", subject: str = "", **facts: str | int) -> None:
        """Append an entry; when that fails, so does the action that it stands for.

        Parameters
        ----------
        event : str
            Its name.
        outcome : str
            ``"success"`` or ``"failure"``.
        subject : str
            The id of the record concerned.
        **facts : str or int
            Counts and closed words; never content, never a name.
        """
        time = self._now().isoformat(timespec="milliseconds").replace("+00:00", "Z")
        entry = AuditEntry(time, event, outcome, subject, {name: str(value) for name, value in facts.items()})
        self._vault.append(Table.AUDIT_ENTRY, encode(entry))

    def entries(self) -> list[AuditEntry]:
        """Return every entry, oldest first, each checked against the chain.

        Raises
        ------
        IntegrityError
            At the first entry that was altered, moved or dropped before the end.
        """
        return [decode(body, AuditEntry) for body in self._vault.chain()]

    def verify(self) -> int:
        """Check the whole chain and return how many entries it has.

        Raises
        ------
        IntegrityError
            As `entries`.
        """
        return len(self.entries())

    def head(self) -> str:
        """Return the head of the chain, 64 hexadecimal digits: note it elsewhere, and a log cut short shows."""
        return self._vault.head().hex()
