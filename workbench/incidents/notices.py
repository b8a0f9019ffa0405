"""What a person is told of an alert or an event: a table of fixed sentences, into which only the time is filled.

No text holds content, a name, a code or a link: a notice may be read by others on its way, and a message that asks for
a click teaches the habit that thieves live on.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Literal, get_args

from workbench.errors import InputError
from workbench.incidents.signs import Sign
from workbench.records import AuditEntry

NoticeName = Literal[
    "failed_sign_ins",
    "failed_sign_ins_everywhere",
    "second_factor_failed",
    "success_after_failures",
    "new_device",
    "many_denials",
    "role_changed",
    "factor_added",
    "factor_removed",
    "detector_disabled",
    "integrity_failed",
    "clock_moved_back",
    "return_after_absence",
    "recovery_code_used",
    "recovery_codes_replaced",
    "passphrase_changed",
    "account_locked",
    "break_glass_used",
    "signed_out_everywhere",
]

NOT_ME: Final = "If this wasn't you: open the account panel and choose \"This wasn't me\"."
_STORE: Final = "Don't work on in this store until whoever looks after it has found out why."
_FOOT: Final = "This message holds no link on purpose: open the workbench as you always do."


@dataclass(frozen=True, slots=True)
class Template:
    """The words of one notice.

    Parameters
    ----------
    subject : str
        The first line; in the app, the heading.
    text : str
        What happened, in a sentence or two.
    advice : str
        What to do.
    """

    subject: str
    text: str
    advice: str = NOT_ME


@dataclass(frozen=True, slots=True)
class Letter:
    """A notice as it is sent.

    Parameters
    ----------
    subject, body : str
        Fixed words, and a time.
    """

    subject: str
    body: str


TEMPLATES: Final[Mapping[NoticeName, Template]] = {
    "failed_sign_ins": Template(
        "Failed sign-ins to your account",
        "Signing in to your account failed several times in a short while. Further attempts now have to wait.",
    ),
    "failed_sign_ins_everywhere": Template(
        "Failed sign-ins across the workbench",
        "Signing in to this workbench's accounts failed many times in a short while. Further attempts have to wait.",
        "Look at which accounts are tried, and ask their people whether it was them.",
    ),
    "second_factor_failed": Template(
        "Someone may know your passphrase",
        "Your passphrase was right, but the code of the second factor was wrong, more than once in a short while.",
        f"{NOT_ME} Then choose a new passphrase.",
    ),
    "success_after_failures": Template(
        "A sign-in after several failures",
        "Someone signed in to your account after several attempts had failed.",
    ),
    "new_device": Template(
        "A sign-in from a new device",
        "Your account was signed in to from a device that it hadn't been used on before.",
    ),
    "many_denials": Template(
        "Many refused actions in your account",
        "In a short while your account was refused many actions that its roles don't allow.",
    ),
    "role_changed": Template("The roles of your account changed", "The roles of your account were changed."),
    "factor_added": Template("A second factor was added", "A second factor was added to your account."),
    "factor_removed": Template("A second factor was removed", "A second factor was removed from your account."),
    "detector_disabled": Template("A detector was switched off", "A detector of personal data was switched off."),
    "integrity_failed": Template(
        "A check of your records failed",
        "A check found records altered, missing or put back from an older copy.",
        _STORE,
    ),
    "clock_moved_back": Template(
        "The clock was moved back",
        "The machine's clock was moved back, so that the times in the log can't be relied on.",
        f"Set the machine's clock by a time server. {NOT_ME}",
    ),
    "return_after_absence": Template(
        "A sign-in after a long absence",
        "Your account was signed in to for the first time in a long while.",
    ),
    "recovery_code_used": Template("A recovery code was used", "One of your recovery codes was used to sign in."),
    "recovery_codes_replaced": Template(
        "Your recovery codes were replaced", "Your recovery codes were replaced by new ones; the old ones are void."
    ),
    "passphrase_changed": Template("Your passphrase was changed", "The passphrase of your account was changed."),
    "account_locked": Template(
        "Signing in to your account is locked",
        "Too many attempts to sign in failed in a row, so that this way of signing in is locked. Your data are safe.",
        f"If it was you: sign in with a recovery code. {NOT_ME}",
    ),
    "break_glass_used": Template(
        "Your data were read under break-glass",
        "Two people approved that your data be read in an emergency, and they were read.",
        "The account panel says when and why. Ask the privacy officer if you have questions or object.",
    ),
    "signed_out_everywhere": Template(
        "You were signed out everywhere", "Every session of your account was ended; each device has to sign in again."
    ),
}
"""What each notice says. ASVS 5.0, 6.3.5 and 6.3.7; NIST SP 800-63B-4, sections 4.2.3 and 4.6; assurance.md, A21."""

EVENT_NOTICES: Final[tuple[tuple[Sign, NoticeName], ...]] = (
    (Sign("authn_factor_added", "success"), "factor_added"),
    (Sign("authn_factor_removed", "success"), "factor_removed"),
    (Sign("authn_recovery_code_used", "success"), "recovery_code_used"),
    (Sign("authn_recovery_codes_replaced", "success"), "recovery_codes_replaced"),
    (Sign("authn_password_change", "success"), "passphrase_changed"),
    (Sign("authn_login_fail_max"), "account_locked"),
    (Sign("authz_role_changed", "success"), "role_changed"),
    (Sign("break_glass_used", "success"), "break_glass_used"),
    (Sign("session_revoked", "success", frozenset({("scope", "all")})), "signed_out_everywhere"),
)
"""Entries of which the person is told each time, whatever the rules say."""


def notices_of(entry: AuditEntry, *, raised: Iterable[NoticeName] = ()) -> tuple[NoticeName, ...]:
    """Return which notices an entry brings, each once.

    Parameters
    ----------
    entry : AuditEntry
        What was just logged.
    raised : iterable of str
        The notices of the alerts that it raised (`workbench.incidents.Alert.notice`).
    """
    own = (name for sign, name in EVENT_NOTICES if sign.matches(entry))
    return tuple(dict.fromkeys((*own, *raised)))


def letter(name: NoticeName, *, time: datetime) -> Letter:
    """Return a notice in words.

    Parameters
    ----------
    name : str
        Which.
    time : datetime
        When it happened; told in UTC, to the minute.

    Raises
    ------
    InputError
        When there is no notice of that name, or the time has no zone.
    """
    if name not in get_args(NoticeName):
        raise InputError("There is no notice of that name.", remedy="Choose one of workbench.incidents.TEMPLATES.")
    if time.tzinfo is None:
        raise InputError("The time of a notice needs a zone.", remedy="Pass datetime.now(UTC).")
    template = TEMPLATES[name]
    when = f"When: {time.astimezone(UTC):%Y-%m-%d %H:%M} UTC."
    return Letter(f"Workbench: {template.subject}", f"{template.text}\n\n{when}\n\n{template.advice}\n\n{_FOOT}\n")
