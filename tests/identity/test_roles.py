import pytest

from workbench.errors import PermissionDeniedError
from workbench.identity import ROLES, require


def test_each_cell_of_the_table_is_what_require_decides():
    for role, allowed in ROLES.items():
        for permission in ROLES["owner"]:
            if permission in allowed:
                require(permission, roles=(role,))
            else:
                with pytest.raises(PermissionDeniedError):
                    require(permission, roles=(role,))


@pytest.mark.parametrize("role", ["analyst", "auditor", "admin", "privacy officer"])
def test_roles_that_only_look_at_records_can_neither_compose_nor_read(role):
    assert not ROLES[role] & {"compose", "history:read", "history:delete"}


@pytest.mark.parametrize("roles", [(), ("emperor",)])
def test_what_is_not_in_the_table_is_denied(roles):
    with pytest.raises(PermissionDeniedError):
        require("compose", roles=roles)
