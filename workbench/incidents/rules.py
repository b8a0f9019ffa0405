"""What is suspicious, as data: one row a rule, with its threshold, its window and what is done about it.

The rules run over an account's own log, in its owner's kernel: on a laptop they are *advisory*, and tell an honest
owner what someone else did. In team mode the log is the server's.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from workbench.errors import InputError
from workbench.incidents.notices import TEMPLATES, NoticeName
from workbench.incidents.signs import Sign

RuleId = Literal["S01", "S02", "S03", "S04", "S09", "S10", "S11"]

Scope = Literal["account", "store"]
"""Whose entries are counted together: one account's, or those of every account of the store."""

Action = Literal["notify", "alert", "step_up", "throttle"]
"""What is done; each shows a notice to the account's person too.

``alert`` tells whoever looks after the store, ``step_up`` asks for fresh proof before the session goes on, ``throttle``
makes further attempts wait.
"""

Pattern = Literal["count", "success_after", "first_seen", "gap", "backwards"]
"""How entries are looked at; `workbench.incidents.patterns` has one class for each."""

MINUTES_10: Final = 600  # seconds
HOUR: Final = 3_600  # seconds
DAYS_90: Final = 90 * 86_400  # seconds


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. For thresholds of your own: ``dataclasses.replace(rule, threshold=…)``, handed to `alerts`.

    Parameters
    ----------
    id : str
        As in section 9 of the assurance criteria.
    notice : str
        Which notice says it; its sentence is the alert's `text`.
    pattern : str
        How entries are looked at.
    signs : tuple of Sign
        The entries that count; none means every entry.
    action : str
        What is done.
    threshold : int
        How many of them; at least 1.
    window : int, optional
        Seconds. ``count``: within which they lie; ``gap``: which none lies in; ``backwards``: how far back is too far.
        ``None`` where the pattern looks at the whole log.
    scope : str
        Whose entries are counted together.
    then : tuple of Sign
        ``success_after``: the entries that complete it.
    quiet : int
        Seconds for which the same alert isn't repeated.
    """

    id: RuleId
    notice: NoticeName
    pattern: Pattern
    signs: tuple[Sign, ...]
    action: Action
    threshold: int = 1
    window: int | None = None
    scope: Scope = "account"
    then: tuple[Sign, ...] = ()
    quiet: int = HOUR

    def __post_init__(self) -> None:
        """Refuse a rule that could never, or would always, raise an alert."""
        needs_window = self.pattern in ("count", "gap", "backwards")
        is_sound = self.threshold >= 1 and self.quiet >= 0 and (self.window is None or self.window >= 0)
        if (
            not is_sound
            or (needs_window and self.window is None)
            or (self.pattern == "success_after") != bool(self.then)
        ):
            raise InputError("The numbers of a detection rule make no sense.", remedy="Look at Rule's parameters.")

    @property
    def text(self) -> str:
        """What the alert says: fixed words, no content, no name."""
        return TEMPLATES[self.notice].text


SIGN_INS: Final = (Sign("authn_login_success", "success"), Sign("authn_recovery_code_used", "success"))
"""A fact ``device`` holds an opaque id of the device."""

_FAILED: Final = (Sign("authn_login_fail"),)
_WRONG_CODE: Final = frozenset({("reason", "code")})  # the code is looked at only once the passphrase was right
_CHANGES: Final[Mapping[NoticeName, tuple[Sign, ...]]] = {
    "role_changed": (Sign("authz_role_changed", "success"),),
    "factor_removed": (Sign("authn_factor_removed", "success"),),
    "detector_disabled": (Sign("detector_disabled", "success"),),
    "integrity_failed": (
        Sign("integrity_failed"),
        Sign("integrity_verified", "failure"),
        Sign("integrity_rollback_accepted", "success"),
    ),
    "clock_moved_back": (Sign("clock_moved_back"),),
}

RULES: Final[tuple[Rule, ...]] = (
    Rule("S01", "failed_sign_ins", "count", _FAILED, "throttle", threshold=5, window=MINUTES_10),
    Rule("S01", "failed_sign_ins_everywhere", "count", _FAILED, "throttle", 20, MINUTES_10, scope="store"),
    Rule(
        "S02",
        "second_factor_failed",
        "count",
        (Sign("authn_login_fail", facts=_WRONG_CODE), Sign("authn_factor_fail", facts=_WRONG_CODE)),
        "notify",
        threshold=2,
        window=MINUTES_10,
    ),
    Rule("S03", "success_after_failures", "success_after", _FAILED, "notify", threshold=3, then=SIGN_INS),
    # A device is new once: two of them within the hour are two alerts.
    Rule("S04", "new_device", "first_seen", SIGN_INS, "step_up", quiet=0),
    Rule("S09", "many_denials", "count", (Sign("authz_fail"),), "alert", threshold=10, window=MINUTES_10),
    *(Rule("S10", notice, "count", signs, "alert", window=0) for notice, signs in _CHANGES.items()),
    Rule("S10", "clock_moved_back", "backwards", (), "alert", window=120),
    Rule("S11", "return_after_absence", "gap", SIGN_INS, "step_up", window=DAYS_90),
)
"""The rules and their defaults: assurance.md, section 9, after ASVS 5.0, 6.3.5, 8.2.4 and 16.3.3."""
