"""One account's audit log: what was done, when, with which outcome; never what was written.

Event names follow the OWASP Logging Vocabulary where it has one (``authn_login_success``, ``sensitive_read``) and are
``llm_…`` elsewhere. Entries are sealed records of a vault of their own, and so chained, signed and anchored with it.
"""

from collections.abc import Callable
from datetime import datetime

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
        self._vault.append(encode(entry))

    def entries(self) -> list[AuditEntry]:
        """Return every entry, oldest first, once the whole log is checked against its chain and checkpoint.

        Raises
        ------
        IntegrityError
            When an entry was altered, moved, emptied, dropped or put back.
        """
        return entries_of(self._vault)

    def verify(self) -> int:
        """Check the whole log and return how many entries it has.

        Raises
        ------
        IntegrityError
            As `entries`.
        """
        return len(self.entries())

    def head(self) -> str:
        """Return the head of the chain, 64 hexadecimal digits: note it elsewhere, and a log cut short shows."""
        return self._vault.log.tip()[1].hex()


def entries_of(vault: Vault) -> list[AuditEntry]:
    """Return the entries of a log, one's own or another's that one may read. Order and errors as `AuditLog.entries`."""
    vault.checkpoints.verify()
    return [decode(vault.open(row), AuditEntry) for row in vault.log.oldest_first()]
