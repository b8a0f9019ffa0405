"""Who may come in and what they may do: accounts, passphrases, recovery codes, and the one table of roles."""

from workbench.identity.account import Account, PrivateKeys, Profile
from workbench.identity.accounts import Accounts
from workbench.identity.approvals import Approvals, Request
from workbench.identity.enrolment import Enrolment
from workbench.identity.open_session import SessionClock, SessionInfo, list_key, new_token, session_id_of
from workbench.identity.passphrase import Strength, judge
from workbench.identity.post import Post
from workbench.identity.renewal import change_passphrase, prove, renew_key_pairs, renew_root_key, replace_recovery_codes
from workbench.identity.roles import PRIVILEGED, ROLES, Permission, check_roles, require, scopes, table
from workbench.identity.standing import Standing, check_approver
from workbench.identity.standings import Standings
from workbench.identity.step_up import StepUps, digest_of
from workbench.identity.vault_kinds import kinds_of

__all__ = [
    "PRIVILEGED",
    "ROLES",
    "Account",
    "Accounts",
    "Approvals",
    "Enrolment",
    "Permission",
    "Post",
    "PrivateKeys",
    "Profile",
    "Request",
    "SessionClock",
    "SessionInfo",
    "Standing",
    "Standings",
    "StepUps",
    "Strength",
    "change_passphrase",
    "check_approver",
    "check_roles",
    "digest_of",
    "judge",
    "kinds_of",
    "list_key",
    "new_token",
    "prove",
    "renew_key_pairs",
    "renew_root_key",
    "replace_recovery_codes",
    "require",
    "scopes",
    "session_id_of",
    "table",
]
