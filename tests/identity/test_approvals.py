from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.crypto import Topic
from workbench.errors import IntegrityError, NotFoundError, PermissionDeniedError
from workbench.identity import Approvals, Post, Request, Standings, table
from workbench.identity.approvals import EXPIRY
from workbench.identity.countersigning import check_countersignature, countersign
from workbench.identity.standing import first_standing
from workbench.storage import pack

MESSAGE = pack(("hold", "2026-W47"), ("count", 3))
IDENTIFIERS = st.binary(min_size=16, max_size=16)
REQUESTS = st.builds(
    Request,
    IDENTIFIERS,
    st.sampled_from(sorted(table())),
    IDENTIFIERS,
    st.lists(IDENTIFIERS, max_size=3).map(tuple),
    st.integers(0, 2**63 - 1),
    st.binary(max_size=100),
)
REQUEST = Request(bytes(range(16)), "hold:place", b"\x01" * 16, (b"\x02" * 16,), 1_795_001_800, MESSAGE)
PACKED = REQUEST.packed()


@given(REQUESTS)
def test_a_request_is_what_it_was_packed_of(request_):
    assert Request.unpacked(request_.packed()) == request_


@given(st.integers(0, len(PACKED) - 1), st.integers(1, 255))
def test_any_changed_byte_is_refused_or_another_request(at, change):
    packed = bytearray(PACKED)
    packed[at] ^= change
    try:
        found = Request.unpacked(bytes(packed))
    except IntegrityError:
        return
    assert found != REQUEST
    assert found.packed() == bytes(packed)


@given(st.binary(max_size=200) | st.none() | st.integers() | st.text() | st.floats())
def test_what_is_no_request_is_refused(body):
    with pytest.raises(IntegrityError):
        Request.unpacked(body)


THINGS = st.recursive(st.none() | st.integers(-9, 9) | IDENTIFIERS | st.text(max_size=4) | st.floats(), st.lists)


@given(THINGS, st.integers(0, 5))
def test_whatever_stands_in_any_place_is_refused_or_read_to_the_byte(thing, place):
    """No other exception: infinite times, lists for ids, numbers for permissions."""
    members = [REQUEST.request_id, "hold:place", REQUEST.requester, list(REQUEST.subjects), REQUEST.expires, MESSAGE]
    members[place] = thing
    body = pack(*members)
    try:
        request = Request.unpacked(body)
    except IntegrityError:
        return
    assert request.packed() == body


@given(
    st.sampled_from(["role:grant", "hold:place"]), st.binary(max_size=100) | st.binary().map(b"JWB1 standing".__add__)
)
def test_facts_of_an_odd_message_are_refused(permission, message):
    with pytest.raises(IntegrityError):
        replace(REQUEST, permission=permission, message=message).facts  # noqa: B018 - a property


@pytest.mark.parametrize(
    ("permission", "approval"),
    [
        ("role:grant", "role:approve"),
        ("break-glass:request", "break-glass:approve"),
        ("release:request", "release:approve"),
        ("hold:place", "hold:place"),
    ],
)
def test_who_asks_does_not_choose_who_approves(permission, approval):
    """R05."""
    assert replace(REQUEST, permission=permission).approval == approval
    assert approval in table()


class Clock:
    def __init__(self):
        self.now = 1_795_000_000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def of(database, clock):
    """Return a function that gives an account's approvals."""
    return lambda account: Approvals(database, account, now=clock)


@pytest.fixture
def post(database, clock):
    return lambda account: Post(database, account, now=clock)


@pytest.fixture
def adam(unlocked):
    return unlocked("adam", "admin")


@pytest.fixture
def eve(unlocked):
    return unlocked("eve", "admin")


@pytest.fixture
def rita(unlocked):
    return unlocked("rita", "researcher")


@pytest.fixture
def asked(of, adam, eve, rita):
    """Return a request of adam's, about rita, that eve may approve."""
    return of(adam).ask("hold:place", MESSAGE, subjects=(rita.account_id,))


def test_what_is_asked_is_shown_to_who_may_approve_and_taken_once(of, asked, adam, eve, rita, database):
    """R05: approver ≠ requester; replay refused."""
    assert of(adam).open() == of(rita).open() == []
    assert of(eve).open() == [asked]
    assert of(adam).pending() == [asked]
    assert asked.facts == {"hold": "2026-W47", "count": "3"}
    of(eve).approve(asked)
    assert of(eve).open() == []
    approver, signature = of(adam).take(asked)
    assert approver == eve.account_id
    check_countersignature(
        signature,
        by=eve.private_keys.key_pairs.public,
        store=database.store_id,
        permission="hold:place",
        message=MESSAGE,
    )
    with pytest.raises(NotFoundError):
        of(adam).take(asked)
    assert of(adam).pending() == []
    assert database.rows("SELECT count(*) FROM letter") == [(0,)]


@pytest.mark.parametrize("seconds", [EXPIRY - 1, EXPIRY, EXPIRY + 1])
def test_an_approval_holds_for_thirty_minutes(of, asked, adam, eve, clock, seconds):
    """R05."""
    of(eve).approve(asked)
    clock.now += seconds
    if seconds < EXPIRY:
        of(adam).take(asked)
        return
    for attempt in (of(adam).take, of(eve).approve, of(eve).decline):
        with pytest.raises(NotFoundError):
            attempt(asked)
    assert of(adam).pending() == of(eve).open() == []


def test_a_request_that_gives_itself_more_time_is_thrown_away(of, post, adam, eve, clock):
    """R05: who asks doesn't choose for how long."""
    late = Request(bytes(16), "hold:place", adam.account_id, (), int(clock.now) + 2 * EXPIRY, MESSAGE)
    post(adam).send(eve.account_id, Topic.REQUEST, late.packed())
    assert of(eve).open() == []
    assert post(eve).read() == []


def test_who_asks_does_not_approve(of, post, asked, adam):
    """R05: approver ≠ requester, whatever letters they send themselves."""
    post(adam).send(adam.account_id, Topic.REQUEST, asked.packed())
    with pytest.raises(PermissionDeniedError):
        of(adam).approve(asked)
    pairs, store = adam.private_keys.key_pairs, of(adam)._store
    signature = countersign(pairs, store=store, permission="hold:place", message=MESSAGE)
    post(adam).send(adam.account_id, Topic.APPROVAL, pack(asked.request_id, signature))
    with pytest.raises(PermissionDeniedError):
        of(adam).take(asked)


def test_who_is_alone_concerned_does_not_approve(of, post, adam, eve, unlocked, database):
    """R05: approver ≠ sole subject."""
    petra = unlocked("petra", "privacy officer")
    asked = of(adam).ask("hold:place", MESSAGE, subjects=(eve.account_id,))
    assert of(eve).open() == []
    post(adam).send(eve.account_id, Topic.REQUEST, asked.packed())
    with pytest.raises(PermissionDeniedError):
        of(eve).approve(asked)
    store, pairs = database.store_id, eve.private_keys.key_pairs
    signature = countersign(pairs, store=store, permission="hold:place", message=MESSAGE)
    post(eve).send(adam.account_id, Topic.APPROVAL, pack(asked.request_id, signature))
    with pytest.raises(PermissionDeniedError):
        of(adam).take(asked)
    of(petra).approve(asked)
    assert of(adam).take(asked)[0] == petra.account_id


def test_one_of_several_subjects_may_approve(of, adam, eve, rita):
    asked = of(adam).ask("hold:place", MESSAGE, subjects=(eve.account_id, rita.account_id))
    of(eve).approve(asked)
    assert of(adam).take(asked)[0] == eve.account_id


def test_who_may_not_approve_does_not(of, post, asked, adam, rita, database):
    """R05: also when the letter is there, and signed well."""
    post(adam).send(rita.account_id, Topic.REQUEST, asked.packed())
    with pytest.raises(PermissionDeniedError):
        of(rita).approve(asked)
    store, pairs = database.store_id, rita.private_keys.key_pairs
    signature = countersign(pairs, store=store, permission="hold:place", message=MESSAGE)
    post(rita).send(adam.account_id, Topic.APPROVAL, pack(asked.request_id, signature))
    with pytest.raises(PermissionDeniedError):
        of(adam).take(asked)


def test_an_approver_who_was_disabled_meanwhile_has_not_approved(of, asked, adam, eve, database, clock):
    """R03."""
    of(eve).approve(asked)
    standings = Standings(database, now=clock)
    standing, _ = standings.drafted(adam, eve.account_id, is_active=False)
    standings.put_in_force(standing)
    with pytest.raises(PermissionDeniedError):
        of(adam).take(asked)


FORGED = {
    "no body": b"",
    "garbage": b"garbage",
    "another version": b"\x91\x03",
    "a list": pack([], []),
    "one member": pack(b"one"),
    "numbers": pack(1, 2),
}


@pytest.mark.parametrize("what", FORGED)
def test_a_forged_approval_approves_nothing_and_hides_no_true_one(of, post, asked, adam, eve, rita, what):
    """R05: whoever sends it."""
    for sender in (rita, eve):
        for body in (FORGED[what], pack(asked.request_id, b""), pack(asked.request_id, bytes(64))):
            post(sender).send(adam.account_id, Topic.APPROVAL, body)
    with pytest.raises(PermissionDeniedError):
        of(adam).take(asked)
    of(eve).approve(asked)
    assert of(adam).take(asked)[0] == eve.account_id


def test_a_signature_of_anything_else_is_no_approval(of, post, asked, adam, eve, database):
    """R05: not of the bytes themselves, nor of another message, permission or store."""
    pairs, store = eve.private_keys.key_pairs, database.store_id
    for signature in (
        pairs.sign(MESSAGE),
        pairs.sign(asked.packed()),
        pairs.sign(first_standing(adam.account_id, ("admin",), since=0).message(store)),
        countersign(pairs, store=store, permission="retention:edit", message=MESSAGE),
        countersign(pairs, store=store, permission="hold:place", message=MESSAGE + b"\x00"),
        countersign(pairs, store=bytes(16), permission="hold:place", message=MESSAGE),
    ):
        post(eve).send(adam.account_id, Topic.APPROVAL, pack(asked.request_id, signature))
    with pytest.raises(PermissionDeniedError):
        of(adam).take(asked)


def test_an_approval_of_one_request_is_none_of_another(of, asked, adam, eve):
    """R05."""
    other = of(adam).ask("hold:place", pack(("hold", "2026-W48")))
    of(eve).approve(asked)
    with pytest.raises(PermissionDeniedError):
        of(adam).take(other)
    of(adam).take(asked)


def test_exactly_what_was_looked_at_is_approved(of, asked, eve):
    """R05: a digest."""
    for changed in (
        replace(asked, message=pack(("hold", "other"))),
        replace(asked, subjects=()),
        replace(asked, permission="retention:edit"),
        replace(asked, expires=asked.expires + 1),
        replace(asked, requester=eve.account_id),
    ):
        with pytest.raises(NotFoundError):
            of(eve).approve(changed)
    of(eve).approve(asked)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"garbage",
        b"\x91\x03",
        pack(),
        pack(b"\x01" * 16, "hold:place", b"\x02" * 16, [], float("inf"), MESSAGE),
        pack([], "hold:place", b"\x02" * 16, [], 0, MESSAGE),
        pack(b"\x01" * 16, ["hold:place"], b"\x02" * 16, [], 0, MESSAGE),
        pack(b"\x01" * 16, "world:rule", b"\x02" * 16, [], 0, MESSAGE),
    ],
)
def test_a_letter_that_is_no_request_is_thrown_away_and_hides_none(of, post, asked, adam, eve, rita, body):
    """Any account can send one: it must close nobody's box."""
    for topic in (Topic.REQUEST, Topic.PENDING):
        for recipient in (adam, eve):
            post(rita).send(recipient.account_id, topic, body)
    assert of(eve).open() == of(adam).pending() == [asked]
    assert len(post(eve).read(Topic.REQUEST)) == len(post(adam).read(Topic.PENDING)) == 1


def test_a_request_whose_facts_cannot_be_shown_is_thrown_away(of, post, adam, eve, clock):
    """R05: nobody is asked to sign what they can't see."""
    for number, (permission, message) in enumerate(
        (("hold:place", b"garbage"), ("role:grant", MESSAGE), ("role:grant", b"JWB1 standing"), ("hold:place", pack()))
    ):
        hidden = Request(bytes((number,)) * 16, permission, adam.account_id, (), int(clock.now) + 60, message)
        post(adam).send(eve.account_id, Topic.REQUEST, hidden.packed())
    assert of(eve).open() == []


def test_a_request_in_anothers_name_is_thrown_away(of, post, asked, adam, eve, rita):
    for topic in (Topic.REQUEST, Topic.PENDING):
        post(rita).send(eve.account_id, topic, replace(asked, request_id=bytes(16)).packed())
    assert of(eve).open() == [asked]
    assert of(eve).pending() == []


def test_nobody_puts_a_request_among_those_that_an_account_made(of, post, asked, adam, eve, rita, clock):
    """R05: else they and an accomplice would have it done by an admin who never asked for it."""
    planted = Request(bytes(16), "hold:place", rita.account_id, (), int(clock.now) + 60, MESSAGE)
    post(rita).send(adam.account_id, Topic.PENDING, planted.packed())
    pairs, store = eve.private_keys.key_pairs, of(eve)._store
    signature = countersign(pairs, store=store, permission="hold:place", message=MESSAGE)
    post(eve).send(adam.account_id, Topic.APPROVAL, pack(planted.request_id, signature))
    assert of(adam).pending() == [asked]
    with pytest.raises(NotFoundError):
        of(adam).take(planted)


def test_an_approval_whose_letters_were_put_back_is_taken_again_only_while_it_holds(
    of, asked, adam, eve, database, clock
):
    """R05: what it is of then refuses it: a standing's serial has gone on. After 30 minutes nothing is left of it."""
    of(eve).approve(asked)
    rows = database.rows("SELECT * FROM letter")
    of(adam).take(asked)
    database.write_many("INSERT INTO letter VALUES (?, ?, ?)", rows)
    of(adam).take(asked)
    database.write_many("INSERT INTO letter VALUES (?, ?, ?)", rows)
    clock.now += EXPIRY
    with pytest.raises(NotFoundError):
        of(adam).take(asked)


def test_a_declined_request_is_gone_for_who_declined_it_alone(of, asked, adam, eve, unlocked):
    third = unlocked("third", "admin")
    other = of(adam).ask("hold:place", MESSAGE)
    of(eve).decline(other)
    assert of(eve).open() == [asked]
    assert of(third).open() == [other]


def test_without_anybody_who_could_approve_nothing_is_asked(of, unlocked, database):
    adam = unlocked("adam", "admin")
    with pytest.raises(PermissionDeniedError, match="nobody"):
        of(adam).ask("hold:place", MESSAGE)
    assert database.rows("SELECT count(*) FROM letter") == [(0,)]
