"""What the audit log says of an action that failed, and of the attempts before one that didn't."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from workbench.app.opened import Opened
from workbench.audit import AuditLog
from workbench.errors import WorkbenchError
from workbench.identity import Proof


@contextmanager
def noting(opened: Opened, event: str, **facts: str) -> Iterator[None]:
    """Note a failure in the audit log; what can't be noted hides no failure."""
    try:
        yield
    except WorkbenchError as error:
        with suppress(WorkbenchError):
            opened.audit.record(event, outcome="failure", reason=type(error).__name__, **facts)
        raise


def note_proof(audit: AuditLog, proof: Proof) -> None:
    """Note what had failed since the last proof, and a recovery code that is used up; nobody could write it before.

    ``authn_login_fail`` counts wrong passphrases; ``authn_factor_fail`` counts wrong codes, which follow a right
    passphrase or, to recover, stand alone; ``authn_login_fail_max`` says that the app's codes are refused since.
    """
    for authenticator, count in proof.failures:
        failed = "authn_login_fail" if authenticator == "passphrase" else "authn_factor_fail"
        audit.record(failed, outcome="failure", reason="wrong", authenticator=authenticator, count=count)
    if proof.has_disabled:
        audit.record("authn_login_fail_max", outcome="failure", authenticator="totp")
    if proof.factor == "recovery_code":
        audit.record("authn_recovery_code_used", authenticator="recovery_code")
