"""R09: what a Hub says of its user, and what that makes of them here."""

import pytest
from answering_hub import ADA, AnsweringHub
from hypothesis import given
from hypothesis import strategies as st
from jupyterhub.scopes import _custom_scope_pattern

from workbench.errors import HubError, PermissionDeniedError, WorkbenchError
from workbench.identity import ROLES, table
from workbench.jupyter.hub import SCOPE_PREFIX, group_of, hub_identity, identity_of, store_address

TOKEN = "t0ken-canary"
PERMISSIONS = sorted(table())
ROLES_OF_A_HUB = sorted(set(ROLES) - {"owner"})


def model(**changes):
    return ADA | changes


class TestMapping:
    @pytest.mark.parametrize("role", ROLES_OF_A_HUB)
    def test_a_group_gives_its_role_and_no_other(self, role):
        """R09: groups are named ``wb-<role>``, a space becomes a dash."""
        assert group_of("privacy officer") == "wb-privacy-officer"
        assert identity_of(model(groups=[group_of(role)])).roles == {role}

    @pytest.mark.parametrize(
        "group",
        ["wb-emperor", "wb-", "wb-owner", "researcher", "WB-researcher", "wb-privacy officer", "class-A", "admin"],
    )
    def test_any_other_group_gives_no_role(self, group):
        """R09: an unknown group maps to nothing, and nobody is a Hub's owner of everything."""
        assert identity_of(model(groups=[group])).roles == frozenset()

    def test_the_hubs_admin_is_no_admin_here(self):
        """R09: neither the flag nor the Hub's role, nor every scope that it brings."""
        scopes = ["admin:users", "admin:servers", "access:servers", "custom:workbench:*", "custom:*", "inherit"]
        said = identity_of(model(admin=True, roles=["admin", "user", "wb-admin"], groups=[], scopes=scopes))
        assert (said.roles, said.scopes, said.permissions) == (frozenset(), frozenset(), frozenset())

    @pytest.mark.parametrize("permission", PERMISSIONS)
    def test_every_permission_has_a_scope_that_a_hub_accepts(self, permission):
        """R09: it begins with ``custom:`` and is in lower case."""
        scope = f"{SCOPE_PREFIX}{permission}"
        assert _custom_scope_pattern.match(scope)
        assert identity_of(model(scopes=[scope])).scopes == {permission}

    @pytest.mark.parametrize(
        "scope",
        [
            "custom:workbench:fly",
            "prompt:create",
            "workbench:prompt:create",
            "custom:workbench:prompt:create!user=ada",
            "custom:prompt:create",
        ],
    )
    def test_any_other_scope_gives_nothing(self, scope):
        assert identity_of(model(scopes=[scope])).scopes == frozenset()

    def test_a_role_and_its_scopes_deny_each_without_the_other(self):
        """R09: the Hub's scopes narrow a row of the table; they don't add to it."""
        every = [SCOPE_PREFIX + permission for permission in PERMISSIONS]
        assert identity_of(model(groups=["wb-auditor"], scopes=every)).permissions == {
            permission for permission, rule in table().items() if "auditor" in rule.scopes
        }
        assert identity_of(model(groups=["wb-researcher"], scopes=[])).permissions == frozenset()
        assert identity_of(model(groups=[], scopes=every)).permissions == frozenset()
        assert identity_of(model()).permissions == {"prompt:create", "content:read"}

    @pytest.mark.parametrize("pair", [("auditor", "admin"), ("auditor", "privacy-officer"), ("admin", "researcher")])
    def test_a_hub_that_gives_roles_which_exclude_each_other_is_not_believed(self, pair):
        """R04: static separation of duties holds for groups too."""
        with pytest.raises(PermissionDeniedError):
            identity_of(model(groups=[f"wb-{role}" for role in pair]))

    def test_classes_are_groups_of_their_own_prefix(self):
        """R09: class scoping."""
        said = identity_of(model(groups=["class-A", "class-B2", "class-", "my-class-C", "wb-student"]))
        assert said.classes == {"A", "B2"}

    @given(st.lists(st.text()), st.lists(st.text()))
    def test_whatever_a_hub_calls_its_groups_and_scopes_only_known_ones_count(self, groups, scopes):
        said = identity_of(model(groups=groups, scopes=scopes))
        assert {group_of(role) for role in said.roles} <= set(groups)
        assert {SCOPE_PREFIX + permission for permission in said.scopes} <= set(scopes)

    @pytest.mark.parametrize(
        "answer",
        [
            None,
            [],
            "ada",
            {},
            ADA | {"kind": "service"},
            ADA | {"name": ""},
            ADA | {"name": 1},
            ADA | {"groups": "wb-admin"},
            ADA | {"groups": [{"name": "wb-admin"}]},
            ADA | {"groups": None},
            ADA | {"scopes": {"custom:workbench:prompt:create": True}},
            {name: value for name, value in ADA.items() if name != "scopes"},
        ],
        ids=repr,
    )
    def test_what_is_no_users_model_makes_nobody_of_anyone(self, answer):
        with pytest.raises(HubError) as raised:
            identity_of(answer)
        assert raised.value.remedy

    def test_its_repr_names_nobody_and_no_class(self):
        shown = repr(identity_of(model()))
        assert "ada" not in shown
        assert "class-A" not in shown
        assert "researcher" in shown


class TestAsking:
    @pytest.fixture
    def environment(self, monkeypatch):
        for name in ("API_URL", "API_TOKEN", "USER", "SSL_CERTFILE", "SSL_KEYFILE", "SSL_CLIENT_CA"):
            monkeypatch.delenv(f"JUPYTERHUB_{name}", raising=False)
        monkeypatch.setenv("JUPYTERHUB_API_TOKEN", TOKEN)
        return lambda name, value: monkeypatch.setenv(f"JUPYTERHUB_{name}", value)

    def test_the_hub_of_this_servers_environment_is_asked(self, environment):
        with AnsweringHub() as hub:
            environment("API_URL", hub.api_url)
            environment("USER", "ada")
            assert hub_identity() == identity_of(ADA)
        assert hub.requests[0][1]["authorization"] == f"token {TOKEN}"

    def test_an_environment_can_be_given_instead(self, environment):
        with AnsweringHub() as hub:
            said = hub_identity({"JUPYTERHUB_API_URL": hub.api_url, "JUPYTERHUB_API_TOKEN": "another"})
        assert said == identity_of(ADA)
        assert hub.requests[0][1]["authorization"] == "token another"

    @pytest.mark.parametrize(
        "fault", ["no hub", "nobody listens", "wrong token", "somebody else", "no token", "no model"]
    )
    def test_without_a_sound_answer_nobody_is_taken_for_anyone(self, environment, monkeypatch, traces_of, fault):
        status = 403 if fault == "wrong token" else 200
        with AnsweringHub(ADA if fault != "no model" else {"kind": "user"}, status=status) as hub:
            if fault != "no hub":
                environment("API_URL", hub.api_url if fault != "nobody listens" else "http://127.0.0.1:1/hub/api")
            if fault == "somebody else":
                environment("USER", "bob")
            if fault == "no token":
                monkeypatch.delenv("JUPYTERHUB_API_TOKEN")
            with pytest.raises(WorkbenchError) as raised:
                hub_identity()
        assert isinstance(raised.value, HubError)
        assert raised.value.remedy
        assert traces_of(raised.value, TOKEN) == set()


def test_the_store_is_the_one_that_the_hub_handed_over_or_none(monkeypatch):
    monkeypatch.delenv("WORKBENCH_STORE", raising=False)
    assert store_address({"WORKBENCH_STORE": "postgresql://ada@/workbench"}) == "postgresql://ada@/workbench"
    with pytest.raises(HubError, match="no store"):
        store_address()
