"""Who may come in and what they may do: accounts, passphrases, recovery codes, and the one table of roles."""

from workbench.identity.accounts import Account, Accounts, Enrolment
from workbench.identity.passphrase import Strength, judge
from workbench.identity.roles import ROLES, Permission, require

__all__ = ["ROLES", "Account", "Accounts", "Enrolment", "Permission", "Strength", "judge", "require"]
