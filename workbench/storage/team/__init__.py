"""Team mode: each person has a PostgreSQL login, and the server decides which rows it reaches (*server*)."""

from workbench.storage.team.events import EventRow, TeamEvents
from workbench.storage.team.members import LONGEST_LOGIN, TeamMember
from workbench.storage.team.roles import ROLES, TeamRequest, granted_roles
from workbench.storage.team.setting_up import VERSION, set_up
from workbench.storage.team.share import SharedDevice, activate_share, enrol_share
from workbench.storage.team.team import Team

__all__ = [
    "LONGEST_LOGIN",
    "ROLES",
    "VERSION",
    "EventRow",
    "SharedDevice",
    "Team",
    "TeamEvents",
    "TeamMember",
    "TeamRequest",
    "activate_share",
    "enrol_share",
    "granted_roles",
    "set_up",
]
