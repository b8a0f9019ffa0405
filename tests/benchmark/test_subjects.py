"""Each subject keeps what it's given, so that its times are those of the whole work."""

import json
import sqlite3

import pytest

from workbench.analytics import content_frame
from workbench.benchmark import llm_log, ours, plain, sqlcipher
from workbench.benchmark.subjects import TURN_COLUMNS, Searchable
from workbench.benchmark.workload import turns, word_in

TURNS = list(turns(40))
SUBJECTS = [plain.Plain, sqlcipher.SqlCipher, llm_log.LlmLog, ours.Ours]


@pytest.fixture(params=SUBJECTS, ids=lambda kind: kind.name)
def subject(request, tmp_path):
    subject = request.param()
    subject.open(tmp_path / "store", synchronous="NORMAL")
    yield subject
    subject.close()


def given():
    rows = [
        (
            turn.id,
            turn.created,
            turn.prompt.form or "",
            turn.model,
            turn.label,
            turn.outcome,
            turn.prompt.text,
            turn.minimised.text,
            turn.text,
            len(turn.minimised.entities),
            turn.usage.input_tokens,
            turn.usage.output_tokens,
        )
        for turn in TURNS
    ]
    return content_frame(rows, columns=TURN_COLUMNS)


def test_a_loaded_frame_is_what_was_appended_after_opening_again_too(subject, tmp_path):
    for turn in TURNS:
        subject.append(turn)
    subject.close()
    subject.open(tmp_path / "store", synchronous="FULL")
    loaded = subject.load()
    kept = [column for column in TURN_COLUMNS if column in loaded]
    assert kept == list(loaded)
    compared = [column for column in kept if subject.name != "llm" or column != "created"]  # llm notes when it logged
    assert loaded[compared].equals(given()[compared])
    assert set(kept) == set(TURN_COLUMNS) or subject.name == "llm"


def test_an_appended_turn_is_there_for_another_process_at_once(subject, tmp_path):
    """Read through a second connection: what `append` acknowledged was committed."""
    if subject.name == "sqlcipher":
        other = sqlcipher.SqlCipher()
        other._key = subject._key
    elif subject.name == "ours":
        other = ours.Ours()
        for name in ("_account_id", "_key_pairs", "_anchor_key"):
            setattr(other, name, getattr(subject, name))
    else:
        other = type(subject)()
    for count, turn in enumerate(TURNS[:3], start=1):
        subject.append(turn)
        other.open(tmp_path / "store", synchronous="NORMAL")
        assert len(other.load()) == count
        other.close()


def test_the_plain_table_keeps_the_parts_of_a_turn_that_no_frame_shows(tmp_path):
    subject = plain.Plain()
    subject.open(tmp_path, synchronous="NORMAL")
    for turn in TURNS:
        subject.append(turn)
    rows = subject._connection.execute("SELECT pseudonyms, entities, manifest FROM turn ORDER BY place").fetchall()
    subject.close()
    for turn, (pseudonyms, entities, manifest) in zip(TURNS, rows, strict=True):
        assert json.loads(pseudonyms) == turn.pseudonyms.originals
        assert [entity[:2] for entity in json.loads(entities)] == [[e.start, e.end] for e in turn.minimised.entities]
        assert json.loads(manifest) == turn.manifest


def test_searchable_subjects_find_the_turns_that_hold_a_word(subject):
    if not isinstance(subject, Searchable):
        assert subject.name == "llm"
        return
    word = word_in(0.1)
    holding = sum(word in f"{turn.prompt.text} {turn.text}".lower().replace("\n", " ").split(" ") for turn in TURNS)
    for turn in TURNS:
        subject.append(turn)
    subject.index()
    assert 0 < holding < 20
    for newest in (True, False):
        assert subject.search(word, newest=newest) >= holding  # words before a comma are found too
        assert subject.search("the", newest=newest) == 20
        assert subject.search("nowhereatall", newest=newest) == 0


def test_bytes_stored_hold_the_texts(subject):
    for turn in TURNS:
        subject.append(turn)
    texts = sum(len(turn.prompt.text) + len(turn.text) for turn in TURNS)
    assert texts * 0.4 < subject.bytes_stored() < texts * 20


def test_what_sqlcipher_writes_is_encrypted(tmp_path):
    subject = sqlcipher.SqlCipher()
    subject.open(tmp_path, synchronous="FULL")
    subject.append(TURNS[0])
    subject.close()
    content = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert TURNS[0].prompt.text[:20].encode() not in content
    with pytest.raises(sqlite3.DatabaseError):
        sqlite3.connect(tmp_path / "turns.db").execute("SELECT 1 FROM turn")


@pytest.mark.parametrize("kind", [plain.Plain, sqlcipher.SqlCipher])
def test_sqlite_peers_run_in_wal_mode_with_the_synchronous_setting_that_is_asked_for(kind, tmp_path):
    for synchronous, number in (("NORMAL", 1), ("FULL", 2)):
        subject = kind()
        subject.open(tmp_path / synchronous, synchronous=synchronous)
        assert subject._connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert subject._connection.execute("PRAGMA synchronous").fetchone() == (number,)
        assert subject._connection.execute("PRAGMA secure_delete").fetchone() == (0,)
        subject.close()


def test_an_account_is_signed_in_to_and_its_passphrase_changed(tmp_path):
    account = ours.OurAccount(tmp_path)
    account.sign_in()
    before = account._passphrase
    account.change_passphrase()
    assert account._passphrase != before
    account.sign_in()
    account.close()


def test_a_session_is_erased_whole_and_the_others_stay(tmp_path):
    subject = ours.Ours()
    subject.open(tmp_path / "store", synchronous="NORMAL")
    for turn in TURNS:
        subject.append(turn)
    subject.hold_keys(50)
    assert subject._vault.data_keys.count() >= 50
    for _ in range(2):
        subject.new_session()
        assert len(subject.load()) > len(TURNS)
        subject.erase_session()
        assert list(subject.load()["id"]) == [turn.id for turn in TURNS]
    subject.close()
