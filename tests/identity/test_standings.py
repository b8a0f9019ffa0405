from dataclasses import replace

import pytest
from storage.attacker import Attacker

from workbench.crypto import Kind
from workbench.errors import IntegrityError, LockedError, NotFoundError, PermissionDeniedError
from workbench.identity import Profile, Standing, Standings
from workbench.identity.countersigning import countersign


@pytest.fixture
def standings(database):
    return Standings(database)


@pytest.fixture
def attacker(database):
    return Attacker(database)


@pytest.fixture
def rita(unlocked):
    return unlocked("rita", "researcher")


@pytest.fixture
def adam(unlocked):
    return unlocked("adam", "admin")


@pytest.fixture
def eve(unlocked):
    return unlocked("eve", "admin")


@pytest.fixture
def grant(standings, database):
    """Return a function that puts a change in force, approved if anybody is named."""

    def grant(granter, subject, *roles, approver=None, is_active=True):
        standing, _ = standings.drafted(granter, subject.account_id, roles=roles, is_active=is_active)
        if approver is not None:
            message = standings.message_of(standing)
            pairs = approver.private_keys.key_pairs
            signature = countersign(pairs, store=database.store_id, permission="role:grant", message=message)
            standing = standing.countersigned(signature, approver=approver.account_id)
        standings.put_in_force(standing)
        return standing

    return grant


def put(standings, attacker, account, standing):
    """Put a standing where somebody who can write to the file would."""
    attacker.replace("standing", (account.account_id, standing.serial, standing.packed))


def test_what_was_granted_is_taken_over_sealed_and_stays(standings, grant, rita, adam, unlocked):
    """R03."""
    grant(adam, rita, "researcher", "educator")
    accepted, fault = standings.accepted(rita)
    assert fault is None
    assert accepted.roles == ("researcher", "educator")
    assert Profile.read(rita.vaults).roles == ("researcher", "educator")
    assert unlocked("rita").profile.serial == 2
    assert standings.accepted(accepted) == (accepted, None)


def test_a_new_kind_of_record_has_its_vault_as_soon_as_a_role_needs_it(standings, grant, adam, unlocked):
    ann = unlocked("ann", "analyst")
    assert Kind.TURN not in ann.vaults
    grant(adam, ann, "analyst", "researcher")
    accepted, _ = standings.accepted(ann)
    assert Kind.TURN in accepted.vaults


def test_an_older_standing_that_is_put_back_is_refused(standings, attacker, grant, rita, adam, unlocked):
    """R03: a role that was taken away doesn't come back by putting its row back."""
    before = standings.of(rita.account_id)
    grant(adam, rita, "analyst")
    seen, _ = standings.accepted(rita)
    put(standings, attacker, rita, before)
    for account in (seen, unlocked("rita")):
        with pytest.raises(IntegrityError, match="older"):
            standings.accepted(account)


def test_a_standing_that_is_removed_is_missed(standings, database, rita, unlocked):
    database.write("DELETE FROM standing")
    for account in (rita, unlocked("rita")):
        with pytest.raises(IntegrityError, match="removed"):
            standings.accepted(account)


def test_anothers_standing_is_refused(standings, attacker, grant, rita, adam):
    theirs = grant(adam, rita, "researcher", "educator")
    attacker.replace("standing", (adam.account_id, 2, theirs.packed))
    for account_id in (adam.account_id,):
        with pytest.raises(IntegrityError, match="another's"):
            standings.of(account_id)
    with pytest.raises(IntegrityError):
        standings.accepted(adam)


@pytest.mark.parametrize("serial", [2, 3, 2**62])
def test_who_signs_their_own_standing_gains_nothing(standings, attacker, database, rita, serial, unlocked):
    """R05."""
    for granter in (rita, unlocked("mallory", "analyst")):
        forged = Standing(rita.account_id, serial, ("researcher", "analyst"), True, 0, granter.account_id)  # noqa: FBT003
        put(standings, attacker, rita, standings.signed(granter, forged))
        accepted, fault = standings.accepted(rita)
        assert isinstance(fault, PermissionDeniedError)
        assert accepted.roles == ("researcher",)


def test_a_standing_that_nobody_signed_gains_nothing(standings, attacker, rita, adam):
    forged = Standing(rita.account_id, 2, ("researcher", "admin"), True, 0, adam.account_id)  # noqa: FBT003
    put(standings, attacker, rita, forged)
    accepted, fault = standings.accepted(rita)
    assert isinstance(fault, IntegrityError)
    assert accepted.roles == ("researcher",)


def test_nothing_of_a_forged_change_is_sealed_and_who_puts_the_true_one_back_mends_it(
    standings, attacker, rita, adam, grant, unlocked
):
    """Else somebody who wrote to the file once would have locked its owner out for good."""
    true = standings.of(rita.account_id)
    put(standings, attacker, rita, replace(true, serial=2**62))
    accepted, fault = standings.accepted(rita)
    assert (accepted.roles, type(fault)) == (("researcher",), IntegrityError)
    put(standings, attacker, rita, replace(true, serial=2**62, roles=("student",)))
    with pytest.raises(IntegrityError):
        standings.accepted(rita)
    put(standings, attacker, rita, true)
    again = unlocked("rita")
    assert standings.accepted(again) == (again, None)
    grant(adam, rita, "researcher", "educator")
    assert standings.accepted(again)[0].roles == ("researcher", "educator")


def test_changed_numbers_of_roles_change_nothing_in_the_accounts_own_session(standings, attacker, rita):
    """Others read the roles that the row names: on a laptop that is advisory, and so is who may make an admin there."""
    put(standings, attacker, rita, replace(standings.of(rita.account_id), roles=("admin",)))
    assert standings.accepted(rita) == (rita, None)
    assert rita.roles == ("researcher",)


def test_a_change_that_takes_a_role_takes_it_even_if_it_looks_forged(standings, attacker, grant, rita, adam):
    """Nobody keeps a role by spoiling the signature of what takes it away."""
    grant(adam, rita, "researcher", "analyst")
    account, _ = standings.accepted(rita)
    taken = grant(adam, rita, "researcher")
    put(standings, attacker, rita, replace(taken, signatures=bytes(128)))
    accepted, fault = standings.accepted(account)
    assert accepted.roles == ("researcher",)
    assert fault is not None


@pytest.fixture
def spoiled(standings, attacker, rita):
    """Return what becomes of rita's standing, or of who signed it, before she looks."""

    def spoil(how, granter, grant, other):
        if how == "spoiled":
            put(standings, attacker, rita, replace(standings.of(rita.account_id), signatures=bytes(128)))
        elif how == "its granter left":
            grant(other, granter, "analyst")
        else:
            keys = other.private_keys.key_pairs.public.packed
            update = "UPDATE account SET public_keys = ? WHERE account_id = ?"
            attacker.database.write(update, (keys, granter.account_id))

    return spoil


@pytest.mark.parametrize("how", ["spoiled", "its granter left", "its granter has new keys"])
def test_a_disabled_account_stays_out_whatever_becomes_of_who_disabled_it(
    standings, spoiled, grant, rita, adam, eve, how
):
    """A19: what disables an account needs no signature that holds."""
    grant(adam, rita, "researcher", is_active=False)
    spoiled(how, adam, grant, eve)
    accepted, fault = standings.accepted(rita)
    assert fault is not None
    assert not accepted.profile.is_active
    assert standings.roles_of(rita.account_id) == ()


def test_a_disabled_account_stays_out_after_several_changes_that_it_did_not_see(standings, grant, adam, eve, unlocked):
    """R05: the first was approved, the second needed no approval."""
    ann = unlocked("ann", "analyst")
    grant(adam, ann, "analyst", "auditor", approver=eve)
    grant(adam, ann, "analyst", "auditor", is_active=False)
    accepted, fault = standings.accepted(ann)
    assert fault is None
    assert not accepted.profile.is_active


def test_a_role_that_was_approved_is_not_lost_by_another_change_before_its_account_looks(
    standings, grant, adam, eve, unlocked
):
    """R05."""
    ann, petra = unlocked("ann", "analyst"), unlocked("petra", "privacy officer")
    grant(adam, ann, "analyst", "auditor", approver=eve)
    with pytest.raises(PermissionDeniedError, match="second"):
        grant(adam, ann, "auditor")
    grant(adam, ann, "auditor", approver=petra)
    accepted, fault = standings.accepted(ann)
    assert (fault, accepted.roles) == (None, ("auditor",))


def test_a_grant_by_somebody_who_may_no_more_is_not_taken_over(standings, grant, rita, adam, eve):
    """R03: whatever time stands in it, which they could have set back."""
    grant(adam, rita, "researcher", "analyst")
    grant(eve, adam, "analyst")
    accepted, fault = standings.accepted(rita)
    assert accepted.roles == ("researcher",)
    assert isinstance(fault, PermissionDeniedError)


def test_a_change_on_top_of_an_older_state_is_refused(standings, grant, rita, adam, eve):
    first, _ = standings.drafted(adam, rita.account_id, roles=("researcher", "analyst"))
    second, _ = standings.drafted(eve, rita.account_id, roles=("researcher", "educator"))
    standings.put_in_force(first)
    for late in (second, first):
        with pytest.raises(LockedError):
            standings.put_in_force(late)
    assert standings.roles_of(rita.account_id) == ("researcher", "analyst")


def test_what_is_not_signed_as_it_must_be_is_not_put_in_force(standings, rita, adam):
    """R05."""
    standing, needs_second = standings.drafted(adam, rita.account_id, roles=("researcher", "auditor"))
    assert needs_second
    with pytest.raises(PermissionDeniedError):
        standings.put_in_force(standing)
    with pytest.raises(IntegrityError):
        standings.put_in_force(replace(standing, roles=("researcher",)))
    assert standings.of(rita.account_id).serial == 1


def test_nobody_without_the_right_drafts_anything(standings, rita, adam):
    with pytest.raises(PermissionDeniedError):
        standings.drafted(rita, adam.account_id, roles=())
    with pytest.raises(PermissionDeniedError, match="themselves"):
        standings.drafted(adam, adam.account_id, roles=("admin", "analyst"))
    with pytest.raises(NotFoundError):
        standings.drafted(adam, bytes(16), roles=())


def test_an_account_that_is_unknown_or_disabled_has_no_roles(standings, grant, rita, adam):
    assert standings.roles_of(bytes(16)) == ()
    grant(adam, rita, "researcher", is_active=False)
    assert standings.roles_of(rita.account_id) == ()


@pytest.mark.parametrize("serial", [-1, 0, 2, 2**63 - 1, "text", 1.5, b"bytes"])
def test_an_odd_serial_is_refused(standings, attacker, rita, serial):
    packed = standings.of(rita.account_id).packed
    attacker.replace("standing", (rita.account_id, serial, packed))
    with pytest.raises(IntegrityError):
        standings.accepted(rita)


@pytest.mark.parametrize("packed", [0, -1, 2**62, 1.5, "text", b"", bytes(2000), b"\x91\x03"])
def test_an_odd_standing_is_refused(standings, attacker, rita, packed):
    attacker.replace("standing", (rita.account_id, 1, packed))
    with pytest.raises(IntegrityError):
        standings.of(rita.account_id)
    with pytest.raises(IntegrityError):
        standings.accepted(rita)


@pytest.mark.parametrize("keys", [0, 2**62, 1.5, "text", b"", bytes(1248)])
def test_odd_public_keys_verify_nothing(standings, attacker, database, grant, rita, adam, keys):
    grant(adam, rita, "researcher", "analyst")
    database.write("UPDATE account SET public_keys = ? WHERE account_id = ?", (keys, adam.account_id))
    accepted, fault = standings.accepted(rita)
    assert (accepted.roles, type(fault)) == (("researcher",), IntegrityError)
