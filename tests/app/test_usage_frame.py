"""Usage from a sealed Parquet file and newer records: the same as from records alone."""

import pytest

from workbench.app import usage_frame as module
from workbench.crypto import Kind

EVENTS = 12


@pytest.fixture
def used(session, monkeypatch):
    monkeypatch.setattr(module, "RENEW_AFTER", 10)
    for number in range(EVENTS):
        session.ask("rain", form="haiku" if number % 2 else None)
    return session


def files(session):
    return list(session._opened.vaults[Kind.USAGE_EVENT].caches(Kind.USAGE_FRAME).load_files())


def test_the_file_holds_what_the_records_hold(used):
    first = used.usage.events()
    assert len(files(used)) == 1
    used.ask("snow", form="sonnet")
    again = used.usage.events()
    assert again.form.tolist() == [*first.form.tolist(), "sonnet"]
    assert again.iloc[:EVENTS].astype("str").equals(first.astype("str"))
    assert used.usage.counts(by="form").turns.sum() == EVENTS + 1


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE cache SET sealed = zeroblob(400) WHERE kind = 50",
        "UPDATE cache SET living = living - 1 WHERE kind = 50",
        "UPDATE cache SET last_place = last_place - 2, living = living - 2 WHERE kind = 50",
        "UPDATE cache SET sealed = 'text' WHERE kind = 50",
        "DELETE FROM cache WHERE kind = 50",
        "DELETE FROM data_key WHERE key_id IN (SELECT key_id FROM cache WHERE kind = 50)",
    ],
)
def test_a_file_that_was_altered_or_removed_is_made_again(used, bench, statement):
    first = used.usage.events()
    bench._database.write(statement)
    assert used.usage.events().astype("str").equals(first.astype("str"))
    assert used.usage.events().astype("str").equals(first.astype("str"))


def test_no_word_of_it_stands_in_the_store(used, bench):
    used.usage.events()
    bench._database.checkpoint()
    stored = bench.path.read_bytes()
    assert b"PARE" in stored, "the file is there"
    for word in (b"input_tokens", b"offline-poet", b"milliseconds"):
        assert word not in stored
