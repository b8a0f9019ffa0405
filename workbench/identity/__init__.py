"""Who may come in and what they may do: accounts, passphrases, recovery codes, and the one table of roles."""

from workbench.identity.account import Account, PrivateKeys, Profile
from workbench.identity.accounts import Accounts
from workbench.identity.approvals import Approvals, Request
from workbench.identity.breach_check import with_breaches
from workbench.identity.enrolment import Enrolment, TotpEnrolment
from workbench.identity.generator import suggest_passphrase
from workbench.identity.keepers import side_of
from workbench.identity.open_session import SEEN_EVERY, SessionClock, SessionInfo, list_key, new_token, session_id_of
from workbench.identity.passphrase import Strength, judge
from workbench.identity.post import Post
from workbench.identity.proof import Proof
from workbench.identity.renewal import change_passphrase, renew_key_pairs, renew_root_key, replace_recovery_codes
from workbench.identity.roles import PRIVILEGED, ROLES, Permission, Scope, check_roles, require, scopes, table
from workbench.identity.second_factor import (
    Code,
    FactorStatus,
    activate_totp,
    factor_status,
    is_bound_to_device,
    new_totp,
    remove_totp,
)
from workbench.identity.sharing import share_scope
from workbench.identity.sign_in import prove_passphrase
from workbench.identity.standing import Standing
from workbench.identity.standings import Standings
from workbench.identity.step_up import FRESH, StepUps, digest_of
from workbench.identity.throttle import GuessBudget, guess_budget
from workbench.identity.totp import Totp
from workbench.identity.vault_kinds import kinds_of

__all__ = [
    "FRESH",
    "PRIVILEGED",
    "ROLES",
    "SEEN_EVERY",
    "Account",
    "Accounts",
    "Approvals",
    "Code",
    "Enrolment",
    "FactorStatus",
    "GuessBudget",
    "Permission",
    "Post",
    "PrivateKeys",
    "Profile",
    "Proof",
    "Request",
    "Scope",
    "SessionClock",
    "SessionInfo",
    "Standing",
    "Standings",
    "StepUps",
    "Strength",
    "Totp",
    "TotpEnrolment",
    "activate_totp",
    "change_passphrase",
    "check_roles",
    "digest_of",
    "factor_status",
    "guess_budget",
    "is_bound_to_device",
    "judge",
    "kinds_of",
    "list_key",
    "new_token",
    "new_totp",
    "prove_passphrase",
    "remove_totp",
    "renew_key_pairs",
    "renew_root_key",
    "replace_recovery_codes",
    "require",
    "scopes",
    "session_id_of",
    "share_scope",
    "side_of",
    "suggest_passphrase",
    "table",
    "with_breaches",
]
