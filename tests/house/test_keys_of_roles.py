"""For each role: what opens to all the keys that its session holds, of every account and every kind of record.

Issue 4: "for each role a test tries to open every record kind with all the keys that its session holds: exactly the
allowed ones open". R01's layer *crypto*, R06; on SQLite and PostgreSQL.
"""

import pytest
from key_material import everything, what_opens
from world import PASSPHRASE, world

from workbench.errors import NotFoundError

__all__ = ["world"]

WRITERS = ("olga", "rita", "ron", "ed", "sam", "sue")
EVERYONE = (*WRITERS, "ann", "otto", "petra", "adam")

OF_ALL = {
    "olga": {"audit entry", "usage event"},  # a laptop's owner is all in one: audit:read and usage:publish of all
    "otto": {"audit entry"},
    "petra": {"audit entry", "usage event"},
}
"""Golden: kinds of records that a role opens of every account; all that isn't said here is denied."""

OF_SOME = {
    "ron": {("rita", "shared turn")},  # what a researcher shared with him in a project
    "ed": {("sam", "shared turn")},  # what a student shared with him in a class
}
"""Golden: what was shared."""


def allowed(name, there):
    """Return what one person may open of all that there is: their own, what their role reads, what was shared."""
    of_all = OF_ALL.get(name, set())
    return {one for one in there if one[0] == name or one[1] in of_all} | OF_SOME.get(name, set())


@pytest.fixture
def people(world):
    """Return everybody's open session, after each has worked, shared, agreed, and let its overseers in."""
    world.create(*EVERYONE)
    for name in WRITERS:
        world(name).ask(f"written by {name}")
        world(name).history.search("written")
    world("rita").shares.share(next(iter(world("rita").history)), "ron")
    world("sam").shares.share(next(iter(world("sam").history)), "ed")
    for name in ("rita", "sam"):
        world(name).break_glass.agree(world(name).break_glass.keepers())
    for session in list(world.sessions.values()):
        session.lock()
    everyone = {name: world(name) for name in EVERYONE}
    for name in WRITERS:
        everyone[name].history.frame()
    for session in everyone.values():
        session.notices.list()
        session.verify()
    for name, kind in OF_ALL.items():
        assert everyone[name].audit.verify(scope="all"), kind
    for name in OF_SOME:
        assert everyone[name].shares.with_me()[0].turns()
    return everyone


def test_each_role_opens_exactly_what_the_table_allows(world, people):
    database, there = world("olga")._database, everything(people)
    assert len(there) == len(EVERYONE) * 2 + len(WRITERS) * 2 + 2
    for name, session in people.items():
        assert what_opens(database, [session], people) == allowed(name, there), name


def test_an_analyst_opens_no_turn_and_no_event_and_an_admin_no_content(world, people):
    """The two sentences of the issue, by themselves."""
    database = world("ann")._database
    assert what_opens(database, [people["ann"]], people) == {("ann", "profile"), ("ann", "audit entry")}
    assert what_opens(database, [people["adam"]], people) == {("adam", "profile"), ("adam", "audit entry")}


def test_half_a_key_opens_nothing_and_two_of_two_roles_open_what_was_agreed_to(world, people):
    """R06: admin alone, officer alone, requester alone, requester + one; with all that their sessions hold."""
    database, there = world("ron")._database, everything(people)
    turns = {("rita", "turn"), ("sam", "turn")}
    for names in (
        ("adam",),
        ("petra",),
        ("ron",),
        ("ron", "adam"),
        ("ron", "petra"),
        ("ron", "otto", "ann", "petra"),
        ("ron", "otto", "ann", "adam", "sue", "ed"),
    ):
        expected = set().union(*(allowed(name, there) for name in names))
        assert what_opens(database, [people[name] for name in names], people) == expected, names
    both = what_opens(database, [people["petra"], people["adam"]], people)
    assert both == allowed("petra", there) | allowed("adam", there) | turns


def test_only_whoever_asked_holds_the_key_once_both_have_approved(world, people):
    """R06: no approver ever does, in either order; and only of what was asked for."""
    database, there = world("ron")._database, everything(people)
    request = people["ron"].break_glass.request("rita", reason="incident", ticket="T-1", passphrase=PASSPHRASE)

    def opens(*names):
        return what_opens(database, [people[name] for name in names], people)

    for number, name in enumerate(("adam", "petra")):
        assert opens("ron") == allowed("ron", there)
        if number == 0:
            with pytest.raises(NotFoundError):
                people["ron"].break_glass.open(request)
        people[name].approvals.approve(request, passphrase=PASSPHRASE)
    for name in set(EVERYONE) - {"ron"}:
        assert opens(name) == allowed(name, there), name
    assert people["ron"].break_glass.open(request).turns()
    assert opens("ron") == allowed("ron", there) | {("rita", "turn")}
    assert opens("ron", "adam") == allowed("ron", there) | allowed("adam", there) | {("rita", "turn")}
    people["rita"].rotate("vault", passphrase=PASSPHRASE)
    people["rita"].ask("after")
    people["ron"].break_glass.openings()
    world("rita").lock()
    people["rita"] = world("rita")
    assert opens("ron") == allowed("ron", there)


def test_what_is_taken_back_opens_to_none_of_the_keys_that_were_granted(world, people):
    """Shares taken back, roles lost, agreement withdrawn: with the rows of by now and new sessions."""
    (share,) = people["rita"].shares.mine()
    people["rita"].shares.unshare(share, "ron")
    people["rita"].break_glass.agree([])
    people["adam"].people.disable("otto", passphrase=PASSPHRASE)
    for name in EVERYONE:
        if name != "otto":
            people[name].notices.list()
    otto = people.pop("otto")
    otto._opened.account.key_ring._keys.clear()  # what he has read, he has read; his key pairs open nothing more
    people["ron"].lock()
    people["ron"] = world("ron")
    there, database = everything(people), world("ron")._database
    assert what_opens(database, [people["ron"]], people) == {one for one in there if one[0] == "ron"}
    both = what_opens(database, [people["petra"], people["adam"]], people)
    assert both == allowed("petra", there) | allowed("adam", there) | {("sam", "turn")}
    assert what_opens(database, [otto], people) == set()
