"""Shares between the sessions of several people, on both engines."""

import contextlib

import pytest
from storage.attacker import Attacker
from world import PASSPHRASE, world

from workbench.app.sharing.readers import admit_reader
from workbench.app.sharing.share import Share
from workbench.crypto import KeyRing, Kind, Right
from workbench.errors import IntegrityError, NotFoundError, PermissionDeniedError, WorkbenchError
from workbench.storage import Member, OthersVaults, open_database

__all__ = ["world"]

TEXT = "A haiku for Mrs Wilhelmina Harker on winter rain"


def texts(shares):
    return [turn.prompt.text for share in shares for turn in share.turns()]


def test_a_researcher_reads_what_another_one_shares_and_nothing_else(world):
    """Issue 4, item 4: projects: researchers share a conversation by re-wrapping."""
    world.create("ron")
    rita, ron = world("rita"), world("ron")
    first, second, _ = (rita.ask(text) for text in (TEXT, "snow", "private"))
    share = rita.shares.share([first, second.id], "ron")
    assert share.readers == (world.id_of("ron").hex(),)
    (seen,) = ron.shares.with_me()
    assert (seen.share_id, seen.owner, seen.readers) == (share.share_id, share.owner, ())
    assert [turn.prompt.text for turn in seen.turns()] == [TEXT, "snow"] == [t.prompt.text for t in share.turns()]
    assert seen.turns()[0].text == first.text
    assert seen.damaged() == 0
    assert len(ron.history) == 0
    assert ron.shares.mine() == []
    assert rita.shares.with_me() == []
    assert ron.shares.get(share.share_id) == seen
    assert "others_read" in ron.audit.frame().event.tolist()
    assert "content_shared" in rita.audit.frame().event.tolist()


def test_a_copy_shows_the_restored_words_and_what_was_sent_but_not_the_map(world):
    world.create("ron")
    turn = world("rita").ask(TEXT)
    world("rita").shares.share(turn, "ron")
    (copy,) = world("ron").shares.with_me()[0].turns()
    assert len(turn.pseudonyms) > 0
    assert len(copy.pseudonyms) == 0
    assert (copy.id, copy.created, copy.prompt, copy.text) == (turn.id, turn.created, turn.prompt, turn.text)
    assert (copy.minimised, copy.manifest, copy.usage, copy.outcome) == (
        turn.minimised,
        turn.manifest,
        turn.usage,
        turn.outcome,
    )


def test_an_educator_sees_what_a_student_shared_and_nothing_else(world):
    """Issue 4, item 4: classes."""
    world.create("ed", "eva", "sue")
    sam = world("sam")
    shared, _ = sam.ask("shared"), sam.ask("a draft")
    sam.shares.share(shared, "ed")
    assert texts(world("ed").shares.with_me()) == ["shared"]
    assert world("eva").shares.with_me() == []
    with pytest.raises(PermissionDeniedError):
        world("sue").shares.with_me()
    assert world("sue").audit.frame().event.tolist()[-1] == "authz_fail"


@pytest.mark.parametrize(
    ("owner", "reader"),
    [
        ("sam", "sue"),
        ("sam", "rita"),
        ("rita", "ed"),
        ("rita", "sam"),
        ("ed", "eva"),
        ("ed", "sam"),
        ("rita", "ann"),
        ("rita", "otto"),
        ("rita", "petra"),
        ("rita", "adam"),
        ("rita", "rita"),
        ("rita", "nobody"),
    ],
)
def test_between_others_nothing_is_shared_and_a_missing_name_is_not_told_apart(world, owner, reader):
    """R02."""
    world.create(*({reader} - {"nobody"}))
    session = world(owner)
    turn = session.ask("rain")
    with pytest.raises(NotFoundError) as refused:
        session.shares.share(turn, reader)
    with pytest.raises(NotFoundError) as missing:
        session.shares.share(turn, "nobody at all")
    assert str(refused.value) == str(missing.value)
    assert session.shares.mine() == []


@pytest.mark.parametrize("name", ["ann", "otto", "petra", "adam"])
def test_who_has_no_content_shares_and_reads_nothing(world, name):
    session = world(name)
    for attempt in (
        lambda: session.shares.share("00" * 16, "ron"),
        session.shares.mine,
        session.shares.with_me,
        lambda: session.shares.get("00" * 16),
        lambda: session.shares.end("00" * 16),
    ):
        with pytest.raises(PermissionDeniedError):
            attempt()


def test_who_is_no_reader_any_more_opens_nothing_that_comes_with_all_that_they_held(world):
    """Issue 4, item 4: unshared by rotation; future copies are under fresh data keys."""
    world.create("ron")
    rita, ron = world("rita"), world("ron")
    share = rita.shares.share(rita.ask("first"), "ron")
    ring = KeyRing()
    account = ron._opened.account
    others = OthersVaults(
        ron._database, account_id=account.account_id, key_pairs=account.vaults.key_pairs, key_ring=ring, anchors=None
    )
    vault_id, owner = bytes.fromhex(share.share_id), rita._opened.account.vaults.key_pairs.public
    assert len(list(others.open(vault_id, owner=owner).scan())) == 1
    (seen,) = ron.shares.with_me()
    rita.shares.unshare(share, "ron")
    rita.shares.add(share, rita.ask("second"))
    assert ron.shares.with_me() == []
    with pytest.raises(NotFoundError):
        seen.turns()
    with pytest.raises(PermissionDeniedError):
        others.open(vault_id, owner=owner)
    for record_id, key_id in ron._database.rows(
        "SELECT record_id, key_id FROM record WHERE place > ?",
        (rita._opened.vaults.of_kind(Kind.SHARED_TURN)[0].log.start,),
    ):
        body = rita._opened.vaults.of_kind(Kind.SHARED_TURN)[0].read(record_id)
        assert (ring.find(key_id) is None) == (b"second" in body)
    assert [notice.event for notice in ron.notices.list()] == ["share_taken_back"]
    assert texts(rita.shares.mine()) == ["first", "second"]


def test_a_second_reader_is_admitted_and_removed_by_name_or_id(world):
    world.create("ron", "olga")
    rita = world("rita")
    share = rita.shares.share(rita.ask("rain"), "ron")
    rita.shares.admit(share, "olga")
    assert texts(world("olga").shares.with_me()) == ["rain"]
    rita.shares.unshare(share, world.id_of("olga").hex())
    assert world("olga").shares.with_me() == []
    assert texts(world("ron").shares.with_me()) == ["rain"]
    for name in ("olga", "nobody"):
        with pytest.raises(NotFoundError) as refused:
            rita.shares.unshare(share, name)
        assert "no such reader" in str(refused.value)


def test_an_ended_share_is_erased_and_read_by_nobody(world):
    world.create("ron")
    rita, ron = world("rita"), world("ron")
    kept = rita.shares.share(rita.ask("kept"), "ron")
    share = rita.shares.share([rita.ask("one"), rita.ask("two")], "ron")
    rita.shares.end(share)
    assert [one.share_id for one in rita.shares.mine()] == [kept.share_id]
    assert texts(ron.shares.with_me()) == ["kept"]
    vault = rita._opened.vaults.of_kind(Kind.SHARED_TURN)[1]
    rows = rita._database.rows(
        "SELECT record_id, sealed FROM record WHERE place > ? AND place < ? AND version IS NULL",
        (vault.log.start, vault.log.end),
    )
    assert rows == [(None, None)] * 2
    keys = rita._database.rows("SELECT key_id FROM data_key WHERE vault_id = ?", (vault.vault_id,))
    assert len(keys) == 1  # the log's own
    assert len(rita._database.rows("SELECT 1 FROM vault_grant WHERE vault_id = ?", (vault.vault_id,))) == 1
    for attempt in (rita.shares.end, share.turns.__func__, lambda one: rita.shares.add(one, rita.ask("more"))):
        with pytest.raises(NotFoundError):
            attempt(share)
    assert rita.verify()["erased"] == 2
    rita.lock()
    assert texts(world("rita").shares.mine()) == ["kept"]


def test_a_deleted_turn_goes_from_every_share(world):
    """Also where its copy was altered and doesn't open."""
    world.create("ron", "olga")
    rita, ron = world("rita"), world("ron")
    gone, kept = rita.ask("gone"), rita.ask("kept")
    rita.shares.share([gone, kept], "ron")
    share = rita.shares.share(gone, "olga")
    vault = rita._opened.vaults.of_kind(Kind.SHARED_TURN)[1]
    (row,) = vault.log.oldest_first()
    rita._database.write("UPDATE record SET sealed = ? WHERE place = ?", (b"\x02" + bytes(200), row.place))
    assert share.damaged() == 1
    rita.history.delete(gone.id)
    assert texts(ron.shares.with_me()) == ["kept"]
    assert texts(world("olga").shares.with_me()) == []
    assert len(rita._database.rows("SELECT 1 FROM record WHERE place = ? AND sealed IS NULL", (row.place,))) == 1
    rita.verify()


def test_a_turn_is_in_a_share_once(world):
    world.create("ron")
    rita = world("rita")
    turn = rita.ask("rain")
    share = rita.shares.share([turn, turn], "ron")
    rita.shares.add(share, turn.id)
    assert texts([share]) == ["rain"]


def test_another_accounts_share_and_a_missing_one_are_the_same_error(world):
    """R02; ASVS 8.2.2: for every method that takes an id."""
    world.create("olga", "ron")
    olga, rita = world("olga"), world("rita")
    foreign = olga.shares.share(olga.ask("rain"), "ron").share_id
    own = rita.ask("snow")
    for missing in ("00" * 16, "", "nonsense"):
        for attempt in (
            rita.shares.get,
            rita.shares.end,
            lambda share: rita.shares.add(share, own),
            lambda share: rita.shares.admit(share, "ron"),
            lambda share: rita.shares.unshare(share, "ron"),
        ):
            with pytest.raises(NotFoundError) as of_other:
                attempt(foreign)
            with pytest.raises(NotFoundError) as of_none:
                attempt(missing)
            assert str(of_other.value) == str(of_none.value)
    assert texts(world("ron").shares.with_me()) == ["rain"]


def test_anothers_turn_session_and_notice_and_a_missing_one_are_the_same_error(world):
    """R02; ASVS 8.2.2."""
    world.create("ron")
    olga, rita = world("olga"), world("rita")
    share = olga.shares.share(turn := olga.ask("rain"), "ron")
    olga.shares.unshare(share, "ron")
    notice = world("ron").notices.list()[-1]
    (entry,) = olga.sessions.list()
    for attempt, foreign in (
        (rita.history.get, turn.id),
        (rita.history.delete, turn.id),
        (lambda turn_id: rita.shares.share(turn_id, "ron"), turn.id),
        (rita.sessions.revoke, entry.session_id),
        (rita.notices.dismiss, notice.notice_id),
    ):
        with pytest.raises(NotFoundError) as of_other:
            attempt(foreign)
        with pytest.raises(NotFoundError) as of_none:
            attempt("00" * 16)
        assert str(of_other.value) == str(of_none.value)
    assert olga.history.get(turn.id).text == turn.text
    assert len(olga.sessions.list()) == 1
    assert world("ron").notices.list()[-1] == notice


def test_a_reader_adds_nothing(world):
    """*Advisory* against a program of the reader's own; refused by the vault that this one opens."""
    world.create("ron")
    rita, ron = world("rita"), world("ron")
    share = rita.shares.share(rita.ask("rain"), "ron")
    vault = ron._opened.vaults.others.open(
        bytes.fromhex(share.share_id), owner=rita._opened.account.vaults.key_pairs.public
    )
    with pytest.raises(PermissionDeniedError):
        vault.append(b"forged")
    with pytest.raises(NotFoundError):
        ron.shares.add(share, ron.ask("snow"))


def test_shares_go_through_every_rotation_of_owner_and_stay_read(world):
    world.create("ron")
    rita, ron = world("rita"), world("ron")
    rita.shares.share(rita.ask("rain"), "ron")
    for level in ("vault", "data", "identity", "root"):
        rita.rotate(level, passphrase=PASSPHRASE)
        assert texts(ron.shares.with_me()) == ["rain"]
        rita.verify()
    assert ron.shares.with_me()[0].fingerprint == rita.shares.fingerprint() == ron.shares.fingerprint("rita")


def test_a_fingerprint_that_was_compared_keeps_a_swapped_key_out(world):
    world.create("ron", "olga")
    rita, ron = world("rita"), world("ron")
    turn = rita.ask("rain")
    right = ron.shares.fingerprint()
    rita.shares.share(turn, "ron", fingerprint=right.upper())
    with pytest.raises(IntegrityError):
        rita.shares.share(turn, "ron", fingerprint=world("olga").shares.fingerprint())
    assert len(rita.shares.mine()) == 1


def test_a_reader_who_has_lost_the_role_reads_no_share(world):
    world.create("ron", "adam")
    rita, ron = world("rita"), world("ron")
    rita.shares.share(rita.ask("rain"), "ron")
    (seen,) = ron.shares.with_me()
    world("adam").people.revoke("ron", "researcher", passphrase=PASSPHRASE)
    for attempt in (ron.shares.with_me, seen.turns):
        with pytest.raises(PermissionDeniedError):
            attempt()


def test_who_invites_a_reader_to_something_else_than_a_share_shows_them_nothing(world):
    """A grant of another kind of vault, with an invitation to it: by an owner's own program."""
    world.create("ron")
    rita, ron = world("rita"), world("ron")
    rita.ask("rain")
    account = ron._opened.account
    member = Member(account.account_id, account.vaults.key_pairs.public.fingerprint, Right.VIEW)
    admit_reader(rita._opened, rita._opened.vaults[Kind.TURN], member)
    (share,) = ron.shares.with_me()
    with pytest.raises(IntegrityError):
        share.turns()


def test_a_backup_brings_shares_back_and_not_what_was_ended(world, tmp_path):
    world.create("ron")
    olga, rita = world("olga"), world("rita")
    kept, ended = rita.ask("kept"), rita.ask("ended")
    rita.shares.share(kept, "ron")
    share = rita.shares.share(ended, "ron")
    olga.backup(tmp_path / "backups")
    rita.shares.end(share)
    rita.lock()
    restored = type(world.bench).restore(tmp_path / "backups", tmp_path / "restored.db", device=tmp_path / "device")
    assert restored is not None
    with contextlib.closing(type(world.bench).open(tmp_path / "restored.db", device=tmp_path / "device")) as bench:
        again = bench.sign_in("rita", passphrase=PASSPHRASE, accept_rollback=True)
        assert texts(again.shares.mine()) == ["kept"]
        again.verify()
        ron = bench.sign_in("ron", passphrase=PASSPHRASE)
        assert texts(ron.shares.with_me()) == ["kept"]


def test_no_byte_says_that_a_vault_is_a_share_or_whose_turn_is_in_it(world):
    world.create("ron")
    rita = world("rita")
    turn = rita.ask("rain")
    rita.shares.share(turn, "ron")
    rows = rita._database.rows("SELECT record_id FROM record WHERE record_id IS NOT NULL")
    assert len([row for row in rows if row[0] == bytes.fromhex(turn.id)]) == 1
    columns = {len(row) for row in rita._database.rows("SELECT * FROM vault")}
    assert columns == {6}


def test_a_representation_shows_no_person_and_no_key():
    share = Share("a" * 32, "b" * 32, "c" * 64, (), list)
    assert "c" * 64 not in repr(share)
    assert isinstance(share.turns(), list)


def test_an_altered_share_is_refused_by_its_reader_and_its_owner(world):
    world.create("ron")
    rita, ron = world("rita"), world("ron")
    share = rita.shares.share([rita.ask("one"), rita.ask("two")], "ron")
    database = open_database(world.location)
    with contextlib.closing(database):
        attacker = Attacker(database)
        vault = rita._opened.vaults.of_kind(Kind.SHARED_TURN)[0]
        attacker.clear(vault, "record")
    for attempt in (ron.shares.with_me()[0].turns, rita.verify):
        with pytest.raises(IntegrityError):
            attempt()
    with pytest.raises(WorkbenchError):
        rita.shares.end(share)
        rita.verify()
