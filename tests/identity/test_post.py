import pytest
from storage.attacker import Attacker

from workbench.crypto import Topic
from workbench.errors import IntegrityError
from workbench.identity import Post


@pytest.fixture
def attacker(database):
    return Attacker(database)


@pytest.fixture
def ada(unlocked):
    return unlocked("ada")


@pytest.fixture
def eve(unlocked):
    return unlocked("eve")


@pytest.fixture
def post(database):
    """Return a function that gives an account's letter box at a time."""
    return lambda account, now=0.0: Post(database, account, now=lambda: now)


def test_a_letter_is_read_by_its_recipient_alone(post, ada, eve):
    sent = post(ada).send(eve.account_id, Topic.NOTICE, b"body")
    assert post(eve).read() == [sent]
    assert (sent.sender, sent.recipient) == (ada.account_id, eve.account_id)
    assert post(ada).read() == []


def test_letters_come_oldest_first_and_by_topic(post, ada, eve):
    for now, topic in ((30, Topic.NOTICE), (10, Topic.REQUEST), (20, Topic.NOTICE), (-5, Topic.APPROVAL)):
        post(ada, now).send(eve.account_id, topic, b"")
    assert [letter.sent for letter in post(eve).read()] == [0, 10, 20, 30]
    assert [letter.sent for letter in post(eve).read(Topic.NOTICE)] == [20, 30]
    assert [letter.sent for letter in post(eve).read(Topic.REQUEST, Topic.APPROVAL)] == [0, 10]


def test_a_letter_is_discarded_once_and_by_its_recipient_alone(post, ada, eve):
    letter = post(ada).send(eve.account_id, Topic.NOTICE, b"")
    assert not post(ada).discard(letter)
    assert post(eve).discard(letter)
    assert not post(eve).discard(letter)
    assert post(eve).read() == []


def test_a_letter_in_another_box_or_twice_or_under_another_id_is_left_out(post, ada, eve, attacker, database):
    first = post(ada).send(eve.account_id, Topic.NOTICE, b"first")
    second = post(ada, 1).send(eve.account_id, Topic.NOTICE, b"second")
    (row,) = database.rows("SELECT * FROM letter WHERE letter_id = ?", (first.letter_id,))
    attacker.insert("letter", [(bytes(16), eve.account_id, row[2]), (b"\x01" * 16, ada.account_id, row[2])])
    assert post(eve).read() == [first, second]
    assert post(ada).read() == []
    attacker.replace("letter", (second.letter_id, eve.account_id, row[2]))
    assert post(eve).read() == [first]
    attacker.replace("letter", (first.letter_id, ada.account_id, row[2]))
    assert post(eve).read() == post(ada).read() == []


@pytest.mark.parametrize("sealed", [0, 2**62, 1.5, "text", b"", bytes(1400)])
@pytest.mark.parametrize("letter_id", [5, 1.5, "text", b"", b"short", b"\xff" * 16, b"\xff" * 17])
def test_an_odd_row_is_left_out_and_hides_no_other(post, ada, eve, attacker, letter_id, sealed):
    letter = post(ada).send(eve.account_id, Topic.NOTICE, b"body")
    attacker.insert("letter", [(letter_id, eve.account_id, sealed)])
    assert post(eve).read() == [letter]


@pytest.mark.parametrize("keys", [0, "text", b"", bytes(1248)])
def test_a_sender_whose_public_keys_were_altered_is_not_believed(post, ada, eve, database, keys):
    post(ada).send(eve.account_id, Topic.NOTICE, b"")
    database.write("UPDATE account SET public_keys = ? WHERE account_id = ?", (keys, ada.account_id))
    assert post(eve).read() == []


@pytest.mark.parametrize("keys", [0, "text", b"", bytes(100)])
def test_nothing_is_sent_to_keys_that_are_none(post, ada, eve, database, keys):
    database.write("UPDATE account SET public_keys = ? WHERE account_id = ?", (keys, eve.account_id))
    with pytest.raises(IntegrityError):
        post(ada).send(eve.account_id, Topic.NOTICE, b"")
    assert database.rows("SELECT count(*) FROM letter") == [(0,)]


def test_nothing_is_sent_to_nobody(post, ada):
    with pytest.raises(IntegrityError):
        post(ada).send(bytes(16), Topic.NOTICE, b"")
