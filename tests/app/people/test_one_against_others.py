"""What one account can put into its own rows, and into letters, to keep others from theirs: it keeps nobody.

In team mode each member writes their own public keys, their first standing, and letters to anybody.
"""

import contextlib
from dataclasses import replace

import pytest
from storage.attacker import Attacker
from world import PASSPHRASE, world

from workbench.crypto import Topic
from workbench.errors import PermissionDeniedError
from workbench.storage import open_database, pack

__all__ = ["world"]

NONE_AT_ALL = bytes(1248)


def spoil_keys(world, name):
    """Let somebody's public keys be ones to which nothing can be sealed."""
    with contextlib.closing(open_database(world.location)) as database:
        Attacker(database).database.write(
            "UPDATE account SET public_keys = ? WHERE account_id = ?", (NONE_AT_ALL, world.id_of(name))
        )


def spoil_standing(world, name):
    """Let somebody's standing be one that nobody can read."""
    with contextlib.closing(open_database(world.location)) as database:
        Attacker(database).database.write(
            "UPDATE standing SET packed = ? WHERE account_id = ?", (b"none", world.id_of(name))
        )


def test_whoever_spoils_their_own_keys_keeps_no_role_by_it(world):
    """R03: a role is taken, and an account disabled, also when its owner can't be told."""
    rita, adam = world("rita"), world("adam")
    spoil_keys(world, "rita")
    adam.people.revoke("rita", "researcher", passphrase=PASSPHRASE)
    with pytest.raises(PermissionDeniedError):
        rita.ask("rain")
    adam.people.disable("rita", passphrase=PASSPHRASE)
    assert not adam.people.find("rita").is_active


def test_a_reader_who_spoils_their_own_keys_keeps_no_share_and_no_turn(world):
    """Issue 4, item 4: unshare by rotation."""
    world.create("ron")
    rita = world("rita")
    first, second = rita.ask("rain"), rita.ask("snow")
    share = rita.shares.share(first, "ron")
    spoil_keys(world, "ron")
    rita.history.delete(second.id)
    assert rita.shares.mine()[0].readers == ()
    rita.shares.end(share)
    assert rita.shares.mine() == []
    assert "readers_settled" not in rita.audit.frame().event.tolist()


def test_an_overseer_who_spoils_their_own_keys_keeps_nobody_from_anything(world):
    world.create("otto", "petra")
    rita = world("rita")
    spoil_keys(world, "otto")
    turn = rita.ask("rain")
    rita.lock()
    rita = world("rita")
    rita.history.delete(turn.id)
    assert {reader.account_id for reader in rita.readers()} == {world.id_of("petra").hex()}


@pytest.mark.parametrize("spoil", [spoil_keys, spoil_standing])
@pytest.mark.parametrize("name", ["ann", "alba"])
def test_an_account_that_spoils_its_rows_keeps_nobody_from_asking_or_seeing_the_others(world, spoil, name):
    """R05."""
    world.create("petra", "rita", name)
    adam = world("adam")
    spoil(world, name)
    request = adam.people.grant("rita", "privacy officer", passphrase=PASSPHRASE)
    assert world("petra").approvals.open() == [request]
    assert world.id_of("rita").hex() in {person.account_id for person in adam.people.list()}


def nested(depth):
    found = "x"
    for _ in range(depth):
        found = [found]
    return found


@pytest.mark.parametrize(
    "facts",
    [
        [("after", "9" * 5000)],
        [("until", "9" * 5000)],
        [("what", nested(1000))],
        [("what", {"a": 1})],
        [("until", str(2**62))],
    ],
    ids=["after", "until", "nested", "map", "for ever"],
)
def test_a_notice_with_odd_facts_hides_no_other_and_goes(world, facts):
    """A21: any account can send one; none stays but those that tell of break-glass."""
    rita, ann = world("rita"), world("ann")
    ann._opened.access.post().send(world.id_of("rita"), Topic.NOTICE, pack("authz_role_changed", facts))
    shown = {notice.sender: notice for notice in rita.notices.list()}
    if (notice := shown.get(world.id_of("ann").hex())) is not None:
        rita.notices.dismiss(notice)
    assert world.id_of("ann").hex() not in {notice.sender for notice in rita.notices.list()}


def test_a_request_with_odd_facts_hides_no_other(world):
    world.create("petra", "rita")
    ann, adam = world("ann"), world("adam")
    request = adam.people.grant("rita", "privacy officer", passphrase=PASSPHRASE)
    odd = replace(request, permission="hold:place", requester=world.id_of("ann"), message=pack(("what", nested(1000))))
    ann._opened.access.post().send(world.id_of("petra"), Topic.REQUEST, odd.packed())
    assert world("petra").approvals.open() == [request]
