"""Overseers' keys: granted by each account's own session to whoever has the role by now, and taken from all others."""

import contextlib
import secrets

import pytest
from storage.attacker import Attacker
from world import PASSPHRASE, world

from workbench.crypto import Kind
from workbench.errors import InputError, IntegrityError, PermissionDeniedError
from workbench.storage import open_database

__all__ = ["world"]


def of(world, name):
    """Return somebody's pseudonym in the logs of all."""
    return world.id_of(name).hex()[:8]


def readers(session):
    return {(reader.account_id, reader.kind) for reader in session.readers()}


def test_auditors_and_privacy_officers_read_every_log_that_was_granted(world):
    world.create("otto", "petra")
    world("rita").ask("rain")
    for name in ("otto", "petra"):
        frame = world(name).audit.frame(scope="all")
        assert list(frame.columns) == ["account", "time", "event", "outcome", "subject", "facts"]
        mine = frame[frame.account == of(world, "rita")]
        assert mine.event.tolist() == world("rita").audit.frame().event.tolist()
        assert of(world, name) in set(frame.account)
        assert frame.attrs["not_granted"] == 3 - frame.account.nunique()
        assert world(name).audit.verify(scope="all") >= len(frame)
        assert "account" not in world(name).audit.frame()
    assert "others_read" in world("otto").audit.frame().event.tolist()


@pytest.mark.parametrize("name", ["ann", "adam", "rita", "ed", "sam"])
def test_nobody_else_reads_others_logs(world, name):
    world("ron")
    session = world(name)
    for attempt in (session.audit.frame, session.audit.verify):
        with pytest.raises(PermissionDeniedError):
            attempt(scope="all")
        with pytest.raises(InputError):
            attempt(scope="everything")
    assert session.audit.frame().event.tolist()[-1] == "authz_fail"


def test_a_session_that_is_open_admits_and_removes_with_its_next_action(world):
    """Whoever gets the role reads from then on, all that is there; whoever loses it opens nothing that comes."""
    world.create("otto", "ann", "petra")
    rita, adam = world("rita"), world("adam")
    rita.ask("rain")
    assert readers(rita) == {
        (world.id_of("otto").hex(), "audit entry"),
        (world.id_of("petra").hex(), "audit entry"),
        (world.id_of("petra").hex(), "usage event"),
    }
    request = adam.people.grant("ann", "auditor", passphrase=PASSPHRASE)
    world("petra").approvals.approve(request, passphrase=PASSPHRASE)
    adam.people.finish(request)
    rita.ask("snow")
    assert (world.id_of("ann").hex(), "audit entry") in readers(rita)
    assert of(world, "rita") in set(world("ann").audit.frame(scope="all").account)
    adam.people.revoke("ann", "auditor", passphrase=PASSPHRASE)
    epoch = rita._opened.vaults[Kind.AUDIT_ENTRY].keys.grant().epoch
    rita.ask("hail")
    assert (world.id_of("ann").hex(), "audit entry") not in readers(rita)
    assert rita._opened.vaults[Kind.AUDIT_ENTRY].keys.grant().epoch > epoch
    assert not any(one.owner_id == world.id_of("rita") for one in world("ann")._opened.vaults.others.granted())
    with pytest.raises(PermissionDeniedError):
        world("ann").audit.frame(scope="all")
    told = [(notice.event, notice.facts["how"], notice.facts["reader"]) for notice in rita.notices.list()]
    ann = world.id_of("ann").hex()
    assert {("readers_changed", "admitted", ann), ("readers_changed", "removed", ann)} <= set(told)
    assert rita.audit.frame().event.tolist().count("readers_changed") == 4


def test_a_disabled_overseer_is_removed(world):
    world.create("otto")
    rita = world("rita")
    world("adam").people.disable("otto", passphrase=PASSPHRASE)
    rita.ask("rain")
    assert readers(rita) == set()


def test_a_privacy_officer_reads_usage_and_an_auditor_and_an_analyst_do_not(world):
    world.create("otto", "petra", "ann")
    world("rita").ask("rain")
    for name, count in (("petra", 1), ("otto", 0), ("ann", 0)):
        opened = world(name)._opened
        others = opened.vaults.others
        found = others.of_kind(Kind.USAGE_EVENT, others.granted(), keys_of=opened.access.standings.keys_of)
        assert sum(vault.count() for vault in found) == count


def test_an_overseer_whose_keys_are_renewed_is_followed(world):
    world.create("otto")
    rita = world("rita")
    world("otto").rotate("identity", passphrase=PASSPHRASE)
    with contextlib.suppress(IntegrityError):
        rita.rotate("vault", passphrase=PASSPHRASE)
    rita.lock()
    world("rita").rotate("vault", passphrase=PASSPHRASE)
    assert of(world, "rita") in set(world("otto").audit.frame(scope="all").account)


def test_others_renewed_keys_keep_nobody_from_deleting_or_rotating(world):
    world.create("otto", "ron")
    rita = world("rita")
    turn = rita.ask("rain")
    rita.shares.share(turn, "ron")
    for name in ("otto", "ron"):
        world(name).rotate("identity", passphrase=PASSPHRASE)
    rita.history.delete(turn.id)
    for level in ("vault", "data", "identity"):
        rita.rotate(level, passphrase=PASSPHRASE)
    assert world("ron").shares.with_me() == []
    assert of(world, "rita") in set(world("otto").audit.frame(scope="all").account)


def test_a_log_that_does_not_hold_is_named_and_may_be_left_out(world):
    """G8: others' logs are checked as one's own is."""
    world.create("otto", "ron")
    rita, _ = world("rita"), world("ron")
    rita.ask("rain")
    rita.lock()
    world("ron").lock()
    with contextlib.closing(open_database(world.location)) as database:
        attacker = Attacker(database)
        vault = world.again("rita")._opened.vaults[Kind.AUDIT_ENTRY]
        row = next(vault.log.oldest_first())
        attacker.database.write("UPDATE record SET leaf = ? WHERE place = ?", (bytes(32), row.place))
    otto = world("otto")
    for attempt in (otto.audit.frame, otto.audit.verify):
        with pytest.raises(IntegrityError, match=of(world, "rita")):
            attempt(scope="all")
    accounts = set(otto.audit.frame(scope="all", but=[of(world, "rita")]).account)
    assert accounts == {of(world, "otto"), of(world, "ron")}


def test_a_standing_that_cannot_be_read_keeps_nobody_from_their_work(world):
    world.create("otto")
    rita = world("rita")
    with contextlib.closing(open_database(world.location)) as database:
        database.write("UPDATE standing SET packed = ?, serial = 7 WHERE account_id = ?", (b"x", world.id_of("otto")))
    assert rita.ask("rain").text
    assert readers(rita) == set()


def test_an_altered_list_of_members_is_noted_and_keeps_nobody_from_their_work(world):
    world.create("otto", "ann")
    rita = world("rita")
    vault = rita._opened.vaults[Kind.USAGE_EVENT]
    with contextlib.closing(open_database(world.location)) as database:
        database.write("UPDATE vault SET members = ? WHERE vault_id = ?", (b"x" * 200, vault.vault_id))
    world("adam").people.grant("ann", "researcher", passphrase=PASSPHRASE)
    assert rita.ask("rain").text
    frame = rita.audit.frame()
    assert frame[frame.event == "readers_settled"].outcome.tolist() == ["failure"]
    with pytest.raises(IntegrityError):
        rita.readers()


def test_the_readers_of_a_share_are_listed_with_it(world):
    world.create("ron")
    rita = world("rita")
    share = rita.shares.share(rita.ask("rain"), "ron")
    (reader,) = rita.readers()
    assert (reader.account_id, reader.kind, reader.share_id) == (share.readers[0], "shared turn", share.share_id)
    assert (reader.roles, reader.is_alone) == (("researcher",), True)


def test_an_account_whose_id_begins_as_anothers_hides_no_log(world, monkeypatch):
    """R02: a program of one's own chooses its id."""
    world.create("otto", "rita")
    chosen = world.id_of("rita")[:4] + bytes(12)

    class Chosen:
        @staticmethod
        def token_bytes(size):
            return chosen if size == 16 else secrets.token_bytes(size)

    monkeypatch.setattr("workbench.identity.creation.secrets", Chosen)
    world.create("ron")
    monkeypatch.undo()
    assert world.id_of("ron") == chosen
    for name in ("rita", "ron"):
        world(name).ask("rain")
    frame = world("otto").audit.frame(scope="all")
    for name in ("rita", "ron"):
        mine = frame[frame.account == world.id_of(name).hex()]
        assert mine.event.tolist() == world(name).audit.frame().event.tolist()
