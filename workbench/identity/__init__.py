"""Who may come in and what they may do: accounts, passphrases, recovery codes, and the one table of roles."""

from workbench.identity.account import Account, PrivateKeys, Profile
from workbench.identity.accounts import Accounts
from workbench.identity.breach_check import with_breaches
from workbench.identity.enrolment import Enrolment
from workbench.identity.generator import suggest_passphrase
from workbench.identity.passphrase import Strength, judge
from workbench.identity.renewal import change_passphrase, renew_key_pairs, renew_root_key, replace_recovery_codes
from workbench.identity.roles import ROLES, Permission, require

__all__ = [
    "ROLES",
    "Account",
    "Accounts",
    "Enrolment",
    "Permission",
    "PrivateKeys",
    "Profile",
    "Strength",
    "change_passphrase",
    "judge",
    "renew_key_pairs",
    "renew_root_key",
    "replace_recovery_codes",
    "require",
    "suggest_passphrase",
    "with_breaches",
]
