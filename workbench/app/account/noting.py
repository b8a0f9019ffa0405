"""What the audit log says of an action that failed, and of the attempts before one that didn't."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from workbench.app.opened import Opened
from workbench.audit import AuditLog
from workbench.errors import WorkbenchError
from workbench.identity import Proof

_REASONS = {"passphrase": "passphrase", "totp": "code", "recovery_code": "recovery_code"}


@contextmanager
def noting(opened: Opened, event: str, **facts: str) -> Iterator[None]:
    """Note a failure in the audit log; what can't be noted hides no failure."""
    try:
        yield
    except WorkbenchError as error:
        with suppress(WorkbenchError):
            opened.audit.record(event, outcome="failure", reason=type(error).__name__, **facts)
        raise


def note_proof(audit: AuditLog, proof: Proof, *, device: str, is_sign_in: bool) -> None:
    """Note what had failed since the last proof, and a recovery code that is used up; nobody could write it before.

    ``authn_login_fail`` counts wrong passphrases and codes; ``authn_factor_fail`` those codes that a step-up tells of.
    The reason ``code`` means that the passphrase was right. ``authn_login_fail_max`` says that the authenticator app's
    codes are refused since.

    Parameters
    ----------
    audit : AuditLog
        The account's.
    proof : Proof
        What was found out.
    device : str
        The opaque id of this device.
    is_sign_in : bool
        Whether it opened the session, or was given in an open one.
    """
    for authenticator, count in proof.failures:
        reason = _REASONS[authenticator]
        event = "authn_login_fail" if is_sign_in or authenticator == "passphrase" else "authn_factor_fail"
        audit.record(event, outcome="failure", reason=reason, authenticator=authenticator, count=count)
    if proof.has_disabled:
        audit.record("authn_login_fail_max", outcome="failure", authenticator="totp")
    if proof.factor == "recovery_code":
        audit.record("authn_recovery_code_used", device=device, authenticator="recovery_code")
