"""What the events of the audit log are called when their owner reads them."""

from types import MappingProxyType

from workbench.records import AuditEntry

WORDS = MappingProxyType(
    {
        "authn_login_success": "Signed in",
        "authn_login_fail": "A sign-in failed",
        "authn_login_fail_max": "Too many wrong guesses",
        "authn_recovery_code_used": "A recovery code was used",
        "authn_recovery_codes_replaced": "New recovery codes",
        "authn_password_change": "The passphrase was changed",
        "authn_factor_added": "A second factor was added",
        "authn_factor_removed": "The second factor was removed",
        "authn_factor_fail": "A wrong code of the second factor",
        "authn_new_device": "Signed in on a new device",
        "authn_step_up": "Proved who you are, for one action",
        "authz_fail": "An action was denied",
        "authz_role_changed": "Roles were changed",
        "authz_role_refused": "A change of roles was refused",
        "approval_given": "An approval was given",
        "approval_declined": "An approval was declined",
        "session_locked": "Locked",
        "session_revoked": "Sessions were ended",
        "session_timeout": "A session ran out",
        "account_secured": "“This wasn't me”",
        "llm_request": "A prompt was sent to a model",
        "llm_reply": "A reply came",
        "sensitive_read": "Somebody read your records",
        "sensitive_delete": "A turn was deleted",
        "content_shared": "Turns were shared",
        "content_unshared": "Sharing ended",
        "others_read": "Others' records were read",
        "readers_changed": "Who may read your records changed",
        "readers_settled": "Who may read your records was to be settled",
        "break_glass_agreed": "Who may open your history together was agreed",
        "break_glass_requested": "Break-glass access was asked for",
        "break_glass_used": "Break-glass access",
        "incident_opened": "An incident was opened",
        "incident_closed": "An incident was closed",
        "export": "Your data was exported",
        "erasure": "Your data was erased",
        "backup_created": "A backup was made",
        "backup_verified": "A backup was verified",
        "crypto_key_rotated": "Keys were renewed",
        "integrity_verified": "The whole store was checked",
        "integrity_failed": "The store was found altered",
        "integrity_rollback_accepted": "An older store was accepted",
        "integrity_old_records_refused": "Records of an old store were refused",
        "integrity_chain_broken": "The old store's log was broken",
        "detector_disabled": "A detector was switched off",
        "clock_moved_back": "The clock went back",
    }
)
"""Event → a few words."""

_COUNTED = {"authn_login_fail", "authn_factor_fail"}  # told by the next sign-in, with how many there were
_FAILURES = _COUNTED | {"authn_login_fail_max", "authz_fail"}


def in_words(entry: AuditEntry) -> str:
    """Return what an entry says, for its owner; an event that has no words yet, by its name."""
    words = WORDS.get(entry.event, entry.event.replace("_", " "))
    if entry.outcome == "failure" and entry.event not in _FAILURES:
        return f"{words}: failed"
    count = entry.facts.get("count", "1")
    return f"{words}, {count} times" if entry.event in _COUNTED and count != "1" else words
